/* The inside of a step: see step.h. */
#include "step.h"
#include "../base/clock.h"
#include "../base/mem.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct guard {
	struct emitter *out;
	double deadline_s;
	const struct ctx *c;
};

static void *watchdog(void *arg)
{
	const struct guard *g = arg;
	char reason[640];

	clock_wall_sleep_ns((uint64_t)(g->deadline_s * 1e9));
	snprintf(reason, sizeof(reason), "no end within the deadline of %g s%s%s", g->deadline_s,
		 g->c ? ", in case " : "", g->c ? g->c->labels : "");
	if (emit_end(g->out, ST_TIMEOUT, reason))
		_exit(0);
	return NULL;
}

static void *lifeline(void *arg)
{
	char c;
	ssize_t n;

	(void)arg;
	do
		n = read(STDIN_FILENO, &c, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
	_exit(128 + SIGHUP);
}

static void start_thread(void *(*fn)(void *), void *arg)
{
	pthread_t t;
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&t, NULL, fn, arg)) {
		perror("assay: pthread_create");
		exit(EXIT_NOTHING);
	}
	pthread_detach(t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void step_guard(struct emitter *m, double deadline_s, bool with_lifeline, const struct ctx *c)
{
	static struct guard g; /* the threads read it as long as the process lives */

	g = (struct guard){m, deadline_s, c};
	if (deadline_s > 0)
		start_thread(watchdog, &g);
	if (with_lifeline)
		start_thread(lifeline, NULL);
}

static void say_case(struct ctx *c, enum status s, const char *why)
{
	const char *fields[] = {"case", status_name(s), c->labels, why};

	emit_row(c->out, fields, 4);
}

struct tally {
	unsigned passed, skipped, failed;
	char first[1300]; /* the first case that failed; while none has, that was skipped */
};

static void note(struct tally *t, const struct ctx *c, const char *why, bool failed)
{
	if (!t->failed && (failed || !t->skipped))
		snprintf(t->first, sizeof(t->first), "%s: %s", c->labels, why);
	t->failed += failed;
	t->skipped += !failed;
}

/* One case: run, verify, send. Returns ST_PASS to go on with the next one, ST_ERROR to stop. */
static enum status run_case(struct ctx *c, struct tally *t)
{
	struct err e = ERR_INIT;
	int rc = c->b->run(c, &e);

	if (!rc && c->b->verify)
		rc = c->b->verify(c, &e);
	if (!rc) {
		t->passed++;
		ctx_flush_case(c, "");
		return ST_PASS;
	}
	note(t, c, e.text, rc != -ENOTSUP);
	if (rc == -ENOTSUP) {
		c->n_pending = 0;
		say_case(c, ST_SKIP, e.text);
		return ST_PASS;
	}
	say_case(c, rc == -EBADMSG ? ST_FAIL : ST_ERROR, e.text);
	ctx_flush_case(c, rc == -EBADMSG ? "corrupt" : "error");
	return rc == -EBADMSG ? ST_PASS : ST_ERROR;
}

static enum status verdict(const struct ctx *c, const struct tally *t, enum status last,
			   char *reason, size_t n)
{
	if (last == ST_ERROR || t->failed) {
		snprintf(reason, n, "%s", t->first);
		return last == ST_ERROR ? ST_ERROR : ST_FAIL;
	}
	if (!t->passed) {
		snprintf(reason, n, "%s", t->first);
		return ST_SKIP;
	}
	int k = snprintf(reason, n, "%u case%s: %u series precise, %u at budget", t->passed,
			 t->passed == 1 ? "" : "s", c->precise, c->at_budget);
	if (c->note[0] && k > 0 && (size_t)k < n)
		k += snprintf(reason + k, n - (size_t)k, "; %s", c->note);
	if (t->skipped && k > 0 && (size_t)k < n)
		snprintf(reason + k, n - (size_t)k, "; %u skipped: %s", t->skipped, t->first);
	return ST_PASS;
}

enum status step_run(struct ctx *c, char *reason, size_t n)
{
	struct err e = ERR_INIT;
	struct tally t = {0};
	enum status last = ST_PASS;
	int rc = 0;

	unsigned first = ctx_next_case(c, 0);

	clock_meas_begin(c->process_stream);
	ctx_begin_case(c, first < c->cases ? first : 0);
	if (c->b->supported)
		rc = c->b->supported(c, &e);
	if (!rc && !c->b->run)
		rc = err_set(&e, ENOTSUP,
			     "built without nvcc: the GPU part is not in this program");
	c->start_ns = clock_meas_ns();
	bool set_up = !rc;
	c->state = mem_zalloc(1, c->b->state_bytes);
	if (!rc && c->b->setup)
		rc = c->b->setup(c, &e);
	for (unsigned i = first; !rc && i < c->cases && last == ST_PASS;
	     i = ctx_next_case(c, i + 1)) {
		ctx_begin_case(c, i);
		last = run_case(c, &t);
	}
	if (set_up && c->b->teardown)
		c->b->teardown(c);
	free(c->state);
	c->state = NULL;
	if (rc) {
		snprintf(reason, n, "%s", e.text);
		return rc == -ENOTSUP ? ST_SKIP : rc == -EBADMSG ? ST_FAIL : ST_ERROR;
	}
	return verdict(c, &t, last, reason, n);
}
