#!/usr/bin/env bats
# What is left after a kill, and that --resume finishes it.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

setup() {
	suite long <<-E
		[suite]
		summary = long enough to be killed
		[null]
		step = 1..6
		case = 0,1
		sleep = 250
		processes = 1
	E
}

start() { # in the background; waits until two steps are done and the third has sent its first case
	"$ASSAY" run "$T/long.ini" --out "$T/b" >"$T/out" 2>"$T/err" &
	pid=$!
	for _ in $(seq 400); do
		if [ -e "$T/b/samples.csv" ] && [ "$(cut -d, -f3 "$T/b/samples.csv" | sort -u | wc -l)" -ge 4 ]; then
			return
		fi
		sleep 0.02
	done
	return 1
}

nobody_left() { # no step of this test's program is alive
	for _ in $(seq 60); do
		pgrep -f "$ASSAY step null.*--lifeline" >/dev/null || return 0
		sleep 0.1
	done
	pgrep -af "$ASSAY step null"
	return 1
}

finished() {
	"$ASSAY" run --resume "$T/b" >/dev/null 2>&1
	sealed "$T/b"
	[ "$(csv "$T/b/steps.csv" step status | sort -u | wc -l)" -eq 6 ]
	[ "$(csv "$T/b/steps.csv" status | sort -u)" = PASS ]
	# each case once: nothing done was repeated, nothing half done was counted
	[ "$(csv "$T/b/steps.csv" status | wc -l)" -eq 6 ]
	[ "$(csv "$T/b/results.csv" metric n | grep -c '^time|30$')" -eq 12 ]
}

@test "SIGKILL of the parent: readable, no child left, --resume finishes" {
	start
	kill -9 "$pid"
	wait "$pid" || true
	nobody_left
	[ ! -e "$T/b/SHA256SUMS" ]
	run -4 "$ASSAY" report "$T/b"
	[[ ${output//$'\n'/ } == *"cut off"* ]]
	[ "$(csv "$T/b/results.csv" metric | grep -c '^time$')" -ge 2 ]
	finished
}

@test "cut off again and again: each attempt has its own number" {
	start
	for _ in 1 2 3; do
		kill -9 "$pid"
		wait "$pid" || true
		nobody_left
		"$ASSAY" run --resume "$T/b" >/dev/null 2>&1 &
		pid=$!
		rows=$(wc -l <"$T/b/samples.csv")
		for _ in $(seq 400); do
			[ "$(wc -l <"$T/b/samples.csv")" -gt "$rows" ] && break
			sleep 0.02
		done
	done
	wait "$pid"
	no_sample_twice "$T/b"
	[ "$(csv "$T/b/results.csv" metric n | grep -c '^time|30$')" -eq 12 ]
}

@test "SIGINT and SIGTERM: exit 128+n, a word how to go on, --resume finishes" {
	for signal in INT TERM; do
		rm -rf "$T/b"
		start
		kill -"$signal" "$pid"
		rc=0
		wait "$pid" || rc=$?
		[ "$rc" -eq $((128 + $(kill -l "$signal"))) ]
		grep -q -- "--resume $T/b" "$T/err"
		nobody_left
	done
	finished
}

@test "a torn last row is dropped, and its step measured again" {
	start
	kill -9 "$pid"
	wait "$pid" || true
	nobody_left
	printf 'host,5,5,5,0,null,ti' >>"$T/b/samples.csv"
	printf 'host,0,3,0,0,1.5' >>"$T/b/steps.csv"
	finished
}

@test "resume refuses another boot, driver or build by name" {
	start
	kill -9 "$pid"
	wait "$pid" || true
	nobody_left
	sed -i 's/^host,host.boot_id,[^,]*,/host,host.boot_id,another-boot,/' "$T/b/manifest.csv"
	run -2 "$ASSAY" run --resume "$T/b"
	[[ $output == *"host.boot_id was"*"--like"* ]]
}

@test "a full disk: a clear error, what was written stays readable" {
	mkdir "$T/small"
	mount -t tmpfs -o size=256k none "$T/small" 2>/dev/null || skip "cannot mount a tmpfs here"
	suite big <<-E
		[suite]
		summary = more rows than fit
		[null]
		step = 1..4
		n = 700
		processes = 1
	E
	run "$ASSAY" run "$T/big.ini" --out "$T/small/b"
	[ "$status" -eq 1 ]
	[[ $output == *"No space left"* || $output == *"full"* ]]
	cp -r "$T/small/b" "$T/copy"
	umount "$T/small"
	run -4 "$ASSAY" report "$T/copy"
	[[ ${output//$'\n'/ } == *"cut off"* ]]
	[ "$(csv "$T/copy/results.csv" metric n | grep -c '^time|700$')" -ge 1 ]
	nobody_left
}
