#!/usr/bin/env bats
# The portable folder: runs wherever it lies, on its own libraries only, whatever the environment says;
# and what it starts keeps the system's.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load common

setup() {
	built=${ASSAY%/*}/portable
	[ -x "$built/assay" ] || { echo "no $built: make portable first"; return 1; }
	DIR=$T/"a place with spaces"/portable
	mkdir -p "${DIR%/*}"
	cp -r "$built" "$DIR"
	unset ASSAY_SUITES LD_LIBRARY_PATH LD_PRELOAD
	# LeakSanitizer tells of its own exception for the loader when that was started by name
	export LSAN_OPTIONS=print_suppressions=0
	suite short <<-E
		[suite]
		summary = short
		[null]
		processes = 2
	E
}

# Libraries and programs that a process has mapped, without those of the portable folder.
foreign() { grep -oE '/.*' "/proc/$1/maps" | grep -E '\.so|/bin/|assay' | grep -vF "$DIR/" | sort -u; }
mapped() { grep -cF "$DIR/lib/" "/proc/$1/maps"; }
userland() { csv "$1/manifest.csv" arm key value | grep '|program.userland|'; }

# A library that writes down which programs load it; FILE gets their names.
tracer() { # FILE
	cat >"$T/tracer.c" <<-E
		#include <errno.h>
		#include <stdio.h>
		__attribute__((constructor)) static void loaded(void)
		{
			FILE *f = fopen("$1", "a");

			if (f)
				fprintf(f, "%s\n", program_invocation_short_name), fclose(f);
		}
	E
	"${CC:-cc}" -D_GNU_SOURCE -shared -fPIC -o "$T/tracer.so" "$T/tracer.c"
}

@test "it starts by its path, a relative one, a link, PATH, and under a wrong name" {
	want=$("$ASSAY" --version)
	ln -s "$DIR/assay" "$T/link"
	cd "$DIR"
	[ "$("$DIR/assay" --version)" = "$want" ]
	[ "$(./assay --version)" = "$want" ]
	[ "$(../portable/assay --version)" = "$want" ]
	[ "$("$T/link" --version)" = "$want" ]
	[ "$(PATH=$DIR:$PATH assay --version)" = "$want" ]
	[ "$(PATH=$T:$PATH link --version)" = "$want" ]
	[ "$(exec -a /nowhere/else "$DIR/assay" --version)" = "$want" ]
}

@test "a run through a link: its own suites, its own steps, and the manifest says portable" {
	ln -s "$DIR/assay" "$T/link"
	run -0 "$T/link" run null --set null.n=30 --processes 1 --out "$T/b"
	[ "$(userland "$T/b")" = 'host|program.userland|portable' ]
	[ "$(csv "$T/b/manifest.csv" key | grep -c '^program.foreign_library')" -eq 0 ]
	sealed "$T/b"
}

@test "host memory is measured by it as by the ordinary program" {
	suite host <<-E
		[suite]
		summary = host memory, short
		[host_latency]
		size = 16MiB
		processes = 1
		[host_bandwidth]
		op = triad
		size = 16MiB
		processes = 1
	E
	run -0 "$DIR/assay" run "$T/host.ini" --out "$T/b"
	[ "$(csv "$T/b/results.csv" status | sort -u)" = PASS ]
	[ "$(userland "$T/b")" = 'host|program.userland|portable' ]
}

@test "nothing of the system is mapped, neither in the parent nor in a step" {
	suite long <<-E
		[suite]
		summary = long enough to be looked at
		[null]
		sleep = 20000
		processes = 1
	E
	"$DIR/assay" run "$T/long.ini" --out "$T/b" >/dev/null 2>&1 &
	parent=$!
	step=
	for _ in $(seq 200); do
		step=$(pgrep -P "$parent" -f 'libexec/assay step null' || true)
		[ -z "$step" ] || [ "$(mapped "$step")" -eq 0 ] || break
		sleep 0.05
	done
	of_parent=$(foreign "$parent") of_step=$(foreign "$step") n=$(mapped "$step")
	kill "$parent"
	wait "$parent" || true
	[ -n "$step" ]
	[ "$n" -gt 10 ]
	[ -z "$of_parent$of_step" ]
}

@test "a hostile LD_PRELOAD and LD_LIBRARY_PATH reach what it starts, and not itself" {
	tracer "$T/seen"
	mkdir "$T/bad"
	for f in "$DIR"/lib/lib{m,csv,inih,jansson,numa,stdc++,gcc_s}.so.*; do
		cp "$T/tracer.so" "$T/bad/${f##*/}"
	done
	cat >"$T/arm" <<-'E'
		#!/bin/sh
		echo "$LD_PRELOAD $LD_LIBRARY_PATH" >"$T/environment"
		env | grep ASSAY_HELD >>"$T/environment"
		cat /proc/self/maps >"$T/maps"
		while [ "$1" != -- ]; do shift; done
		shift
		exec "$@"
	E
	chmod +x "$T/arm"
	LD_PRELOAD=$T/tracer.so LD_LIBRARY_PATH=$T/bad \
		run -0 "$DIR/assay" run "$T/short.ini" --arm "host=$T/arm" --out "$T/b"
	[ "$(cat "$T/environment")" = "$T/tracer.so $T/bad" ]
	not grep -F "$DIR" "$T/maps"
	sort -u "$T/seen" >"$T/names"
	grep -x cat "$T/names"       # started by a launcher script
	grep -x sha256sum "$T/names" # started by the program itself
	not grep -E '^(assay|ld-linux|link)' "$T/names"
	[ "$(csv "$T/b/manifest.csv" key | grep -c '^program.foreign_library')" -eq 0 ]
	# a C library of its own there would break the shell, but a step starts nothing
	echo rubbish >"$T/bad/libc.so.6"
	cp "$T/bad/libc.so.6" "$T/bad/$(basename "$DIR"/lib/ld-*)"
	LD_LIBRARY_PATH=$T/bad:relative::/nowhere run -0 "$DIR/assay" step null
	[[ ${lines[-1]} == *PASS* ]]
}

@test "libexec/assay is the same program on the system's libraries" {
	cmp "$ASSAY" "$DIR/libexec/assay"
	run -0 "$DIR/libexec/assay" run "$T/short.ini" --out "$T/b"
	[ "$(userland "$T/b")" = 'host|program.userland|system' ]
}

@test "a run is not resumed on other libraries" {
	run -0 "$DIR/assay" run "$T/short.ini" --out "$T/b"
	sed -i '/^run.status\|,run.status,/d' "$T/b/manifest.csv"
	rm -f "$T/b/SHA256SUMS"
	run -2 "$ASSAY" run --resume "$T/b"
	[[ $output == *'program.userland was "portable" and is "system" now'* ]]
}

@test "a folder whose path the loader cannot take is refused" {
	mv "$DIR" "$T/a:b"
	run -3 "$T/a:b/assay" --version
	[[ $output == *"$T/a:b: a portable folder cannot run from a path with : ; or \$; move it"* ]]
	rm "$T/a:b/lib"/ld-*
	mv "$T/a:b" "$DIR"
	run -3 "$DIR/assay" --version
	[[ $output == *"$DIR/lib/ld-"*": No such file"* ]]
}

@test "every library has its licence and origin; the launcher needs no loader" {
	for f in "$DIR"/lib/*; do
		IFS=$'\t' read -r _ package version < <(grep "^lib/${f##*/}"$'\t' "$DIR/licences/INDEX")
		[ -n "$version" ]
		[ -n "$(find "$DIR/licences/$package" -type f -size +0)" ]
	done
	[ -s "$DIR/licences/assay" ]
	run readelf -l "$DIR/assay"
	[[ $output != *interpreter* ]]
	run readelf -l "$DIR/libexec/assay"
	[[ $output == *interpreter* ]]
}

@test "the same inputs give the same tarball" {
	CUDA_ROOT='' "$top/scripts/portable/assemble" "$ASSAY" "${ASSAY%/*}/launcher" "$T/one" "$T/one.tar.gz"
	(umask 077 && cd "$T" && CUDA_ROOT='' "$top/scripts/portable/assemble" "$ASSAY" "${ASSAY%/*}/launcher" two two.tar.gz)
	cmp "$T/one.tar.gz" "$T/two.tar.gz"
	mkdir "$T/unpacked"
	tar -C "$T/unpacked" -xf "$T/one.tar.gz"
	[ "$("$T/unpacked/assay-portable/assay" --version)" = "$("$ASSAY" --version)" ]
}
