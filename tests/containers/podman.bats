#!/usr/bin/env bats
# in-podman: real containers. What is asked of every launcher is in common.bash.
load common

setup() {
	need podman
	own_place
	in=("$scripts/in-podman")
	timeout 60 "${in[@]}" -- /bin/true </dev/null || skip "podman cannot start a container here"
}

@test "podman: the same numbers as on the host, for one seed" { same_numbers; }
@test "podman: SIGKILL of the parent leaves nothing, and --resume finishes" { killed_parent; }
@test "podman: SIGKILL of a comparison leaves nothing, and --resume goes on" { killed_comparison; }
@test "podman: SIGKILL of the launcher leaves nothing" { killed_launcher; }
@test "podman: --stop ends the step from outside" { stopped_by_id; }
@test "podman: the end of standard input ends the step" { lifeline; }
@test "podman: a step that hangs is ended there too" { hanging_step; }
@test "podman: what --dry-run prints can be run" { dry_run_works; }
@test "podman: handicaps are seen from inside" { handicaps --overlay; }

@test "podman: fair by default" {
	look
	has_facts 'limits.cpu_quota none' 'limits.memory none' 'container.runtime podman' \
		"limits.memlock $(own_memlock)" "limits.affinity $(own_cpus)" "limits.dev_shm $(own_shm)"
	not grep -q '^container.root_fs overlay' <<<"$facts"
}

@test "podman: a caller that is bound to a CPU has a container that is" {
	facts=$(taskset -c 0 "${in[@]}" -- "$ASSAY" step probe </dev/null | cut -d' ' -f2 | grep cpuset_cpus)
	[[ $facts == env,limits.cpuset_cpus,0,* ]]
}

@test "podman: a GPU described by CDI is handed on" {
	need_root
	unshare -m bash -c '
		mkdir -p /etc/cdi && mount -t tmpfs none /etc/cdi || exit 9
		cat >/etc/cdi/nvidia.json <<-E
		{"cdiVersion": "0.3.0", "kind": "nvidia.com/gpu", "devices": [{"name": "all",
			"containerEdits": {"deviceNodes": [{"path": "/dev/null", "hostPath": "/dev/null"}],
				"env": ["ASSAY_SAW_CDI=yes"]}}]}
		E
		"$@"' sh "${in[@]}" -- /bin/sh -c 'echo "cdi $ASSAY_SAW_CDI"' </dev/null >"$T/out" 2>&1 ||
		skip "no CDI here: $(tail -n 1 "$T/out")"
	grep -qx 'cdi yes' "$T/out"
}

@test "podman: with IMAGE the image's root is used, and the program's folder is bound into it" {
	IMAGE=some/image run -0 "${in[@]}" --dry-run --memory 1G -- "$ASSAY" step null
	[[ $output == podman*" -v $T/program:$T/program:ro "*" some/image $ASSAY step null"* ]]
	[[ $output == *"--memory 1073741824"* && $output != *rootfs* && $output != */usr:/usr* ]]
}

@test "podman: wrong usage says what is wrong" {
	run -2 "${in[@]}" --cpu 1 -- "$ASSAY"
	[[ $output == *"no option --cpu"* ]]
	run -2 "${in[@]}" --memory much -- "$ASSAY"
	[[ $output == *"--memory: much is no size"* ]]
	run -2 "${in[@]}" --id 'a/../b' -- "$ASSAY"
	[[ $output == *"an ID is made of"* ]]
	run -2 "${in[@]}" -- "$T/nothing"
	[[ $output == *"no program $T/nothing"* ]]
	run -2 "${in[@]}" "$ASSAY" step null
	[[ $output == *"comes after --"* ]]
	run -2 "${in[@]}" --bind "$T/nothing" -- "$ASSAY"
	[[ $output == *"no folder $T/nothing"* ]]
	run -2 "${in[@]}" --copy -- "$ASSAY"
	[[ $output == *"podman cannot do --copy"* ]]
	nothing_left
}

@test "podman: another's folder at the place of the root file system is left alone" {
	mkdir "$TMPDIR/assay-root-mine"
	touch "$TMPDIR/assay-root-mine/precious"
	run "${in[@]}" --id mine -- "$ASSAY" step null </dev/null
	[ "$status" -ne 0 ]
	[ -e "$TMPDIR/assay-root-mine/precious" ]
}
