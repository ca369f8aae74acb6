#!/usr/bin/env bats
# scripts/setup against a made-up apt-get, dnf, sudo and id: what it runs, and above all what it
# refuses to run. Nothing is installed; SETUP_ROOT is an empty folder, so every header is missing.
# shellcheck disable=SC2016 # the bodies of the fakes are expanded by them

load ../bats-compat

setup() {
	script=$BATS_TEST_DIRNAME/../../scripts/setup
	bin=$BATS_TEST_TMPDIR/bin
	mkdir -p "$bin" "$BATS_TEST_TMPDIR/root/var/lib/apt/lists"
	for tool in bash sh env cat grep sed sort tail dirname realpath printf python3 timeout; do
		ln -s "$(command -v "$tool")" "$bin/$tool"
	done
	export SETUP_ROOT=$BATS_TEST_TMPDIR/root LOG=$BATS_TEST_TMPDIR/log PLAN=$BATS_TEST_TMPDIR/plan
	export CUDA=no
	unset SETUP CPATH C_INCLUDE_PATH
	: >"$LOG"
	touch "$SETUP_ROOT/var/lib/apt/lists/mirror_Packages"
	fake id 'echo "${FAKE_UID:-0}"'
	# apt-get -s prints the plan; all else is only written down.
	fake apt-get 'echo "apt-get $*" >>"$LOG"
		[ "$1" = update ] && touch "$SETUP_ROOT/var/lib/apt/lists/new_Packages"
		[ "$1" = -s ] && cat "$PLAN"
		[ "$1" != -s ] || [ ! -s "$PLAN.fails" ]'
	plan 'Inst libcsv-dev (3.0.3 Debian:12 [amd64])'
}

fake() { # name, body; never through a link to the real tool
	rm -f "$bin/$1"
	printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
	chmod +x "$bin/$1"
}
plan() { printf '%s\n' "$@" >"$PLAN"; }
run_setup() { PATH=$bin run "$script" "$@"; }
not() { ! "$@"; } # a bare "!" in the middle of a test would not fail it
installed() { grep -q '^apt-get install -y' "$LOG"; }

refused() { # what the reason must say
	[ "$status" -eq 1 ]
	[[ $output == *"$1"* ]]
	[[ $output == *"to do it yourself, as root: apt-get install --no-install-recommends --no-remove"* ]]
	not installed
}

@test "a plan that only adds is carried out, and said before" {
	plan 'Inst libcsv3 (3.0.3 Debian:12 [amd64])' 'Inst libcsv-dev (3.0.3 Debian:12 [amd64])' \
		'Conf libcsv3 (3.0.3 Debian:12 [amd64])'
	run_setup build
	[ "$status" -eq 0 ]
	installed
	[[ $output == *"libcsv-dev"*"reads and writes CSV"*"running: apt-get install"* ]]
	grep -q 'install .*--no-install-recommends --no-remove' "$LOG"
	[[ $(head -n 1 "$LOG") == "apt-get -s "* ]]
}

@test "a plan that removes a package is refused" {
	plan 'Remv libnuma1 [2.0.14]' 'Inst libcsv-dev (3.0.3 Debian:12 [amd64])'
	run_setup build
	refused 'it would remove libnuma1'
}

@test "a plan that upgrades a package is refused" {
	plan 'Inst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])' 'Inst libc6-dev (2.36-10 Debian:12 [amd64])'
	run_setup build
	refused 'it would upgrade libc6'
}

@test "SETUP=upgrade lets ordinary packages be upgraded, not removed" {
	plan 'Inst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])'
	SETUP=upgrade run_setup build
	[ "$status" -eq 0 ]
	installed
	: >"$LOG"
	plan 'Remv libc6 [2.36-9]'
	SETUP=upgrade run_setup build
	refused 'it would remove libc6'
}

@test "drivers, kernels and container engines are never touched, not even added" {
	for name in nvidia-driver nvidia-kernel-dkms libcuda1 libnvidia-ml1 cuda-drivers linux-image-6.1.0-9-amd64 \
		linux-headers-amd64 docker-ce docker.io containerd.io moby-engine podman runc libcuda1:i386; do
		plan "Inst $name (1.0 Debian:12 [amd64])"
		run_setup build
		refused "it would touch ${name%:*}"
		SETUP=upgrade run_setup build
		refused "it would touch ${name%:*}"
	done
}

@test "podman and runc are added for containers where no engine is" {
	plan 'Inst runc (1.1 Debian:12 [amd64])' 'Inst podman (4.3 Debian:12 [amd64])'
	run_setup containers
	[ "$status" -eq 0 ]
	grep -q 'install -y .* runc podman debootstrap$' "$LOG"
}

@test "docker is not added for containers either" {
	plan 'Inst runc (1.1 Debian:12 [amd64])' 'Inst docker.io (20.10 Debian:12 [amd64])'
	run_setup containers
	[ "$status" -eq 0 ]
	not installed
	[[ $output == *"it would touch docker.io"* ]]
	[[ $output == *"will be skipped"* ]]
}

@test "a docker client that reaches no daemon is no engine" {
	fake docker 'exit 1'
	plan 'Inst runc (1.1 Debian:12 [amd64])' 'Inst podman (4.3 Debian:12 [amd64])'
	run_setup containers
	[ "$status" -eq 0 ]
	installed
}

@test "what starts a service is added only on machines that are thrown away" {
	run_setup containers
	not grep -qE 'openssh-server|slurm|docker' "$LOG"
	plan 'Inst docker.io (20 Debian:12 [amd64])' 'Inst containerd (1.6 Debian:12 [amd64])' \
		'Inst slurm-wlm (22 Debian:12 [amd64])' 'Inst openssh-server (9 Debian:12 [amd64])'
	: >"$LOG"
	fake podman ':' # there is an engine: no second one
	fake runc ':'
	SETUP=upgrade run_setup containers
	grep '^apt-get -s' "$LOG" | grep 'slurm-wlm.*openssh-server'
	not grep -q docker "$LOG"
	rm "$bin/podman" "$bin/runc"
	plan 'Inst runc (1.1 Debian:12 [amd64])' 'Inst docker.io (20 Debian:12 [amd64])'
	SETUP=upgrade run_setup containers
	[ "$status" -eq 0 ]
	grep -q 'install -y .* docker.io slurm-wlm munge openssh-server$' "$LOG"
}

@test "where an engine is, containers asks for no other" {
	fake docker ':'
	fake debootstrap ':'
	run_setup containers
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ ! -s "$LOG" ]
}

@test "SETUP=no installs nothing and prints the command" {
	SETUP=no run_setup test
	refused 'SETUP=no'
	[ ! -s "$LOG" ]
	[[ $output == *libcsv-dev*bats* ]]
}

@test "without root, sudo runs it; without a terminal it may not ask" {
	fake sudo 'echo "sudo $*" >>"$LOG"; [ "$1" = -n ] && shift; exec "$@"'
	FAKE_UID=1000 run_setup build
	[ "$status" -eq 0 ]
	grep -q '^sudo -n env DEBIAN_FRONTEND=noninteractive .* apt-get install -y' "$LOG"
}

@test "without root and without sudo it prints the command" {
	FAKE_UID=1000 run_setup build
	refused 'not root'
}

@test "an unknown distribution gets a list of what is needed" {
	rm "$bin/apt-get"
	run_setup build
	[ "$status" -eq 1 ]
	[[ $output == *"neither apt-get nor dnf"*libcsv-dev* ]]
}

@test "missing package lists are fetched first" {
	rm "$SETUP_ROOT"/var/lib/apt/lists/*
	run_setup build
	[ "$status" -eq 0 ]
	[[ $(head -n 1 "$LOG") == "apt-get update"* ]]
	installed
}

@test "a plan that apt cannot make: fresh lists once, then refused with its reason" {
	plan 'E: Unable to locate package libcsv-dev'
	echo yes >"$PLAN.fails"
	run_setup build
	refused 'E: Unable to locate package libcsv-dev'
	[ "$(grep -c 'apt-get update' "$LOG")" -eq 1 ]
}

@test "an install that fails is tried once more with fresh lists, then reported" {
	fake apt-get 'echo "apt-get $*" >>"$LOG"; [ "$1" = -s ] && { cat "$PLAN"; exit 0; }; [ "$1" = update ]'
	run_setup build
	[ "$status" -eq 1 ]
	[[ $output == *"installing failed"*"to do it yourself"* ]]
	[ "$(grep -c '^apt-get install' "$LOG")" -eq 2 ]
}

@test "Ubuntu's chromium is a snap: the browser is left out there" {
	echo 'ID=ubuntu' >"$SETUP_ROOT/etc-os-release"
	mkdir -p "$SETUP_ROOT/etc" && mv "$SETUP_ROOT/etc-os-release" "$SETUP_ROOT/etc/os-release"
	run_setup browser
	[ "$status" -eq 0 ]
	not grep -q chromium "$LOG"
	[[ $output == *"left out"* ]]
}

@test "nothing missing: silent, and apt is not asked" {
	mkdir -p "$SETUP_ROOT/usr/include"
	for header in stdio csv ini jansson numa; do
		touch "$SETUP_ROOT/usr/include/$header.h"
	done
	fake gcc ':'
	FAKE_UID=1000 run_setup build
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ ! -s "$LOG" ]
}

@test "headers in CPATH count" {
	mkdir -p "$BATS_TEST_TMPDIR/include"
	touch "$BATS_TEST_TMPDIR/include/csv.h"
	CPATH=$BATS_TEST_TMPDIR/include SETUP=no run_setup build
	[ "$status" -eq 1 ]
	[[ $output != *libcsv-dev* ]]
	[[ $output == *libinih-dev* ]]
}

@test "CUDA=yes names what it would fetch and from where; SETUP=no does not fetch it" {
	cp -r "$BATS_TEST_DIRNAME/../../scripts" "$BATS_TEST_TMPDIR/scripts"
	script=$BATS_TEST_TMPDIR/scripts/setup
	fake python3 'exit 0'
	fake g++ ':'
	CUDA=yes SETUP=no CUDA_HOME='' run_setup browser cuda
	[ "$status" -eq 1 ]
	[[ $output == *"SETUP=no: not fetching nvidia-cuda-nvcc"*"from PyPI"* ]]
	[ ! -e "$BATS_TEST_TMPDIR/.cuda" ]
}

@test "CUDA=yes without venv asks for it first" {
	cp -r "$BATS_TEST_DIRNAME/../../scripts" "$BATS_TEST_TMPDIR/scripts"
	script=$BATS_TEST_TMPDIR/scripts/setup
	fake python3 'exit 1'
	CUDA=yes SETUP=no CUDA_HOME='' run_setup cuda
	refused SETUP=no
	[[ $output == *g++*python3-venv* ]]
}

@test "an nvcc older than 12 does not count" {
	fake nvcc 'echo "Cuda compilation tools, release 11.8, V11.8.89"'
	CUDA='' CUDA_HOME='' PATH=$bin run "$BATS_TEST_DIRNAME/../../scripts/find-nvcc"
	[[ $output != "$bin/nvcc" ]]
	fake nvcc 'echo "Cuda compilation tools, release 12.4, V12.4.1"'
	CUDA='' CUDA_HOME='' PATH=$bin run "$BATS_TEST_DIRNAME/../../scripts/find-nvcc"
	[ "$output" = "$bin/nvcc" ]
}

@test "dnf: a plan that only adds is carried out" {
	rm "$bin/apt-get"
	dnf_plan 'Installing:' ' libcsv-devel   x86_64   3.0.3-23.fc38   fedora   20 k' 'Transaction Summary'
	run_setup build
	[ "$status" -eq 0 ]
	grep -q '^dnf install -y .*libcsv-devel' "$LOG"
}

@test "dnf: a plan that upgrades, removes or touches a driver is refused" {
	rm "$bin/apt-get"
	for heading in Upgrading Removing 'Installing dependencies'; do
		dnf_plan "$heading:" ' kmod-nvidia-open   x86_64   580   cuda   20 k' 'Transaction Summary'
		run_setup build
		[ "$status" -eq 1 ]
		[[ $output == *kmod-nvidia-open*"to do it yourself"* ]]
		not grep -q '^dnf install -y' "$LOG"
	done
}

dnf_plan() {
	plan "$@"
	fake dnf 'echo "dnf $*" >>"$LOG"; [ "$2" = --assumeno ] && { cat "$PLAN"; exit 1; }; exit 0'
}

@test "an unknown part is refused" {
	run_setup everything
	[ "$status" -eq 2 ]
	[[ $output == *everything* ]]
}
