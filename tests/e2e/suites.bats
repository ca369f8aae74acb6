#!/usr/bin/env bats
# Suite files: every broken one is refused with its file, line and reason before anything runs;
# every shipped one is accepted.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

broken=$BATS_TEST_DIRNAME/../fixtures/suites/broken

@test "each broken suite file gives exit 2 and file:line: reason" {
	n=0
	for expect in "$broken"/*.expect; do
		ini=${expect%.expect}.ini
		IFS= read -r want <"$expect"
		line=${want%%: *} reason=${want#*: }
		run "$ASSAY" run "$ini" --out "$T/out"
		[ "$status" -eq 2 ] || { echo "$ini: exit $status"; return 1; }
		at=$ini:$line:
		[ "$line" != 0 ] || at=$ini:
		[[ $output == *"assay: $at "*"$reason"* ]] || { echo "$ini: $output"; echo "wanted: $want"; return 1; }
		[ "${#lines[@]}" -eq 1 ]
		[ ! -e "$T/out" ]
		n=$((n + 1))
	done
	[ "$n" -ge 25 ]
}

@test "a line of one megabyte is refused, not read on for ever" {
	{ printf '[suite]\nsummary = '; head -c 1048576 /dev/zero | tr '\0' x; printf '\n[null]\n'; } >"$T/long.ini"
	run "$ASSAY" run "$T/long.ini"
	[ "$status" -eq 2 ]
	[[ $output == *"long.ini:2: "* ]]
}

@test "a folder, a missing file and an unreadable name are no suites" {
	run "$ASSAY" run "$T/"
	[ "$status" -eq 2 ]
	run "$ASSAY" run "$T/nothing.ini"
	[ "$status" -eq 2 ]
	[[ $output == *"nothing.ini: "* ]]
	run "$ASSAY" run nosuchsuite
	[ "$status" -eq 2 ]
	[[ $output == *'there is no suite "nosuchsuite"'* ]]
}

@test "every shipped suite passes its check" {
	for s in "$top"/suites/*.ini; do
		"$ASSAY" plan --check "$s" >/dev/null
	done
}

@test "wrong usage is exit 2 with a pointer to the help" {
	for args in "" "--nonsense" "null h2d" "null --seed=x" "null --processes=0" "null --processes=65" \
		"null --set=x" "null --force=nosuch" "null --arm=x" "--resume=$T" "null --like=$T" "null --out"; do
		# shellcheck disable=SC2086 # words on purpose
		run "$ASSAY" run $args
		[ "$status" -eq 2 ] || { echo "run $args: $status $output"; return 1; }
		[ -n "$output" ]
	done
	run -2 "$ASSAY" plan null --processes=3x
	run "$ASSAY" nosuchcommand
	[ "$status" -eq 2 ]
}

@test "help, list, version and the man page come from the tables" {
	run -0 "$ASSAY" help
	[[ $output == *"exit codes:"* ]]
	run -0 "$ASSAY" help copy
	[[ $output == *"memory"*"pinned|pageable"* ]]
	run -0 "$ASSAY" help suite
	run -0 "$ASSAY" help run
	[[ $output == *"--resume=BUNDLE"* ]]
	run -0 "$ASSAY" run --help
	[[ $output == *"--resume=BUNDLE"* ]]
	run -0 "$ASSAY" list
	[[ $output == *host_latency* && $output == *quick* ]]
	"$ASSAY" list --json | python3 -c 'import json,sys; d=json.load(sys.stdin); assert len(d["benchmarks"]) >= 4'
	"$ASSAY" help --man | grep -q '^\.SH EXIT STATUS'
	run -0 "$ASSAY" --version
	[[ $output == "assay "* ]]
}
