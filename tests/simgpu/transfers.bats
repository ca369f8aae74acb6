#!/usr/bin/env bats
# Whole suites on healthy simulated servers, in brief: every median within 0.5 % of the truth, nothing
# blamed. As the suites are: tests/simgpu/transfers --full
# Takes minutes.
# shellcheck disable=SC2154 # set by common.bash or bats: top, output, status
load ../e2e/common

setup() { need_gpu_build; }

on() {
	[ -e "$top/suites/$1.ini" ] || skip "no suite $1 in this tree"
	run "$top/tests/simgpu/transfers" "$@"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^ok' <<<"$output")" -eq 5 ]
}

@test "gemm on every profile" { on gemm; }
@test "h2d on every profile" { on h2d; }
@test "hbm on every profile" { on hbm; }
@test "launch on every profile" { on launch; }
@test "mps on every profile" { on mps; }
@test "numa on every profile" { on numa; }
@test "nccl on every profile" { on nccl; }
@test "p2p on every profile" { on p2p; }
