#!/usr/bin/env bats
# assay bind: the node of a GPU on recorded machines, and the binding itself on this one, as a child
# of a child sees it. That it moves a program to another node is shown by tests/qemu.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

setup() {
	"$ASSAY" bind --node 0 --show >/dev/null 2>&1 || skip "node 0 is not for this process"
}

# Starts a program whose NUMA calls are answered so: refuse NAME=ERRNO… PROGRAM…
refuse() {
	[ -x "$T/refuse" ] || "${CC:-cc}" -o "$T/refuse" "$top/tests/arms/refuse.c" || skip "no compiler"
	"$T/refuse" mbind=1 true || skip "no seccomp filter here"
	"$T/refuse" "$@"
}
# What a grandchild of the bound program reads about itself.
# shellcheck disable=SC2016 # expanded by the inner shells
grandchild='sh -c "grep -E \"^(Cpus|Mems)_allowed_list\" /proc/self/status; cat /proc/self/numa_maps; true"; true'
tree() { # name: a recorded machine, ASSAY_SYSROOT of what follows
	"$top/tests/fixtures/sysfs/unpack" "$top/tests/fixtures/sysfs/$1.tree" "$T/$1"
	export ASSAY_SYSROOT=$T/$1
}

@test "a child of a child has the node's CPUs and its memory policy" {
	[ -r /proc/self/numa_maps ] || skip "this kernel has no numa_maps"
	"$ASSAY" bind --strict --node 0 -- true 2>/dev/null || skip "set_mempolicy is refused here"
	run -0 --separate-stderr "$ASSAY" bind --node 0 -- sh -c "$grandchild"
	[ -z "$stderr" ]
	grep -q ' bind:0 ' <<<"$output"
	not grep -q ' default ' <<<"$output"
	[ "$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' <<<"$output")" = \
		"$("$ASSAY" bind --node 0 --show | sed -n 's/^CPUs: *//p')" ]
	# and without it the policy is the default one
	sh -c "$grandchild" | grep ' default ' >/dev/null
}

@test "an affinity that the caller has is not widened" {
	cpu=$("$ASSAY" bind --node 0 --show | sed -n 's/^CPUs: *\([0-9]*\).*/\1/p')
	run -0 taskset -c "$cpu" "$ASSAY" bind --node 0 -- sh -c "$grandchild"
	grep -qx "Cpus_allowed_list:.$cpu" <<<"$output"
}

@test "exit status and signals are the program's own" {
	run -7 "$ASSAY" bind --node 0 -- sh -c 'exit 7'
	run -0 "$ASSAY" bind --node 0 -- printf '%s|' --gpu 3 --show -- x
	[ "$output" = '--gpu|3|--show|--|x|' ]
	run -0 "$ASSAY" bind --node 0 printf '%s|' --show # the first operand ends our options
	[ "$output" = '--show|' ]
	# shellcheck disable=SC2016 # expanded by the inner shell
	run "$ASSAY" bind --node 0 -- sh -c 'kill -PIPE $$; exit 3'
	[ "$status" -eq 141 ] # what we ignore is not ignored there
	"$ASSAY" bind --node 0 -- sleep 60 3>&- &
	until [ "$(cat "/proc/$!/comm")" = sleep ]; do sleep 0.02; done
	kill -TERM $!
	status=0
	wait $! || status=$?
	[ "$status" -eq 143 ]
	run -127 "$ASSAY" bind --node 0 -- "$T/nothing"
	[[ $output == *"cannot run $T/nothing"* ]]
	touch "$T/text"
	run -126 "$ASSAY" bind --node 0 -- "$T/text"
}

@test "refused NUMA calls are said and the CPUs bound all the same; --strict runs nothing" {
	run -5 --separate-stderr refuse set_mempolicy=1 "$ASSAY" bind --node 0 -- sh -c 'echo ran; exit 5'
	[ "$output" = ran ]
	[[ $stderr == *"memory is not bound, CPUs are"*"Operation not permitted"* ]]
	run -125 refuse set_mempolicy=1 "$ASSAY" bind --strict --node 0 -- sh -c 'echo ran'
	[[ $output != *ran* && $output == *"Operation not permitted"* ]]
	run -0 refuse set_mempolicy=1 "$ASSAY" bind --node 0 --show
	[[ $output == *"memory: not bound: "* ]]
}

@test "wrong usage is exit 2 and says what to do" {
	for args in '' '--node 0' '--gpu 0 --node 0 -- true' '--node 999 -- true' '--node x -- true' \
		'--gpu 99 -- true' '--gpu ffff:00:00.0 -- true' '--nonsense -- true'; do
		# shellcheck disable=SC2086 # words on purpose
		run "$ASSAY" bind $args
		[ "$status" -eq 2 ] || { echo "bind $args: $status $output"; return 1; }
		[[ $output == *assay* ]]
	done
	run -0 "$ASSAY" bind --help
	[[ $output == *"--strict"*"125"* || $output == *"125"*"--strict"* ]]
	"$ASSAY" help --man | grep -q '^.SS assay bind'
}

@test "the node of a GPU on recorded machines, with who said so" {
	while read -r name gpu node cpus source; do
		(
			tree "$name"
			run -0 "$ASSAY" bind --gpu "$gpu" --show
			[[ $output == "GPU $gpu ("*"): NUMA node $node ($source)"* ]] || { echo "$name: $output"; exit 1; }
			[[ $output == *"CPUs:   $cpus"$'\n'"memory: node $node" ]] || { echo "$name: $output"; exit 1; }
		)
	done <<-E
		hgx-2s 0 0 0-31 sysfs numa_node
		hgx-2s 7 1 32-63 sysfs numa_node
		genoa-nps4 0 3 36-47 sysfs numa_node
		genoa-nps4 2 7 84-95 sysfs numa_node
		grace-hopper 0 0 0-71 sysfs numa_node
		vm-1gpu 0 0 0-15 the machine has one node
	E
	tree hgx-2s
	run -0 "$ASSAY" bind --gpu 0000:98:00.0 --show
	[[ $output == "GPU 4 (0000:98:00.0): NUMA node 1"* ]]
	run -2 "$ASSAY" bind --gpu 0 -- true # nothing runs on a machine that is not there
}

@test "where nobody knows the node, it is said how to find it; a node without CPUs binds memory" {
	tree hgx-2s
	find "$T/hgx-2s/sys/devices" -path '*pci*' -name numa_node -exec sh -c 'echo -1 >"$1"' _ {} \;
	run -125 "$ASSAY" bind --gpu 3 --show
	[[ $output == *"its NUMA node is not known (CUDA, sysfs and NVML do not say)"*"assay run numa"*"--node"* ]]
	tree grace-hopper
	run -0 "$ASSAY" bind --node 1 --show
	[[ $output == *"CPUs:   not bound: the node has none"$'\n'"memory: node 1"* ]]
}

@test "a cpuset that misses the GPU's node is named: by bind, by env, before a run" {
	tree container-cpuset
	run -125 "$ASSAY" bind --gpu 0 --show
	[[ $output == *"GPU 0 (0000:81:00.0): no CPU of NUMA node 1"*"CPUs 0-3 (cpuset /sys/fs/cgroup/cpuset.cpus.effective)"* ]]
	run -0 --separate-stderr "$ASSAY" env
	[[ $stderr == *"GPU 0 (0000:81:00.0): its NUMA node 1 is out of reach"*"memory nodes 0 (cpuset /sys/fs/cgroup/cpuset.mems.effective)"* ]]
	printf '[suite]\nsummary = s\n[null]\nprocesses = 1\n' >"$T/null.ini"
	run -0 "$ASSAY" run "$T/null.ini" --out "$T/b"
	[[ $output == *"GPU 0 (0000:81:00.0): its NUMA node 1 is out of reach: only the CPUs 0-3 (cpuset /sys/fs/cgroup/cpuset.cpus.effective)"* ]]
	csv "$T/b/manifest.csv" key value | grep -q '^gpu.0.out_of_reach|its NUMA node 1 is out of reach: .*cpuset.mems.effective'
	tree hgx-2s
	run -0 --separate-stderr "$ASSAY" env
	[[ $stderr != *"out of reach"* ]]
}
