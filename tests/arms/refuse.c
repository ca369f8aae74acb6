/*
 * For tests: starts a program some of whose NUMA system calls are answered as a container's seccomp
 * filter answers them, or falsely; the filter stays over fork and exec.
 *
 *     refuse NAME=ERRNO… PROGRAM ARGUMENT…    NAME: mbind, set_mempolicy or move_pages
 *
 * ERRNO 1 refuses (EPERM); 0 says that it was done and does nothing. Ends with 77 where the kernel
 * has no such filter. Built by the tests that need it: cc -static tests/arms/refuse.c -o refuse
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALLS = 3 };

static int number_of(const char *text, size_t n)
{
	static const struct {
		const char *name;
		int number;
	} calls[CALLS] = {{"mbind", SYS_mbind},
			  {"set_mempolicy", SYS_set_mempolicy},
			  {"move_pages", SYS_move_pages}};

	for (int i = 0; i < CALLS; i++) {
		if (strlen(calls[i].name) == n && !strncmp(calls[i].name, text, n))
			return calls[i].number;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct sock_filter filter[2 * CALLS + 2] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
	unsigned short n = 1;
	int i = 1;

	for (const char *eq; i < argc && (eq = strchr(argv[i], '=')) && n < 2 * CALLS; i++) {
		int call = number_of(argv[i], (size_t)(eq - argv[i]));

		if (call < 0) {
			fprintf(stderr, "refuse: %s: no such call\n", argv[i]);
			return 2;
		}
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							   (unsigned)call, 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)atoi(eq + 1));
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &(struct sock_fprog){n, filter})) {
		fprintf(stderr, "refuse: %s\n", strerror(errno));
		return 77;
	}
	if (i < argc)
		execvp(argv[i], argv + i);
	fprintf(stderr, "refuse: %s: %s\n", i < argc ? argv[i] : "no program", strerror(errno));
	return 127;
}
