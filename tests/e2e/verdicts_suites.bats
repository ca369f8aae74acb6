#!/usr/bin/env bats
# Verdicts on whole suites against the truth of the simulated server; see verdicts.bats.
# Takes minutes.
# shellcheck disable=SC2154 # set by common.bash: top
load common

setup() { need_gpu_build; }

@test "every suite against itself: nothing is REGRESSED or IMPROVED" { scenario same; }
@test "collectives 5 % slower: the gates of the suite nccl are REGRESSED" { scenario ranks; }
