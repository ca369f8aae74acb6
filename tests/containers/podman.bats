#!/usr/bin/env bats
# Steps in a real podman container: same rows through the same pipe, its own view of where it is,
# and nothing left behind by a kill.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load ../e2e/common

setup() {
	command -v podman >/dev/null || skip "no podman"
	IN=$top/scripts/in-podman
	timeout 60 "$IN" --id "assay-try-$$" -- /bin/true </dev/null || skip "podman cannot start a container here"
	suite long <<-E
		[suite]
		summary = long enough to be killed
		[null]
		step = 1..4
		sleep = 1500
		processes = 1
	E
	suite short <<-E
		[suite]
		summary = short
		[null]
		processes = 2
	E
}

containers() { podman ps -a --format '{{.Names}}' | grep -c '^assay-' || true; }
no_container_left() {
	for _ in $(seq 150); do
		[ "$(containers)" -eq 0 ] && return 0
		sleep 0.1
	done
	podman ps -a
	return 1
}
no_step_left() {
	for _ in $(seq 100); do
		pgrep -f "$ASSAY step null.*--lifeline" >/dev/null || return 0
		sleep 0.1
	done
	pgrep -af "$ASSAY step null"
	return 1
}

@test "a suite in a container: passes, and the manifest says where it ran" {
	run -0 "$ASSAY" run "$T/short.ini" --arm "podman=$IN" --out "$T/b"
	[ "$(csv "$T/b/steps.csv" arm status | sort -u)" = 'podman|PASS' ]
	csv "$T/b/manifest.csv" arm key value | grep '^podman|container.runtime|podman' >/dev/null
	no_container_left
}

@test "the same numbers in the container as on the host, for one seed" {
	"$ASSAY" run "$T/short.ini" --out "$T/host" >/dev/null 2>&1
	"$ASSAY" run "$T/short.ini" --arm "host=$IN" --out "$T/box" >/dev/null 2>&1
	[ "$(csv "$T/host/samples.csv" value)" = "$(csv "$T/box/samples.csv" value)" ]
}

@test "SIGKILL of the parent with a container running: none survives, --resume finishes" {
	"$ASSAY" run "$T/long.ini" --arm "podman=$IN" --out "$T/b" >/dev/null 2>&1 &
	pid=$!
	for _ in $(seq 400); do
		[ -e "$T/b/steps.csv" ] && [ "$(wc -l <"$T/b/steps.csv")" -ge 2 ] && [ "$(containers)" -gt 0 ] && break
		sleep 0.05
	done
	sleep 0.5
	kill -9 "$pid"
	wait "$pid" || true
	no_container_left
	no_step_left
	run -0 "$ASSAY" run --resume "$T/b" --arm "podman=$IN"
	sealed "$T/b"
	[ "$(csv "$T/b/steps.csv" step status | sort -u)" = $'0|PASS\n1|PASS\n2|PASS\n3|PASS' ]
	no_container_left
}

@test "a step that hangs in a container is stopped there too" {
	suite hang <<-E
		[suite]
		summary = hangs
		[null]
		outcome = stubborn
		processes = 1
		deadline = 2s
	E
	run -3 "$ASSAY" run "$T/hang.ini" --arm "podman=$IN" --out "$T/b"
	[ "$(csv "$T/b/steps.csv" status)" = TIMEOUT ]
	no_container_left
	no_step_left
}

@test "a container of half a CPU says so in its manifest" {
	PODMAN_ARGS='--cpus 0.5' run "$ASSAY" run "$T/short.ini" --arm "podman=$IN" --out "$T/b"
	[ "$status" -eq 0 ] || skip "no CPU quota here: ${lines[-1]}"
	csv "$T/b/manifest.csv" key value | grep -E '^limits.cpu_quota\|0\.5' >/dev/null
}

@test "--dry-run prints the command and starts nothing" {
	run -0 "$IN" --dry-run -- "$ASSAY" step null
	[[ $output == podman*"$ASSAY step null"* ]]
}
