#!/usr/bin/env bats
# Two arms on the null benchmark, whose numbers are known: verdicts, what goes on, resume, seal.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

setup() {
	suite known <<-E
		[suite]
		summary = known numbers
		gate = null.time null.rate
		[null]
		mean = 100000
		sd = 300
		process_sd = 200
		n = 30
	E
	STEP=$top/tests/arms/in-step
}

ab() { run --separate-stderr "$ASSAY" ab "$T/known.ini" --out "$T/b" "$@"; }
# metric|verdict, sorted
verdicts() { csv "$T/b/verdicts.csv" role metric verdict | grep '^gate' | cut -d'|' -f2- | sort | tr '\n' ' '; }
blocks() { csv "$T/b/steps.csv" arm step block | grep '|0|' | cut -d'|' -f3 | sort -un | wc -l; }

@test "the same twice is EQUIVALENT after 8 blocks, exit 0, sealed; the suite's own processes= plays no part" {
	ab --margin 2%
	[ "$status" -eq 0 ]
	[ "$(verdicts)" = 'rate|EQUIVALENT time|EQUIVALENT ' ]
	[ "$(blocks)" -eq 8 ]
	sealed "$T/b"
	[[ $stderr == *"2 gates, 2 controls"* ]]
	grep -q '^,ab.a,host-a,' "$T/b/manifest.csv"
	grep -q '^,ab.b,host-b,' "$T/b/manifest.csv"
}

@test "5 % worse is REGRESSED in both gates, exit 1; 5 % better is IMPROVED, exit 0" {
	ab --b "$STEP mean=105000" --margin 2%
	[ "$status" -eq 1 ]
	[ "$(verdicts)" = 'rate|REGRESSED time|REGRESSED ' ]
	rm -rf "$T/b"
	ab --b "$STEP mean=95000" --margin 2%
	[ "$status" -eq 0 ]
	[ "$(verdicts)" = 'rate|IMPROVED time|IMPROVED ' ]
}

@test "at the margin nothing is decided: three looks, INCONCLUSIVE, exit 4; --quick stops after one" {
	ab --b "$STEP mean=102000" --margin 2%
	[ "$status" -eq 4 ]
	[ "$(verdicts)" = 'rate|INCONCLUSIVE time|INCONCLUSIVE ' ]
	[ "$(blocks)" -eq 32 ]
	rm -rf "$T/b"
	ab --b "$STEP mean=102000" --margin 2% --quick
	[ "$status" -eq 4 ]
	[ "$(blocks)" -eq 8 ]
}

@test "processes alternate: in every four blocks each arm goes first twice" {
	ab --b "$STEP mean=102000" --margin 2%
	python3 - "$T/b/steps.csv" <<-'E'
		import csv, sys
		first = {}
		for r in csv.DictReader(open(sys.argv[1])):
		    if r["step"] != "0":
		        continue
		    first.setdefault(int(r["block"]), (float(r["start"]), r["arm"]))
		    first[int(r["block"])] = min(first[int(r["block"])], (float(r["start"]), r["arm"]))
		for g in range(8):
		    b_first = sum(first[b][1] == "step" for b in range(4 * g, 4 * g + 4))
		    assert b_first == 2, (g, b_first)
	E
}

@test "only what is undecided goes on, and a moved screen is confirmed in fresh blocks" {
	suite known <<-E
		[suite]
		summary = one gate decides at once, a screen moves
		gate = null.time{step=0}
		[null]
		mean = 100000
		process_sd = 200
		n = 30
		step = 0
		[null:screen]
		mean = 100000
		process_sd = 200
		n = 30
		step = 1
	E
	ab --b "$top/tests/arms/in-step-1 mean=106000" --margin 2%
	[ "$status" -eq 1 ]
	[ "$(csv "$T/b/verdicts.csv" role metric labels verdict | grep '^gate')" = 'gate|time|case=0,step=0|EQUIVALENT' ]
	[ "$(csv "$T/b/verdicts.csv" role verdict | grep -c '^screen|REGRESSED')" -eq 2 ]
	[ "$(csv "$T/b/steps.csv" step block | grep -c '^0|3[2-9]$')" -eq 0 ]
	[ "$(csv "$T/b/steps.csv" step block | grep -cE '^1\|(3[2-9])$')" -eq 16 ]
}

@test "an arm that cannot start: INCONCLUSIVE with the reason, not repeated, exit 1" {
	ab --b "$STEP outcome=error" --margin 2%
	[ "$status" -eq 1 ] || [ "$status" -eq 3 ]
	[ "$(csv "$T/b/steps.csv" step status | grep -c '^0|ERROR')" -eq 1 ]
	[ "$(verdicts)" = 'rate|INCONCLUSIVE time|INCONCLUSIVE ' ]
	csv "$T/b/verdicts.csv" role reason | grep '^gate' | grep -qi 'step'
}

@test "one seed gives the same bytes of verdicts" {
	ab --margin 2% --seed 5
	mv "$T/b" "$T/first"
	ab --margin 2% --seed 5
	cmp <(grep -v ,control, "$T/first/verdicts.csv") <(grep -v ,control, "$T/b/verdicts.csv") # those are real
	[ "$(csv "$T/first/samples.csv" arm step metric value | grep '|0|')" = "$(csv "$T/b/samples.csv" arm step metric value | grep '|0|')" ]
}

@test "SIGKILL in the middle: readable, --resume goes on with what is missing, and run --resume points there" {
	sed -i 's/^n = 30/n = 30\nsleep = 60/' "$T/known.ini"
	"$ASSAY" ab "$T/known.ini" --out "$T/b" --margin 2% --b "$STEP mean=105000" >/dev/null 2>&1 &
	pid=$!
	for _ in $(seq 400); do
		[ -e "$T/b/steps.csv" ] && [ "$(wc -l <"$T/b/steps.csv")" -ge 9 ] && break
		sleep 0.05
	done
	kill -9 "$pid"
	wait "$pid" || true
	before=$(csv "$T/b/steps.csv" step block arm | sort -u | wc -l)
	run -2 "$ASSAY" run --resume "$T/b"
	[[ $output == *"assay ab --resume"* ]]
	run -1 "$ASSAY" ab --resume "$T/b"
	[ "$(verdicts)" = 'rate|REGRESSED time|REGRESSED ' ]
	[ "$before" -ge 4 ]
	sealed "$T/b"
	# at most the one half-measured block was measured again
	[ "$(csv "$T/b/steps.csv" step arm block | grep '^0' | sort | uniq -d | wc -l)" -le 2 ]
}

@test "SIGKILL in the first process of a block: what it had sent does not count with its repetition" {
	sed -i 's/^n = 30/n = 30\nsleep = 100\ncase = 0,1,2/' "$T/known.ini"
	"$ASSAY" ab "$T/known.ini" --out "$T/b" --margin 2% --quick >/dev/null 2>&1 &
	pid=$!
	for _ in $(seq 600); do # an arm has sent cases of a block that has no row yet
		half=$(tail -n 1 "$T/b/samples.csv" 2>/dev/null | cut -d, -f2,3) # block,step
		[[ $half == *,0 ]] && not grep -q "^[^,]*,$half," "$T/b/steps.csv" && break
		sleep 0.01
	done
	kill -9 "$pid"
	wait "$pid" || true
	run -0 "$ASSAY" ab --resume "$T/b"
	no_sample_twice "$T/b"
	[ "$(csv "$T/b/processes.csv" metric n | grep '^time' | sort -u)" = 'time|30' ]
}

@test "wrong use is refused before anything runs" {
	ab --margin 0
	[ "$status" -eq 2 ]
	ab --margin two
	[ "$status" -eq 2 ]
	ab --b no-such-launcher
	[ "$status" -eq 2 ]
	[[ $stderr == *no-such-launcher* ]]
	ab --userland theirs
	[ "$status" -eq 2 ]
	[ ! -e "$T/b" ]
	run -2 "$ASSAY" ab "$T/known.ini" --resume "$T/b"
	run -2 "$ASSAY" ab
}
