#!/usr/bin/env bats
# The whole way through the house on the null benchmark: statuses, exit codes, bundle, resume.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

null() { # name, keys of [null]…
	{ printf '[suite]\nsummary = test\n%s\n[null]\n' "${HEAD:-}"; printf '%s\n' "${@:2}"; } >"$T/$1.ini"
}

@test "a passing run: exit 0, a sealed bundle, results near the truth, two reports" {
	null ok 'mean = 100000' 'sd = 3000' 'processes = 4' 'n = 200'
	run -0 --separate-stderr "$ASSAY" run "$T/ok.ini" --out "$T/b"
	[[ $output == *"Passed."* ]]
	[[ $output == *"report: $T/b/report.html"* ]]
	sealed "$T/b"
	csv "$T/b/results.csv" metric processes n unit median status | grep '^time|4|800|s|' | awk -F'|' '
		{ if ($5 < 0.99e-4 || $5 > 1.01e-4 || $6 != "PASS") exit 1; found = 1 } END { exit !found }'
	grep -q '<!doctype html>\|<!DOCTYPE html>' "$T/b/report.html"
	grep -q '^,run.status,complete,' "$T/b/manifest.csv"
	LC_ALL=C sort -c <(tail -n +2 "$T/b/manifest.csv")
	[ "$(csv "$T/b/steps.csv" status | sort -u)" = PASS ]
}

@test "nothing but results on stdout, no colour and no progress in a pipe" {
	null ok 'processes = 1'
	run -0 --separate-stderr "$ASSAY" run "$T/ok.ini" --out "$T/b"
	[[ $output != *$'\033'* && $stderr != *$'\033'* ]]
	[[ $stderr != *$'\r'* ]]
}

@test "each way to end has its status and exit code" {
	while read -r outcome want code; do
		null "$outcome" "outcome = $outcome" 'processes = 1' 'deadline = 2s'
		run "$ASSAY" run "$T/$outcome.ini" --out "$T/$outcome"
		[ "$status" -eq "$code" ] || { echo "$outcome: exit $status"; echo "$output"; return 1; }
		[ "$(csv "$T/$outcome/steps.csv" status)" = "$want" ] ||
			{ echo "$outcome:"; cat "$T/$outcome/steps.csv"; return 1; }
		[ -n "$(csv "$T/$outcome/steps.csv" reason)" ]
		sealed "$T/$outcome"
	done <<-E
		fail FAIL 3
		error ERROR 3
		crash ERROR 3
		hang TIMEOUT 3
		stubborn TIMEOUT 3
		skip SKIP 3
		garbage PASS 0
	E
}

@test "a failing step among passing ones is exit 1, and they are measured" {
	suite mixed <<-E
		[suite]
		summary = one of three crashes
		[null]
		processes = 2
		[null:bad]
		step = 1
		outcome = crash
		[null:last]
		step = 2
	E
	run -1 "$ASSAY" run "$T/mixed.ini" --out "$T/b"
	[ "$(csv "$T/b/steps.csv" step status | sort | uniq -c | tr -s ' ' | tr '\n' ';')" = ' 2 0|PASS; 1 1|ERROR; 3 2|PASS;' ]
	csv "$T/b/results.csv" bench status reason | grep -q '^null|ERROR|killed by signal'
}

@test "an optional skip changes nothing, a required one is exit 4" {
	body='processes = 1
[null:skipped]
step = 1
outcome = skip'
	null optional "$body"
	run -0 "$ASSAY" run "$T/optional.ini" --out "$T/a"
	[[ $output == *"skipped"* ]]
	HEAD='required = null:skipped' null needed "$body"
	run -4 "$ASSAY" run "$T/needed.ini" --out "$T/b"
}

@test "one seed gives the same bytes, another seed others" {
	null ok 'processes = 2'
	for out in a b; do
		ASSAY_SIM= "$ASSAY" run "$T/ok.ini" --seed 7 --out "$T/$out" >/dev/null
	done
	"$ASSAY" run "$T/ok.ini" --seed 8 --out "$T/c" >/dev/null
	values() { csv "$T/$1/samples.csv" metric value; }
	[ "$(values a)" = "$(values b)" ]
	[ "$(values a)" != "$(values c)" ]
	before=$(cat "$T/a/results.csv" "$T/a/report.html" | sha256sum)
	"$ASSAY" report "$T/a" >/dev/null
	[ "$before" = "$(cat "$T/a/results.csv" "$T/a/report.html" | sha256sum)" ]
}

@test "--like runs the very plan again, --json prints JSON" {
	null ok 'processes = 2' 'step = 1,2' 'case = 3,4'
	"$ASSAY" run "$T/ok.ini" --seed 5 --out "$T/a" >/dev/null
	"$ASSAY" run --like "$T/a" --out "$T/b" --json >"$T/json" 2>/dev/null
	cmp "$T/a/plan.csv" "$T/b/plan.csv"
	[ "$(csv "$T/a/samples.csv" value)" = "$(csv "$T/b/samples.csv" value)" ]
	python3 -m json.tool "$T/json" >/dev/null
}

@test "default folder: results/UTC-HOST-SUITE, and results/latest points at it" {
	null ok 'processes = 1'
	cd "$T"
	"$ASSAY" run ok.ini >/dev/null 2>&1
	[ -L results/latest ]
	[[ $(readlink results/latest) == 20[0-9][0-9]*T*Z-*-ok ]]
	[ -s results/latest/report.html ]
}

@test "an existing folder with something in it is refused and kept" {
	null ok 'processes = 1'
	mkdir "$T/full"
	echo precious >"$T/full/file"
	run -1 "$ASSAY" run "$T/ok.ini" --out "$T/full"
	[ "$(ls "$T/full")" = file ]
}

@test "--set and --processes override the suite, within the same checks" {
	null ok 'processes = 3'
	"$ASSAY" run "$T/ok.ini" --processes 1 --set null.n=7 --out "$T/b" >/dev/null
	[ "$(csv "$T/b/results.csv" metric n | head -1)" = 'rate|7' ] || [ "$(csv "$T/b/results.csv" metric n | grep '^time')" = 'time|7' ]
	run -2 "$ASSAY" run "$T/ok.ini" --set n=many --out "$T/c"
	run -2 "$ASSAY" run "$T/ok.ini" --set nosuch=1 --out "$T/d"
}
