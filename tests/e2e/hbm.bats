#!/usr/bin/env bats
# A GPU's own memory on a simulated server: a slow one, a wrong one, a hot one and one that counts
# errors are found and named, and nothing else is blamed. That healthy servers pass: tests/simgpu/transfers.
# shellcheck disable=SC2154 # set by common.bash or bats: output, status
load common

# The suite on four GPUs with that fault, which must fail.
hbm_with() {
	need_gpu_build
	run sim hgx-h200 "$1" run hbm --set gpu=0,1,2,3 --seed=7 --out "$T/b"
	[ "$status" -eq 1 ] || { echo "exit $status"; echo "$output"; return 1; }
}
# Of what failed on that GPU.
reasons() { csv "$T/b/results.csv" status labels reason | sed -n "s/^FAIL|[^|]*gpu=$1[^|]*|//p"; }
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

@test "a bit that is lost, heat and ECC errors fail the numbers of their GPU, by name" {
	hbm_with 'corrupt_copy gpu=1 dir=d2d offset=4711; thermal gpu=2; ecc gpu=3'
	[ "$(failed | grep -c 'gpu=0')" -eq 0 ]
	for op in read write copy triad; do failed | grep -q "^hbm|gpu=1,op=$op,"; done
	[[ $output == *"1 byte is wrong, the first at offset 4711"* ]]
	[ "$(reasons 2 | grep -c '^clocks were held down by thermal slowdown by the driver at up to 87 °C while')" -eq 9 ]
	[ "$(reasons 3 | grep -c '^ECC errors while this was measured: [1-9][0-9]* corrected')" -eq 9 ]
	[ "$(csv "$T/b/results.csv" labels | grep -c 'gpu=2')" -eq 9 ] # all there are
}
