# Shared by the tests of launchers: what must be gone afterwards, and servers of the test's own
# (dockerd, Slurm, sshd), started in setup_file under $BATS_FILE_TMPDIR and ended by their pids.

load ../e2e/common
F=${BATS_FILE_TMPDIR:-}
# shellcheck disable=SC2034 # for the tests
scripts=$top/scripts
export LC_ALL=C.UTF-8

need() { # programs
	local program
	[ -n "$F" ] || skip "this bats has no BATS_FILE_TMPDIR"
	for program; do
		command -v "$program" >/dev/null || skip "no $program here"
	done
}
need_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }

# Waits until a condition holds: eventually SECONDS COMMAND…
eventually() {
	local n=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ $((n -= 1)) -gt 0 ] || { echo "not within its time: $*"; return 1; }
		sleep 0.05
	done
}

# ---- suites: short, long enough to be killed, and one that no signal ends ----
suites() {
	suite short <<-E
		[suite]
		summary = short
		[null]
		processes = 2
	E
	suite long <<-E
		[suite]
		summary = long enough to be killed
		[null]
		step = 1..3
		sleep = 1500
		processes = 1
	E
	suite pair <<-E
		[suite]
		summary = two arms
		gate = null.time
		[null]
		sd = 300
		sleep = 300
	E
	suite hang <<-E
		[suite]
		summary = hangs
		[null]
		outcome = stubborn
		processes = 1
		deadline = 2s
	E
}

# ---- what must be gone ----

# What has a step of this test's own program on its command line: launcher, client, step.
steps_left() { pgrep -f "$ASSAY step null" >/dev/null; }
# The step itself.
program_runs() { pgrep -f "^$ASSAY step null" >/dev/null; }
roots_left() { compgen -G "$TMPDIR/assay-root-*" >/dev/null; }
nothing_left() {
	eventually 15 not steps_left
	eventually 15 not roots_left
}

# Own program folder and own TMPDIR: what is left is then this test's, whatever runs beside it.
own_place() {
	mkdir -p "$T/tmp" "$T/program"
	export TMPDIR=$T/tmp
	cp "$ASSAY" "$T/program/assay"
	ASSAY=$T/program/assay
	suites
}

# Ends what a test that failed has left.
teardown() {
	[ -z "${pid:-}" ] || kill -9 "$pid" 2>/dev/null || true
	exec 8>&-
}

# ---- the same for each launcher; words of the launcher in the array in ----

# Looks around there: rows of `assay step probe`, "key value" a line, into facts. look OPTION…
look() {
	facts=$("${in[@]}" "$@" -- "$ASSAY" step probe </dev/null |
		sed -n 's/^by-hand env,\([^,]*\),\([^,]*\),.*/\1 \2/p')
}

same_numbers() {
	"$ASSAY" run "$T/short.ini" --out "$T/host" >/dev/null 2>&1
	run -0 "$ASSAY" run "$T/short.ini" --arm "host=${in[*]}" --out "$T/there"
	sealed "$T/there"
	[ "$(csv "$T/there/steps.csv" status | sort -u)" = PASS ]
	[ "$(csv "$T/host/samples.csv" value)" = "$(csv "$T/there/samples.csv" value)" ]
	nothing_left
}

# A comparison that is cut off while a step runs in arm B goes on where it was.
killed_comparison() {
	"$ASSAY" ab "$T/pair.ini" --b "there=${in[*]}" --quick --out "$T/b" >/dev/null 2>&1 3>&- &
	pid=$!
	eventually 60 pair_runs_there
	kill -9 "$pid"
	wait "$pid" || true
	nothing_left
	before=$(wc -l <"$T/b/steps.csv")
	run -0 "$ASSAY" ab --resume "$T/b"
	sealed "$T/b"
	[ "$before" -ge 3 ]
	[ "$(csv "$T/b/verdicts.csv" role verdict | grep '^gate' | sort -u)" = 'gate|EQUIVALENT' ]
	# at most the block that was cut off has been measured again
	[ "$(csv "$T/b/steps.csv" step status | grep -c '^0|PASS')" -le 18 ]
	no_sample_twice "$T/b"
	nothing_left
}
pair_runs_there() { [ "$(csv "$T/b/steps.csv" arm step | grep -c '^there|0')" -ge 2 ] && arm_runs there; }
arm_runs() { pgrep -f "^$ASSAY step null.*--arm=$1" >/dev/null; }

# Starts a run of the long suite and waits until its first step is over and its second runs.
second_step() {
	"$ASSAY" run "$T/long.ini" --arm "there=${in[*]}" --out "$T/b" >/dev/null 2>&1 3>&- &
	pid=$!
	eventually 30 second_step_runs
}
second_step_runs() { [ "$(wc -l <"$T/b/steps.csv")" -ge 2 ] && program_runs; }

killed_parent() {
	second_step
	kill -9 "$pid"
	wait "$pid" || true
	nothing_left
	run -0 "$ASSAY" run --resume "$T/b" --arm "there=${in[*]}"
	sealed "$T/b"
	[ "$(csv "$T/b/steps.csv" step status | sort -u)" = $'0|PASS\n1|PASS\n2|PASS' ]
	nothing_left
}

# Runs a step of 30 s directly and waits until it is there. Standard input stays open, in fd 8.
direct_step() { # ID
	mkfifo "$T/life"
	"${in[@]}" --id "$1" -- "$ASSAY" step null --lifeline sleep=30000 <"$T/life" >"$T/rows" 2>&1 3>&- &
	pid=$!
	exec 8>"$T/life"
	eventually 30 program_runs
}

stopped_by_id() {
	direct_step "assay-stop-$$"
	"${in[@]}" --stop "assay-stop-$$"
	nothing_left
	wait "$pid" && return 1
	return 0
}

# The launcher alone is killed, with no chance to clean up.
killed_launcher() {
	direct_step "assay-kill-$$"
	kill -9 "$pid"
	wait "$pid" || true
	nothing_left
}

# The launcher's client alone is killed; the launcher is stopped, so that it cannot help.
killed_client() { # name of the client
	local client
	direct_step "assay-client-$$"
	client=$(pgrep -P "$pid" -x "$1")
	kill -STOP "$pid"
	kill -9 "$client"
	eventually 20 not program_runs
	kill -CONT "$pid"
	wait "$pid" || true
	nothing_left
}

lifeline() {
	direct_step "assay-life-$$"
	exec 8>&-
	eventually 15 not kill -0 "$pid"
	nothing_left
}

hanging_step() {
	run -3 "$ASSAY" run "$T/hang.ini" --arm "there=${in[*]}" --out "$T/b"
	[ "$(csv "$T/b/steps.csv" status)" = TIMEOUT ]
	nothing_left
}

# The commands that --dry-run prints do the same when a shell is given them.
dry_run_works() {
	"${in[@]}" --id "assay-dry-$$" --dry-run -- "$ASSAY" step null values=1 >"$T/commands"
	not steps_left
	not roots_left
	bash "$T/commands" </dev/null >"$T/rows"
	grep -q '^#end by-hand .* PASS' "$T/rows"
	"${in[@]}" --stop "assay-dry-$$"
	nothing_left
}

# Every limit at once, seen from inside.
handicaps() { # more options
	look --cpus 0.5 --cpuset 0 --memory 512M --shm-size 32M --memlock 64K \
		--seccomp "$top/tests/containers/no-numa-calls.json" "$@"
	has_facts 'limits.cpu_quota 0.5' 'limits.affinity 0' 'limits.memory 536870912' 'limits.dev_shm 33554432' \
		'limits.memlock 65536' 'limits.mbind EPERM' 'limits.move_pages EPERM' 'container.root_fs overlay'
}
has_facts() { # lines
	local fact
	for fact; do
		grep -qxF "$fact" <<<"$facts" || { echo "no \"$fact\" in:"; echo "$facts"; return 1; }
	done
}

# What a fair container shows: the caller's own.
own_cpus() { sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status; }
own_memlock() { prlimit --memlock --raw --noheadings -o SOFT; }
own_shm() { echo $(($(stat -f -c '%b * %S' /dev/shm))); }

# ---- servers ----

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# A daemon that a test which is cut off does not leave for ever.
server() { # name, command…
	timeout -k 5 500 "${@:2}" >"$F/$1.log" 2>&1 </dev/null 3>&- &
	echo $! >>"$F/pids"
}
end_servers() {
	local pid
	[ -e "$F/pids" ] || return 0
	while read -r pid; do
		kill "$pid" 2>/dev/null || true
	done < <(tac "$F/pids")
	while read -r pid; do
		eventually 10 not kill -0 "$pid" || true
	done <"$F/pids"
}
