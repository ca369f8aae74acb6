#!/usr/bin/env bats
# Matrix products on a simulated server: a GPU whose results differ from time to time is found and
# named, by format and engine, and nothing else is blamed. Healthy servers: tests/simgpu/transfers.
# shellcheck disable=SC2154 # set by common.bash or bats: output, status
load common

# What failed: benchmark and labels.
failed() { csv "$T/b/results.csv" status bench labels | sed -n 's/^FAIL|//p'; }

@test "sdc: repeats that differ fail that GPU's products, by whichever kernel and format" {
	need_gpu_build
	run sim hgx-h100 'sdc gpu=2 every=5' run gemm --set gemm.gpu=1,2,3 --set gemm.kernel=mma \
		--set gemm_all.kernel=mma --set tensor_probe.type=bf16 --processes=1 --seed=7 --out "$T/b"
	[ "$status" -eq 1 ] || { echo "exit $status"; echo "$output"; return 1; }
	[ "$(failed | sort -u)" = "gemm_all|gpus=0+1+2+3+4+5+6+7,kernel=mma,member=2,n=8192,type=bf16
gemm_all|gpus=0+1+2+3+4+5+6+7,kernel=mma,member=sum,n=8192,type=bf16
gemm|gpu=2,kernel=mma,n=2048,type=fp32
gemm|gpu=2,kernel=mma,n=2048,type=fp64
gemm|gpu=2,kernel=mma,n=4096,type=fp16
gemm|gpu=2,kernel=mma,n=4096,type=int8
gemm|gpu=2,kernel=mma,n=4096,type=tf32
gemm|gpu=2,kernel=mma,n=8192,type=bf16
tensor_probe|gpu=2,type=bf16" ]
	csv "$T/b/results.csv" reason | grep -qx 'gpu 2, bf16: [0-9]* sums of SM 44 are wrong: .*'
	[[ $output == *"differ, equal to the bit is right"*"silent data corruption"* ]]
	[ "$(csv "$T/b/results.csv" status reason | grep -c '^FAIL|.*: [0-9]* of [0-9]* differ,')" -eq 8 ]
}

@test "slow_sm, dead_sm: the SM is named, nothing else is blamed" {
	need_gpu_build
	run sim hgx-h100 'slow_sm gpu=1 sm=17 by=0.19; dead_sm gpu=2 sm=131' run gemm --set gemm.gpu=0 \
		--set gemm.kernel=mma --set gemm_all.kernel=mma --set tensor_probe.gpu=0,1,2 \
		--set tensor_probe.type=bf16,fp64 --processes=1 --seed=7 --out "$T/b"
	[ "$status" -eq 1 ] || { echo "exit $status"; echo "$output"; return 1; }
	[ "$(failed | sort -u)" = "tensor_probe|gpu=1,type=bf16
tensor_probe|gpu=1,type=fp64
tensor_probe|gpu=2,type=bf16
tensor_probe|gpu=2,type=fp64" ]
	[[ $(tr '\n' ' ' <<<"$output" | tr -s ' ') == *"SM 17 at 81 % of the others"* ]]
	[[ $(tr '\n' ' ' <<<"$output" | tr -s ' ') == *"nly 131 (not SM 131) SMs answered, 132 belong there"* ]]
}

# Status and reason of one row of results.csv: benchmark, metric, labels.
row() { csv "$T/b/results.csv" bench metric labels status reason | sed -n "s/^$1|$2|$3|//p"; }

@test "heat, a low power limit and ECC errors are each told of their GPU, and silicon is not blamed" {
	need_gpu_build
	local of='kernel=mma,n=4096,type=bf16' hot='clocks were held down by thermal slowdown'
	printf '[suite]\nsummary = s\n[gemm]\ngpu = 0,1,2,3\nkernel = mma\ntype = bf16\nn = 4096\nprocesses = 1\n' >"$T/one.ini"
	run sim hgx-h100 'thermal gpu=1; power_cap gpu=2 watts=400; ecc gpu=3' run "$T/one.ini" --seed=7 --out "$T/b"
	[ "$status" -eq 1 ] || { echo "exit $status"; echo "$output"; return 1; }
	[ "$(row gemm flops "gpu=0,$of")" = "PASS|" ]
	[[ $(row gemm flops "gpu=1,$of") == "FAIL|$hot by the driver at up to 87 °C while"* ]]
	[[ $(row gemm flops "gpu=2,$of") == "PASS|the power limit is 400 W, below this GPU's default of 700 W"* ]]
	[[ $(row gemm flops "gpu=3,$of") == "FAIL|ECC errors while this was measured:"* ]]
	[ "$(row gemm flop_clk_sm "gpu=1,$of")" = "PASS|" ]
	[ "$(row gemm flop_clk_sm "gpu=2,$of")" = "PASS|" ]
}
