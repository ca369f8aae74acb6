#!/usr/bin/env bats
# in-runc: real containers of runc. What is asked of every launcher is in common.bash.
load common

setup() {
	need runc
	need_root
	own_place
	in=("$scripts/in-runc")
	timeout 60 "${in[@]}" -- /bin/true </dev/null || skip "runc cannot start a container here"
}

@test "runc: the same numbers as on the host, for one seed" { same_numbers; }
@test "runc: SIGKILL of the parent leaves nothing, and --resume finishes" { killed_parent; }
@test "runc: SIGKILL of a comparison leaves nothing, and --resume goes on" { killed_comparison; }
@test "runc: SIGKILL of the launcher leaves nothing" { killed_launcher; }
@test "runc: --stop ends the step from outside" { stopped_by_id; }
@test "runc: the end of standard input ends the step" { lifeline; }
@test "runc: a step that hangs is ended there too" { hanging_step; }
@test "runc: what --dry-run prints can be run" { dry_run_works; }
@test "runc: handicaps are seen from inside" { handicaps --overlay; }

@test "runc: fair by default" {
	look
	has_facts 'limits.cpu_quota none' 'limits.memory none' 'limits.move_pages allowed' 'limits.seccomp off' \
		"limits.memlock $(own_memlock)" "limits.affinity $(own_cpus)" "limits.dev_shm $(own_shm)"
}

@test "runc: --bind shows a folder of the host, writable" {
	mkdir "$T/data"
	"${in[@]}" --bind "$T/data:/data" -- /bin/sh -c 'echo written >/data/file' </dev/null
	[ "$(cat "$T/data/file")" = written ]
	run "${in[@]}" --bind "$T/data:/data:ro" -- /bin/sh -c 'echo again >/data/file' </dev/null
	[ "$status" -ne 0 ]
}

@test "runc: words with quotes and spaces arrive as they are" {
	run -0 "${in[@]}" -- /bin/echo 'a "b"' "c'd" 'e\f' </dev/null
	[ "$output" = 'a "b" c'"'"'d e\f' ]
}
