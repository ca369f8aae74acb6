/* The command line of a step, and what becomes of its rows: see child.h. */
#include "child.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../formats/key.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define MAX_ARGS (96 + ARM_WORDS)

struct relay {
	const struct parent *p;
	const struct child_job *job;
};

static int relay_row(void *arg, const char *const *f, size_t n, struct err *e)
{
	struct relay *r = arg;

	return r->job->on_row(r->job->arg, f, n, e);
}

static void relay_text(void *arg, const char *line, size_t n)
{
	struct relay *r = arg;

	if (r->p->bundle)
		bundle_log(r->p->bundle, line, n);
}

static void relay_tick(void *arg)
{
	struct relay *r = arg;

	if (r->job->on_tick)
		r->job->on_tick(r->job->tick_arg);
}

static void make_nonce(char out[33])
{
	unsigned char raw[16];

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		memset(raw, (int)getpid(), sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

/* The launcher's words and what follows them. Returns how many there are. */
static size_t put_launcher(const char **argv, const struct arm *arm, const char *what,
			   const char *id)
{
	size_t n = 0;

	if (!arm->words)
		return 0;
	while (n < arm->words) {
		argv[n] = arm->word[n];
		n++;
	}
	argv[n++] = what;
	argv[n++] = id;
	return n;
}

void child_run(const struct parent *p, const struct arm *arm, const struct child_job *job,
	       struct spawned *out)
{
	const char *argv[MAX_ARGS], *stop[ARM_WORDS + 3] = {NULL};
	char nonce[33], nonce_arg[48], deadline[48], id[48];
	struct relay r = {p, job};
	size_t n;

	make_nonce(nonce);
	snprintf(nonce_arg, sizeof(nonce_arg), "--nonce=%s", nonce);
	snprintf(deadline, sizeof(deadline), "--deadline=%g", job->deadline_s);
	snprintf(id, sizeof(id), "assay-%.16s", nonce);
	put_launcher(stop, arm, "--stop", id);
	n = put_launcher(argv, arm, "--id", id);
	if (n)
		argv[n++] = "--";
	argv[n++] = arm->program;
	argv[n++] = "step";
	argv[n++] = job->what;
	argv[n++] = nonce_arg;
	argv[n++] = deadline;
	argv[n++] = "--lifeline";
	for (const char *const *x = job->extra; x && *x && n < MAX_ARGS - 1; x++)
		argv[n++] = *x;
	argv[n] = NULL;
	spawn_run(&(struct spawn){.argv = argv,
				  .nonce = nonce,
				  .deadline_s = job->deadline_s,
				  .stop = stop,
				  .interrupted = p->interrupted,
				  .on_row = relay_row,
				  .on_text = relay_text,
				  .on_tick = relay_tick,
				  .arg = &r},
		  out);
}

/* ---- a step's rows ---- */

struct taking {
	const struct parent *p;
	const struct turn *turn;
	unsigned rows;
	int rc; /* the bundle's error */
	struct err *e;
};

static int take_sample(struct taking *t, const char *const *f)
{
	struct sample_row row = {.arm = t->turn->arm->name,
				 .block = t->turn->block,
				 .step = t->turn->st->row.step,
				 .process = t->turn->process,
				 .attempt = t->turn->attempt,
				 .bench = t->turn->st->row.bench,
				 .metric = (char *)f[1],
				 .labels = (char *)f[2],
				 .sample = (unsigned)strtoul(f[3], NULL, 10),
				 .t_s = strtod(f[4], NULL),
				 .value = strtod(f[5], NULL),
				 .valid = (char *)f[6]};

	t->rows++;
	return bundle_add_sample(t->p->bundle, &row, t->e);
}

static int take_fact(struct taking *t, const char *kind, const char *metric, const char *labels,
		     const char *value, const char *source)
{
	char *key = mem_printf("fact.%s.%s%s%s{%s}", kind, t->turn->st->row.bench,
			       *metric ? "." : "", metric, labels);
	int rc = bundle_add_manifest(t->p->bundle, t->turn->arm->name, key, value, source, t->e);

	free(key);
	return rc;
}

static int take_case(struct taking *t, const char *const *f)
{
	const char *kind = !strcmp(f[1], "SKIP")   ? "skip"
			   : !strcmp(f[1], "FAIL") ? "fail"
						   : "error";

	return take_fact(t, kind, "", f[2], f[3], "assay step");
}

static void take_throttling(struct arm *arm, const char *const *f)
{
	arm->throttled_periods = fmax(arm->throttled_periods, 0) + strtod(f[1], NULL);
	arm->throttled_s = fmax(arm->throttled_s, 0) + strtod(f[2], NULL);
}

static int take_row(void *arg, const char *const *f, size_t n, struct err *e)
{
	struct taking *t = arg;

	if (n == 7 && !strcmp(f[0], "sample"))
		t->rc = take_sample(t, f);
	else if (n == 6 && !strcmp(f[0], "fact"))
		t->rc = take_fact(t, f[1], f[2], f[3], f[4], f[5]);
	else if (n == 4 && !strcmp(f[0], "case"))
		t->rc = take_case(t, f);
	else if (n == 4 && !strcmp(f[0], "env"))
		t->rc = bundle_add_manifest(t->p->bundle, t->turn->arm->name, f[1], f[2], f[3],
					    t->e);
	else if (n == 3 && !strcmp(f[0], "throttled"))
		take_throttling(t->turn->arm, f);
	else if (n == 2 && !strcmp(f[0], "log"))
		bundle_log(t->p->bundle, f[1], strlen(f[1]));
	else
		return err_set(e, EPROTO, "a row of an unknown kind: %s", n ? f[0] : "");
	if (t->rc)
		return err_set(e, -t->rc, "the bundle cannot be written");
	return 0;
}

static void add(char **args, size_t *n, char *text)
{
	if (*n < MAX_ARGS - 16)
		args[(*n)++] = text;
	else
		free(text);
}

/* "UUID,UUID" of the step's GPUs in its order, NULL where it measures none. Caller frees. */
static char *visible_gpus(const struct turn *t)
{
	const struct gpus *g = &t->st->gpus;
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < g->n; i++) {
		const char *uuid = machine_part(&t->arm->m, (size_t)g->gpu[i], g->mig, "uuid");

		if (uuid)
			buf_printf(&b, "%s%s", b.len ? "," : "", uuid);
	}
	return b.len ? buf_steal(&b) : NULL;
}

int child_step(const struct parent *p, const struct turn *turn, void (*on_tick)(void *),
	       void *tick_arg, struct spawned *out, unsigned *rows, struct err *e)
{
	const struct plan_row *row = &turn->st->row;
	const struct arm *arm = turn->arm;
	struct taking t = {.p = p, .turn = turn, .e = e};
	char *args[MAX_ARGS] = {NULL}, *params = mem_strdup(row->params), *save = NULL;
	char *uuids = visible_gpus(turn);
	size_t n = 0;

	add(args, &n, mem_printf("--seed=%llu", (unsigned long long)p->seed));
	add(args, &n, mem_printf("--arm=%s", arm->name));
	add(args, &n, mem_printf("--block=%u", turn->block));
	add(args, &n, mem_printf("--step=%u", row->step));
	add(args, &n, mem_printf("--process=%u", turn->process));
	add(args, &n, mem_printf("--attempt=%u", turn->attempt));
	if (uuids)
		add(args, &n, mem_printf("--gpu-uuid=%s", uuids));
	if (p->rendezvous && !arm->words)
		add(args, &n, mem_printf("--ranks=%u:%s", p->ranks, p->rendezvous));
	if (p->plan->gate[0])
		add(args, &n, mem_printf("--gate=%s", p->plan->gate));
	for (char *w = strtok_r(params, " ", &save); w; w = strtok_r(NULL, " ", &save))
		add(args, &n, mem_strdup(w));
	char *command = mem_printf("-- %s %s, %s, block %u, process %u", row->bench, row->params,
				   arm->name, turn->block, turn->process);
	bundle_log(p->bundle, command, strlen(command));
	child_run(p, arm,
		  &(struct child_job){.what = row->bench,
				      .extra = (const char *const *)args,
				      .deadline_s = row->deadline_s,
				      .on_row = take_row,
				      .on_tick = on_tick,
				      .arg = &t,
				      .tick_arg = tick_arg},
		  out);
	*rows = t.rows;
	free(command);
	free(uuids);
	free(params);
	for (size_t i = 0; i < n; i++)
		free(args[i]);
	return t.rc;
}
