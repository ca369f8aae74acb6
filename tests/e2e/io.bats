#!/usr/bin/env bats
# Files and starts for real, kept short: what is measured, what is skipped and why, what is left.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

setup() {
	D=$(mktemp -d /var/tmp/assay-io-test.XXXXXX) || skip "/var/tmp cannot be written"
	suite io <<-E
		[suite]
		summary = files and starts, short
		[host_io]
		where = bind
		size = 2MiB
		op = all
		access = all
		cache = buffered,direct
		dir = $D
		processes = 1
		[startup]
		processes = 2
	E
}

teardown() { rm -rf "$D"; }

on_a_disk() { [ "$(stat -f -c %T "$D")" != tmpfs ] || skip "/var/tmp is in memory"; }
empty() { [ -z "$(ls -A "$D")" ]; }

@test "files and starts are measured and verified, and nothing is left behind" {
	on_a_disk
	run -0 "$ASSAY" run "$T/io.ini" --out "$T/b"
	[ "$(csv "$T/b/steps.csv" status | sort -u)" = PASS ]
	csv "$T/b/results.csv" bench metric unit median status | awk -F'|' '
		$1 == "host_io" && $2 == "bandwidth" && $5 == "PASS" { b += $4 > 1e5 && $4 < 1e12 }
		$1 == "host_io" && $2 == "latency" && $5 == "PASS" { l += $4 > 1e-8 && $4 < 10 }
		$1 == "startup" && $2 == "process" { s += $4 > 1e-5 && $4 < 10 }
		END { exit !(b >= 2 && l >= 2 && s == 1) }'
	csv "$T/b/manifest.csv" key value | grep -Fx "fact.folder.host_io{where=bind}|$D"
	csv "$T/b/manifest.csv" key value | grep -E '^fact\.filesystem\.host_io\{where=bind\}\|[a-z0-9]+$'
	sealed "$T/b"
	empty
}

@test "the folder is no part of the key" {
	on_a_disk
	"$ASSAY" run "$T/io.ini" --out "$T/b" >/dev/null 2>&1
	csv "$T/b/results.csv" labels | grep -q 'where=bind'
	not grep -q "$D" "$T/b/results.csv"
	grep -q "dir=$D" "$T/b/plan.csv"
}

@test "killed while it writes, it leaves nothing in the folder" {
	on_a_disk
	"$ASSAY" step host_io where=bind "dir=$D" size=16MiB op=write cache=direct </dev/null >"$T/rows" &
	pid=$!
	for _ in $(seq 500); do
		find "/proc/$pid/fd" -lname "$D/*" 2>/dev/null | grep -q . && break
		kill -0 "$pid"
		sleep 0.01
	done
	empty
	kill -KILL "$pid"
	wait "$pid" || true
	empty
}

@test "a folder that is not there, or lies in memory, is a skip with its reason" {
	run -0 "$ASSAY" step host_io where=bind dir=/nonexistent
	[[ $output == *"SKIP /nonexistent: No such file or directory; name another folder with dir="* ]]
	[ "$(stat -f -c %T /dev/shm)" = tmpfs ] || return 0
	run -0 "$ASSAY" step host_io where=bind dir=/dev/shm
	[[ $output == *"SKIP /dev/shm is a tmpfs: it lies in memory, not on a disk"* ]]
}

@test "a relative path is refused with file and line before anything runs" {
	sed -i 's/^dir = .*/dir = tmp/' "$T/io.ini"
	run -2 "$ASSAY" run "$T/io.ini" --out "$T/b"
	[[ $output == *'io.ini:9: host_io: dir: "tmp" is no absolute path'* ]]
	[ ! -e "$T/b" ]
}

@test "on the simulated server: starts in virtual time, the same bytes; host_io is a skip" {
	need_gpu_build
	suite sim <<-E
		[suite]
		summary = starts
		[startup]
		[context]
		gpu = 0,3
		[host_io]
		processes = 1
	E
	for out in a b; do
		sim hgx-h100 "" run "$T/sim.ini" --seed "$SEEDED" --out "$T/$out" >/dev/null 2>&1
	done
	cmp "$T/a/results.csv" "$T/b/results.csv"
	csv "$T/a/results.csv" bench metric processes median status | awk -F'|' '
		$1 == "startup" { s += $3 == 3 && $4 > 1.45e-3 && $4 < 1.55e-3 }
		$1 == "context" { g += $3 == 3 && $4 > 0.34 && $4 < 0.36 }
		$1 == "host_io" { h += $5 == "SKIP" }
		END { exit !(s == 1 && g == 4 && h == 1) }'
	csv "$T/a/manifest.csv" key value | grep -c '^gpu\..*\.cuda_code|sass$' | grep -qx 8
	CUDA_FORCE_PTX_JIT=1 sim hgx-h100 "" run "$T/sim.ini" --out "$T/c" >/dev/null 2>&1
	csv "$T/c/manifest.csv" key value | grep -c '^gpu\..*\.cuda_code|ptx$' | grep -qx 8
}
