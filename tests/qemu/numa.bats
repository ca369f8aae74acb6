#!/usr/bin/env bats
# A real Linux with two NUMA nodes, under qemu: discovery, placement and binding. One boot serves all tests;
# tests/qemu/run-numa is what runs there. Debian's cloud kernel is fetched once, into
# $BUILD/qemu, and unpacked there: it is not installed.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load ../e2e/common

K=${ASSAY%/*}/qemu # the kernel

fetch_kernel() {
	local package
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { echo "no apt-get to fetch a kernel"; return 1; }
	package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
	[ -n "$package" ] || { echo "no linux-image-cloud-amd64 in the package lists"; return 1; }
	mkdir -p "$K/new"
	(cd "$K/new" && timeout 200 apt-get -q download "$package" && dpkg-deb -x "$package"_*.deb .) >"$K/log" 2>&1 ||
		{ echo "cannot fetch $package: $(tail -n 1 "$K/log")"; return 1; }
	mv "$K"/new/boot/vmlinuz-* "$K/vmlinuz"
	rm -rf "$K/new"
}

# Why this cannot run here; nothing if it can.
obstacle() {
	[ "$(uname -m)" = x86_64 ] || { echo "the guest is x86_64, this machine $(uname -m)"; return; }
	[ -n "${BATS_FILE_TMPDIR:-}" ] || { echo "this bats has no BATS_FILE_TMPDIR"; return; }
	command -v qemu-system-x86_64 >/dev/null || { echo "no qemu-system-x86_64"; return; }
	command -v busybox >/dev/null || { echo "no busybox"; return; }
	! ldd "$(command -v busybox)" >/dev/null 2>&1 || { echo "busybox is not static"; return; }
	mkdir -p "$K"
	(flock 9; [ -e "$K/vmlinuz" ] || fetch_kernel) 9>"$K/lock"
}

setup_file() {
	local why
	why=$(obstacle) || true
	export WHY=$why O=$BATS_FILE_TMPDIR/out
	[ -z "$why" ] || return 0
	[ -x "${ASSAY%/*}/portable/assay" ] || { echo "no portable program: make portable first"; return 1; }
	mkdir "$BATS_FILE_TMPDIR/test"
	cp -r "${ASSAY%/*}/portable" "$BATS_FILE_TMPDIR/test/portable"
	cp "$top/tests/qemu/run-numa" "$BATS_FILE_TMPDIR/test/run"
	"${CC:-cc}" -static -o "$BATS_FILE_TMPDIR/test/refuse" "$top/tests/arms/refuse.c"
	printf '%s\n' '[suite]' 'summary = latency' '[host_latency]' 'node = all' >"$BATS_FILE_TMPDIR/test/latency.ini"
	"$top/tests/qemu/boot" "$K/vmlinuz" "$BATS_FILE_TMPDIR/test" "$O"
}

setup() {
	[ -z "${WHY:-}" ] || skip "$WHY"
	[ "$(cat "$O/status")" = 0 ] || { cat "$O/log"; return 1; }
}

facts() { csv "$O/bundle/manifest.csv" key value source | grep "^fact.$1"; }

@test "qemu: both nodes are found, with their CPUs and distances" {
	grep -E '^node.0.cpus +0-1 ' "$O/env"
	grep -E '^node.1.cpus +2-3 ' "$O/env"
	grep -E '^node.1.distance +21 10 ' "$O/env"
	not grep -q out_of_reach "$O/env"
	[ "$(grep -c 'host_latency .*cpu_node=[01] node=[01] ' "$O/plan")" -eq 4 ]
}

@test "qemu: the suite numa passes, local and remote, and the GPU half is a skip with its reason" {
	grep -qx 'exit 0' "$O/run" || { cat "$O/run"; return 1; }
	sealed "$O/bundle"
	for bench in host_latency.latency host_bandwidth.bandwidth; do
		for cpu in 0 1; do
			for node in 0 1; do
				csv "$O/bundle/results.csv" bench metric labels status | tr '|' ' ' |
					grep -q "^${bench%.*} ${bench#*.} cpu_node=$cpu,node=$node,.* PASS$" ||
					{ echo "no $bench of $cpu, $node"; return 1; }
			done
		done
	done
	for load in none half full; do
		[ "$(csv "$O/bundle/results.csv" bench metric labels status |
			grep -c "^host_loaded|latency|cpu_node=\([01]\),load=$load,node=\1,.*|PASS$")" -eq 2 ]
	done
	csv "$O/bundle/steps.csv" status reason | grep -qx 'SKIP|no NVIDIA GPU on the PCI bus'
}

@test "qemu: every buffer's pages are asked for, and proved on both nodes" {
	[ "$(facts placement | cut -d'|' -f2 | sort -u)" = PROVEN ]
	[ "$(facts placement | cut -d'|' -f3 | sort -u)" = move_pages ]
	for bench in host_latency host_bandwidth; do
		[ "$(facts "placement.$bench{" | grep -o '{cpu_node=[01],node=[01]' | sort -u | wc -l)" -eq 4 ]
	done
}

@test "qemu: bind gives a child of a child the node's CPUs and memory" {
	for node in 0 1; do
		grep -qx 'exit 0' "$O/bind-$node"
		grep -qE "^Cpus_allowed_list:.*$([ $node = 0 ] && echo 0-1 || echo 2-3)$" "$O/bind-$node"
		grep -q " bind:$node " "$O/bind-$node"
		not grep -q ' default ' "$O/bind-$node"
		# its own pages really are there; the program's file may be cached anywhere
		grep -E " bind:$node (heap|stack)?.* anon=" "$O/bind-$node" >"$T/anon"
		grep -q "N$node=" "$T/anon"
		not grep -q "N$((1 - node))=" <(grep -v file= "$T/anon")
	done
	[[ $(cat "$O/show") == "--node 1: NUMA node 1 (as asked)"$'\n'"CPUs:   2-3"$'\n'"memory: node 1"$'\n'"exit 0" ]]
}

@test "qemu: pages found elsewhere are a FAIL, and numa_maps proves where move_pages may not" {
	grep -q '^#end by-hand .* FAIL .*1024 of 1024 pages are not on NUMA node 1 (found on node 0)' "$O/lie" ||
		{ cat "$O/lie"; return 1; }
	grep -q 'fact,placement,.*,WRONG,move_pages' "$O/lie"
	grep -q 'fact,placement,.*,PROVEN,numa_maps' "$O/maps"
	grep -q '^#end by-hand .* PASS' "$O/maps"
}

@test "qemu: a cpuset with one node: what is left is measured, the other is named and never touched" {
	only='only the CPUs 0-1 (cpuset /sys/fs/cgroup/one/cpuset.cpus.effective)'
	grep -qF -e "--node 1: no CPU of NUMA node 1 for this process: $only" "$O/cpuset-bind"
	grep -qx 'exit 125' "$O/cpuset-bind"
	grep -qF "NUMA node 1 is out of reach and not measured: $only and the memory nodes 0 (cpuset" "$O/cpuset-run"
	grep -qx 'exit 0' "$O/cpuset-run"
	[ "$(csv "$O/cpuset-bundle/steps.csv" status)" = PASS ]
	grep -q '^#end by-hand .* SKIP .*no memory of NUMA node 1 for this process: only the memory nodes 0 (cpuset' "$O/cpuset-step"
}
