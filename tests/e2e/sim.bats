#!/usr/bin/env bats
# The simulated server: truth recovered, same bytes, and each fault found and named.
# Takes minutes.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

setup() {
	need_gpu_build
	suite small <<-E
		[suite]
		summary = small copies
		gate = copy.bandwidth{memory=pinned,size=16MiB}
		[copy]
		processes = 1
		memory = pinned,pageable
		size = 4KiB,16MiB
	E
}

# One fault on the eight GPUs: fault EXIT "FAULT" and then looks at $T/b
fault() {
	run "$top/scripts/sim" hgx-h100 --fault="$2" -- "$ASSAY-sim" run "$T/small.ini" --out "$T/b" "${@:3}"
	[ "$status" -eq "$1" ] || { echo "exit $status"; echo "$output"; return 1; }
}
# step|status of the first process, in the order of the plan
statuses() { csv "$T/b/steps.csv" process step status | grep '^0|' | cut -d'|' -f2- | sort -n | tr '\n' ' '; }
reason() { csv "$T/b/steps.csv" step reason | grep "^$1|"; }
all_but() { for i in 0 1 2 3 4 5 6 7; do [ "$i" = "$1" ] && printf '%s|%s ' "$i" "$2" || printf '%s|PASS ' "$i"; done; }

# Compares a suite's medians with the profile: truth PROFILE SUITE METRIC…
truth() {
	sim "$1" "" run "$T/$2.ini" --seed 1 --out "$T/$1-$2" >/dev/null 2>&1 || [ $? = 4 ]
	python3 "$top/tests/simgpu/check-truth" "$T/$1-$2" "$1" "${@:3}"
}

@test "every peak is within 0.5 % of the truth, on the profiles that no whole suite is run on" {
	suite peak <<-E
		[suite]
		summary = peak
		gate = copy.bandwidth{memory=pinned,size=64MiB}
		[copy]
		memory = pinned,pageable
		size = 64MiB
		processes = 1
	E
	for profile in h200-vm pcie4-workstation; do # the others: tests/simgpu/transfers
		truth "$profile" peak copy.bandwidth
	done
}

@test "what is wrong by 1 %, or not measured, does not pass for true" {
	suite peak <<-E
		[suite]
		summary = peak
		[copy]
		size = 256MiB
		processes = 1
	E
	sim h200-vm "shift what=h2d by=0.01" run "$T/peak.ini" --seed 1 --out "$T/b" >/dev/null 2>&1
	run -1 python3 "$top/tests/simgpu/check-truth" "$T/b" h200-vm
	[[ $output == *"dir=h2d"* && $output != *"dir=d2h"* ]]
	run -1 python3 "$top/tests/simgpu/check-truth" "$T/b" h200-vm copy.bandwidth no.such
	[[ $output == *"no.such: NOTHING compared"* ]]
}

@test "same seed, other folder: results.csv and report.html equal to the byte; other seed: not" {
	sim hgx-h100 "" run "$T/small.ini" --seed 7 --set gpu=0,1,2 --out "$T/a" >/dev/null 2>&1
	sim hgx-h100 "" run "$T/small.ini" --seed 7 --set gpu=0,1,2 --out "$T/deeper-b" >/dev/null 2>&1
	sim hgx-h100 "" run "$T/small.ini" --seed 8 --set gpu=0,1,2 --out "$T/c" >/dev/null 2>&1
	cmp "$T/a/results.csv" "$T/deeper-b/results.csv"
	cmp "$T/a/report.html" "$T/deeper-b/report.html"
	not cmp -s "$T/a/results.csv" "$T/c/results.csv"
}

@test "every output of a simulated run says SIMULATED" {
	run sim h200-vm "" run "$T/small.ini" --out "$T/b"
	[ "$status" -eq 0 ]
	[[ $output == *SIMULATED* ]]
	grep -q '<title>[^<]*SIMULATED' "$T/b/report.html"
	grep -q '^,simulated,h200-vm' "$T/b/manifest.csv"
}

@test "hang: that GPU's step is a TIMEOUT at its deadline, seven are measured" {
	sed -i 's/^processes = 1/&\ndeadline = 5s/' "$T/small.ini"
	fault 1 'hang gpu=3'
	[ "$(statuses)" = "$(all_but 3 TIMEOUT)" ]
	[[ $(reason 3) == *"deadline of 5 s"*"gpu=3"* ]]
}

@test "sticky_error: one ERROR, the rest measured" {
	fault 1 'sticky_error gpu=2'
	[ "$(statuses)" = "$(all_but 2 ERROR)" ]
	[ "$(csv "$T/b/steps.csv" status | grep -c ERROR)" -eq 1 ]
}

@test "corrupt_copy: FAIL naming GPU, size, direction and offset; its numbers are not valid" {
	fault 1 'corrupt_copy gpu=5 dir=d2h offset=1234 size=16777216'
	[ "$(statuses)" = "$(all_but 5 FAIL)" ]
	[[ $(reason 5) == *"gpu 5"*"d2h"*"16777216"*"offset 1234"* ]]
	csv "$T/b/samples.csv" labels valid | grep 'dir=d2h.*gpu=5.*size=16777216|corrupt' >/dev/null
	not grep -q 'gpu=4.*corrupt' "$T/b/samples.csv"
}

@test "gpu_missing: on the bus, not in CUDA: FAIL by its PCI address" {
	fault 1 'gpu_missing gpu=6'
	[ "$(statuses)" = "$(all_but 6 FAIL)" ]
	[[ $(reason 6) == *"0000:ba:00.0 is on the PCI bus but CUDA does not show it"* ]]
}

@test "gpu_busy: BUSY with the pid, the rest measured, exit 4; --force=busy,memory measures it" {
	fault 4 'gpu_busy gpu=1'
	[ "$(statuses)" = "$(all_but 1 BUSY)" ]
	[[ $(reason 1) == *pid* ]]
	rm -rf "$T/b"
	fault 0 'gpu_busy gpu=1' --force=busy,memory --set gpu=0,1
	[ "$(statuses)" = "0|PASS 1|PASS " ]
}

@test "nvml_missing: every GPU is a FAIL with the reason; --force=nvml measures all the same" {
	fault 3 nvml_missing
	[[ $(reason 0) == *NVML*libnvidia-ml* ]]
	rm -rf "$T/b"
	fault 0 nvml_missing --force=nvml --set gpu=0,1
	[ "$(statuses)" = "0|PASS 1|PASS " ]
}

@test "driver_too_old, driver_mismatch, fabric_not_ready: nothing measured, the reason says what to do" {
	for f in 'driver_too_old:update the driver' 'driver_mismatch:reload' 'fabric_not_ready:Fabric Manager'; do
		rm -rf "$T/b"
		fault 3 "${f%%:*}"
		[ "$(csv "$T/b/steps.csv" status | sort -u)" = FAIL ]
		[[ $(reason 0) == *"${f#*:}"* ]] || { reason 0; return 1; }
	done
}

@test "a healthy server has no finding; shifted, that metric alone is worse, by as much" {
	fault 0 ""
	[ "$(statuses)" = "$(all_but none)" ]
	[ "$(csv "$T/b/results.csv" status | sort -u)" = PASS ]
	[ "$(csv "$T/b/telemetry.csv" gpu field | grep -c '|clock_sm$')" -ge 8 ]
	[ "$(csv "$T/b/telemetry.csv" gpu | sort -u | tr -d '\n')" = 01234567 ]
	mv "$T/b" "$T/a"
	fault 0 'shift what=h2d by=0.05'
	python3 - "$T/a/results.csv" "$T/b/results.csv" <<-'E'
		import csv, sys
		a, b = ({(r["metric"], r["labels"]): float(r["median"]) for r in csv.DictReader(open(f))} for f in sys.argv[1:])
		for (metric, labels), v in a.items():
		    if metric != "bandwidth" or "size=16777216" not in labels:
		        continue
		    ratio = b[metric, labels] / v
		    want = 0.95 if "dir=h2d" in labels else 1
		    assert abs(ratio / want - 1) < 0.006, (labels, ratio)
	E
}

@test "a fault of one arm, controls among it, leaves the other arm alone" {
	control() { sim h200-vm 'shift what=host_alu by=0.5 arm=b' step control --seed=1 "--arm=$1" | grep -m1 ',alu,' | cut -d, -f6; }
	python3 -c 'import sys; a, b = map(float, sys.argv[1:]); assert 1.45 < b / a < 1.55, (a, b)' "$(control a)" "$(control b)"
}

@test "a node, a boot and a driver of their own reach the manifest" {
	printf '[suite]\nsummary = s\n[null]\n' >"$T/null.ini"
	"$top/scripts/sim" h200-vm --node=n07 --session=2 --driver=590.10.01 -- "$ASSAY-sim" run "$T/null.ini" --out "$T/b" >/dev/null 2>&1
	sim h200-vm "" run "$T/null.ini" --out "$T/a" >/dev/null 2>&1
	value() { csv "$T/$1/manifest.csv" key value | grep "^$2|" | cut -d'|' -f2; }
	[ "$(value b host.name)" = n07 ]
	[ "$(value b driver.version)" = 590.10.01 ]
	[ "$(value b driver.kernel_module)" = 590.10.01 ]
	for key in host.boot_id gpu.0.uuid gpu.0.serial run.start_utc; do
		[ -n "$(value b $key)" ] || { echo "no $key"; return 1; }
		[ "$(value a $key)" != "$(value b $key)" ] || { echo "same $key"; return 1; }
	done
}

@test "two runs at once: the second finds the GPUs locked and says by whom" {
	# shellcheck disable=SC2016 # expanded by the inner shell, on the simulated server
	"$top/scripts/sim" h200-vm -- bash -c '
		"$ASSAY-sim" run "$T/small.ini" --out "$T/b" --set size=4KiB --processes 30 >/dev/null 2>&1 &
		until compgen -G "$ASSAY_RUNTIME_DIR/gpu-*.lock" >/dev/null; do sleep 0.02; done
		"$ASSAY-sim" run "$T/small.ini" --out "$T/c" >/dev/null 2>&1
		kill $!; wait' || true
	[ "$(csv "$T/c/steps.csv" status)" = BUSY ]
	[[ $(csv "$T/c/steps.csv" reason) == *"another assay measures this GPU (pid "* ]]
}

@test "bad faults and profiles are refused before anything runs" {
	run -2 "$top/scripts/sim" hgx-h100 --fault='explode gpu=1' -- true
	run -2 "$top/scripts/sim" hgx-h100 --fault='hang gpu=99' -- true
	run -2 "$top/scripts/sim" nosuchserver -- true
}
