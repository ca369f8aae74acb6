#!/usr/bin/env bats
# The portable program in other user spaces: Debian 11, Debian 12 and an empty root file system, entered
# with unshare, podman and runc. Its own libraries serve it and what it loads; the image's serve
# what it starts. The Debians are fetched once, into $BUILD/roots.
# Takes minutes.
# shellcheck disable=SC2154 # set by common.bash or bats: top, stderr
load ../e2e/common

setup() {
	built=${ASSAY%/*}/portable
	[ -x "$built/assay" ] || { echo "no $built: make portable first"; return 1; }
	[ "$(id -u)" -eq 0 ] || skip "other root file systems need root"
	unshare --mount true 2>/dev/null || skip "no mount namespace here"
	roots=${ASSAY%/*}/roots
	unset ASSAY_SUITES LD_LIBRARY_PATH LD_PRELOAD
	export DIR=$T/portable ROOT='' PLACE=/usr/local/nvidia/lib64 DRIVER=$T/driver PREPARE=true
	cp -r "$built" "$DIR"
	mkdir "$DRIVER" "$T/empty" "$T/empty"/{proc,sys,dev,tmp}
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
}

# A root file system of a Debian release into $ROOT.
debian() { # bullseye or bookworm
	ROOT=$roots/$1
	[ ! -d "$ROOT" ] || return 0
	command -v debootstrap >/dev/null || skip "no debootstrap"
	mkdir -p "$roots"
	(
		flock 9
		[ -d "$ROOT" ] && exit
		rm -rf "$ROOT.new"
		timeout 300 debootstrap --variant=minbase "$1" "$ROOT.new" >"$roots/$1.log" 2>&1 && mv "$ROOT.new" "$ROOT"
	) 9>"$roots/lock" || skip "debootstrap cannot fetch Debian $1: $(tail -n 1 "$roots/$1.log")"
}

# ---- launchers: in NAME -- COMMAND, in $ROOT (never changed: an overlay) with $DIR and the driver's folder ----

# The head of a launcher: into a mount namespace with the overlay in $T/mnt/root, COMMAND in "$@".
overlay='#!/bin/bash
set -eu
[ "$1" != --stop ] || exit 0
while [ "$1" != -- ]; do shift; done
shift
if [ -z "${INSIDE:-}" ]; then
	INSIDE=1 exec unshare --mount --propagation private "$0" -- "$@"
fi
unset INSIDE
mkdir -p "$T/mnt"
mount -t tmpfs tmpfs "$T/mnt"
cd "$T/mnt"
mkdir up work root
mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=up,workdir=work" root
mkdir -p "root$DIR" "root$PLACE"
cp -a "$DRIVER"/. "root$PLACE"
'
launcher() { # name; the rest of the script on standard input
	{ echo "$overlay"; cat; } >"$T/in-$1"
	chmod +x "$T/in-$1"
}

in_unshare() {
	launcher unshare <<-'E'
		mount -t proc proc root/proc
		mount --rbind /sys root/sys
		mount --rbind /dev root/dev
		mount --bind "$DIR" "root$DIR"
		mount -o remount,bind,ro "root$DIR"
		cd root
		eval "$PREPARE"
		exec chroot . "$@"
	E
}

in_podman() {
	command -v podman >/dev/null || skip "no podman"
	launcher podman <<-'E'
		[ -z "$(command -v runc)" ] || runtime='--runtime runc'
		# not through exec: podman takes what it started down again, then the mounts may go
		podman ${runtime:-} run --rm -i --network none --ulimit nofile=1024:20000 --ulimit nproc=1024:1024 \
			-v "$DIR:$DIR:ro" --rootfs "$PWD/root" "$@"
	E
	timeout 60 "$T/in-podman" -- "$DIR/assay" --version </dev/null || skip "podman cannot start a container here"
}

in_runc() {
	command -v runc >/dev/null || skip "no runc"
	launcher runc <<-'E'
		runc spec
		python3 - "$@" <<-'P'
			import json, os, sys
			c = json.load(open("config.json"))
			c["root"] = {"path": "root", "readonly": False}
			c["process"].update(terminal=False, args=sys.argv[1:])
			c["mounts"].append({"destination": os.environ["DIR"], "type": "bind", "source": os.environ["DIR"],
			                    "options": ["rbind", "ro"]})
			json.dump(c, open("config.json", "w"))
		P
		runc --root "$T/runc" run "portable-$$"
	E
	timeout 60 "$T/in-runc" -- "$DIR/assay" --version </dev/null || skip "runc cannot start a container here"
}

# ---- a library as NVIDIA's are: built long ago, so that it asks for parts that glibc has merged since ----

# A stand-in to link with: SONAME with one function, under the oldest version that glibc has here.
stub() { # soname, function
	printf '%s { global: %s; local: *; };\n' "$base" "$2" >"$T/stub.map"
	printf 'void %s(void) {}\n' "$2" | "${CC:-cc}" -x c - -shared -fPIC -fno-builtin -nostdlib \
		-Wl,-soname,"$1" -Wl,--version-script="$T/stub.map" -o "$T/stub/$1"
}

nccl() { # version code that it answers; into $DRIVER
	command -v "${CC:-cc}" >/dev/null || skip "no C compiler"
	base=$(readelf -V "$DIR/lib/libpthread.so.0" | grep -oE 'GLIBC_[0-9.]+' | sort -V | head -n 1)
	mkdir -p "$T/stub"
	stub libpthread.so.0 pthread_create
	stub libdl.so.2 dlsym
	stub librt.so.1 shm_unlink
	stub libm.so.6 cos
	cat >"$T/nccl.c" <<-'E'
		#include <stddef.h>
		extern int pthread_create(unsigned long *, const void *, void *(*)(void *), void *);
		extern int pthread_join(unsigned long, void **);
		extern void *dlsym(void *, const char *);
		extern int shm_unlink(const char *);
		extern double cos(double);
		extern void *_Znwm(size_t); /* operator new, of libstdc++ */

		static void *set(void *p) { *(int *)p = 1; return NULL; }

		int ncclGetVersion(int *version)
		{
			volatile double zero = 0;
			int *ran = _Znwm(sizeof(int));
			unsigned long t;

			*ran = 0;
			if (pthread_create(&t, NULL, set, ran) || pthread_join(t, NULL) || !*ran)
				return 1;
			if (cos(zero) != 1.0 || !dlsym(NULL, "malloc"))
				return 2;
			if (shm_unlink("/assay-nothing-of-this-name") == 0)
				return 3;
			*version = VERSION;
			return 0;
		}
	E
	"${CC:-cc}" -shared -fPIC -fno-builtin -DVERSION="$1" -o "$DRIVER/libnccl.so.2" -Wl,-soname,libnccl.so.2 \
		"$T/nccl.c" -Wl,--no-as-needed "$T"/stub/* "$DIR/lib/libstdc++.so.6"
	for soname in libpthread.so.0 libdl.so.2 librt.so.1 libm.so.6 libstdc++.so.6; do
		readelf -d "$DRIVER/libnccl.so.2" | grep -F "[$soname]" >/dev/null
	done
}

# ---- what each user space must show ----

value() { csv "$T/b/manifest.csv" arm key value | sed -n "s/^box|$1|//p"; }

# A suite from the host, its steps in there; the library is loaded there by the probe.
measure() { # launcher
	local bundled
	nccl 22304
	bundled=$("$DIR/assay" env --json | python3 -c '
import json, sys
print(next(r["value"] for r in json.load(sys.stdin) if r["key"] == "host.libc"))')
	run -0 "$DIR/assay" run "$T/host.ini" --arm "box=$T/in-$1" --out "$T/b"
	[ "$(csv "$T/b/results.csv" status | sort -u)" = PASS ]
	[ "$(value program.userland)" = portable ]
	[ "$(value host.libc)" = "$bundled" ]
	[ "$(value nccl.version)" = 2.23.4 ]
	[ "$(value nccl.path)" = "$PLACE/libnccl.so.2" ]
	[ -z "$(value program.foreign_library)" ]
}

@test "Debian 11, unshare" {
	in_unshare
	debian bullseye
	measure unshare
	[[ $(value host.os) == *'11 (bullseye)'* ]]
}

@test "Debian 12, unshare" {
	in_unshare
	debian bookworm
	measure unshare
	[[ $(value host.os) == *'12 (bookworm)'* ]]
}

@test "an empty root, unshare" {
	in_unshare
	ROOT=$T/empty
	measure unshare
	[ -z "$(value host.os)" ]
	run -127 "$T/in-unshare" -- "$DIR/libexec/assay" --version # nothing else can start there
}

@test "Debian 11, podman" {
	debian bullseye
	in_podman
	measure podman
	[[ $(value host.os) == *'11 (bullseye)'* ]]
	[ "$(value container.runtime)" = podman ]
}

@test "an empty root, podman" {
	ROOT=$T/empty
	in_podman
	measure podman
}

@test "Debian 12, runc" {
	debian bookworm
	in_runc
	measure runc
	[[ $(value host.os) == *'12 (bookworm)'* ]]
}

@test "an empty root, runc" {
	ROOT=$T/empty
	in_runc
	measure runc
}

@test "programs of the image can be started from inside, and run on the image's libraries" {
	in_unshare
	debian bullseye
	cat >"$DIR/arm" <<-'E'
		#!/bin/sh
		ls / | grep -x etc >&2
		cat /proc/self/maps >/out/maps
		while [ "$1" != -- ]; do shift; done
		shift
		exec "$@"
	E
	chmod +x "$DIR/arm"
	# the whole program in the image: sha256sum seals, sh and ls launch
	PREPARE="mkdir out; mount --bind '$T' out" run -0 "$T/in-unshare" -- \
		"$DIR/assay" run null --set null.n=30 --processes 1 --arm "box=$DIR/arm" --out /out/b
	sealed "$T/b"
	grep -E '/libc-2\.31\.so$' "$T/maps" >/dev/null
	not grep -F "$DIR" "$T/maps"
	grep -x etc "$T/b/run.log" >/dev/null
	[ "$(value program.userland)" = portable ]
}

# Where a step in Debian 11 found the library, or why it did not.
probe() {
	"$T/in-unshare" -- "${@:-env}" "$DIR/assay" step probe |
		sed -n 's/.*env,nccl\.\(path\|status\),"\?\([^",]*\).*/\2/p' | tail -n 1
}

@test "the driver's libraries are found where containers have them" {
	in_unshare
	debian bullseye
	nccl 22304
	multiarch=$(sed -n 's/.*\(\/usr\/lib\/[a-z0-9_]*-linux-gnu\)$/\1/p' "$ROOT"/etc/ld.so.conf.d/*-linux-gnu.conf | head -n 1)
	for place in "$multiarch" /usr/lib64 /usr/lib/wsl/lib /usr/local/cuda/lib64 /.singularity.d/libs; do
		[ "$(PLACE=$place probe)" = "$place/libnccl.so.2" ]
	done
	[ "$(PLACE=/opt/own probe env LD_LIBRARY_PATH=/nowhere:/opt/own)" = /opt/own/libnccl.so.2 ]
	# where only the image's ld.so.cache knows it
	[ "$(PLACE=/opt/odd PREPARE='echo /opt/odd >etc/ld.so.conf.d/odd.conf; chroot . ldconfig' probe)" = /opt/odd/libnccl.so.2 ]
	[[ $(PLACE=/opt/odd probe) == *'cannot open shared object file'* ]]
	# the driver's own before the image's "compat", although the image's cache names that
	PREPARE='mkdir -p usr/local/cuda; cp -r usr/lib64 usr/local/cuda/compat
		echo /usr/local/cuda/compat >etc/ld.so.conf.d/00-compat.conf; chroot . ldconfig'
	[ "$(PLACE=/usr/lib64 probe)" = /usr/lib64/libnccl.so.2 ]
}

@test "what /etc/ld.so.preload brings in is named" {
	in_unshare
	debian bullseye
	echo 'int assay_test_preloaded;' | "${CC:-cc}" -x c - -shared -fPIC -o "$DRIVER/libpreloaded.so"
	PREPARE='echo /opt/pre/libpreloaded.so >etc/ld.so.preload' PLACE=/opt/pre \
		run -0 "$T/in-unshare" -- "$DIR/assay" step probe
	[[ $output == *'env,program.foreign_library,/opt/pre/libpreloaded.so,'* ]]
	[[ $output == *'env,program.userland,portable,'* ]]
}
