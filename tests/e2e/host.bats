#!/usr/bin/env bats
# The host's memory for real, kept short; recorded machines; and what a GPU suite says without a GPU.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

setup() {
	suite host <<-E
		[suite]
		summary = host memory, short
		required = all
		[host_latency]
		size = 64MiB
		processes = 1
		[host_bandwidth]
		op = all
		size = 64MiB
		processes = 1
	E
}

@test "host memory is measured, placed, verified, and its pages are named" {
	run -0 "$ASSAY" run "$T/host.ini" --out "$T/b"
	[ "$(csv "$T/b/results.csv" status | sort -u)" = PASS ]
	csv "$T/b/results.csv" bench metric unit median | awk -F'|' '
		$1 == "host_latency" && $2 == "latency" { l = $4 > 1e-10 && $4 < 1e-5 }
		$1 == "host_bandwidth" && $2 == "bandwidth" { n += $4 > 1e8 && $4 < 1e13 }
		END { exit !(l && n == 4) }'
	csv "$T/b/manifest.csv" key value | grep -E '^fact.placement.host_latency\{.*\|(PROVEN|UNPROVEN)$' >/dev/null
	csv "$T/b/manifest.csv" key value | grep -E '^fact.pages.host_bandwidth\{.*\|(4K|THP|HUGETLB)$' >/dev/null
	sealed "$T/b"
}

@test "without a GPU a GPU suite skips with the reason; required: exit 3, optional: 0" {
	compgen -G '/sys/bus/pci/drivers/nvidia/0*' >/dev/null && skip "this machine has a GPU"
	run "$ASSAY" run h2d --out "$T/b"
	[ "$status" -eq 3 ]
	[ "$(csv "$T/b/steps.csv" status reason | sort -u)" = 'SKIP|no NVIDIA GPU on the PCI bus' ]
	cat >>"$T/host.ini" <<-E
		[copy]
		size = 4KiB
	E
	sed -i 's/^required.*/required = host_latency/' "$T/host.ini"
	run -0 "$ASSAY" run "$T/host.ini" --out "$T/c"
	[[ $output == *"no NVIDIA GPU on the PCI bus"* ]]
}

@test "env says what this machine is, with sources, and as JSON" {
	run -0 "$ASSAY" env
	[[ $output == *"host.kernel"*"$(uname -r)"* ]]
	"$ASSAY" env --json | python3 -c '
import json, sys
rows = {r["key"]: r for r in json.load(sys.stdin)}
assert rows["cuda.status"]["value"] and all(r["source"] for r in rows.values())
assert "container.runtime" in rows and "limits.memlock" in rows'
}

@test "a recorded tree stands in for /sys and /proc" {
	"$top/tests/fixtures/sysfs/unpack" "$top/tests/fixtures/sysfs/hgx-2s.tree" "$T/tree"
	ASSAY_SYSROOT=$T/tree run -0 "$ASSAY" plan h2d
	[ "$(grep -c 'copy .*gpu=[0-7] ' <<<"$output")" -eq 8 ]
	# eight GPUs on the bus, no driver here
	[[ $output == *"FAIL: "* || $output == *"SKIP: built without nvcc"* ]]
}

@test "an ordinary user can run it" {
	[ "$(id -u)" -eq 0 ] || skip "this is one already"
	id nobody >/dev/null || skip "no user nobody"
	chmod 755 "$T" "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" 2>/dev/null || true
	mkdir -m 777 "$T/free"
	cp "$ASSAY" "$T/free/assay" # what is below /root he cannot read
	cp -r "$top/suites" "$T/free/suites"
	chmod -R a+rX "$T/free"
	setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$T/free" sh -c \
		"cd '$T/free' && ASSAY_SUITES='$T/free/suites' ./assay run null" >"$T/out" 2>&1 ||
		{ cat "$T/out"; return 1; }
	grep -q 'Passed' "$T/out"
}
