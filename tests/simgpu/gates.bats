#!/usr/bin/env bats
# What whole suites gate on, against the truth of the simulated server: tests/simgpu/scenarios gates
# Takes minutes.
# shellcheck disable=SC2154 # set by common.bash: top
load ../e2e/common

setup() { need_gpu_build; }

@test "what h2d, numa and p2p gate on, 5 % slower: REGRESSED, and nothing else" { scenario gates; }
