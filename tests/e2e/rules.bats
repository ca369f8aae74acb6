#!/usr/bin/env bats
# What judge finds on the simulated server: each rule with its fault, and nothing without it.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

setup() {
	need_gpu_build
	suite nodes <<-E
		[suite]
		summary = copies from each node
		[copy]
		gpu = 2,3,4
		node = all
		memory = pinned
		size = 64MiB
	E
}

# run_with EXIT "FAULT" SUITE
run_with() {
	rm -rf "$T/b"
	run "$top/scripts/sim" hgx-h100 --fault="$2" -- "$ASSAY-sim" run "$T/$3.ini" --out "$T/b"
	[ "$status" -eq "$1" ] || { echo "exit $status"; echo "$output"; return 1; }
}
failed() { csv "$T/b/results.csv" status labels reason | grep '^FAIL'; }

@test "wrong_numa: the GPU is nearer to another node than the firmware says, and no other is blamed" {
	run_with 1 'wrong_numa gpu=3 node=1' nodes
	[ "$(failed | wc -l)" -eq 2 ] # both directions
	[ "$(failed | grep -c 'gpu=3.*node=1.*GPU 3 is nearer to node 0 than the firmware says (node 1, ')" -eq 2 ]
	[[ $output == *"GPU 3 (0000:"*"nearer to node 0"* ]]
	run_with 0 '' nodes
	[ "$(csv "$T/b/results.csv" reason | sort -u)" = '' ]
}
