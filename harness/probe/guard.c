/* The starter's side of a guard: see guard.h. */
#include "guard.h"
#include "journal.h"
#include "sysfs.h"
#include "../base/clock.h"
#include "../base/log.h"
#include "../base/mem.h"
#include "../base/reap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct guard {
	pid_t pid;
	int requests, answers; /* our ends of the pipes */
	int broken;	       /* errno after which it is asked no more; 0 while all is well */
};

/* What a fork needs between itself and the program; only calls that are safe after it. */
static void become(const char *self, const char *what, int in, int out)
{
	const char *argv[] = {self, what, NULL};
	sigset_t none;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (in >= 0)
		dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execv(self, (char *const *)argv);
	_exit(127);
}

/* ---- answers ---- */

static int give_up(struct guard *g, int code, struct err *e)
{
	g->broken = code;
	if (code == ETIMEDOUT)
		return err_set(e, code,
			       "the guard (process %d) does not answer: the driver may hang; assay "
			       "restore shows what it has changed",
			       (int)g->pid);
	return err_set(e, code,
		       "the guard (process %d) was killed; assay restore puts back what it has "
		       "changed",
		       (int)g->pid);
}

/* One line without its end, cut to size. */
static int read_line(struct guard *g, char *line, size_t size, struct err *e)
{
	uint64_t start_ns = clock_wall_ns();
	size_t n = 0;

	for (;;) {
		struct pollfd p = {.fd = g->answers, .events = POLLIN};
		ssize_t got = 0;
		char c;

		if (clock_wall_since_s(start_ns) > GUARD_PATIENCE_S)
			return give_up(g, ETIMEDOUT, e);
		if (poll(&p, 1, 1000) <= 0)
			continue;
		got = read(g->answers, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return give_up(g, EPIPE, e);
		if (c == '\n')
			break;
		if (n + 1 < size)
			line[n++] = c;
	}
	line[n] = '\0';
	return 0;
}

/* "ok TEXT", "no ERRNO TEXT" */
static int read_answer(struct guard *g, char *answer, size_t size, struct err *e)
{
	char line[GUARD_ANSWER] = "";
	int rc = read_line(g, line, sizeof(line), e), code = 0, at = 0;

	if (rc)
		return rc;
	if (!strncmp(line, "ok", 2)) {
		if (answer)
			snprintf(answer, size, "%s", line[2] ? line + 3 : "");
		return 0;
	}
	if (sscanf(line, "no %d %n", &code, &at) != 1 || code <= 0)
		return err_set(e, EPROTO, "the guard said \"%s\"", line);
	return err_set(e, code, "%s", line + at);
}

/* ---- start, ask, end ---- */

int guard_start(struct guard **out, const char *self, struct err *e)
{
	int in[2], back[2];

	*out = NULL;
	if (pipe2(in, O_CLOEXEC))
		return err_set(e, errno, "pipe: %s", strerror(errno));
	if (pipe2(back, O_CLOEXEC)) {
		close(in[0]);
		close(in[1]);
		return err_set(e, errno, "pipe: %s", strerror(errno));
	}
	struct guard *g = mem_zalloc(1, sizeof(*g));

	g->requests = in[1];
	g->answers = back[0];
	g->pid = fork();
	if (g->pid == 0)
		become(self, "guard", in[0], back[1]);
	int rc = g->pid < 0 ? err_set(e, errno, "fork: %s", strerror(errno)) : 0;

	close(in[0]);
	close(back[1]);
	if (!rc)
		rc = read_answer(g, NULL, 0, e);
	*out = g;
	if (rc) {
		struct err after = ERR_INIT;

		guard_end(g, &after);
		*out = NULL;
	}
	return rc;
}

int guard_ask(struct guard *g, const char *request, char *answer, size_t size, struct err *e)
{
	char *line = mem_printf("%s\n", request);
	size_t n = strlen(line);
	int rc = g->broken ? give_up(g, g->broken, e) : 0;

	if (!rc && strchr(request, '\n'))
		rc = err_set(e, EINVAL, "a request is one line");
	/* short enough for the pipe to take it whole */
	if (!rc && write(g->requests, line, n) != (ssize_t)n)
		rc = give_up(g, EPIPE, e);
	free(line);
	return rc ? rc : read_answer(g, answer, size, e);
}

int guard_end(struct guard *g, struct err *e)
{
	int rc = 0, status;

	if (!g)
		return 0;
	close(g->requests);
	if (g->broken)
		rc = give_up(g, g->broken, e);
	else if (g->pid > 0)
		rc = read_answer(g, NULL, 0, e);
	/* one that hangs is left to it */
	if (g->pid > 0 && g->broken != ETIMEDOUT)
		while (waitpid(g->pid, &status, 0) < 0 && errno == EINTR)
			;
	close(g->answers);
	free(g);
	return rc;
}

/* ---- what killed guards left ---- */

static bool something_left(void)
{
	char **paths;
	size_t n = journal_list(&paths);
	bool left = false;

	for (size_t i = 0; i < n; i++) {
		struct err why = ERR_INIT;
		struct journal j;

		if (journal_read(&j, paths[i], &why))
			continue;
		left |= j.state == JOURNAL_LEFT || j.state == JOURNAL_PAST;
		if (j.state == JOURNAL_FOREIGN)
			log_warn("another user's run was killed and left changes behind (%s): see "
				 "assay restore",
				 j.path);
		else if (j.state == JOURNAL_BROKEN)
			log_warn("%s: %s", why.file, why.text);
		journal_close(&j);
	}
	sysfs_list_free(paths, n);
	return left;
}

int guard_mend(const char *self, struct err *e)
{
	int status = 0;

	if (!something_left())
		return 0;
	log_info("an earlier run was killed and left changes on this machine: they are put back");
	pid_t pid = fork();

	if (pid == 0)
		become(self, "restore", -1, STDERR_FILENO);
	uint64_t until_ns = clock_wall_ns() + (uint64_t)(GUARD_PATIENCE_S * 1e9);

	/* one that takes longer goes on alone */
	if (pid < 0 || reap_until(pid, until_ns, &status) || !WIFEXITED(status) ||
	    WEXITSTATUS(status))
		return err_set(e, EIO,
			       "what an earlier run left on this machine could not be put back: "
			       "see assay restore");
	return 0;
}
