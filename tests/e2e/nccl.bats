#!/usr/bin/env bats
# NCCL between simulated GPUs: truth recovered, each fault found at its GPU and nothing else blamed,
# nothing left behind, and runs that a launcher started once a rank.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

setup() {
	need_gpu_build
	suite small <<-E
		[suite]
		summary = small collectives
		gate = nccl.busbw{coll=all_reduce,size=64MiB}
		[nccl]
		coll = all_reduce,sendrecv
		size = 64MiB
		patience = 2
		processes = 1
	E
}

# One fault on eight GPUs: fault EXIT "FAULT" [OPTION…]
fault() {
	run "$top/scripts/sim" hgx-h100 --fault="$2" -- "$ASSAY-sim" run "$T/small.ini" --out "$T/b" "${@:3}"
	[ "$status" -eq "$1" ] || { echo "exit $status"; echo "$output"; return 1; }
}
reason() { csv "$T/b/steps.csv" reason; }
reasons() { csv "$T/b/results.csv" status reason | sort -u; }
# No GPU but that one is named in what was found: only_gpu N TEXT
only_gpu() {
	for g in 0 1 2 3 4 5 6 7; do
		[ "$g" = "$1" ] || [[ ! $2 =~ GPU\ $g([^0-9]|$) ]] || { echo "GPU $g is blamed: $2"; return 1; }
	done
	[[ $2 =~ GPU\ $1([^0-9]|$) ]]
}
members() { pgrep -s "$1" -f 'member nccl' || true; }
none_left() {
	for _ in $(seq 100); do
		[ -n "$(pgrep -s "$1")" ] || return 0
		sleep 0.1
	done
	pgrep -s "$1" -a
	return 1
}

@test "the algorithm is found and recorded, what a ring can carry is its ceiling, NVLS is skipped where there is none" {
	suite algorithms <<-E
		[suite]
		summary = algorithms
		[nccl]
		coll = all_reduce,sendrecv
		size = 64MiB
		processes = 1
		[nccl:ring]
		algo = ring
		coll = all_reduce
		size = 64MiB
		processes = 1
		[nccl:nvls]
		algo = nvls
		coll = all_reduce
		size = 64MiB
		processes = 1
	E
	for profile in hgx-h100 gb200-nvl4 pcie4-workstation h200-vm; do
		sim "$profile" "" run "$T/algorithms.ini" --out "$T/$profile" >"$T/out" 2>&1 || { cat "$T/out"; return 1; }
		[ "$(csv "$T/$profile/results.csv" status | grep -vcE 'PASS|SKIP')" -eq 0 ]
	done
	ceilings() { csv "$T/$1/results.csv" metric labels ceiling | sed -n 's/busbw|algo=\([a-z]*\),coll=\([a-z_]*\).*|/\1 \2 /p'; }
	grep -q '^host,"\?fact.algorithm.nccl{algo=default,coll=all_reduce,.*size=67108864}"\?,NVLS/SIMPLE' "$T/hgx-h100/manifest.csv"
	grep -q '^host,"\?fact.algorithm.nccl{algo=ring,coll=all_reduce,.*size=67108864}"\?,RING/SIMPLE' "$T/hgx-h100/manifest.csv"
	[ "$(ceilings hgx-h100)" = $'default all_reduce \ndefault sendrecv 450000000000\nnvls all_reduce \nring all_reduce 450000000000' ] || { ceilings hgx-h100; return 1; }
	# without NVLS the default is a ring as well
	[ "$(ceilings gb200-nvl4)" = $'default all_reduce 900000000000\ndefault sendrecv 900000000000\nring all_reduce 900000000000' ] || { ceilings gb200-nvl4; return 1; }
	[ "$(ceilings pcie4-workstation)" = $'default all_reduce \ndefault sendrecv \nring all_reduce ' ] || { ceilings pcie4-workstation; return 1; }
	[[ $(csv "$T/h200-vm/steps.csv" status reason) == *"SKIP|NCCL has no NVLS among these GPUs: there is one"* ]]
	[[ $(csv "$T/pcie4-workstation/steps.csv" status reason) == *"SKIP|NCCL has no NVLS among these GPUs"* ]]
	"$top/tests/simgpu/check-truth" "$T/h200-vm" h200-vm nccl.latency
}

@test "same seed: the same results to the byte, however the ranks are scheduled" {
	sim hgx-h100 "" run "$T/small.ini" --seed 7 --out "$T/a" >/dev/null 2>&1
	sim hgx-h100 "" run "$T/small.ini" --seed 7 --out "$T/deeper-b" >/dev/null 2>&1
	sim hgx-h100 "" run "$T/small.ini" --seed 8 --out "$T/c" >/dev/null 2>&1
	cmp "$T/a/results.csv" "$T/deeper-b/results.csv"
	not cmp -s "$T/a/results.csv" "$T/c/results.csv"
}

@test "nccl_hang: the GPU is found with pairs of fresh communicators after an abort" {
	fault 3 'nccl_hang gpu=3'
	[ "$(csv "$T/b/steps.csv" status)" = ERROR ]
	[[ $(reason) == *"did not end within"*"GPU 3 is to blame"*"the other pairs work with fresh communicators"* ]] || { reason; return 1; }
	only_gpu 3 "$(reason)"
}

@test "nccl_hang in the middle: a timed case ends, all pairs work alone, and it says so" {
	fault 3 'nccl_hang gpu=5 after=40' --set coll=all_reduce --set size=64,64MiB
	[ "$(csv "$T/b/steps.csv" status)" = ERROR ]
	[[ $(reason) == *"coll=all_reduce"*"size=64: "*"each pair of neighbours works with a fresh communicator"* ]] || { reason; return 1; }
}

@test "nccl_async_error: the GPU that reports it is named, not those that wait for it" {
	fault 3 'nccl_async_error gpu=6'
	[ "$(csv "$T/b/steps.csv" status)" = ERROR ]
	[[ $(reason) == *"unhandled system error"* ]]
	only_gpu 6 "$(reason)"
}

@test "nccl_wrong_sum: FAIL with GPU, rank, offset and both values; what carries no sum is good" {
	fault 1 'nccl_wrong_sum gpu=2'
	[ "$(csv "$T/b/steps.csv" status)" = FAIL ]
	[[ $(reason) == *"coll=all_reduce"*"GPU 2 (rank 2) got 1 of 16777216 numbers wrong, the first at offset 33554432: "*", wanted "* ]] || { reason; return 1; }
	only_gpu 2 "$(reason)"
	[ "$(grep -c '^✕' <<<"${output#*Findings}")" -eq 1 ] # said once, whatever the step says besides
	[ "$(csv "$T/b/samples.csv" labels valid | grep all_reduce | grep -vc corrupt)" -eq 0 ]
	[ "$(csv "$T/b/samples.csv" labels valid | grep sendrecv | grep -c corrupt)" -eq 0 ]
}

@test "nccl_wrong_transport: FAIL, found against wanted, at its GPU" {
	fault 1 'nccl_wrong_transport gpu=4'
	[[ $(reasons) == *"FAIL|"*"SHM at GPU 4 with NVLS"*"P2P with NVLS"* ]] || { reasons; return 1; }
	only_gpu 4 "$(reasons)"
}

@test "nvlink_down: slower by its share, the GPU named with what it has and should have" {
	fault 1 'nvlink_down gpu=6 link=4'
	[[ $(reasons) == "FAIL|only 17 x NVLink4 on GPU 6 (not link 4) are active, 18 x NVLink4 belong there: "* ]] || { reasons; return 1; }
	only_gpu 6 "$(reasons)"
	[ "$(reasons | wc -l)" -eq 1 ]
	[ "$(csv "$T/b/results.csv" ceiling | sort -u)" = $'\n425000000000' ]
}

@test "a healthy server has no finding" {
	fault 0 ""
	[ "$(csv "$T/b/results.csv" status | sort -u)" = PASS ]
}

@test "inherited NCCL variables: what they spoil is found and they are named; variables=drop measures without" {
	NCCL_P2P_DISABLE=1 fault 1 ""
	[[ $(reasons) == *"SHM with NVLS"*"P2P with NVLS"* ]] || { reasons; return 1; }
	grep -q 'fact.found.transport.*NCCL_P2P_DISABLE=1' "$T/b/manifest.csv"
	grep -q 'variable.nccl_p2p_disable,1,' "$T/b/manifest.csv"
	rm -rf "$T/b"
	NCCL_NVLS_ENABLE=0 fault 1 ""
	[[ $(reasons) == *"P2P without NVLS"*"P2P with NVLS"* ]] || { reasons; return 1; }
	rm -rf "$T/b"
	NCCL_P2P_DISABLE=1 fault 0 "" --set variables=drop
}

@test "less than one number for each rank is no case; more than the memory holds twice is skipped with the reason" {
	fault 0 "" --set gpus=0+1 --set coll=all_gather,all_reduce --set size=4,64,64MiB
	[ "$(csv "$T/b/results.csv" labels | sed -n 's/.*coll=all_gather.*size=//p' | sort -u | tr '\n' ' ')" = "64 67108864 " ]
	[ "$(csv "$T/b/results.csv" labels | sed -n 's/.*coll=all_reduce.*size=//p' | sort -u | tr '\n' ' ')" = "4 64 67108864 " ]
	[ "$(csv "$T/b/results.csv" status | sort -u)" = PASS ]
	rm -rf "$T/b"
	sed 's/^memory_bytes = .*/memory_bytes = 8GiB/' "$top/tests/simgpu/servers/pcie4-workstation.ini" >"$T/little.ini"
	# what failed is the step's reason, not what was skipped before
	run -1 "$top/scripts/sim" "$T/little.ini" --fault='nccl_wrong_sum gpu=1' -- "$ASSAY-sim" run "$T/small.ini" --out "$T/b" --set size=4KiB,16GiB --set coll=all_gather,all_reduce
	[[ $(csv "$T/b/manifest.csv" key value) == *"fact.skip.nccl{algo=default,coll=all_gather,"*"size=17179869184}|larger than the "*" that a GPU has room for twice"* ]]
	[[ $(csv "$T/b/steps.csv" status reason) == "FAIL|"*"coll=all_reduce"*"GPU 1 (rank 1) got 1 of 1024 numbers wrong"* ]] || { reason; return 1; }
}

@test "a machine without a GPU: SKIP with the reason, exit 3" {
	grep -qs 0x10de /sys/bus/pci/devices/*/vendor && skip "this machine has a GPU"
	run -3 "$ASSAY" run "$T/small.ini" --out "$T/b"
	[ "$(csv "$T/b/steps.csv" status reason)" = 'SKIP|no NVIDIA GPU on the PCI bus' ]
}

# A run that hangs in an operation: sid is its session, step and members are at work.
start_hanging() {
	sed -i 's/^patience = 2/patience = 60/' "$T/small.ini"
	setsid "$top/scripts/sim" hgx-h100 --fault='nccl_hang gpu=1' -- "$ASSAY-sim" run "$T/small.ini" --out "$T/b" >"$T/out" 2>&1 &
	sid=$!
	for _ in $(seq 300); do
		[ "$(members "$sid" | wc -l)" -eq 8 ] && return
		sleep 0.05
	done
	cat "$T/out"
	return 1
}

@test "SIGKILL of the parent: no member stays" {
	start_hanging
	pkill -9 -s "$sid" -f "$ASSAY-sim run"
	none_left "$sid"
}

@test "SIGKILL of the step: no member stays, the run goes on" {
	start_hanging
	pkill -9 -s "$sid" -f "$ASSAY-sim step nccl"
	none_left "$sid"
	[[ $(csv "$T/b/steps.csv" status reason) == "ERROR|killed by signal 9"* ]]
}

@test "SIGKILL of a member: an ERROR that names its GPU" {
	start_hanging
	sleep 0.5
	pkill -9 -s "$sid" -f 'member nccl.*--rank=5'
	none_left "$sid"
	[[ $(csv "$T/b/steps.csv" status reason) == "ERROR|"*"GPU 5: its process was killed by signal 9"* ]] || { reason; return 1; }
	only_gpu 5 "$(reason)"
}

# Starts eight of them as a launcher does: launch "VARIABLES, @ for the rank" [FAULT [RANK]]
# RANK is killed as soon as it serves.
launch() {
	# shellcheck disable=SC2016 # expanded by the inner shell, on the simulated server
	WHAT=$1 KILL=${3:-} "$top/scripts/sim" hgx-h100 ${2:+"--fault=$2"} -- bash -c '
		cd "$T" || exit
		for r in 7 6 5 4 3 2 1 0; do
			( mkdir -p "rank$r"; cd "rank$r" || exit
			  rc=0
			  env ${WHAT//@/$r} "$ASSAY-sim" run "$T/small.ini" --out bundle >out 2>err &
			  echo $! >pid
			  wait $! || rc=$?
			  echo $rc >rc ) &
		done
		while [ "$KILL" ] && ! pgrep -P "$(cat "rank$KILL/pid" 2>/dev/null || echo 1)" -f "member nccl" >/dev/null; do sleep 0.05; done
		[ -z "$KILL" ] || kill -9 "$(cat "rank$KILL/pid")"
		wait'
}
check_ranks() { # exit code of rank 0, which ranks else have ended well
	[ "$(cat "$T/rank0/rc")" = "$1" ] || { cat "$T/rank0/out" "$T/rank0/err"; return 1; }
	for r in ${2:-1 2 3 4 5 6 7}; do
		[ "$(cat "$T/rank$r/rc")" = 0 ] || { cat "$T/rank$r/err"; return 1; }
		[ ! -s "$T/rank$r/out" ] && [ ! -s "$T/rank$r/err" ] && [ ! -e "$T/rank$r/bundle" ]
	done
}

@test "started once a rank by srun, mpirun, torchrun: rank 0 writes, the others serve in silence" {
	for variables in 'SLURM_JOB_ID=9 SLURM_STEP_ID=0 SLURM_PROCID=@ SLURM_STEP_NUM_TASKS=8' \
		'OMPI_COMM_WORLD_RANK=@ OMPI_COMM_WORLD_SIZE=8 PMIX_NAMESPACE=prterun-1' \
		'RANK=@ WORLD_SIZE=8 MASTER_ADDR=localhost MASTER_PORT=29500'; do
		rm -rf "$T"/rank*
		launch "$variables"
		check_ranks 0
		[ "$(csv "$T/rank0/bundle/results.csv" status | sort -u)" = PASS ]
	done
	# the members are those processes' children, and what they measure is the same
	sim hgx-h100 "" run "$T/small.ini" --out "$T/alone" >/dev/null 2>&1
	cmp "$T/alone/results.csv" "$T/rank0/bundle/results.csv"
}

@test "started once a rank: a fault is found as well, and the other ranks end with rank 0" {
	launch 'RANK=@ WORLD_SIZE=8 MASTER_PORT=29501' 'nccl_wrong_sum gpu=7'
	check_ranks 1
	[[ $(csv "$T/rank0/bundle/steps.csv" reason) == *"coll=all_reduce"*"GPU 7 (rank 7) got 1 of "* ]]
}

@test "started once a rank, and one is killed: rank 0 names its GPU and all end" {
	sed -i 's/^patience = 2/patience = 60/' "$T/small.ini"
	SECONDS=0
	launch 'RANK=@ WORLD_SIZE=8 MASTER_PORT=29503' 'nccl_hang gpu=1' 5
	[ "$SECONDS" -lt 60 ] # nobody waited for what hung besides
	check_ranks 3 '1 2 3 4 6 7'
	[ "$(cat "$T/rank5/rc")" = 137 ]
	[[ $(csv "$T/rank0/bundle/steps.csv" status reason) == "ERROR|GPU 5: its process is gone"* ]] || { csv "$T/rank0/bundle/steps.csv" status reason; return 1; }
}

@test "started once a rank, too few of them: refused with the reason" {
	launch 'RANK=@ WORLD_SIZE=9 MASTER_PORT=29502'
	[ "$(cat "$T/rank0/rc")" = 3 ]
	[[ $(csv "$T/rank0/bundle/steps.csv" reason) == *"the launcher started 9 ranks, and this wants 8"* ]]
}

@test "a batch script of Slurm is no launcher of ranks" {
	SLURM_JOB_ID=9 SLURM_PROCID=0 SLURM_NTASKS=8 fault 0 ""
}
