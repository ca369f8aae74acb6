#!/usr/bin/env bats
# in-docker: real containers of a daemon that the test starts for itself. What is asked of every
# launcher is in common.bash.
load common

setup_file() {
	{ [ -n "$F" ] && command -v docker && command -v dockerd && [ "$(id -u)" = 0 ]; } >/dev/null || return 0
	server dockerd dockerd --data-root "$F/data" --exec-root "$F/exec" -H "unix://$F/d.sock" --pidfile "$F/pid" \
		--iptables=false --ip6tables=false --bridge=none
	export DOCKER_HOST=unix://$F/d.sock
	eventually 30 docker version || true
}
teardown_file() {
	end_servers
	umount "$F"/exec/netns/* 2>/dev/null || true # dockerd leaves it
}

setup() {
	need docker dockerd
	need_root
	docker version >/dev/null 2>&1 || skip "dockerd does not start here: $(tail -n 1 "$F/dockerd.log")"
	own_place
	in=("$scripts/in-docker")
	timeout 60 "${in[@]}" -- /bin/true </dev/null || skip "docker cannot start a container here"
}

@test "docker: the same numbers as on the host, for one seed" { same_numbers; }
@test "docker: SIGKILL of the parent leaves nothing, and --resume finishes" { killed_parent; }
@test "docker: SIGKILL of a comparison leaves nothing, and --resume goes on" { killed_comparison; }
@test "docker: SIGKILL of the launcher leaves nothing" { killed_launcher; }
@test "docker: --stop ends the step from outside" { stopped_by_id; }
@test "docker: the end of standard input ends the step" { lifeline; }
@test "docker: a step that hangs is ended there too" { hanging_step; }
@test "docker: what --dry-run prints can be run" { dry_run_works; }
@test "docker: handicaps are seen from inside" { handicaps; }

@test "docker: fair by default, and --plain is docker's own way" {
	look
	has_facts 'limits.cpu_quota none' 'limits.memory none' 'limits.mbind allowed' 'container.runtime docker' \
		"limits.memlock $(own_memlock)" "limits.affinity $(own_cpus)" "limits.dev_shm $(own_shm)"
	look --plain --args '--network none'
	has_facts 'limits.mbind EPERM' 'limits.dev_shm 67108864'
}

@test "docker: no container and no image is left" {
	"${in[@]}" -- "$ASSAY" step null </dev/null >/dev/null
	[ -z "$(docker ps -aq)" ]
	[ -z "$(docker images -aq)" ]
}
