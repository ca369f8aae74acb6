#!/usr/bin/env bats
# MIG instances as targets, on the simulated server mig-on: GPU 0 is 4g + 3g, GPU 1 is 7 x 1g, GPU 2 is whole.
# shellcheck disable=SC2154 # set by common.bash or bats: top
load common

setup() {
	need_gpu_build
	suite small <<-E
		[suite]
		summary = small copies
		gate = copy.bandwidth{memory=pinned,size=64MiB}
		[copy]
		processes = 1
		memory = pinned
		dir = h2d,d2h
		size = 4KiB,64MiB
	E
}

mig() { run -"$1" "$top/scripts/sim" mig-on ${2:+"--fault=$2"} -- "$ASSAY-sim" "${@:3}"; }
# gpu|status of each step, in the order of the plan
statuses() {
	python3 - "$T/$1" <<-'E'
		import csv, re, sys
		read = lambda name: csv.DictReader(open(f"{sys.argv[1]}/{name}", newline=""))
		gpu = {r["step"]: re.search(r"(?:^| )gpu=(\S+)", r["params"])[1] for r in read("plan.csv")}
		print(" ".join(f"{gpu[r['step']]}|{r['status']}" for r in read("steps.csv")))
	E
}
reason() { csv "$T/$1/steps.csv" step reason | grep "^$2|"; }

@test "all: instances where MIG is on, the whole GPU where it is off; keys, truth, nothing blamed" {
	mig 0 "" run "$T/small.ini" --out "$T/b"
	[ "$(statuses b)" = "0:1.0|PASS 0:2.0|PASS 1:7.0|PASS 1:8.0|PASS 1:9.0|PASS 1:10.0|PASS 1:11.0|PASS 1:12.0|PASS 1:13.0|PASS 2|PASS" ]
	[ "$(csv "$T/b/results.csv" status reason | sort -u)" = "PASS|" ] || { csv "$T/b/results.csv" labels reason; return 1; }
	csv "$T/b/results.csv" labels | grep 'dir=h2d,.*gpu=1:10.0,.*node=1,size=67108864' >/dev/null
	# by hand: 64 MiB at half of 55.3 GB/s and a latency of 1.4 us; 0.98 x 54.9 GB/s
	python3 - "$T/b/results.csv" <<-'E'
		import csv, sys
		rows = {(l["dir"], l["gpu"]): float(r["median"]) for r in csv.DictReader(open(sys.argv[1])) if r["metric"] == "bandwidth"
		        for l in [dict(p.split("=") for p in r["labels"].split(","))] if l["size"] == "67108864"}
		n = 67108864
		for key, rate in {("h2d", "1:7.0"): 27.65e9, ("h2d", "1:13.0"): 27.65e9, ("d2h", "0:1.0"): 53.802e9, ("h2d", "0:2.0"): 53.088e9, ("h2d", "2"): 55.3e9}.items():
		    want = n / (1.4e-6 + n / rate)
		    assert abs(rows[key] / want - 1) < 0.005, (key, rows[key], want)
	E
	grep -q '^host,gpu.0.mig_instances,1.0 2.0,' "$T/b/manifest.csv"
	grep -q '^host,gpu.1.mig.7.0.profile,1g.10gb,' "$T/b/manifest.csv"
	[ "$(csv "$T/b/telemetry.csv" gpu | sort -u | tr -d '\n')" = 012 ]
	grep -q 'GPU 0, MIG 2.0' "$T/b/report.html"
}

@test "a step sees its instance and nothing else" {
	cat >"$T/spy" <<-'E'
		#!/bin/sh
		# Launcher: writes down each step's command line.
		[ "$1" = --stop ] && exit 0
		while [ "$1" != -- ]; do shift; done
		shift
		echo "$*" >>"$T/spied"
		exec "$@"
	E
	chmod +x "$T/spy"
	mig 0 "" run "$T/small.ini" --set gpu=1:9.0 --out "$T/b" --arm "$T/spy"
	uuid=$(csv "$T/b/manifest.csv" key value | grep '^gpu.1.mig.9.0.uuid|' | cut -d'|' -f2)
	[[ $uuid == MIG-*-* ]]
	grep -q -- "step copy .*--gpu-uuid=$uuid .*gpu=1:9.0" "$T/spied"
	[ "$(statuses b)" = "1:9.0|PASS" ]
}

@test "a GPU that is divided, an instance that is not there: refused with line and what there is" {
	line=$(grep -n '^processes' "$T/small.ini" | cut -d: -f1)
	refused() {
		sed "${line}s/.*/gpu = $1/" "$T/small.ini" >"$T/bad.ini"
		mig 2 "" run "$T/bad.ini" --out "$T/b"
		[[ $output == *"bad.ini:$line: copy: gpu: $2"* ]] || { echo "$output"; return 1; }
		[ ! -e "$T/b" ]
	}
	refused 0 'GPU 0 is divided (MIG is on): name its instances 0:1.0, 0:2.0, or all'
	refused 0:3.0 'there is no MIG instance 0:3.0; GPU 0 has 0:1.0, 0:2.0'
	refused 2:7.0 '2:7.0: GPU 2 is not divided (MIG is off); write 2'
	refused 3:7.0 'there is no GPU 3; this machine has 3'
	refused 0:7 '"0:7" is no MIG instance; write for example 0:7.0'
	refused 0:-1.0 '"0:-1.0" is no MIG instance'
}

@test "a divided GPU without an instance is a FAIL that says what to do, the others are measured" {
	sed '/^mig = 1.0/s/.*/mig = on/' "$top/tests/simgpu/servers/mig-on.ini" >"$T/empty.ini"
	run -1 "$top/scripts/sim" "$T/empty.ini" -- "$ASSAY-sim" run "$T/small.ini" --set size=4KiB --out "$T/b"
	[[ $(statuses b) == "0|FAIL 1:7.0|PASS"*"2|PASS" ]]
	[[ $(reason b 0) == *"MIG is on and it has no instance: nvidia-smi mig"* ]]
}

@test "a whole server that is divided is measured as well" {
	sed '/^\[gpu 2\]/,$s/^node = 1/&\nmig = 3.0 3g.40gb/' "$top/tests/simgpu/servers/mig-on.ini" >"$T/all.ini"
	run -0 "$top/scripts/sim" "$T/all.ini" -- "$ASSAY-sim" run "$T/small.ini" --set size=4KiB --out "$T/b"
	[[ $(statuses b) == *"1:13.0|PASS 2:3.0|PASS" ]]
}

@test "--like runs the very plan again; where the instances are others, it says so" {
	mig 0 "" run "$T/small.ini" --set size=4KiB --set gpu=0:2.0,2 --out "$T/a"
	mig 0 "" run --like "$T/a" --out "$T/b"
	[ "$(statuses b)" = "0:2.0|PASS 2|PASS" ]
	cmp "$T/a/plan.csv" "$T/b/plan.csv"
	sed 's/^mig = 1.0 4g.*/mig = 1.0 4g.40gb/' "$top/tests/simgpu/servers/mig-on.ini" >"$T/other.ini"
	run -1 "$top/scripts/sim" "$T/other.ini" -- "$ASSAY-sim" run --like "$T/a" --out "$T/c"
	[ "$(statuses c)" = "0:2.0|FAIL 2|PASS" ]
	[[ $(reason c 0) == *"has no MIG instance 2.0; it has 0:1.0"* ]]
}

@test "--resume refuses an instance that was made anew" {
	mig 0 "" run "$T/small.ini" --set size=4KiB --set gpu=0:2.0 --out "$T/a"
	sed -i '/^,run.status/d; s/^\(host,gpu.0.mig.2.0.uuid,MIG-\)[0-9a-f]*/\100000000/' "$T/a/manifest.csv"
	mig 2 "" run --resume "$T/a"
	[[ $output == *"gpu.0.mig.2.0.uuid was"* ]]
}

@test "a process on one GPU makes its instances BUSY and no other" {
	mig 4 "gpu_busy gpu=0" run "$T/small.ini" --set size=4KiB --out "$T/b"
	[[ $(statuses b) == "0:1.0|BUSY 0:2.0|BUSY 1:7.0|PASS"*"2|PASS" ]]
	[[ $(reason b 1) == *"GPU 0, MIG 2.0 (0000:18:00.0): other processes run on it"* ]]
}

@test "a slow link is found on each instance behind it, nothing else is blamed" {
	mig 1 "pcie_downtrain gpu=0 gen=3" run "$T/small.ini" --out "$T/b"
	[ "$(csv "$T/b/results.csv" status labels | grep '^FAIL' | grep -o 'gpu=[0-9:.]*' | sort -u | tr '\n' ' ')" = "gpu=0:1.0 gpu=0:2.0 " ]
	csv "$T/b/results.csv" status labels reason | grep '^FAIL.*gpu=0:2.0.*Gen3 x16.*Gen5 x16' >/dev/null
}

@test "one lock an instance: a neighbour may be measured, the same one not" {
	# shellcheck disable=SC2016 # expanded by the inner shell, on the simulated server
	"$top/scripts/sim" mig-on -- bash -c '
		run() { "$ASSAY-sim" run "$T/small.ini" --set size=4KiB "$@" >/dev/null 2>&1; }
		run --set gpu=1:7.0 --out "$T/a" --processes 60 &
		until compgen -G "$ASSAY_RUNTIME_DIR/gpu-MIG-*.lock" >/dev/null; do sleep 0.02; done
		run --set gpu=1:8.0 --out "$T/b"
		run --set gpu=1:7.0 --out "$T/c"
		kill $!; wait' || true
	[ "$(csv "$T/b/steps.csv" status)" = PASS ]
	[ "$(csv "$T/c/steps.csv" status)" = BUSY ]
	[[ $(reason c 0) == *"GPU 1, MIG 7.0"*"another assay measures this GPU (pid "* ]]
}

@test "two sessions are compared instance by instance; one of another size is refused" {
	session() { "$top/scripts/sim" "$1" --session="$2" -- "$ASSAY-sim" run "$T/small.ini" --set size=64MiB --set gpu=0:2.0,1:7.0,2 --out "$T/$3" >/dev/null 2>&1; }
	session mig-on 1 a
	session mig-on 2 b
	run "$ASSAY" compare "$T/a" -- "$T/b"
	[[ $output == *"GPU 0, MIG 2.0"* ]]
	sed 's/2.0 3g.40gb/2.0 1g.10gb/' "$top/tests/simgpu/servers/mig-on.ini" >"$T/smaller.ini"
	session "$T/smaller.ini" 3 c
	run -2 "$ASSAY" compare "$T/a" -- "$T/c"
	[[ $output == *'MIG instance 0:2.0 is "1g.10gb", in '*'it is "3g.40gb"'* ]]
}
