#!/usr/bin/env bats
# The usual rules on the replays of a made-up record: whose figures are known, and a peer's script.
load ../bats-compat
bats_require_minimum_version 1.5.0

setup() {
	T=$BATS_TEST_TMPDIR
	export REPLAY=${BUILD:-build}/tests/prove/replay
	command -v python3 >/dev/null || skip 'no python3'
}

# A bundle of 40 blocks and two metrics: processes differ by 1 %, samples in them by a tenth of that.
bundle() {
	mkdir "$T/bundle"
	awk -v samples="$T/bundle/samples.csv" -v processes="$T/bundle/processes.csv" '
	function e(   i, s) { s = -6; for (i = 0; i < 12; i++) s += rand(); return s / 100 }
	BEGIN {
		srand(3)
		print "arm,block,step,process,attempt,bench,metric,labels,sample,t,value,valid" >samples
		print "arm,block,position,process,bench,metric,labels,n,median,rate_wall,valid,cause" >processes
		for (b = 0; b < 40; b++)
			for (a = 0; a < 2; a++)
				for (m = 0; m < 2; m++) {
					level = exp(e())
					key = "lat,time,size=" m
					arm = a ? "new" : "base"
					for (i = 0; i < 31; i++)
						printf "%s,%d,%d,0,1,%s,%d,0,%.12g,\n", arm, b, m, key, i,
							level * (1 + (i - 15) / 15000) >samples
					# an earlier attempt and a marked sample, which do not count
					printf "%s,%d,%d,0,0,%s,0,0,99,\n", arm, b, m, key >samples
					printf "%s,%d,%d,0,1,%s,31,0,99,thermal\n", arm, b, m, key >samples
					printf "%s,%d,%d,0,%s,31,%.12g,,1,\n", arm, b, a, key, level >processes
				}
	}'
}

# Columns of a row of the table: "families metrics margin detectable".
row() { # rule, data
	awk -F'|' -v rule=" $1 " -v data=" $2" '
		$2 == rule && index($3, data) == 1 { gsub(/[ %]/, ""); print $4, $5, $6, $7 }' <<<"$output"
}

@test "rules that take samples for processes cry wolf where ours is silent" {
	bundle
	run -0 --separate-stderr scripts/compare-rules "$T/bundle" --replays=40
	read -r families metrics _ _ < <(row ours 32)
	[ "$families $metrics" = '0.0 0.0' ]
	# one process an arm: its level is ten times the spread inside, so nearly all differ
	for rule in Welch Mann-Whitney; do
		read -r families metrics _ missed < <(row "$rule" '1 process')
		awk -v f="$families" -v m="$metrics" 'BEGIN { exit !(f > 95 && m > 80) }'
	done
	# 5 % is five times the spread: no alarm, and a shift of 3 % is missed
	read -r families _ margin _ < <(row 'means, 5 %' 32)
	[ "$families $margin" = '0.0 100.0' ]
}

@test "the first samples decide nothing: earlier attempts and marked samples are left out" {
	bundle
	sed -i '/,99,/d' "$T/bundle/samples.csv"
	run -0 --separate-stderr scripts/compare-rules "$T/bundle" --replays=5
	cp -r "$T/bundle" "$T/clean"
	clean=$output
	rm -r "$T/bundle" && bundle
	run -0 --separate-stderr scripts/compare-rules "$T/bundle" --replays=5
	[ "$output" = "$clean" ]
}

@test "a peer's script is run as it is, and its words are counted" {
	bundle
	cat >"$T/peer.py" <<-'E'
	import json, sys
	a, b = (json.load(open(f))["benchmarks"][0]["states"] for f in sys.argv[2:4])
	for x, y in zip(a, b):
	    mean = [float(s["summaries"][0]["data"][0]["value"]) for s in (x, y)]
	    word = "SLOW" if mean[1] > 1.001 * mean[0] else "FAST" if mean[1] < mean[0] / 1.001 else "SAME"
	    print(f"| {x['name']} | {mean[0]} | 🔵 {word} |")
	sys.exit(7)
	E
	run -0 --separate-stderr scripts/compare-rules "$T/bundle" --replays=20 --peer="$T/peer.py"
	[[ $output == *"peer.py: sha256 $(sha256sum <"$T/peer.py" | cut -d' ' -f1)"* ]]
	read -r families _ margin missed < <(row peer.py '1 process')
	awk -v f="$families" 'BEGIN { exit !(f > 95) }'
	read -r _ _ margin missed < <(row peer.py 32)
	[ "$margin $missed" = '0.0 0.0' ]
	echo 'print("| case-0 | SAME |")' >"$T/peer.py"
	run -1 scripts/compare-rules "$T/bundle" --replays=5 --peer="$T/peer.py"
	[[ $output == *"answered 1 of 30 questions"* ]]
}

@test "recorded blocks do without samples; a wrong word or no record is refused" {
	awk 'BEGIN {
		srand(1)
		print "block,bench,metric,labels,better,a,b"
		for (b = 0; b < 40; b++) printf "%d,x,rate,size=1,higher,%g,%g\n", b, 99 + rand(), 99 + rand()
	}' >"$T/blocks.csv"
	run -0 --separate-stderr scripts/compare-rules "$T/blocks.csv" --replays=20
	[ -n "$(row Welch 32)" ]
	[ -z "$(row Welch '1 process')" ]
	run -1 scripts/compare-rules "$T/blocks.csv" --peers=x
	run -1 scripts/compare-rules
	run -1 scripts/compare-rules "$T/none.csv"
}
