/* Starting a member's process: see gang_start.h. */
#include "gang_start.h"

#include "../harness/base/buf.h"
#include "../harness/base/mem.h"
#include "gang.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MEMBER_FD 3

static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return n == strcspn(b, "=") && !strncmp(a, b, n);
}

static bool changed(const char *const *env, const char *entry)
{
	for (; env && *env; env++) {
		if (same_name(*env, entry))
			return true;
	}
	return false;
}

char *gang_variables(const char *prefix)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, "");
	for (char **p = environ; p && *p; p++) {
		if (!strncmp(*p, prefix, strlen(prefix)))
			buf_printf(&b, "%s%s", b.len ? " " : "", *p);
	}
	return buf_steal(&b);
}

char **gang_environment(const char *const *env, const char *drop, bool (*wanted)(const char *entry))
{
	size_t n = 0, cap = 0;
	char **out = mem_grow(NULL, 0, &cap, sizeof(*out));

	for (char **p = environ; p && *p; p++) {
		if (changed(env, *p) || (drop && !strncmp(*p, drop, strlen(drop))) ||
		    (wanted && !wanted(*p)))
			continue;
		out = mem_grow(out, n + 1, &cap, sizeof(*out));
		out[n++] = *p;
	}
	for (; env && *env; env++) {
		if (!strchr(*env, '='))
			continue;
		out = mem_grow(out, n + 1, &cap, sizeof(*out));
		out[n++] = (char *)*env;
	}
	out[n] = NULL;
	return out;
}

/* After fork: only what is safe beside other threads. */
static void become(char *const *argv, char *const *env, int fd, int text, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	/* neither end may lie where the other one goes */
	fd = fcntl(fd, F_DUPFD, 10);
	text = fcntl(text, F_DUPFD, 10);
	dup2(null, STDIN_FILENO);
	dup2(text, STDOUT_FILENO);
	dup2(text, STDERR_FILENO);
	dup2(fd, MEMBER_FD);
	close(fd);
	close(text);
	execve(argv[0], argv, env);
	_exit(127);
}

pid_t gang_spawn(const struct gang_start *s, char *const *env, int fd, int text, struct err *e)
{
	char fd_arg[16], rank[24], size[24], arm[160];
	const char *argv[] = {s->self, "member", s->bench, fd_arg, rank, size, arm, NULL};
	sigset_t all, old;
	pid_t parent = getpid(), pid;

	snprintf(fd_arg, sizeof(fd_arg), "--fd=%d", MEMBER_FD);
	snprintf(rank, sizeof(rank), "--rank=%u", s->rank);
	snprintf(size, sizeof(size), "--size=%u", s->size);
	snprintf(arm, sizeof(arm), "--arm=%s", s->arm);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	pid = fork();
	if (pid == 0) {
		pthread_sigmask(SIG_SETMASK, &old, NULL);
		become((char *const *)argv, env, fd, text, parent);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return pid > 0 ? pid : err_set(e, errno, "fork: %s", strerror(errno));
}
