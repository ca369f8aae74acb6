#!/usr/bin/env bats
# Copies between GPUs on simulated servers: the truth, each fault found and named and nothing else
# blamed, and what is said where there is no pair.
# shellcheck disable=SC2154 # set by common.bash or bats: top, output, status
load common

setup() {
	need_gpu_build
	suite pairs <<-E
		[suite]
		summary = pairs of three GPUs
		gate = p2p.bandwidth{dir=write,engine=ce,p2p=on,size=64MiB}
		[p2p]
		gpu = 1,2,3
		peer = 1,2,3
		p2p = on,off
		engine = ce,sm
		size = 4KiB,64MiB
		processes = 1
	E
	suite bisection <<-E
		[suite]
		summary = all pairs at once
		[p2p_all]
		engine = ce,sm
		size = 64MiB
		processes = 1
	E
}

# on SUITE PROFILE EXIT FAULT and then looks at $T/b
on() {
	run sim "$2" "$4" run "$T/$1.ini" --seed=7 --out "$T/b"
	[ "$status" -eq "$3" ] || { echo "exit $status"; echo "$output"; return 1; }
}
# Labels and reasons of what failed; the numbers of a case that failed itself say no more.
failed() { csv "$T/b/results.csv" status labels reason | grep '^FAIL' | grep -v 'no valid sample: all are marked corrupt' | cut -d'|' -f2-; }
# Each failed row has GPU $1 and GPU $2 as its pair, in either order.
only_pair() {
	[ -n "$(failed)" ]
	[ "$(failed | grep -vcE "gpu=$1,p2p=on,peer=$2,|gpu=$2,p2p=on,peer=$1,")" -eq 0 ]
}
truth() { python3 "$top/tests/simgpu/check-truth" "$T/b" "$@"; }

@test "healthy, with NVSwitch: every pair is as fast as the profile says, and nothing is found" {
	on pairs hgx-h100 0 ''
	truth hgx-h100 p2p.bandwidth
	[ "$(csv "$T/b/results.csv" status reason | sort -u)" = 'PASS|' ]
	[ "$(csv "$T/b/results.csv" bench metric | grep -c '^p2p|bandwidth')" -eq $((6 * (2 * 5 + 5))) ]
	csv "$T/b/manifest.csv" key value | grep -q '^fact.found.nvlink.p2p{gpu=2,p2p=on,peer=3}|18 x NVLink4$'
	csv "$T/b/manifest.csv" key value | grep -q '^fact.found.nvlink_errors.p2p{gpu=2,p2p=on,peer=3}|0$'
}

@test "healthy, over PCI Express: pairs across sockets are skipped with the reason, off is measured" {
	on pairs a100-pcie 0 ''
	truth a100-pcie p2p.bandwidth
	[ "$(csv "$T/b/results.csv" status | sort | uniq -c | awk '{ print $2 }' | tr '\n' ' ')" = 'PASS SKIP ' ]
	csv "$T/b/results.csv" status reason | grep -q '^SKIP|no peer access between GPU 1 and GPU 2 (the PCIe topology does not allow it)$'
	[ "$(csv "$T/b/steps.csv" status | sort -u)" = PASS ]
	[ "$(csv "$T/b/results.csv" status metric labels | grep '^PASS|bandwidth' | grep -c 'p2p=on')" -eq $((2 * 2 * 5)) ]
	[ "$(csv "$T/b/results.csv" status metric labels | grep '^PASS|bandwidth' | grep -c 'p2p=off')" -eq $((6 * 5)) ]
}

@test "p2p_silent_drop: the pair, its direction and both engines are named, nothing else fails" {
	on pairs hgx-h100 1 'p2p_silent_drop gpu=1 peer=2'
	only_pair 1 2
	[ "$(failed | grep -vc 'GPU 1 writes to GPU 2 ([a-zA-Z ]*, peer access on): nothing of [0-9]* bytes arrived')" -eq 0 ]
	[ "$(failed | grep -c 'dir=write,engine=ce,gpu=1,p2p=on,peer=2')" -eq 2 ]
	[ "$(failed | grep -c 'dir=write,engine=sm,gpu=1,p2p=on,peer=2')" -eq 2 ]
	[ "$(failed | grep -c 'dir=read')" -eq 0 ]
}

@test "nvlink_down: its GPU is named with the links found and wanted, pairs without it pass" {
	on pairs hgx-h100 1 'nvlink_down gpu=2 link=5'
	[ -n "$(failed)" ]
	[ "$(failed | grep -vcE '(gpu=2,p2p=on|p2p=on,peer=2),.*17 x NVLink4 on GPU 2 [(]not link 5[)].*18 x NVLink4')" -eq 0 ]
	[ "$(csv "$T/b/results.csv" status labels | grep -E '(gpu=2,p2p=on|p2p=on,peer=2),' | grep -c '^PASS')" -eq 0 ]
}

@test "nvlink_errors: the GPU on whose links errors were counted is named" {
	on pairs hgx-h100 1 'nvlink_errors gpu=3'
	[ -n "$(failed)" ]
	[ "$(failed | grep -vcE '(gpu=3,p2p=on|p2p=on,peer=3),.* on GPU 3, most on link 0')" -eq 0 ]
}

@test "no access between GPUs that NVLinks join: what is measured without it fails and says so" {
	sed 's/^nvlinks = 18/&\npeer_reach = socket/' "$top/tests/simgpu/servers/hgx-h100.ini" >"$T/barred.ini"
	sed -i 's/^gpu = .*/gpu = 0,4/; s/^peer = .*/peer = 0,4,5/' "$T/pairs.ini"
	on pairs "$T/barred.ini" 1 ''
	[ -n "$(failed)" ]
	[ "$(failed | grep -vcE 'p2p=off.*peer access: no, yes')" -eq 0 ]
	[ "$(failed | grep -cE 'gpu=4,p2p=off,peer=5')" -eq 0 ]
	csv "$T/b/results.csv" status labels | grep -q '^PASS|.*gpu=4,p2p=on,peer=5'
}

@test "slow_pair: slower than its siblings, in both orders, and no other pair" {
	on pairs hgx-h100 1 'slow_pair gpu=1 peer=3 by=0.2'
	only_pair 1 3
	[ "$(failed | grep -c 'gpu=1,p2p=on,peer=3,')" -gt 0 ]
	[ "$(failed | grep -c 'gpu=3,p2p=on,peer=1,')" -gt 0 ]
}

@test "all pairs at once: each member and the sum are the profile's; a dropped write is named" {
	on bisection hgx-h100 0 ''
	truth hgx-h100 p2p_all.bandwidth
	[ "$(csv "$T/b/results.csv" labels | grep -c 'member=sum')" -eq 4 ]
	rm -rf "$T/b"
	on bisection hgx-h100 1 'p2p_silent_drop gpu=2 peer=6'
	[ "$(failed | grep -vc 'GPU 2 writes to GPU 6 while all do')" -eq 0 ]
	[ "$(failed | grep -vcE 'member=(2|6|sum),')" -eq 0 ]
	rm -rf "$T/b"
}

@test "all pairs at once without access across sockets: the pairs within each take part" {
	on bisection a100-pcie 0 ''
	truth a100-pcie p2p_all.bandwidth
	[ "$(csv "$T/b/results.csv" status | sort | uniq -c | tr -s ' ')" = ' 20 PASS' ]
	csv "$T/b/manifest.csv" key value | grep -q '^fact.partner.p2p_all{gpus=0+1+2+3,member=3}|2$'
	sed -i 's/^\[p2p_all\]/&\ngpus = 0+1+2/' "$T/bisection.ini"
	rm -rf "$T/b"
	on bisection a100-pcie 0 ''
	csv "$T/b/results.csv" status labels reason | grep -q '^SKIP|.*member=2,.*|no peer access between GPU 2 and GPU 0'
	sed -i 's/^gpus = .*/gpus = 0+2/' "$T/bisection.ini"
	rm -rf "$T/b"
	on bisection a100-pcie 3 ''
	[[ $(csv "$T/b/steps.csv" status reason) == 'SKIP|no peer access between GPU 0 and GPU 2'* ]]
}

@test "pcie_downtrain: pairs that go by PCI Express name the GPU, NVLink pairs of it pass" {
	on pairs a100-pcie 1 'pcie_downtrain gpu=2 gen=3'
	[ "$(failed | grep -vcE '(gpu=2|peer=2),.*the PCIe link runs at Gen3 x16 on GPU 2 under load, Gen4 x16 is possible')" -eq 0 ]
	failed | grep -q 'gpu=3,p2p=on,peer=2'
	failed | grep -q 'gpu=1,p2p=off,peer=2'
	rm -rf "$T/b"
	sed -i 's/^gpu = .*/gpu = 0,1/; s/^peer = .*/peer = 0,1,2/' "$T/pairs.ini"
	on pairs hgx-h100 1 'pcie_downtrain gpu=1 gen=3'
	[ "$(failed | grep -vcE '(gpu=1,p2p=off|p2p=off,peer=1),.*on GPU 1 under load, Gen5')" -eq 0 ]
}

@test "latency of a peer's memory: the profile's, and the pointers are really followed" {
	suite chase <<-E
		[suite]
		summary = loads from a peer
		[p2p_chase]
		gpu = 0,1,2
		peer = 0,1,2
		size = 1MiB
		processes = 1
	E
	on chase hgx-h100 0 ''
	truth hgx-h100 p2p_chase.latency
	[ "$(csv "$T/b/results.csv" status | sort -u)" = PASS ]
}

@test "a pair is locked as both of its GPUs: another run finds either taken, and pairs without them free" {
	suite small <<-E
		[suite]
		summary = small pairs
		[p2p]
		size = 4KiB
	E
	# shellcheck disable=SC2016 # expanded by the inner shell, on the simulated server
	"$top/scripts/sim" hgx-h100 -- bash -c '
		run() { "$ASSAY-sim" run "$T/small.ini" "$@" >/dev/null 2>&1; }
		run --set gpu=0 --set peer=1 --out "$T/a" --processes 60 &
		until [ "$(compgen -G "$ASSAY_RUNTIME_DIR/gpu-*.lock" | wc -l)" -eq 2 ]; do sleep 0.02; done
		run --set gpu=1,2 --set peer=0,3 --processes 1 --out "$T/b"
		kill $!; wait' || true
	[ "$(csv "$T/b/steps.csv" status | tr '\n' ' ')" = 'BUSY BUSY BUSY PASS ' ]
	csv "$T/b/steps.csv" reason | head -n 3 >"$T/reasons"
	[ "$(grep -c 'another assay measures this GPU (pid ' "$T/reasons")" -eq 3 ]
	grep -q '^GPU 0 ' "$T/reasons"
	grep -q '^GPU 1 ' "$T/reasons"
}

@test "a single GPU has no peer, a machine without one has none: skipped with the reason, exit 3" {
	run sim h200-vm '' run p2p --out "$T/b"
	[ "$status" -eq 3 ]
	[ "$(csv "$T/b/steps.csv" status reason | sort -u)" = 'SKIP|a single GPU has no peer' ]
	compgen -G '/sys/bus/pci/drivers/nvidia/0*' >/dev/null && skip "this machine has a GPU"
	run "$ASSAY" run p2p --out "$T/c"
	[ "$status" -eq 3 ]
	[ "$(csv "$T/c/steps.csv" status reason | sort -u)" = 'SKIP|no NVIDIA GPU on the PCI bus' ]
}
