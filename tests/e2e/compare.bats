#!/usr/bin/env bats
# Stored bundles: two arms judged again, sessions with a history, nodes, what is refused, hostile files.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

# Runs the null benchmark into $T/NAME as a session of its own: session NAME SEED [SED…]
session() {
	local name=$1 seed=$2
	shift 2
	[ -f "$T/known.ini" ] || suite known <<-E
		[suite]
		summary = known numbers
		gate = null.time
		[null]
		mean = ${MEAN:-100000}
		sd = 300
		process_sd = 1000
		n = 30
		processes = 3
	E
	"$ASSAY" run "$T/known.ini" --seed "$seed" --out "$T/$name" ${SET:+--set "$SET"} >/dev/null 2>&1
	edit "$name" "s/host.boot_id,[^,]*/host.boot_id,boot-${name//\//-}/" "$@"
}

# Changes a bundle's manifest as another machine would have written it; numbers stay younger.
edit() {
	local name=$1
	shift
	for change; do sed -i "$change" "$T/$name/manifest.csv"; done
	touch "$T/$name/processes.csv"
}

sessions() { # PREFIX N SEED
	for i in $(seq "$2"); do session "$1$i" "$(($3 + i))"; done
}

# A session whose processes are slower by 5 %, and nothing else differs.
slower() {
	python3 - "$T/$1/processes.csv" <<-'P'
		import csv, sys
		rows = list(csv.reader(open(sys.argv[1], newline="")))
		for r in rows[1:]:
		    f = 1.05 if r[5] == "time" else 1 / 1.05
		    r[8] = repr(float(r[8]) * f)
		csv.writer(open(sys.argv[1], "w", newline=""), lineterminator="\n").writerows(rows)
	P
}

compare() { run --separate-stderr "$ASSAY" compare "$@"; }

@test "the arms of one bundle again: the same verdicts, other margins, --gate, JSON" {
	suite arms <<-E
		[suite]
		summary = known numbers
		gate = null.time
		[null]
		sd = 300
		process_sd = 200
		n = 30
	E
	run "$ASSAY" ab "$T/arms.ini" --out "$T/b" --margin 2%
	[ "$status" -eq 0 ]
	compare "$T/b" --out "$T/again"
	[ "$status" -eq 0 ]
	cmp "$T/b/verdicts.csv" "$T/again/verdicts.csv"
	[ -s "$T/again/compare.html" ]
	compare "$T/b" --margin 0.01% --gate
	[ "$status" -eq 4 ]
	compare "$T/b" --json
	[ "$status" -eq 0 ]
	python3 -m json.tool <<<"$output" >/dev/null
}

@test "sessions: without a history no verdict, with one a shift of 5 % is found and none invented" {
	sessions base 2 10
	sessions new 2 20
	mkdir "$T/h"
	sessions h/s 21 30
	compare "$T/base1" "$T/base2" -- "$T/new1" "$T/new2"
	[ "$status" -eq 4 ]
	[[ $output == *"no history: the interval assumes"* ]]
	[ -z "$(grep -o 'sessions differ by [0-9.]* %' <<<"$output" | sort | uniq -d)" ] # each is said once
	compare "$T/base1" "$T/base2" -- "$T/new1" "$T/new2" --history "$T/h" --margin latency=2% --out "$T/same"
	[ "$status" -eq 0 ]
	[ "$(csv "$T/same/verdicts.csv" role verdict | head -1)" = 'gate|EQUIVALENT' ]
	slower new1
	slower new2
	compare --history "$T/h" --gate "$T/base1" "$T/base2" -- "$T/new1" "$T/new2" --out "$T/worse"
	[ "$status" -eq 1 ]
	[ "$(csv "$T/worse/verdicts.csv" role verdict | head -1)" = 'gate|REGRESSED' ]
}

@test "nodes: each compared with itself, untouched ones are the control" {
	for i in 1 2 3 4 5 6; do
		session "base$i" "$i" "s/host.name,[^,]*/host.name,node$i/"
		session "new$i" "6$i" "s/host.name,[^,]*/host.name,node$i/"
		if [ "$i" -le 4 ]; then
			edit "new$i" 's/host.kernel,[^,]*/host.kernel,9.9.9/'
			slower "new$i"
		fi
	done
	compare "$T"/base? -- "$T"/new? --out "$T/o"
	[ "$status" -eq 1 ]
	[[ $output == *"4 nodes before and after, 2 untouched"* ]]
	[ "$(csv "$T/o/verdicts.csv" role verdict | head -1)" = 'gate|REGRESSED' ]
}

@test "what must not be compared is refused by name, exit 2" {
	session base 1
	session other 2
	cp -r "$T/other" "$T/sim"
	echo ',simulated,hgx-h100,made up' >>"$T/sim/manifest.csv"
	cp -r "$T/other" "$T/suite"
	edit suite 's/suite.hash,[^,]*/suite.hash,ff/'
	cp -r "$T/other" "$T/host"
	edit host 's/host.name,[^,]*/host.name,elsewhere/'
	cp -r "$T/other" "$T/newer"
	edit newer 's/schema,1/schema,99/'
	SET=null.n=31 session set 3
	while IFS='|' read -r name said; do
		compare "$T/base" -- "$T/$name"
		[ "$status" -eq 2 ] || { echo "$name: exit $status: $output"; return 1; }
		[[ $stderr == *"$said"* ]] || { echo "$name: $stderr"; return 1; }
	done <<-E
		sim|never compared with a measurement
		suite|another suite
		host|other hosts are compared only as nodes
		newer|schema 99
		set|other parameters
		nowhere|is no bundle
	E
	compare "$T/base"
	[ "$status" -eq 2 ]
	[[ $stderr == *"holds no two arms"* ]]
	compare "$T/base" "$T/other"
	[ "$status" -eq 2 ]
	compare "$T/base" -- "$T/other" --margin nan
	[ "$status" -eq 2 ]
}

@test "hostile files: an error that names the file, never a crash or a verdict" {
	session base 1
	session good 2
	head=$(head -1 "$T/good/processes.csv")
	row=$(sed -n 2p "$T/good/processes.csv")
	bad() { # what processes.csv holds comes on standard input
		rm -rf "$T/bad"
		cp -r "$T/good" "$T/bad"
		cat >"$T/bad/processes.csv"
		compare "$T/base" -- "$T/bad"
		[ "$status" -eq 2 ] && [[ $stderr == *"bad/processes.csv"*"$1"* ]]
	}
	printf '%s\n%s' "$head" "${row%%,1,}" | bad 'cut off'
	printf '%s\n%s\n%s\n' "$head" "$row" "$row" | bad 'says the same as row 2'
	printf '%s\n%s\n' "$head" 'host,0,0,0,null,time,x,3,nan,,1,' | bad 'should be a number'
	python3 -c 'print(",".join(f"c{i}" for i in range(10**6)))' | bad 'more than 64 fields'
	printf 'a\0b\n' | bad 'NUL byte'
	# the evidence itself, cut in the middle of a row: judged to its last whole one, or refused
	rm -rf "$T/bad"
	cp -r "$T/good" "$T/bad"
	rm "$T/bad/processes.csv"
	truncate -s -7 "$T/bad/samples.csv"
	compare "$T/base" -- "$T/bad"
	[ "$status" -eq 4 ] || [ "$status" -eq 2 ]
}

@test "a host's name cannot become markup or drive a terminal" {
	session base 1 's/host.name,[^,]*/host.name,<img src=x>\x1b[2J/'
	session new 2 's/host.name,[^,]*/host.name,<img src=x>\x1b[2J/'
	compare "$T/base" -- "$T/new" --out "$T/o"
	[ "$status" -eq 4 ]
	not grep -q '<img src=x' "$T/o/compare.html"
	[[ $output != *$'\033[2J'* ]]
}

@test "history: sessions, degrees of freedom, a new kernel starts anew; nothing to read is exit 2" {
	mkdir "$T/h" "$T/empty"
	sessions h/s 4 1
	edit h/s4 's/host.kernel,[^,]*/host.kernel,9.9.9/'
	mkdir "$T/h/half"
	echo 'arm,key,value,source' >"$T/h/half/manifest.csv"
	run --separate-stderr "$ASSAY" history "$T/h" --out "$T/o"
	[ "$status" -eq 0 ]
	[[ $stderr == *"left out $T/h/half: "* ]]
	[ "$(csv "$T/o/history.csv" metric role sessions nu suffices | head -1)" = 'time|gate|4|2|no' ]
	[[ $output == *"0 of 1 metrics"*"report: $T/o/history.html"* ]]
	grep -q 'History: 4 sessions of' "$T/o/history.html"
	grep -q 'id="trend-0-t"' "$T/o/history.html"
	"$ASSAY" history "$T/h" --json 2>/dev/null | python3 -m json.tool >/dev/null
	run -2 "$ASSAY" history "$T/empty"
	run -2 "$ASSAY" history "$T/nowhere"
}
