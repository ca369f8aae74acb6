#!/usr/bin/env bats
# Verdicts against the truth of the simulated server, a few seeded runs of each scenario; many of
# them, so that shares mean something: tests/simgpu/scenarios --full
# Takes minutes.
# shellcheck disable=SC2154 # set by common.bash: top
load common

setup() { need_gpu_build; }

@test "shifts of 0.5, 1, 2 and 5 %: the promised verdict, for the shifted metrics alone" { scenario shift; }
@test "strays are counted and decide nothing" { scenario strays; }
@test "drift decides nothing" { scenario drift; }
@test "a machine that is too noisy says so and does not pass" { scenario noisy; }
@test "a control that moves: UNPROVEN" { scenario control; }
@test "a driver upgrade, before and after several boots, with a history" { scenario upgrade; }
@test "32 nodes before and after, some untouched" { scenario fleet; }
