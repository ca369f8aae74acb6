#!/usr/bin/env bats
# in-apptainer: in real containers where Apptainer (or Singularity) is; else with a stand-in of that
# name that checks what it is told and executes the command, which shows start, end and the words.
load common

setup() {
	need sh
	own_place
	in=("$scripts/in-apptainer")
	real=yes
	command -v apptainer >/dev/null || command -v singularity >/dev/null || stand_in
	[ "$real" = no ] || timeout 60 "${in[@]}" -- /bin/true </dev/null || skip "Apptainer cannot start a container here"
}

stand_in() {
	real=no
	mkdir "$T/bin"
	cat >"$T/bin/apptainer" <<-'E'
		#!/bin/sh
		[ "$1" = exec ] || exit 99
		shift
		while :; do
			case $1 in
			--bind) [ -e "${2%%:*}" ] || exit 98; shift 2 ;;
			--nv) shift ;;
			--cpus | --memory | --cpuset-cpus | --cpuset-mems | --security) shift 2 ;;
			*) break ;;
			esac
		done
		[ -d "$1/usr" ] && [ -d "$1/proc" ] || exit 97
		shift
		exec "$@"
	E
	chmod +x "$T/bin/apptainer"
	PATH=$T/bin:$PATH
}

@test "apptainer: the same numbers as on the host, for one seed" { same_numbers; }
@test "apptainer: SIGKILL of the parent leaves nothing, and --resume finishes" { killed_parent; }
@test "apptainer: SIGKILL of the launcher leaves nothing" { killed_launcher; }
@test "apptainer: --stop ends the step from outside" { stopped_by_id; }
@test "apptainer: the end of standard input ends the step" { lifeline; }
@test "apptainer: a step that hangs is ended there too" { hanging_step; }
@test "apptainer: what --dry-run prints can be run" { dry_run_works; }

@test "apptainer: pinned memory is limited there" {
	look --memlock 64K
	has_facts 'limits.memlock 65536'
	[ "$real" = no ] || has_facts 'container.runtime apptainer'
}

@test "apptainer: the exact command" {
	mkdir "$T/data"
	IMAGE=/images/some.sif run -0 "${in[@]}" --id assay-x --dry-run --cpus 2 --cpuset 0,1 --memory 1G --bind "$T/data" \
		--args '--no-home' -- "$ASSAY" step null
	program=apptainer
	[ "$real" = no ] || program=$(basename "$(command -v apptainer || command -v singularity)")
	expected="env ASSAY_LAUNCH=assay-x $program exec --cpus 2 --memory 1073741824 --cpuset-cpus 0\\,1"
	expected+=" --bind $T/data:$T/data:rw --bind $T/program:$T/program:ro --no-home /images/some.sif $ASSAY step null "
	[ "${output/ --nv/}" = "$expected" ] || { echo "$output"; echo "$expected"; false; }
}
