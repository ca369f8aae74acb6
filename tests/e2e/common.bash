# Shared by the end-to-end tests: they run the built program as a user does. ASSAY is set by
# tests/run; by hand: ASSAY=$PWD/build/assay bats tests/e2e/NAME.bats

load ../bats-compat
bats_require_minimum_version 1.5.0
top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
ASSAY=${ASSAY:-$top/build/assay}
T=$BATS_TEST_TMPDIR
export ASSAY T top ASSAY_SUITES=$top/suites ASSAY_RUNTIME_DIR=$BATS_TEST_TMPDIR/run
unset CUDA_VISIBLE_DEVICES ASSAY_SYSROOT
mkdir -p "$ASSAY_RUNTIME_DIR"
export SEEDED=7

# A suite of one file: suite NAME <<E … E
suite() { cat >"$T/$1.ini"; }

# Runs on a simulated server: sim PROFILE FAULT ARGUMENT…
sim() {
	local profile=$1 fault=$2
	shift 2
	"$top/scripts/sim" "$profile" ${fault:+"--fault=$fault"} -- "$ASSAY-sim" "$@"
}

# The simulated server needs the copy benchmark's GPU part.
need_gpu_build() {
	"$ASSAY" help copy | grep -q 'built without nvcc' && skip "built without nvcc"
	[ -x "$ASSAY-sim" ] || skip "no simulated server in this build"
}

# Columns of a CSV file by name, one "a|b|c" a row: csv FILE COLUMN…
csv() {
	python3 -c '
import csv, sys
for row in csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8")):
    print("|".join(row[c] for c in sys.argv[2:]))' "$@"
}

# Each sample of a process is there once, however often the run was cut off: no_sample_twice BUNDLE
no_sample_twice() {
	csv "$1/samples.csv" arm block step process attempt bench metric labels sample | sort | uniq -d >"$T/twice"
	[ ! -s "$T/twice" ] || { echo "there twice: $(head -n 3 "$T/twice")"; return 1; }
}
sealed() { (cd "$1" && sha256sum --quiet -c SHA256SUMS); }
# A bare "!" in the middle of a test would not fail it.
not() { ! "$@"; }

# One scenario of verdicts against the truth: scenario NAME
scenario() {
	run "$top/tests/simgpu/scenarios" --jobs=2 "$1"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"ok 1 - $1: "* ]]
}
