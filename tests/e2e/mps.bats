#!/usr/bin/env bats
# Processes that share a simulated GPU: faults are named and nothing else is blamed, and the private
# daemon is gone after every kind of end.
# shellcheck disable=SC2154 # set by common.bash or bats: top, status, output
# shellcheck disable=SC2016 # expanded by the shell in the simulated machine
load common

setup() {
	need_gpu_build
	suite small <<-E
		[suite]
		summary = two clients on one GPU
		[mps]
		gpu = 0
		mode = timeslice,mps
		clients = 1,2
		kernel = half
		processes = 1
	E
}
teardown() {
	[ -z "${sid:-}" ] || pkill -9 -s "$sid" || true
}

fault() { # wanted exit code, fault, arguments of run
	local code=$1 what=$2
	shift 2
	run sim pcie4-workstation "$what" run "$T/small.ini" --seed=7 --out "$T/b" "$@"
	[ "$status" -eq "$code" ] || { echo "$output"; return 1; }
}
results() { csv "$T/b/results.csv" status metric labels reason | grep "^$1" | sort -u; }

@test "time-sliced and under MPS: each client asserts which, and a fresh process works afterwards" {
	fault 0 ""
	[ "$(csv "$T/b/results.csv" status | sort -u)" = PASS ]
	"$top/tests/simgpu/check-truth" "$T/b" pcie4-workstation mps.stp mps.antt mps.rate
	grep -q 'fact.found.mps.mps{gpu=0,mode=mps,percent=100}",on,cudaDevAttrMpsEnabled of each client' "$T/b/manifest.csv"
	grep -q 'fact.found.mps.mps{gpu=0,mode=timeslice,percent=100}",off,' "$T/b/manifest.csv"
	grep -q 'fact.found.mps_after.mps{gpu=0,mode=mps,percent=100}",works,' "$T/b/manifest.csv"
}

@test "mps_missing, site_mps: SKIP with the reason, the other half is measured, the site's daemon lives on" {
	fault 0 mps_missing
	[[ $(csv "$T/b/steps.csv" status reason) == *"SKIP|nvidia-cuda-mps-control is not on PATH: it comes with the driver"* ]]
	[ "$(results PASS | grep -c mode=timeslice)" -eq 12 ]
	rm -rf "$T/b"
	run "$top/scripts/sim" pcie4-workstation --fault=site_mps -- bash -c '"$ASSAY-sim" run "$T/small.ini" --out "$T/b" >/dev/null
		rc=$?; echo get_server_list | CUDA_MPS_PIPE_DIRECTORY=$ASSAY_SYSROOT/tmp/nvidia-mps nvidia-cuda-mps-control && echo "it lives, $rc"'
	[[ $output == *"it lives, 0"* ]] || { echo "$output"; return 1; }
	[[ $(csv "$T/b/steps.csv" status reason) == *"SKIP|an MPS daemon of this machine runs (pid "*"disturbs none"* ]]
	[ "$(results PASS | grep -c mode=timeslice)" -eq 12 ]
}

@test "mps_refuses: what fits is measured, the first client that is refused is named with CUDA's words" {
	fault 1 'mps_refuses after=1'
	[[ $(results FAIL) == *"clients=2"*"client 2: making a context: cudaErrorMpsMaxClientsReached: "*"; MPS takes 48 clients a GPU"* ]] || { results ""; return 1; }
	[ "$(results FAIL | grep -vc 'clients=2,.*mode=mps')" -eq 0 ]
	[ "$(results PASS | grep -c 'clients=1.*mode=mps')" -eq 6 ]
	rm -rf "$T/b"
	fault 1 mps_refuses
	[[ $(csv "$T/b/steps.csv" status reason) == *"ERROR|client 1: making a context: cudaErrorMpsConnectionFailed: "* ]]
	[ "$(results PASS | grep -c mode=timeslice)" -eq 12 ]
	rm -rf "$T/b"
	# more than MPS promises is no fault
	fault 0 "" --set mode=mps --set clients=1,50
	[[ $(results SKIP) == *"clients=50"*"client 49: making a context: cudaErrorMpsMaxClientsReached"* ]] || { results ""; return 1; }
}

@test "a daemon that answers and serves nobody: clients see that they run without MPS" {
	run "$top/scripts/sim" pcie4-workstation -- bash -c 'mkdir "$T/bin"
		printf "#!/bin/sh\ncase \$CUDA_MPS_PIPE_DIRECTORY in /tmp/assay-mps.*) ;; *) exit 1 ;; esac\n" >"$T/bin/nvidia-cuda-mps-control"; chmod +x "$T/bin/nvidia-cuda-mps-control"
		PATH=$T/bin:$PATH "$ASSAY-sim" run "$T/small.ini" --out "$T/b" --set mode=mps'
	[ "$status" -eq 1 ]
	[[ $(results FAIL) == *"MPS was off for this process, on was meant: see CUDA_MPS_PIPE_DIRECTORY"* ]] || { results ""; return 1; }
}

@test "every other suite stays out of a daemon's hands" {
	suite copies <<-E
		[suite]
		summary = one copy
		[copy]
		gpu = 0
		size = 4KiB
		processes = 1
	E
	run "$top/scripts/sim" pcie4-workstation -- bash -c 'export CUDA_MPS_PIPE_DIRECTORY=$T/pipe; nvidia-cuda-mps-control -d &&
		"$ASSAY-sim" run "$T/copies.ini" --out "$T/b" >/dev/null 2>&1; echo "rc $?"; echo quit | nvidia-cuda-mps-control'
	[[ $output == *"rc 0"* ]] || { echo "$output"; return 1; }
}

# A machine whose clients hang in a round, with a shell that outlives assay in it. dir is the daemon's.
start_hanging() { # what happens then, in the machine's shell
	export CODE=$1
	rm -rf "$T/b" "$T/pids"
	setsid "$top/scripts/sim" pcie4-workstation --fault='hang gpu=0 after=12' -- bash -c '
		"$ASSAY-sim" run "$T/small.ini" --set mode=mps --out "$T/b" >"$T/out" 2>&1 &
		parent=$!
		wait_for() { for _ in $(seq 500); do eval "$1" && return; sleep 0.02; done; echo "never: $1"; exit 1; }
		step="" guard="" dir=""
		wait_for "step=\$(pgrep -P $parent -f \"step mps\") && dir=\$(echo /tmp/assay-mps.\$step.*) && [ -e \"\$dir/pipe/nvidia-cuda-mps-control.pid\" ]"
		wait_for "[ \$(pgrep -P \$step -f \"member mps\" | wc -l) -eq 2 ] && guard=\$(pgrep -P \$step -f \"assay-sim guard\")"
		daemon=$(cat "$dir/pipe/nvidia-cuda-mps-control.pid")
		sleep 0.2 # into the round
		kill -0 "$daemon" || exit 1
		gone() { wait_for "[ ! -e \"$dir\" ] && ! kill -0 $daemon 2>/dev/null"; echo gone; }
		eval "$CODE"' >"$T/says" 2>&1 &
	sid=$!
	wait "$sid" || true
}
gone() { [ "$(grep -v Killed "$T/says" | tail -n 1)" = gone ] || { cat "$T/says" "$T/out"; return 1; }; }

@test "Ctrl-C, SIGTERM, SIGKILL of the parent, of the step, of a client, of parent and step: no daemon stays" {
	for code in 'kill -INT $parent' 'kill $parent' 'kill -9 $parent' 'kill -9 $step' 'kill -9 $parent $step' \
		'kill -9 $(pgrep -P $step -f "member mps.*--rank=0")'; do
		start_hanging "$code; gone; wait \$parent"
		gone || { echo "after $code"; return 1; }
	done
	[[ $(csv "$T/b/steps.csv" status reason) == "ERROR|"*"client 1: its process was killed by signal 9"* ]] || { csv "$T/b/steps.csv" status reason; return 1; }
}

@test "SIGKILL of the guard as well: assay restore ends the daemon, and so does the next run" {
	for code in '"$ASSAY-sim" restore' '"$ASSAY-sim" run "$T/small.ini" --set mode=timeslice --set clients=1 --out "$T/next"'; do
		start_hanging "kill -9 \$guard \$parent \$step; sleep 0.2; kill -0 \$daemon && [ -e \$dir ] || exit 1; $code; gone"
		gone
	done
	grep -q "an earlier run was killed" "$T/says"
}
