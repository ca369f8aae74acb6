#!/usr/bin/env bats
# A GPU's own memory on a simulated server: a slow one and a wrong one are found and named, and
# nothing else is blamed. That healthy servers pass: tests/simgpu/transfers.
# shellcheck disable=SC2154 # set by common.bash or bats: output, status
load common

# The suite on four GPUs with that fault, which must fail.
hbm_with() {
	need_gpu_build
	run sim hgx-h200 "$1" run hbm --set gpu=0,1,2,3 --seed=7 --out "$T/b"
	[ "$status" -eq 1 ] || { echo "exit $status"; echo "$output"; return 1; }
}
# What failed: benchmark and labels.
failed() { csv "$T/b/results.csv" status bench labels | sed -n 's/^FAIL|//p'; }

@test "slow_hbm: whatever streams through that memory is slower than its siblings, nothing else" {
	hbm_with 'slow_hbm gpu=2 by=0.2'
	[ "$(failed | sort)" = "copy_local|engine=ce,gpu=2,size=1073741824
hbm|gpu=2,op=copy,size=1073741824
hbm|gpu=2,op=read,size=1073741824
hbm|gpu=2,op=triad,size=1073741824
hbm|gpu=2,op=write,size=1073741824" ]
	[ "$(csv "$T/b/results.csv" status reason | grep -vc '^PASS|$')" -eq 5 ]
	[[ $output == *"20 % slower than its siblings"*"remapped rows"* ]]
}

@test "a bit that is lost within a GPU's memory fails the numbers, by place" {
	hbm_with 'corrupt_copy gpu=1 dir=d2d offset=4711'
	[ "$(failed | grep -vc 'gpu=1,')" -eq 0 ]
	for op in read write copy triad; do failed | grep -q "^hbm|gpu=1,op=$op,"; done
	[[ $output == *"1 byte is wrong, the first at offset 4711"* ]]
}
