# shellcheck shell=bash
# What the launchers (in-podman, in-docker …) share: a launcher runs one step elsewhere, and fairly.
#
# The contract: `in-X [OPTION…] -- COMMAND…` runs COMMAND there, its standard input, output and
# status being ours; `in-X [OPTION…] --stop ID` ends it from outside. Nothing is left behind: a keeper, a
# process in a session of its own, waits until the launcher is gone, however it went, and then runs
# `in-X … --stop ID`, which is the one place where things are removed. Only a machine that goes
# down leaves something: $TMPDIR/assay-root-ID.
#
# A launcher sets summary, can (which options it honours), name_args, and the functions flags (what it
# passes and why, for --help), start (prepares with act, ends with go) and stop ID. It may set
# wants, the name of an argument of its own (then in $target).
set -euo pipefail

launcher=${0##*/}
kind=${launcher#in-}
wants='' target='' no_image="the host's own /usr serves, read-only" id=assay-$$ dry='' plain='' stopping='' child='' cut_off=''
options=()          # as given, up to the "--"
declare -A opt=()   # values of the options below; sizes in bytes
binds=()            # source:destination:ro or rw
extra=()            # --args and the environment's, word by word
user_command=()     # the program, absolute, and its arguments
read -r -d '' option_help <<'E' || true
image      --image NAME      image to run in, as IMAGE
cpus       --cpus N          at most so many CPUs' time, 0.5 for half of one (handicap)
cpuset     --cpuset LIST     only these CPUs, "0-3,8" (default: those that the caller may use)
mems       --mems LIST       only these memory nodes (default: those that the caller may use)
memory     --memory SIZE     at most so much memory (handicap)
shm-size   --shm-size SIZE   a /dev/shm of its own, of that size (default: the host's)
memlock    --memlock SIZE    limit of pinned memory, or "unlimited" (default: the caller's)
bind       --bind SRC[:DST]  shows a folder of the host there, writable; may be repeated
seccomp    --seccomp FILE    filter of system calls, as docker and podman read it
overlay    --overlay         an overlay as root file system, as images have it
copy       --copy            puts the program's folder there first, where it is not, and leaves it
plain      --plain           the runtime's own defaults: without the flags that make it fair
E

fail() {
	echo "$launcher: $*" >&2
	exit 2
}

usage() {
	local name text word=${wants:+ $wants}
	echo "usage: $launcher$word [OPTION]… -- COMMAND [ARGUMENT]…"
	echo "       $launcher$word [OPTION]… --stop ID"
	printf '\n%s\n\n' "$summary"
	cat <<-E
	  --id ID           name, so that it can be stopped
	  --stop ID         end what runs under that name and remove it
	  --dry-run         print the exact commands and do nothing
	E
	while read -r name text; do
		[[ " $can " != *" $name "* ]] || printf '  %s\n' "$text"
	done <<<"$option_help"
	cat <<-E
	  --args 'WORD…'    more arguments for $name_args
	  --help            this

	environment:
	  ${kind^^}_ARGS$(printf '%*s' $((13 - ${#kind})) '')as --args
	E
	[[ " $can " != *' image '* ]] || echo "  IMAGE             image to run in (else $no_image)"
	printf '\nflags used, and why:\n'
	flags
}

# ---- the command line ----

bytes() { # of "64M"; "unlimited" stays
	[ "$2" != unlimited ] || { echo unlimited; return; }
	numfmt --from=iec -- "$(sed 's/I\?B$//' <<<"${2^^}")" 2>/dev/null || fail "--$1: $2 is no size (64K, 512M, 2G)"
}

take() { # option, value
	case $1 in
	id) id=$2 ;;
	stop) stopping=$2 ;;
	image) IMAGE=$2 ;;
	bind) add_bind "$2" ;;
	args) read -ra words <<<"$2" && extra+=("${words[@]}") ;;
	memory | shm-size | memlock) opt[$1]=$(bytes "$1" "$2") ;;
	seccomp) opt[seccomp]=$(realpath -e -- "$2" 2>/dev/null) || fail "--seccomp: no file $2" ;;
	*) opt[$1]=$2 ;;
	esac
}

add_bind() { # SRC[:DST[:ro]]
	local src dst how
	IFS=: read -r src dst how <<<"$1"
	src=$(realpath -e -- "$src" 2>/dev/null) || fail "--bind: no folder ${1%%:*}"
	binds+=("$src:${dst:-$src}:${how:-rw}")
}

honours() { [[ " id stop args $can " == *" $1 "* ]] || fail "$kind cannot do --$1 ($launcher --help)"; }

parse() {
	local name
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		name=${1#--}
		case $1 in
		--help) usage; exit 0 ;;
		--dry-run) dry=1; shift; continue ;; # not for the keeper
		--overlay | --plain | --copy) honours "$name"; opt[$name]=1 ;;
		--id | --stop | --image | --cpus | --cpuset | --mems | --memory | --shm-size | --memlock | --bind | --seccomp | --args)
			honours "$name"
			[ $# -ge 2 ] || fail "$1 wants a value"
			take "$name" "$2"
			options+=("$1")
			shift
			;;
		--*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
		-*) fail "no option $1 ($launcher --help)" ;;
		*)
			[ -n "$wants" ] && [ -z "$target" ] || fail "what is \"$1\"? the command comes after --"
			target=$1
			;;
		esac
		options+=("$1")
		shift
	done
	[ -z "$wants" ] || [ -n "$target" ] || fail "which $wants? ($launcher --help)"
	[[ $id$stopping =~ ^[A-Za-z0-9_.-]+$ ]] || fail "an ID is made of letters, digits and _.-"
	plain=${opt[plain]:-}
	[ $# -lt 2 ] || user_command=("${@:2}")
}

# ---- what is the same everywhere ----

# The program's folder: the whole of one that brings its libraries along.
home_of() { # program
	local dir=${1%/*}
	case ${dir##*/} in
	bin | lib | libexec) [ "${dir%/*}" = /usr ] || dir=${dir%/*} ;;
	esac
	echo "${dir:-/}"
}

find_program() {
	local program
	program=$(type -P -- "${user_command[0]}") && program=$(realpath -e -- "$program") ||
		fail "no program ${user_command[0]}"
	user_command[0]=$program
	# shellcheck disable=SC2034 # the launchers mount it
	home=$(home_of "$program")
}

# "soft:hard" of one of the caller's limits, -1 for none, but not above a ceiling
limit() { # name in /proc/self/limits, ceiling
	local soft hard
	read -r soft hard < <(sed -n "s/^$1 *\([^ ]*\) *\([^ ]*\).*/\1 \2/p" /proc/self/limits)
	[ "$soft" != unlimited ] || soft=${2:--1}
	[ "$hard" != unlimited ] || hard=${2:-$soft} # docker takes no finite limit below an infinite one
	[ -z "${2:-}" ] || soft=$((soft < $2 ? soft : $2)) hard=$((hard < $2 ? hard : $2))
	echo "$soft:$hard"
}

memlock() {
	local size=${opt[memlock]:-}
	[ "$size" != unlimited ] || size=-1
	[ -n "$size" ] && echo "$size:$size" || limit 'Max locked memory'
}

# What the caller is bound to, where that is not everything: an engine's daemon does not know it.
own() { # Cpus or Mems, the file that lists all
	local mine all
	mine=$(sed -n "s/^$1_allowed_list:[[:space:]]*//p" /proc/self/status)
	read -r all 2>/dev/null <"$2" || all=$mine
	[ "$mine" = "$all" ] || echo "$mine"
}
cpuset() { echo "${opt[cpuset]:-$(own Cpus /sys/devices/system/cpu/online)}"; }
mems() { echo "${opt[mems]:-$(own Mems /sys/devices/system/node/has_memory)}"; }

has_gpu() { [ -e /dev/nvidiactl ]; }
has_cdi() { grep -qs nvidia.com/gpu /etc/cdi/* /var/run/cdi/*; }

# The flags that podman and docker have in common, into engine_flags.
engine() { # value of --pids-limit that means none
	local list
	engine_flags=(--rm -i --name "$id")
	if [ -z "$plain" ]; then
		engine_flags+=(--network host --pids-limit "$1" --ulimit "memlock=$(memlock)"
			--ulimit "nofile=$(limit 'Max open files' 1048576)"
			# the engine cannot raise a container's limit above the kernel's largest pid
			--ulimit "nproc=$(limit 'Max processes' "$(cat /proc/sys/kernel/pid_max)")")
		list=$(cpuset) && [ -z "$list" ] || engine_flags+=(--cpuset-cpus "$list")
		list=$(mems) && [ -z "$list" ] || engine_flags+=(--cpuset-mems "$list")
		[ -n "${opt[shm-size]:-}" ] || engine_flags+=(--ipc host)
	fi
	for list in cpus memory shm-size; do
		[ -z "${opt[$list]:-}" ] || engine_flags+=("--$list" "${opt[$list]}")
	done
	[ -z "${opt[seccomp]:-}" ] || engine_flags+=(--security-opt "seccomp=${opt[seccomp]}")
	for list in "${binds[@]}"; do
		engine_flags+=(-v "$list")
	done
	engine_flags+=("${extra[@]}")
}

# ---- the root file system made from the host's /usr ----

# What is bound into it: /usr, and what is not a link into it.
system_binds() {
	local dir
	binds+=(/usr:/usr:ro)
	for dir in /bin /sbin /lib /lib32 /lib64; do
		[ -L "$dir" ] || [ ! -d "$dir" ] || binds+=("$dir:$dir:ro")
	done
}

make_root() { # into $root/fs
	local dir fs=$root/fs
	act mkdir -m 755 "$root" # not -p: another's folder is none of ours
	act mkdir -p "$fs"/{usr,etc,proc,sys,dev,run,var,root}
	act mkdir -p -m 1777 "$fs/tmp"
	for dir in /bin /sbin /lib /lib32 /lib64; do
		[ ! -L "$dir" ] || act ln -sfn "$(readlink "$dir")" "$fs$dir"
	done
	for dir in /etc/{ld.so.cache,passwd,group,alternatives}; do
		[ ! -e "$dir" ] || act cp -a "$dir" "$fs/etc/"
	done
}

remove_root() {
	if grep -qsF " $root/" /proc/self/mountinfo; then
		echo "$launcher: something is still mounted below $root; left there" >&2
		return 1
	fi
	# Moved first, so that of two that stop the same step only one removes it.
	if [ -d "$root/fs" ] && mv -T "$root" "$root.$$" 2>/dev/null; then
		rm -rf --one-file-system -- "$root.$$"
	else
		rmdir -- "$root" 2>/dev/null || true # half made, or not ours
	fi
}

# ---- for what runs as a plain process ----

# In front of the program, into front: a name to find it by, and those limits that the runtime
# itself does not set.
as_process() { # memlock, cpuset
	front=(env "ASSAY_LAUNCH=$id")
	[[ " $* " != *' memlock '* || -z ${opt[memlock]:-} ]] || front+=(prlimit "--memlock=${opt[memlock]}")
	[[ " $* " != *' cpuset '* || -z ${opt[cpuset]:-} ]] || front+=(taskset -c "${opt[cpuset]}")
}

# Shell text that kills what runs under a name.
kill_text() { # ID
	echo "grep -lszxF ASSAY_LAUNCH=$1 /proc/[0-9]*/environ | cut -d/ -f3 | xargs -r kill -9"
}

# ---- start and end ----

# A preparation: carried out, or printed.
act() {
	if [ -n "$dry" ]; then
		printf '%q ' "$@"
		echo
	else
		"$@" >/dev/null
	fi
}

# A file, its text on standard input.
put() { # file
	if [ -n "$dry" ]; then
		printf 'cat >%q <<"END"\n%s\nEND\n' "$1" "$(cat)"
	else
		cat >"$1"
	fi
}

# The command itself. It gets our standard input: the lifeline of the step.
go() {
	local rc=0
	if [ -n "$dry" ]; then
		act "$@"
		return
	fi
	"$@" <&0 9>&- &
	child=$!
	wait "$child" || rc=$?
	if [ -n "$cut_off" ]; then # the client has its signal; what it started may need more
		stop "$id" >/dev/null 2>&1 || true
		outlive
		rc=$cut_off
	fi
	exit "$rc"
}

# Until the client is gone. Not with wait: bash 5.2 waits for ever (for the keeper) when the client
# went while the command before it ran.
outlive() {
	local n
	for ((n = 0; n < 100; n++)); do
		kill -0 "$child" 2>/dev/null || return 0
		sleep 0.05
	done
	kill -9 "$child" 2>/dev/null || true
}

stop_all() { # ID
	root=${TMPDIR:-/tmp}/assay-root-$1
	stop "$1" >/dev/null 2>&1 || true
	[ ! -e "$root" ] || remove_root
}

# On a signal: the client goes first, lest it start now what is being stopped. go does the rest.
# shellcheck disable=SC2317 # called by the traps
on_signal() { # exit status
	trap '' TERM INT HUP
	cut_off=$1
	[ -n "$child" ] || exit "$1"
	kill "$child" 2>/dev/null || true
}

# shellcheck disable=SC2317 # called by the trap
end() {
	local rc=$?
	trap '' TERM INT HUP
	exec 9>&-
	wait "$keeper" || true
	exit "$rc"
}

keep() {
	exec 9> >(exec setsid bash -c 'read -r _; exec "$@"' keeper "$0" "${options[@]}" --stop "$id" >/dev/null 2>&1)
	keeper=$!
	trap end EXIT
	trap 'on_signal 143' TERM
	trap 'on_signal 130' INT
	trap 'on_signal 129' HUP
}

launch() {
	local from_environment=${kind^^}_ARGS
	parse "$@"
	take args "${!from_environment:-}"
	if [ -n "$stopping" ]; then
		stop_all "$stopping"
		exit
	fi
	[ "${#user_command[@]}" -gt 0 ] || { usage >&2; exit 2; }
	root=${TMPDIR:-/tmp}/assay-root-$id
	find_program
	[ -n "$dry" ] || keep
	start
}
