#!/usr/bin/env bats
# in-slurm: two nodes of the test's own on this machine, with their own munge key and ports. What is
# asked of every launcher is in common.bash.
load common

slurm_conf() { # port, port, port
	cat <<-E
		ClusterName=assay
		SlurmctldHost=$(hostname -s)(127.0.0.1)
		SlurmctldPort=$1
		SlurmUser=root
		SlurmdUser=root
		AuthType=auth/munge
		AuthInfo=socket=$F/munge.sock
		CredType=cred/munge
		CryptoType=crypto/munge
		StateSaveLocation=$F/state
		SlurmdSpoolDir=$F/spool-%n
		SlurmctldPidFile=$F/slurmctld.pid
		SlurmdPidFile=$F/slurmd-%n.pid
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SwitchType=switch/none
		MpiDefault=none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_Core
		ReturnToService=2
		SlurmdParameters=config_overrides
		PropagateResourceLimits=NONE
		SchedulerParameters=sched_min_interval=1000
		NodeName=n[1-2] NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=[$2-$3] CPUs=1 RealMemory=500
		PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
	E
}

setup_file() {
	local port program
	PATH=$PATH:/usr/sbin
	[ -n "$F" ] && [ "$(id -u)" = 0 ] || return 0
	for program in srun slurmctld slurmd munged; do
		command -v "$program" >/dev/null || return 0
	done
	chmod 755 "$F" # munged asks for that of the folders above its socket
	dd if=/dev/urandom of="$F/munge.key" bs=128 count=1 status=none && chmod 400 "$F/munge.key"
	server munged munged --force --foreground --key-file="$F/munge.key" --socket="$F/munge.sock" \
		--pid-file="$F/munge.pid" --seed-file="$F/munge.seed" --log-file="$F/munge.log"
	port=$(free_port)
	mkdir "$F/state" "$F/spool-n1" "$F/spool-n2"
	slurm_conf "$port" "$((port + 1))" "$((port + 2))" >"$F/slurm.conf"
	export SLURM_CONF=$F/slurm.conf
	eventually 10 test -S "$F/munge.sock" || true
	server slurmctld slurmctld -D -f "$SLURM_CONF"
	server n1 slurmd -D -N n1 -f "$SLURM_CONF"
	server n2 slurmd -D -N n2 -f "$SLURM_CONF"
	eventually 30 idle || true
}
teardown_file() { end_servers; }
idle() { [ "$(sinfo -h -t idle -o %D)" = 2 ]; }

setup() {
	PATH=$PATH:/usr/sbin need srun slurmctld slurmd munged
	need_root
	eventually 20 idle || skip "Slurm does not start here: $(tail -n 1 "$F/slurmctld.log")"
	own_place
	in=("$scripts/in-slurm")
}
no_job() { [ -z "$(squeue -h)$(squeue -h --steps | grep -v extern)" ]; }
teardown() {
	[ -z "${pid:-}" ] || kill -9 "$pid" 2>/dev/null || true
	eventually 20 no_job # what is over is over in Slurm's queue, too
}

@test "slurm: the same numbers as on the host, for one seed" { same_numbers; }
@test "slurm: SIGKILL of the parent leaves nothing, and --resume finishes" { killed_parent; }
@test "slurm: SIGKILL of a comparison leaves nothing, and --resume goes on" { killed_comparison; }
@test "slurm: SIGKILL of the launcher leaves nothing" { killed_launcher; }
@test "slurm: SIGKILL of srun itself leaves nothing" { killed_client srun; }
@test "slurm: --stop ends the job from outside" { stopped_by_id; }
@test "slurm: the end of standard input ends the step" { lifeline; }
@test "slurm: a step that hangs is ended there too" { hanging_step; }
@test "slurm: what --dry-run prints can be run" { dry_run_works; }

@test "slurm: CPUs and pinned memory are limited there" {
	look --cpuset 0 --memlock 64K
	has_facts 'limits.affinity 0' 'limits.memlock 65536'
	grep -q '^slurm.job ' <<<"$facts"
}

@test "slurm: inside an allocation a step of it is started, and --stop ends that step only" {
	salloc -N1 --exclusive bash -c 'echo "$SLURM_JOB_ID" >"$0"; read -r _ <"$0.go"' "$T/job" >/dev/null 2>&1 3>&- &
	local salloc=$!
	mkfifo "$T/job.go"
	eventually 20 test -s "$T/job"
	SLURM_JOB_ID=$(<"$T/job")
	export SLURM_JOB_ID
	look
	has_facts "slurm.job $SLURM_JOB_ID"
	stopped_by_id
	squeue -h -j "$SLURM_JOB_ID" -o %T | grep -qx RUNNING
	unset SLURM_JOB_ID
	echo >"$T/job.go"
	wait "$salloc"
}

@test "slurm: with IMAGE, pyxis gets the image, the program's folder and what enroot needs" {
	IMAGE=some+image run -0 "${in[@]}" --dry-run --bind /tmp -- "$ASSAY" step null
	[[ $output == env\ NVIDIA_VISIBLE_DEVICES=all\ NVIDIA_DRIVER_CAPABILITIES=compute*utility\ srun\ * ]]
	[[ $output == *--container-image=some+image*--container-mounts=$T/program:$T/program:ro*/tmp:/tmp:rw* ]]
}
