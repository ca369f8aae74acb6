#!/usr/bin/env bats
# What differs between two arms, and what the report of a comparison says of it.
# shellcheck disable=SC2154 # set by common.bash or bats: top
load common

setup() {
	suite known <<-E
		[suite]
		summary = known numbers
		gate = null.time
		[null]
		mean = 100000
		sd = 300
		process_sd = 200
		n = 30
	E
	# a launcher that sets a variable, and may slow its steps down
	cat >"$T/in-env" <<-E
		#!/bin/sh
		export OMP_NUM_THREADS=3
		exec '$top/tests/arms/in-step' "\$@"
	E
	chmod +x "$T/in-env"
}

@test "an arm that is slower and differs in a variable: REGRESSED, and a hint that names it" {
	run -1 --separate-stderr "$ASSAY" ab "$T/known.ini" --quick --margin 2% --out "$T/b" --b "threads=$T/in-env mean=106000"
	[[ $output == *"▼ Regressed."* || $output == *"v Regressed."* ]]
	[[ $output == *"6.0 % slower"* ]]
	[[ $output == *"hint: the environment variable OMP_NUM_THREADS is 3 in threads"* ]]
	# page and JSON say the same
	grep -q 'hint: the environment variable OMP_NUM_THREADS is 3 in threads' "$T/b/report.html"
	grep -q '▼</span> Regressed</h1>' "$T/b/report.html"
	run -1 --separate-stderr "$ASSAY" report --json "$T/b"
	[ "$(python3 -c '
import json, sys
c = json.load(sys.stdin)["comparison"]
print([d["key"] for d in c["differences"] if d["matters"]], len(c["hints"]), c["gates"]["REGRESSED"])' <<<"$output")" = "['variable.omp_num_threads'] 1 1" ]
}

@test "the same difference without a slower metric: shown, and no hint" {
	run -0 --separate-stderr "$ASSAY" ab "$T/known.ini" --quick --margin 2% --out "$T/b" --b "threads=$T/in-env"
	[[ $output == *"variable.omp_num_threads): not set in host, 3 in threads"* ]]
	not grep -q 'hint:' "$T/b/report.html"
	[[ $output != *"hint:"* ]]
}
