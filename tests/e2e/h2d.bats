#!/usr/bin/env bats
# Suite h2d on simulated servers: its plan keeps its time, truth recovered for every kind of copy,
# and faults found in it without blaming anything else.
# Takes minutes.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

setup() {
	need_gpu_build
}

h2d() { # profile fault arguments
	sim "$1" "$2" run h2d --out "$T/b" "${@:3}" >/dev/null 2>"$T/err"
}
# status|labels of what did not pass, of numbers and of cases
not_passed() { csv "$T/b/results.csv" status bench metric labels | grep -v '^PASS' || true; }

@test "the default grid of eight GPUs takes two minutes; SWEEP=full measures all sizes of all kinds" {
	sim hgx-h100 "" plan h2d --json >"$T/short.json" 2>/dev/null
	sim hgx-h100 "" plan h2d --json --set sweep=full >"$T/full.json" 2>/dev/null
	python3 - "$T/short.json" "$T/full.json" <<-'E'
		import json, sys
		short, full = (json.load(open(f)) for f in sys.argv[1:])
		assert 60 < short["estimate_s"] <= 120, short["estimate_s"]
		assert full["estimate_s"] > short["estimate_s"]
	E
	# 15 sizes: of 5 kinds x 2 engines x 5 directions all but pageable by SMs or both ways at once
	run -0 sim hgx-h100 "" plan h2d --set sweep=full
	[ "$(grep -c '(630 cases)\|630 cases' <<<"$output")" -eq 8 ] || { echo "$output"; return 1; }
	# 2 x 15 and (4 kinds x 2 + 2 by SMs + 3 both ways) x 4
	run -0 sim hgx-h100 "" plan h2d
	[ "$(grep -c '82 cases' <<<"$output")" -eq 8 ] || { echo "$output"; return 1; }
	run -2 sim hgx-h100 "" plan quick --set sweep=longer
	# make takes it the same way
	make -n -C "$top" bench SUITE=h2d SWEEP=full | grep -q 'set=sweep='
}

@test "every kind of copy is measured where it should be, within 0.5 % of the truth; nothing is blamed" {
	h2d hgx-h100 "" --set gpu=0 --set gpus=0+1 --set copy.sweep=full --set copy.size=4KiB,64MiB # all GPUs: tests/simgpu
	[ -z "$(not_passed)" ] || { not_passed; return 1; }
	python3 "$top/tests/simgpu/check-truth" "$T/b" hgx-h100 copy.bandwidth copy_all.bandwidth copy_all.share gpu_chase.latency
	for label in memory=pageable memory=pinned memory=writecombined memory=registered memory=hugepage \
		engine=sm dir=both dir=both_h2d dir=both_d2h; do
		csv "$T/b/results.csv" bench metric labels | grep "^copy|bandwidth|.*$label" >/dev/null || { echo "no $label"; return 1; }
	done
	for metric in copy.latency copy.latency_host gpu_chase.latency copy_all.share; do
		csv "$T/b/results.csv" bench metric labels | grep "^${metric/./|}|" >/dev/null || { echo "no $metric"; return 1; }
	done
	# the host sees what the GPU does not: the call, the launch and waking up
	csv "$T/b/results.csv" metric labels median | python3 -c '
import sys
v = {}
for line in sys.stdin:
    metric, labels, median = line.rstrip("\n").split("|")
    if metric.startswith("latency") and "dir=h2d,engine=ce,gpu=0,memory=pinned" in labels and "size=4096" in labels:
        v[metric] = float(median)
assert 1.5 * v["latency"] < v["latency_host"] < 1e-4, v'
	# whose pages lie where; huge ones say which they are
	csv "$T/b/manifest.csv" key value >"$T/facts"
	for memory in pageable pinned writecombined registered hugepage; do
		grep "^fact.placement.copy{gpu=0,memory=$memory,node=0}|PROVEN" "$T/facts" >/dev/null || { echo "$memory"; return 1; }
	done
	grep '^fact.pages.copy{gpu=0,memory=hugepage,node=0}|THP' "$T/facts" >/dev/null
	grep '^fact.placement.copy_all{.*member=sum.*|PROVEN' "$T/facts" >/dev/null
	grep '^fact.equal_part.copy_all.bandwidth{dir=h2d,gpus=0+1,member=1}|30' "$T/facts" >/dev/null
}

@test "pcie_downtrain: that GPU is named, alone and beside the others; its neighbour on the switch is not" {
	run h2d hgx-h100 'pcie_downtrain gpu=3 gen=3' --set gpu=2,3 --set gpus=0+2+3 --set copy.size=64MiB \
		--set copy.memory=pinned --set copy_all.size=64MiB
	[ "$status" -eq 1 ]
	[ -z "$(not_passed | grep -v 'gpu=3\|member=3')" ] || { not_passed | grep -v 'gpu=3\|member=3'; return 1; }
	csv "$T/b/results.csv" status bench labels reason | grep '^FAIL|copy|.*gpu=3.*Gen3 x16.*Gen5 x16' >/dev/null
	csv "$T/b/results.csv" status bench labels reason | grep '^FAIL|copy_all|.*member=3.*Gen3 x16.*Gen5 x16' >/dev/null
	python3 "$top/tests/simgpu/check-truth" "$T/b" hgx-h100 gpu_chase.latency >"$T/truth" || true
	[ -z "$(grep -v 'gpu=3\|member=[23]\|member=sum\|compared$\|off by' "$T/truth")" ] || { cat "$T/truth"; return 1; }
}

@test "a slow neighbour leaves more of the switch, which is no broken measurement" {
	run h2d a100-pcie 'pcie_downtrain gpu=2 gen=3' --set copy.gpu=2,3 --set copy.size=64MiB \
		--set copy.memory=pinned --set gpu_chase.gpu=3
	[ "$status" -eq 1 ]
	[ -z "$(not_passed | grep -v 'gpu=2\|member=2')" ] || { not_passed; return 1; }
}

@test "one slow GPU of two on each socket is found among all four" {
	run h2d gb200-nvl4 'shift what=h2d by=0.2 gpu=1' --set copy.size=64MiB --set copy_all.gpus=2+3
	[ "$status" -eq 1 ]
	[ -n "$(not_passed)" ]
	[ -z "$(not_passed | grep -v 'dir=\(both_\)\?h2d,engine=ce,gpu=1')" ] || { not_passed; return 1; }
}

@test "a cpuset that misses a GPU's node: a skip that names it, never a number from elsewhere" {
	run h2d hgx-h100 'cpuset node=0' --set gpu=0,4 --set gpus=0+4 --set copy.size=4KiB --set gpu_chase.size=1MiB
	[ "$status" -eq 0 ]
	csv "$T/b/results.csv" status bench labels >"$T/rows"
	[ -z "$(grep '^PASS' "$T/rows" | grep -v gpu=0)" ]
	[ -z "$(grep -v '^PASS' "$T/rows" | grep -v 'gpu=4\|^SKIP|copy_all')" ]
	for memory in pinned writecombined pageable registered hugepage; do
		csv "$T/b/results.csv" status labels reason | grep "^SKIP|.*gpu=4,memory=$memory.*no memory of NUMA node 1 for this process: only the memory nodes 0 (cpuset /sys/fs/cgroup/assay.scope/cpuset.mems.effective)" >/dev/null
	done
}

@test "a kind that is slow on one GPU alone is found among its siblings" {
	run h2d hgx-h100 'shift what=d2h_sm by=0.2 gpu=5' --set gpu=0,4,5,6 --set gpus=0+5 --set copy.size=4MiB --set copy.memory=pinned
	[ "$status" -eq 1 ]
	[ -n "$(not_passed)" ]
	[ -z "$(not_passed | grep -v 'dir=d2h,engine=sm,gpu=5')" ] || { not_passed; return 1; }
}

@test "without huge pages the rest is measured and the reason is there" {
	sed 's/^thp = .*/thp = never/' "$top/tests/simgpu/servers/hgx-h100.ini" >"$T/nothp.ini"
	h2d "$T/nothp.ini" "" --set gpu=0 --set gpus=0+1 --set copy.size=4KiB --set copy_all.size=64MiB
	csv "$T/b/results.csv" status labels reason | grep '^SKIP|.*memory=hugepage.*no huge pages on NUMA node 0' >/dev/null
	[ -z "$(csv "$T/b/results.csv" status labels | grep -v '^PASS' | grep -v memory=hugepage)" ]
}

@test "one GPU: nothing copies beside it, which is no failure" {
	h2d h200-vm "" --set copy.size=4KiB,256MiB --set copy.memory=pinned
	[ "$(csv "$T/b/steps.csv" status reason | grep -c '^SKIP|one GPU')" -eq 1 ]
	python3 "$top/tests/simgpu/check-truth" "$T/b" h200-vm copy.bandwidth gpu_chase.latency
}

@test "the comparison with nvbandwidth reads its JSON, pairs what both measure and lists the rest" {
	cat >"$T/nvbandwidth" <<-'E'
		#!/usr/bin/env python3
		# Says what the profile h200-vm says, in the other program's words; one test is waived.
		import json, sys
		rates = {"host_to_device_memcpy_ce": 55.4, "device_to_host_memcpy_ce": 55.1, "device_local_copy": 2005}
		size = int(sys.argv[sys.argv.index("-b") + 1]) << 20
		names = sys.argv[sys.argv.index("-t") + 1:]
		def one(name):
		    if name not in rates:
		        return {"name": name, "status": "Waived"}
		    seconds = size / (rates[name] * 1e9) + 1.6e-6
		    return {"name": name, "status": "Passed", "bandwidth_matrix": [[str(size / seconds * 1e-9)]]}
		print(json.dumps({"nvbandwidth": {"testcases": [one(n) for n in names]}}))
	E
	chmod +x "$T/nvbandwidth"
	# shellcheck disable=SC2016 # expanded by the inner shell, on the simulated server
	run -0 "$top/scripts/sim" h200-vm -- bash -c 'ASSAY=$ASSAY-sim NVBANDWIDTH=$T/nvbandwidth "$top/scripts/compare-nvbandwidth" --pairs=8 --size=64'
	[[ $output == *"gpu 0 h2d ce: assay 55."*"AGREE"* ]]
	[[ $output == *"gpu 0 d2h ce, 1 MiB: "* ]]
	[[ $output == *"gpu 0 within the GPU: assay 19"*"AGREE"* ]]
	[[ $output == *"gpu 0 pointer chase: not measured by both"* ]]
	[[ $output == *"copy.latency_host{"*"spread between processes"* ]]
}
