#!/usr/bin/env bats
# in-ssh: to an sshd of the test's own on 127.0.0.1, with its own keys. What is asked of every
# launcher is in common.bash.
load common

setup_file() {
	local sshd port
	sshd=$(PATH=$PATH:/usr/sbin command -v sshd) && [ -n "$F" ] && command -v ssh-keygen >/dev/null || return 0
	port=$(free_port)
	ssh-keygen -q -t ed25519 -N '' -f "$F/host_key"
	ssh-keygen -q -t ed25519 -N '' -f "$F/key"
	[ "$(id -u)" != 0 ] || mkdir -p /run/sshd # where sshd as root wants to be confined
	cat >"$F/sshd_config" <<-E
		ListenAddress 127.0.0.1:$port
		HostKey $F/host_key
		AuthorizedKeysFile $F/key.pub
		PidFile none
		PermitRootLogin yes
		PasswordAuthentication no
		StrictModes no
		UsePAM no
	E
	cat >"$F/ssh_config" <<-E
		Host there
			HostName 127.0.0.1
			Port $port
			IdentityFile $F/key
			IdentitiesOnly yes
			StrictHostKeyChecking no
			UserKnownHostsFile /dev/null
			LogLevel ERROR
	E
	# As root it sees an empty folder where we have one: a program that is not "there".
	mkdir "$F/hidden"
	if [ "$(id -u)" = 0 ]; then
		server sshd unshare -m sh -c "mount -t tmpfs none '$F/hidden' && exec '$sshd' -D -e -f '$F/sshd_config'"
	else
		server sshd "$sshd" -D -e -f "$F/sshd_config"
	fi
	export SSH_ARGS="-F $F/ssh_config"
	eventually 20 ssh -F "$F/ssh_config" -o BatchMode=yes there true || true
}
teardown_file() { end_servers; }

setup() {
	need ssh ssh-keygen
	PATH=$PATH:/usr/sbin need sshd
	ssh -F "$F/ssh_config" -o BatchMode=yes there true 2>/dev/null || skip "sshd does not start here: $(tail -n 1 "$F/sshd.log")"
	own_place
	in=("$scripts/in-ssh" there)
}

@test "ssh: the same numbers as on the host, for one seed" { same_numbers; }
@test "ssh: SIGKILL of the parent leaves nothing, and --resume finishes" { killed_parent; }
@test "ssh: SIGKILL of a comparison leaves nothing, and --resume goes on" { killed_comparison; }
@test "ssh: SIGKILL of the launcher leaves nothing" { killed_launcher; }
@test "ssh: --stop ends the step from outside" { stopped_by_id; }
@test "ssh: the end of standard input ends the step" { lifeline; }
@test "ssh: a step that hangs is ended there too" { hanging_step; }
@test "ssh: what --dry-run prints can be run" { dry_run_works; }

@test "ssh: SIGKILL of ssh itself: the connection is the lifeline" { killed_client ssh; }

@test "ssh: CPUs and pinned memory are limited there" {
	look --cpuset 0 --memlock 64K
	has_facts 'limits.affinity 0' 'limits.memlock 65536'
}

@test "ssh: a program that is not there is said so, and --copy puts its folder there" {
	need_root
	mkdir "$F/hidden/program"
	cp "$ASSAY" "$F/hidden/program/assay"
	run -127 "${in[@]}" -- "$F/hidden/program/assay" step null </dev/null
	[[ $output == *"no $F/hidden/program/assay on this host, --copy puts it there"* ]]
	run -0 "${in[@]}" --copy -- "$F/hidden/program/assay" step null </dev/null
	[[ $output == *"#end by-hand "*" PASS"* ]]
	first=$("${in[@]}" -- /bin/stat -c %Y.%i "$F/hidden/program/assay" </dev/null)
	run -0 "${in[@]}" --copy -- "$F/hidden/program/assay" step null </dev/null
	[ "$("${in[@]}" -- /bin/stat -c %Y.%i "$F/hidden/program/assay" </dev/null)" = "$first" ] # not copied again
}

@test "ssh: words with quotes and spaces arrive as they are" {
	run -0 "${in[@]}" -- /bin/echo 'a "b"' "c'd" 'e\f' '$HOME' </dev/null
	[ "$output" = 'a "b" c'"'"'d e\f $HOME' ]
}

@test "ssh: a host that does not answer is an error, not a hang" {
	run timeout 60 "$scripts/in-ssh" nowhere.invalid -- "$ASSAY" step null </dev/null
	[ "$status" -eq 255 ]
}
