#!/usr/bin/env bats
# Replays of recorded blocks, on records made up here: the figures hold, both files are read alike,
# and what must fail fails.
load ../bats-compat
bats_require_minimum_version 1.5.0

setup() {
	replay=${BUILD:-build}/tests/prove/replay
	T=$BATS_TEST_TMPDIR
	}

# A record of `blocks` blocks of 3 metrics, sd about 1 % from process to process.
record() { # blocks
	awk -v n="$1" '
	function e(   i, s) { s = -6; for (i = 0; i < 12; i++) s += rand(); return exp(s / 100) }
	BEGIN {
		srand(7)
		print "block,bench,metric,labels,better,a,b"
		for (b = 0; b < n; b++)
			for (s = 1; s <= 3; s++)
				printf "%d,latency,time,\"node=0,size=%d\",lower,%.12g,%.12g\n", b, s, e(), e()
	}'
}

# The same as processes.csv of a bundle, arms in turns, three processes with the same median.
processes() {
	awk -F, '
	NR == 1 { print "arm,block,position,process,bench,metric,labels,n,median,rate_wall,valid,cause"; next }
	{
		for (i = -1; i <= 1; i++) {
			printf "a,%d,0,%d,%s,%s,%s,%s,30,%.12g,,1,\n", $1, i + 1, $2, $3, $4, $5, $7 * (1 + i / 50)
			printf "b,%d,1,%d,%s,%s,%s,%s,30,%.12g,,1,\n", $1, i + 1, $2, $3, $4, $5, $8 * (1 + i / 50)
		}
		printf "b,%d,1,3,%s,%s,%s,%s,30,9e9,,0,busy\n", $1, $2, $3, $4, $5
	}'
}

@test "a record of equal arms holds all three claims" {
	record 64 >"$T/blocks.csv"
	run -0 "$replay" --replays=2000 "$T/blocks.csv"
	[ "$(grep -c ' holds$' <<<"$output")" -eq 3 ]
	[[ $output == *"3 metrics, 64 blocks, margin 3.0 %, 2000 replays"* ]]
}

@test "one seed gives the same replays with any number of threads, another seed others" {
	record 64 >"$T/blocks.csv"
	"$replay" --replays=2000 --jobs=1 "$T/blocks.csv" >"$T/one"
	"$replay" --replays=2000 --jobs=3 "$T/blocks.csv" >"$T/three"
	cmp "$T/one" "$T/three"
	[ "$("$replay" --list=1 "$T/blocks.csv")" = "$("$replay" --list=1 "$T/blocks.csv")" ]
	[ "$("$replay" --list=1 "$T/blocks.csv")" != "$("$replay" --list=1 --seed=2 "$T/blocks.csv")" ]
}

@test "processes.csv says the same: medians of a block's valid processes" {
	record 64 >"$T/blocks.csv"
	processes <"$T/blocks.csv" >"$T/processes.csv"
	"$replay" --list=3 "$T/blocks.csv" >"$T/a"
	"$replay" --list=3 "$T/processes.csv" >"$T/b"
	[ "$(wc -l <"$T/a")" -eq 28 ]
	cmp "$T/a" "$T/b"
}

@test "a margin far below the noise raises alarms: exit 1" {
	record 64 >"$T/blocks.csv"
	run -1 "$replay" --replays=2000 --margin=0.0001 "$T/blocks.csv"
	[[ $output == *REGRESSED*"DOES NOT HOLD"* ]]
}

@test "arms that lie apart, which swapping hides, are shown" {
	record 64 | awk -F, -v OFS=, 'NR > 1 { $8 *= 1.08 } 1' >"$T/apart.csv"
	run "$replay" --replays=500 "$T/apart.csv"
	[ "$(grep -cE 'arms apart +[+][78]\.' <<<"$output")" -eq 3 ]
}

@test "several files are one record" {
	record 64 >"$T/all.csv"
	awk -F, 'NR == 1 || $1 < 30' "$T/all.csv" >"$T/one.csv"
	awk -F, -v OFS=, 'NR == 1 || $1 >= 30 { if (NR > 1) $1 -= 30; print }' "$T/all.csv" >"$T/two.csv"
	run -2 "$replay" "$T/one.csv"
	"$replay" --replays=500 "$T/all.csv" >"$T/a" || true
	"$replay" --replays=500 "$T/one.csv" "$T/two.csv" >"$T/b" || true
	grep -q '64 blocks' "$T/b"
	cmp "$T/a" "$T/b"
	"$replay" --list=1 "$T/one.csv" "$T/two.csv" >"$T/list"
	grep -qE '[+-]1[0-3][0-9]( |$)' "$T/list"
	"$replay" --blocks "$T/one.csv" "$T/two.csv" >"$T/again.csv"
	[ "$(wc -l <"$T/again.csv")" -eq 193 ]
	"$replay" --replays=500 "$T/again.csv" >"$T/c" || true
	cmp "$T/a" "$T/c"
}

@test "only chosen metrics; too few blocks, too many metrics, no file and unknown words are refused" {
	record 40 >"$T/blocks.csv"
	run -0 "$replay" --replays=500 --only='latency.time{node=0' "$T/blocks.csv"
	run -2 "$replay" --only=bandwidth "$T/blocks.csv"
	[[ $output == *"0 metrics; choose 1 to 40 with --only"* ]]
	record 20 >"$T/few.csv"
	run -2 "$replay" "$T/few.csv"
	[[ $output == *"few.csv: 20 blocks are whole in every metric; 32 are needed"* ]]
	run -2 "$replay" "$T/none.csv"
	run -2 "$replay"
	run -2 "$replay" --repeats=3 "$T/blocks.csv"
	echo 'block,bench' >"$T/bad.csv"
	run -2 "$replay" "$T/bad.csv"
}
