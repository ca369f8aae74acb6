#!/usr/bin/env bats
# Clocks that a run locks are put back however it ends. On the simulated server, whose clock under a
# light load (light_clock) shows from outside whether a lock is there: 1980 MHz without.
# shellcheck disable=SC2154,SC2016,SC2317,SC2034 # set by common.bash or bats: top; expanded and called in the server
load common

setup() {
	need_gpu_build
	suite one <<-E
		[suite]
		summary = one copy on each GPU
		[copy]
		gpu = 0
		memory = pinned
		dir = h2d
		size = 4KiB
		processes = 1
	E
}

# Bash inside a simulated server, with what the tests need there: server PROFILE FAULT SCRIPT
server() {
	run "$top/scripts/sim" "$1" ${2:+"--fault=$2"} -- bash -euc "$(declare -f mhz begin gone until_back is_back not)
		$3"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

mhz() { # the clock of GPU $1 (waits less where it is $2)
	"$ASSAY-sim" step light_clock "gpu=$1" "--gpu-uuid=$("$ASSAY-sim" env | awk -v k="gpu.$1.uuid" '$1 == k { print $2 }')" "wanted=$2" |
		sed -n 's/.*sample,clock,.*,\([0-9]*\)000000,$/\1/p'
}

# In the background, until a step hangs in the locked run. --force=busy: a process that the test before
# has killed may wait for its parent yet.
begin() {
	rm -rf "$T/b"
	setsid "$ASSAY-sim" run "$T/one.ini" --out "$T/b" --lock-clocks=1500 --force=busy >"$T/out" 2>"$T/err" &
	pid=$!
	for _ in $(seq 400); do
		step=$(pgrep -P "$pid" -f 'step copy') && break
		sleep 0.02
	done
	[ -n "$step" ] || { cat "$T/err"; return 1; }
	guard=$(awk 'NR == 1 { print $4 }' "$ASSAY_RUNTIME_DIR"/guard-*.journal)
	[ "$(mhz 0 1500)" = 1500 ]
}

# A process killed lets go of its journal a moment later.
gone() { # pid
	for _ in $(seq 200); do
		grep -qs "^State:[^Z]*$" "/proc/$1/status" || return 0
		sleep 0.02
	done
	return 1
}

until_back() { # the guard goes on after the others; it has put everything back when its journal is gone
	for _ in $(seq 200); do
		[ -n "$(compgen -G "$ASSAY_RUNTIME_DIR/guard-*")" ] || return 0
		sleep 0.02
	done
	return 1
}

is_back() { until_back && [ "$(mhz 0 1980)" = 1980 ]; }

@test "unlocked after the end, SIGINT, SIGTERM, and SIGKILL of step, parent or both" {
	server hgx-h100 '' '
		"$ASSAY-sim" run "$T/one.ini" --out "$T/n" --lock-clocks=1500 --restore-clocks=900,1200 >"$T/out" 2>&1
		[ "$(mhz 0 1200)" = 1200 ]
		not "$ASSAY-sim" run --like "$T/n" --out "$T/l" >"$T/out" 2>&1
		grep -q "somebody may have locked its clocks" "$T/out"
		"$ASSAY-sim" run --like "$T/n" --out "$T/l" --force=clocks >"$T/out" 2>&1
		until_back'
	for bundle in n l; do
		grep -q '^,clocks.lock.gpu.0,locked at 1500 MHz,' "$T/$bundle/manifest.csv"
		grep -q '^,clocks.lock.restored,"900,1200",' "$T/$bundle/manifest.csv"
		[ "$(csv "$T/$bundle/results.csv" status | sort -u)" = PASS ]
	done
	server hgx-h100 'hang gpu=0' '
		for signal in INT TERM; do
			begin
			kill -$signal $pid
			not wait $pid
			is_back
			grep -q "interrupted; assay run --resume" "$T/err"
		done
		begin; kill -9 $step; not wait $pid; is_back
		begin; kill -9 $pid; is_back
		begin; kill -9 $pid $step; is_back
		begin; kill -TERM $guard; kill -INT $guard; kill -HUP $guard; kill -9 $pid; is_back'
}

@test "what a killed guard left: the next run puts it back, and so does restore" {
	server hgx-h100 'hang gpu=0' '
		begin
		kill -9 $guard $pid $step
		[ "$(mhz 0 1500)" = 1500 ]
		"$ASSAY-sim" restore --dry-run | grep "would be undone: clocks 0000:"
		[ "$(mhz 0 1500)" = 1500 ]
		"$ASSAY-sim" restore | grep "unlocked"
		is_back
		"$ASSAY-sim" restore | grep "nothing to put back"
		begin
		kill -9 $guard $pid $step
		gone $guard
		printf "[suite]\nsummary=x\n[null]\nprocesses=1\n" >"$T/null.ini"
		"$ASSAY-sim" run "$T/null.ini" --out "$T/next" >"$T/out" 2>&1
		grep "an earlier run was killed" "$T/out"
		is_back
		# the guard alone: its run puts back at its own end
		begin
		kill -9 $guard
		kill -TERM $pid
		not wait $pid
		grep "the guard was killed" "$T/err"
		is_back'
}

@test "two runs at once do not undo each other" {
	server hgx-h100 'hang gpu=0' '
		begin
		"$ASSAY-sim" run "$T/one.ini" --set=gpu=1 --out "$T/second" --lock-clocks=1200 >"$T/out" 2>&1
		[ "$(mhz 1 1980)" = 1980 ]
		[ "$(mhz 0 1500)" = 1500 ]
		"$ASSAY-sim" restore | grep "lives and will put back 1 change itself"
		[ "$(mhz 0 1500)" = 1500 ]
		kill -9 $pid
		is_back'
	grep -q '^,clocks.lock.gpu.1,locked at 1200 MHz,' "$T/second/manifest.csv"
}

@test "a lock that is ignored, or that a power limit undoes, is a FAIL of FLOP/s alone; auto finds one that holds" {
	suite products <<-E
		[suite]
		summary = products on two GPUs
		[gemm]
		gpu = 0,1
		n = 1024
		kernel = mma
		processes = 1
	E
	server hgx-h100 'lock_ignored gpu=1; power_cap gpu=0' '
		not "$ASSAY-sim" run "$T/products.ini" --out "$T/b" --lock-clocks=1500 >"$T/out" 2>&1'
	[ "$(csv "$T/b/results.csv" metric labels status | grep -v PASS)" = "$(printf 'flops|gpu=%d,kernel=mma,n=1024,type=bf16|FAIL\n' 0 1)" ]
	csv "$T/b/results.csv" labels reason | grep '^gpu=0,.*its clock was 1.215 GHz though 1.500 GHz were locked'
	csv "$T/b/results.csv" labels reason | grep '^gpu=1,.*lock not held: 1980 MHz where 1500 were asked for'
	server hgx-h100 'power_cap gpu=1' '
		"$ASSAY-sim" run "$T/products.ini" --out "$T/a" --lock-clocks=auto >"$T/out" 2>&1
		"$ASSAY-sim" run --like "$T/a" --out "$T/l" >"$T/again" 2>&1
		"$ASSAY-sim" run "$T/one.ini" --out "$T/base" --lock-clocks=base >/dev/null 2>&1
		not "$ASSAY-sim" run "$T/one.ini" --out "$T/c" --lock-clocks=1501 2>"$T/err"'
	# the power that is left, 420 - 70 of 640 - 70 W, at 1980 MHz: 1215 MHz, in steps of 15
	for bundle in a l; do
		[ "$(grep -c '^,clocks.lock.gpu.[01],locked at 1215 MHz,' "$T/$bundle/manifest.csv")" = 2 ]
		[ "$(csv "$T/$bundle/results.csv" status | sort -u)" = PASS ]
	done
	grep -q 'GPU 1 at 1230 MHz: the power cap acts' "$T/out"
	not grep -q 'the power cap' "$T/again"
	grep -q '^,clocks.lock.gpu.0.light,1590000000,' "$T/base/manifest.csv"
	grep -q 'GPU 0 has no such SM clock; the nearest are 1500 and 1515 MHz' "$T/err"
}

@test "not permitted: measured all the same, said, nothing blamed; what is wrong is refused" {
	server h200-vm '' '
		"$ASSAY-sim" run "$T/one.ini" --out "$T/b" --lock-clocks=max >"$T/out" 2>"$T/err"'
	grep -q 'not locked, only observed: .*Insufficient Permissions' "$T/err"
	grep -q '^Clocks .*not locked, only observed' "$T/out"
	grep -q '^,clocks.lock.gpu.0,"not locked, only observed: ' "$T/b/manifest.csv"
	not grep -q '^,clocks.lock.restored,' "$T/b/manifest.csv"
	[ "$(csv "$T/b/results.csv" status reason | sort -u)" = "PASS|" ]
	run -2 "$ASSAY" run quick --restore-clocks=900,1200
	run -2 "$ASSAY" run quick --lock-clocks=fast
	[[ $output == *"wants auto, base, max or a clock in MHz"* ]]
}
