#!/usr/bin/env bats
# The suite numa: on this machine for real, on recorded ones as a plan, on simulated servers against their
# truth. The real machine with two nodes is in tests/qemu.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

tree() { # name: a recorded machine, ASSAY_SYSROOT of what follows
	"$top/tests/fixtures/sysfs/unpack" "$top/tests/fixtures/sysfs/$1.tree" "$T/$1"
	export ASSAY_SYSROOT=$T/$1
}
# Values of one parameter in the planned steps of a benchmark: planned BENCH PARAMETER
planned() { grep -oE " $1 (.* )?$2=[0-9a-z]*" <<<"$output" | grep -o "$2=[0-9a-z]*$" | sort | uniq -c | tr -s " \n" " "; }

@test "without a GPU the host half is measured and proved; the GPU half is a skip: exit 0" {
	compgen -G '/sys/bus/pci/drivers/nvidia/0*' >/dev/null && skip "this machine has a GPU"
	run -0 "$ASSAY" run numa --out "$T/b" --processes 1 --set size=16MiB
	csv "$T/b/steps.csv" status reason | grep -qx 'SKIP|no NVIDIA GPU on the PCI bus'
	for key in host_latency.latency host_bandwidth.bandwidth host_loaded.latency; do
		csv "$T/b/results.csv" bench metric status | grep -qx "${key%.*}|${key#*.}|PASS"
	done
	# every buffer's pages were asked for
	[ "$(csv "$T/b/manifest.csv" key value | grep '^fact.placement' | grep -vc '|\(PROVEN\|UNPROVEN\)$')" -eq 0 ]
	csv "$T/b/manifest.csv" key | grep -q '^fact.placement.host_loaded{'
	sealed "$T/b"
}

@test "the plan on recorded machines: all pairs, no CPUs where there are none, no GPU's own memory" {
	(
		tree hgx-2s
		run -0 "$ASSAY" plan numa
		[ "$(planned host_latency cpu_node)" = ' 2 cpu_node=0 2 cpu_node=1 ' ]
		[ "$(planned host_loaded node)" = ' 1 node=0 1 node=1 ' ]
		[ "$(planned copy node)" = ' 8 node=0 8 node=1 ' ]
	)
	(
		tree genoa-nps4
		run -0 "$ASSAY" plan numa
		[ "$(planned host_latency cpu_node | grep -o 'cpu_node' | wc -l)" -eq 8 ]
		[ "$(grep -c ' copy ' <<<"$output")" -eq 32 ]
	)
	(
		tree grace-hopper # node 1 is the GPU's memory, nodes 2 to 8 have none
		run -0 "$ASSAY" plan numa
		[ "$(planned host_latency cpu_node)" = ' 2 cpu_node=0 ' ]
		[ "$(planned host_latency node)" = ' 1 node=0 1 node=1 ' ]
		[ "$(planned copy node)" = ' 1 node=0 ' ]
	)
	(
		tree vm-1gpu # one node: nothing is remote
		run -0 "$ASSAY" plan numa
		[ "$(planned host_latency cpu_node)" = ' 1 cpu_node=0 ' ]
		[ "$(planned copy node)" = ' 1 node=0 ' ]
	)
}

@test "record-sysfs: a recorded tree gives the same rows as the machine" {
	"$top/scripts/record-sysfs" >"$T/own.tree"
	grep -qx "proc/sys/kernel/hostname	host" "$T/own.tree"
	"$top/tests/fixtures/sysfs/unpack" "$T/own.tree" "$T/own"
	rows() { "$ASSAY" env 2>/dev/null | awk '{ print $1, $2 }' | grep -E \
		'^(cpu|node|kernel|module|gpu\.[^ ]*(node|path|link)|limits\.(affinity|mems|cpuset)|memory\.page|container)'; }
	rows >"$T/real"
	ASSAY_SYSROOT=$T/own rows >"$T/recorded"
	[ "$(wc -l <"$T/real")" -gt 20 ]
	diff "$T/real" "$T/recorded"
	run -2 "$top/scripts/record-sysfs" x
}

# ---- simulated servers ----

# The suite, with small host memory and copies that are peaks: numa PROFILE FAULT; then looks at $T/b
numa() {
	rm -rf "$T/b"
	run sim "$1" "$2" run numa --out "$T/b" --seed 7 --processes 1 --set copy.size=64MiB \
		--set host_latency.size=4MiB --set host_bandwidth.size=4MiB --set host_loaded.size=32MiB
}
failed() { csv "$T/b/results.csv" bench labels status reason | grep '|FAIL|'; }

@test "local and remote are within 0.5 % of the profile's truth, and nothing is blamed" {
	need_gpu_build
	numa a100-pcie "" # the others: tests/simgpu
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	python3 "$top/tests/simgpu/check-truth" "$T/b" a100-pcie copy.bandwidth host_latency.latency \
		host_bandwidth.bandwidth host_loaded.latency host_loaded.bandwidth
	not failed
	[ "$(csv "$T/b/manifest.csv" key value | grep '^fact.placement' | cut -d'|' -f2 | sort -u)" = PROVEN ]
	# copies from nodes with CPUs alone: the GPUs' own memory is none
	[ "$(csv "$T/b/results.csv" bench labels | grep '^copy|' | grep -o 'node=[0-9]*' | sort -u | tr '\n' ' ')" = 'node=0 node=1 ' ]
}

@test "wrong_numa: the GPU whose firmware lies is named with its true node, and no other" {
	need_gpu_build
	numa hgx-h100 'wrong_numa gpu=3 node=1'
	[ "$status" -eq 1 ] || { echo "$output"; return 1; }
	[ "$(failed | grep -c 'node=1.*GPU 3 is nearer to node 0 than the firmware says (node 1, ')" -eq 2 ] # both directions
	[ "$(failed | grep -vc '^copy|[^|]*gpu=3,')" -eq 0 ]
	[[ $(tr -s ' \n' ' ' <<<"$output") == *"GPU 3 (0000:"*"nearer to node 0 than the firmware says"* ]]
}

@test "a GPU of which nobody knows the node: local is a guess, said so, and the copies infer it" {
	need_gpu_build
	awk '/^\[/ { gpu = $0 } gpu == "[gpu 5]" && $1 == "node" { print "node = -1\nnode_near = 1"; next } 1' \
		"$top/tests/simgpu/servers/hgx-h100.ini" >"$T/silent.ini"
	numa "$T/silent.ini" ""
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[[ $output == *"GPU 5 ("*"neither CUDA nor sysfs nor NVML says on which NUMA node it is"* ]]
	csv "$T/b/results.csv" labels reason | grep 'dir=h2d.*gpu=5,.*node=1,.*nobody says on which node GPU 5 is; inferred: node 1' >/dev/null
	not failed
}
