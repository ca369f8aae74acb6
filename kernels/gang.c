/* The step's side of a gang: see gang.h. */
#include "gang.h"

#include "../harness/base/buf.h"
#include "../harness/base/clock.h"
#include "../harness/base/mem.h"
#include "../harness/base/reap.h"
#include "gang_ranks.h"
#include "gang_start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_S	      3.0 /* for members to end by themselves */
#define KILL_S	      2.0 /* for the kernel to end them */
#define AFTER_DEATH_S 3.0 /* for answers, when a member has died */
#define LINE_BYTES    4096

struct seat {
	pid_t pid;    /* 0: of another rank's process, or reaped */
	int fd, text; /* -1 when closed */
	bool owes;    /* an answer */
	char end[80]; /* how it died */
	struct buf line;
	struct gang_answer answer;
};

struct gang {
	struct gang_spec spec;
	struct ctx *c;
	uint64_t time_ns; /* latest measured time of any member */
	struct seat seat[GANG_MAX];
};

static uint64_t now_plus(double seconds)
{
	return clock_wall_ns() + (uint64_t)(seconds * 1e9);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- what members print ---- */

static void line_done(struct gang *g, unsigned i)
{
	struct seat *s = &g->seat[i];

	if (g->spec.on_line)
		g->spec.on_line(g->spec.arg, i, buf_str(&s->line));
	else
		ctx_log(g->c, "%s: %s", g->spec.name[i], buf_str(&s->line));
	buf_reset(&s->line);
}

/* Takes what is in a member's pipe, without waiting. */
static void take_text(struct gang *g, unsigned i)
{
	struct seat *s = &g->seat[i];
	char data[4096];
	ssize_t n = 0;

	while (s->text >= 0 && (n = read(s->text, data, sizeof(data))) > 0) {
		for (ssize_t k = 0; k < n; k++) {
			if (data[k] == '\n')
				line_done(g, i);
			else if (data[k] && s->line.len < LINE_BYTES)
				buf_putc(&s->line, data[k]);
		}
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_fd(&s->text);
}

/* ---- starting ---- */

static int start_member(struct gang *g, unsigned i, char *const *env, struct err *e)
{
	const struct gang_start start = {.self = ctx_self(g->c),
					 .bench = g->spec.bench,
					 .arm = ctx_arm(g->c),
					 .rank = i,
					 .size = g->spec.size};
	struct seat *s = &g->seat[i];
	int ends[2], text[2], rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return err_set(e, errno, "socketpair: %s", strerror(errno));
	s->fd = ends[0];
	if (pipe2(text, O_CLOEXEC)) {
		close(ends[1]);
		return err_set(e, errno, "pipe: %s", strerror(errno));
	}
	s->text = text[0];
	fcntl(s->text, F_SETFL, O_NONBLOCK);
	rc = gang_spawn(&start, env, ends[1], text[1], e);
	close(ends[1]);
	close(text[1]);
	s->pid = rc > 0 ? rc : 0;
	return rc < 0 ? rc : 0;
}

/* The other ranks come to us; we ask each to start its member. */
static int start_ranks(struct gang *g, struct err *e)
{
	int fd[GANG_MAX], text[GANG_MAX], rc;

	rc = gang_ranks_gather(g->c, &g->spec, fd, text, e);
	for (unsigned i = 1; i < g->spec.size && !rc; i++) {
		g->seat[i].fd = fd[i];
		g->seat[i].text = text[i];
		fcntl(text[i], F_SETFL, O_NONBLOCK);
	}
	return rc;
}

int gang_start(struct gang **out, struct ctx *c, const struct gang_spec *spec, struct err *e)
{
	struct gang *g = mem_zalloc(1, sizeof(*g));
	unsigned n_ranks;
	bool ranks = ctx_ranks(c, &n_ranks) != NULL;
	char **env = gang_environment(spec->env, spec->drop, NULL);
	int rc = 0;

	*out = g;
	g->spec = *spec;
	g->c = c;
	for (unsigned i = 0; i < GANG_MAX; i++)
		g->seat[i].fd = g->seat[i].text = -1;
	if (spec->size < 1 || spec->size > GANG_MAX)
		rc = err_set(e, EINVAL, "a gang of %u; from 1 to %d", spec->size, GANG_MAX);
	if (!rc && ranks)
		rc = start_ranks(g, e);
	for (unsigned i = 0; i < (ranks ? 1 : spec->size) && !rc; i++)
		rc = start_member(g, i, env, e);
	free(env);
	return rc;
}

/* ---- ending ---- */

/* Waits for a member's process until then. false where it is still there. */
static bool reap(struct seat *s, uint64_t until_ns)
{
	int status = 0;

	if (s->pid && reap_until(s->pid, until_ns, &status) == -ETIMEDOUT)
		return false;
	if (s->pid && WIFSIGNALED(status))
		snprintf(s->end, sizeof(s->end), "was killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (s->pid)
		snprintf(s->end, sizeof(s->end), "ended with status %d", WEXITSTATUS(status));
	s->pid = 0;
	return true;
}

/* The rest of what it printed. The pipe's end is that of the process, also of another rank's. */
static void drain_text(struct gang *g, unsigned i, uint64_t until_ns)
{
	struct seat *s = &g->seat[i];

	while (s->text >= 0 && clock_wall_ns() < until_ns) {
		struct pollfd p = {.fd = s->text, .events = POLLIN};

		poll(&p, 1, 20);
		take_text(g, i);
	}
	close_fd(&s->text);
}

void gang_stop(struct gang *g)
{
	uint64_t until = now_plus(END_S);

	if (!g)
		return;
	for (unsigned i = 0; i < g->spec.size && i < GANG_MAX; i++) {
		if (g->seat[i].owes && g->seat[i].pid)
			kill(g->seat[i].pid, SIGKILL); /* it hangs: it would not see the end */
		close_fd(&g->seat[i].fd);
	}
	for (unsigned i = 0; i < GANG_MAX; i++) {
		struct seat *s = &g->seat[i];

		if (!reap(s, until)) {
			kill(s->pid, SIGKILL);
			if (!reap(s, now_plus(KILL_S)))
				ctx_log(g->c, "%s: process %d hangs in the kernel", g->spec.name[i],
					(int)s->pid);
		}
		drain_text(g, i, until);
		buf_free(&s->line);
	}
	free(g);
}

/* ---- orders ---- */

int gang_send(int fd, const struct gang_message *m)
{
	size_t n = GANG_MESSAGE_BYTES(m->bytes);
	ssize_t k;

	do
		k = send(fd, m, n, MSG_NOSIGNAL);
	while (k < 0 && errno == EINTR);
	return k == (ssize_t)n ? 0 : -EPIPE;
}

int gang_receive(int fd, struct gang_message *m)
{
	ssize_t k;

	do
		k = recv(fd, m, sizeof(*m), 0);
	while (k < 0 && errno == EINTR);
	if (k <= 0)
		return -EPIPE;
	m->why[sizeof(m->why) - 1] = '\0';
	if ((size_t)k < GANG_MESSAGE_BYTES(0) || m->bytes > GANG_DATA_BYTES ||
	    (size_t)k != GANG_MESSAGE_BYTES(m->bytes))
		return -EPROTO;
	return 0;
}

static void failed(struct seat *s, int code, const char *why)
{
	s->answer = (struct gang_answer){.code = code};
	snprintf(s->answer.why, sizeof(s->answer.why), "%s", why);
}

static void died(struct gang *g, unsigned i)
{
	struct seat *s = &g->seat[i];
	char why[128];

	close_fd(&s->fd);
	s->owes = false;
	bool known = s->pid && reap(s, now_plus(1));
	snprintf(why, sizeof(why), "its process %s", known ? s->end : "is gone");
	failed(s, -EPIPE, why);
}

static void take_answer(struct gang *g, unsigned i)
{
	struct seat *s = &g->seat[i];
	struct gang_message m;

	if (gang_receive(s->fd, &m)) {
		died(g, i);
		return;
	}
	s->owes = false;
	failed(s, m.code, m.why);
	s->answer.bytes = m.bytes;
	memcpy(s->answer.data, m.data, m.bytes);
	if (m.time_ns > g->time_ns)
		g->time_ns = m.time_ns;
}

static void give(struct gang *g, unsigned what, const void *data, size_t n)
{
	struct gang_message m = {.what = what,
				 .stream = ctx_case_seed(g->c),
				 .time_ns = clock_meas_ns(),
				 .bytes = (uint32_t)n};

	if (g->time_ns > m.time_ns)
		m.time_ns = g->time_ns;
	if (n)
		memcpy(m.data, data, n);
	for (unsigned i = 0; i < g->spec.size; i++) {
		struct seat *s = &g->seat[i];

		if (s->owes || s->fd < 0)
			continue; /* its last error stands */
		s->owes = true;
		if (gang_send(s->fd, &m))
			died(g, i);
	}
}

/* Whether an answer is still to come. */
static bool look_once(struct gang *g, uint64_t until_ns)
{
	struct pollfd p[2 * GANG_MAX];
	uint64_t now = clock_wall_ns();
	unsigned n = g->spec.size, left = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct seat *s = &g->seat[i];

		p[2 * i] = (struct pollfd){.fd = s->owes ? s->fd : -1, .events = POLLIN};
		p[2 * i + 1] = (struct pollfd){.fd = s->text, .events = POLLIN};
		left += s->owes;
	}
	if (!left || now >= until_ns)
		return false;
	poll(p, 2 * n, (int)((until_ns - now) / 1000000 + 1));
	for (unsigned i = 0; i < n; i++) {
		if (p[2 * i + 1].revents)
			take_text(g, i);
		if (p[2 * i].revents)
			take_answer(g, i);
	}
	return true;
}

static int blame(const struct gang *g, double patience_s, struct err *e)
{
	char silent[256] = "";
	int first = 0;

	for (unsigned i = 0; i < g->spec.size; i++) {
		const struct gang_answer *a = &g->seat[i].answer;

		if (a->code == -EPIPE)
			return err_set(e, EPIPE, "%s: %s", g->spec.name[i], a->why);
	}
	for (unsigned i = 0; i < g->spec.size; i++) {
		const struct gang_answer *a = &g->seat[i].answer;
		size_t len = strlen(silent);

		if (g->seat[i].owes)
			snprintf(silent + len, sizeof(silent) - len, "%s%s", len ? ", " : "",
				 g->spec.name[i]);
		else if (a->code && !first)
			first = err_set(e, -a->code, "%s: %s", g->spec.name[i], a->why);
	}
	if (first || !*silent)
		return first;
	return err_set(e, ETIMEDOUT, "%s: no answer within %g s", silent, patience_s);
}

/* When to stop waiting: what others do together with a dead one may never end. */
static uint64_t shorter(const struct gang *g, uint64_t until)
{
	uint64_t soon = now_plus(AFTER_DEATH_S);

	for (unsigned i = 0; i < g->spec.size; i++) {
		if (g->seat[i].answer.code == -EPIPE && soon < until)
			return soon;
	}
	return until;
}

int gang_order(struct gang *g, unsigned what, const void *data, size_t n, double patience_s,
	       struct err *e)
{
	uint64_t until = now_plus(patience_s), all = until;

	if (n > GANG_DATA_BYTES)
		return err_set(e, EINVAL, "an order of %zu bytes", n);
	give(g, what, data, n);
	while (look_once(g, until)) {
		if (until == all)
			until = shorter(g, until);
	}
	for (unsigned i = 0; i < g->spec.size; i++) {
		take_text(g, i);
		if (g->seat[i].owes)
			failed(&g->seat[i], -ETIMEDOUT, "no answer");
	}
	clock_meas_meet(g->time_ns);
	return blame(g, patience_s, e);
}

const struct gang_answer *gang_answer(const struct gang *g, unsigned member)
{
	return &g->seat[member].answer;
}
