#!/usr/bin/env bats
# What needs no runtime: help, GPUs on the command line, the program's folder, wrong options.
load common

setup() { own_place; }

@test "launchers: --help of each explains every flag that it passes" {
	local launcher flag
	for launcher in podman docker runc apptainer slurm ssh; do
		run -0 "$scripts/in-$launcher" --help
		[[ $output == "usage: in-$launcher "*--id*--stop*--dry-run*"flags used, and why:"* ]]
	done
	for launcher in podman docker slurm; do
		run -0 "$scripts/in-$launcher" --help
		help=$output
		for flag in $("$scripts/in-$launcher" --dry-run -- "$ASSAY" | tail -n 1 | grep -oE ' --[a-z-]+' | sort -u); do
			case $flag in --rm | --name | --rootfs) continue ;; esac
			[[ $help == *" $flag"* ]] || { echo "in-$launcher --help says nothing about $flag"; return 1; }
		done
	done
}

@test "launchers: GPUs are handed on where the driver is loaded" {
	need_root
	cat >"$T/with_gpu" <<-'E'
		mount -t tmpfs none /dev && ln -s /proc/self/fd /dev/fd && mknod /dev/null c 1 3 && mknod /dev/nvidiactl c 195 255 &&
			mknod /dev/nvidia0 c 195 0 || exit 9
		"$@"
	E
	run unshare -m bash "$T/with_gpu" "$scripts/in-docker" --dry-run -- "$ASSAY" step null
	[ "$status" -ne 9 ] || skip "no mount namespace here"
	[[ $output == *"docker run "*" --gpus all "* ]]
	run -0 unshare -m bash "$T/with_gpu" "$scripts/in-apptainer" --dry-run -- "$ASSAY" step null
	[[ $output == *" exec --nv "* ]]
	run -0 unshare -m bash "$T/with_gpu" "$scripts/in-runc" --dry-run -- "$ASSAY" step null
	[[ $output == *'"destination": "/dev/nvidia0"'* ]]
	[[ $output == *'"major": 195, "minor": 255'* ]]
	# and not where there is none
	[ -e /dev/nvidiactl ] || not grep -qE 'nvidia|--gpus' <<<"$("$scripts/in-docker" --dry-run -- "$ASSAY")"
}

@test "launchers: config.json of runc is JSON, whatever is asked for" {
	need_root
	"$scripts/in-runc" --dry-run --cpus 0.5 --cpuset 0 --mems 0 --memory 1G --shm-size 1M --overlay \
		--seccomp "$top/tests/containers/no-numa-calls.json" -- "$ASSAY" 'a "b\' $'new\nline' >"$T/out"
	sed -n '/^cat >.*END/,/^END$/p' "$T/out" | sed '1d;$d' | python3 -c '
import json, sys
c = json.load(sys.stdin)
assert c["process"]["args"][1:] == ["a \"b\\", "new\nline"]
assert c["linux"]["resources"]["cpu"] == {"period": 100000, "quota": 50000, "cpus": "0", "mems": "0"}
assert c["linux"]["resources"]["memory"] == {"limit": 1 << 30}
assert c["linux"]["seccomp"]["syscalls"][0]["errnoRet"] == 1
assert {"type": "ipc"} in c["linux"]["namespaces"]'
}

@test "launchers: a program that brings its libraries has its whole folder bound" {
	for place in assay bin/assay lib/assay; do
		mkdir -p "$T/whole/${place%assay}"
		cp "$ASSAY" "$T/whole/$place"
		run -0 "$scripts/in-podman" --dry-run -- "$T/whole/$place" step null
		[[ $output == *" -v $T/whole:$T/whole:ro "* ]]
	done
	run -0 "$scripts/in-podman" --dry-run -- /usr/bin/env true # /usr is bound once
	[ "$(grep -o ' -v /usr:/usr:ro ' <<<"$output" | wc -l)" -eq 1 ]
}

@test "launchers: --image says the same as IMAGE, and more strongly" {
	expected=$(IMAGE=some/image "$scripts/in-docker" --id x --dry-run -- "$ASSAY")
	IMAGE=other run -0 "$scripts/in-docker" --image some/image --id x --dry-run -- "$ASSAY"
	[ "$output" = "$expected" ]
}

@test "launchers: make bench B= compares the host with that launcher, on the portable program" {
	run -0 make -C "$top" -n bench SUITE=host B=podman IMAGE=some/image OUT="$T/out"
	[[ $output == *"make "*" portable"*"build/portable/assay ab --b 'podman --image some/image' 'host' "* ]]
	run -0 make -C "$top" -n bench SUITE=host B=host IMAGE=some/image
	[[ $output == *"portable/assay ab --b 'host' 'host' "* ]]
}

@test "launchers: --args and the environment's words come before the image" {
	IMAGE=image PODMAN_ARGS='--cap-add X' run -0 "$scripts/in-podman" --args '--env A=b' --dry-run -- "$ASSAY"
	[[ $output == *" --env A=b --cap-add X "*"image $ASSAY "* ]]
}
