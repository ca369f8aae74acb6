/* The parent: see parent.h. */
#include "parent.h"
#include "../base/clock.h"
#include "../base/log.h"
#include "../base/mem.h"
#include "child.h"
#include "gate.h"
#include "telemetry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lock {
	char *uuid; /* of the GPU, or of a MIG instance of it */
	int fd;
};

struct parent_gpu {
	char *left_alone; /* why, NULL if not; owned */
	struct lock *lock;
	size_t n_locks, cap_locks;
};

/* The turn at hand. */
struct running {
	struct parent *p;
	const struct turn *t;
	uint64_t start_ns;
	struct telemetry *telemetry; /* NULL if none */
	int telemetry_rc;
	struct err *e;
};

static void show(const struct running *r)
{
	const struct progress *g = &r->p->progress;
	const struct plan_row *row = &r->t->st->row;
	double spent = clock_wall_since_s(r->start_ns);
	double left = g->left_s - (spent < row->estimate_s ? spent : row->estimate_s);
	long s = left > 0 ? (long)left : 0;
	char *params = gate_brief(row->params);

	log_progress("[%u/%u] about %ld:%02ld left: %s, block %u, %s, %s", g->done + 1, g->all,
		     s / 60, s % 60, row->bench, r->t->block + 1, r->t->arm->name, params);
	free(params);
}

/* About ten times a second while a step runs. */
static void tick(void *arg)
{
	struct running *r = arg;

	if (!r->telemetry_rc)
		r->telemetry_rc = telemetry_pump(r->telemetry, r->e);
	show(r);
}

/* ---- probes ---- */

static int take_probe(void *arg, const char *const *f, size_t n, struct err *e)
{
	(void)e;
	if (n == 4 && !strcmp(f[0], "env"))
		machine_add(arg, f[1], f[2], f[3]);
	return 0;
}

static void probe(const struct parent *p, struct arm *arm, const char *what, double deadline_s)
{
	struct spawned out;

	child_run(p, arm,
		  &(struct child_job){.what = what,
				      .deadline_s = deadline_s,
				      .on_row = take_probe,
				      .arg = &arm->m},
		  &out);
	if (out.status == ST_PASS || out.interrupted)
		return;
	/* a driver that does not answer is a finding, not a hang */
	char *why = mem_printf("the probe ended with %s: %s", status_name(out.status), out.reason);
	machine_add(&arm->m, "cuda.status", why, "assay step probe");
	machine_add(&arm->m, "nvml.status", why, "assay step probe");
	free(why);
}

void parent_probe(const struct parent *p, struct arm *arm)
{
	probe(p, arm, "probe", 60);
}

/* ---- one turn ---- */

/* What is remembered of the i-th GPU that the turn measures, NULL beyond the last. */
static struct parent_gpu *gpu_of(const struct running *r, size_t i)
{
	const struct gpus *g = &r->t->st->gpus;

	return i < g->n && (size_t)g->gpu[i] < r->p->n_gpus ? &r->p->gpu[g->gpu[i]] : NULL;
}

static int record(const struct running *r, const struct spawned *o, unsigned rows, double start_s,
		  struct err *e)
{
	const struct turn *t = r->t;
	struct step_row row = {.arm = t->arm->name,
			       .block = t->block,
			       .step = t->st->row.step,
			       .process = t->process,
			       .attempt = t->attempt,
			       .start_s = start_s,
			       .wall_s = o->wall_s,
			       .exit = o->exit,
			       .status = o->status,
			       .reason = (char *)o->reason,
			       .rows = rows};

	if (o->status != ST_PASS) {
		char *params = gate_brief(t->st->row.params);

		log_info("%s %s: %s: %s", t->st->row.bench, params, status_name(o->status),
			 o->reason);
		free(params);
	}
	return bundle_add_step(r->p->bundle, &row, e);
}

static struct spawned verdict_without_running(enum status status, const char *why)
{
	struct spawned o = {.status = status};

	snprintf(o.reason, sizeof(o.reason), "%s", why);
	return o;
}

/* Looks at the GPUs once more. NULL if they are ours to measure; else why not. Caller frees. */
static char *look(const struct running *r, enum status *status)
{
	struct parent *p = r->p;
	struct machine *m = &r->t->arm->m;
	char *why = NULL;

	if (forced_has(&p->forced, "nvml"))
		return NULL;
	probe(p, r->t->arm, "state", 30);
	for (size_t i = 0; gpu_of(r, i) && !why; i++) {
		size_t gpu = (size_t)r->t->st->gpus.gpu[i];

		why = machine_gpu_problem(m, gpu, r->t->st->gpus.mig, false, status);
		if (!why)
			why = preflight_gpu(m, gpu, r->t->st->gpus.mig, &p->forced, status);
	}
	return why;
}

char *parent_claim(struct parent *p, const struct machine *m, size_t number, const char *mig)
{
	struct parent_gpu *gpu = &p->gpu[number];
	const char *uuid = machine_part(m, number, mig, "uuid");
	struct err e = ERR_INIT;

	for (size_t k = 0; uuid && k < gpu->n_locks; k++) {
		if (!strcmp(gpu->lock[k].uuid, uuid))
			return NULL;
	}
	int fd = uuid ? preflight_lock(uuid, &e) : -1;
	if (fd >= 0) {
		gpu->lock = mem_grow(gpu->lock, gpu->n_locks, &gpu->cap_locks, sizeof(*gpu->lock));
		gpu->lock[gpu->n_locks++] = (struct lock){mem_strdup(uuid), fd};
	}
	if (fd >= 0 || !uuid)
		return NULL;
	char *words = machine_words(m, number, mig), *why = mem_printf("%s: %s", words, e.text);
	free(words);
	return why;
}

/* Why the i-th GPU of the turn cannot be measured, before it is looked at. Caller frees. */
static char *unavailable(const struct running *r, size_t i, enum status *status)
{
	const struct gpus *g = &r->t->st->gpus;

	*status = ST_SKIP;
	if (gpu_of(r, i)->left_alone)
		return mem_strdup(gpu_of(r, i)->left_alone);
	*status = ST_BUSY;
	return parent_claim(r->p, &r->t->arm->m, (size_t)g->gpu[i], g->mig);
}

/* Before a step: may it be started? NULL if it may. Caller frees. */
static char *obstacle(const struct running *r, enum status *status)
{
	const char *skip = r->t->st->row.skip;
	char *why = NULL;

	if (skip[0]) {
		const char *colon = strchr(skip, ':');
		char *name = mem_strndup(skip, colon ? (size_t)(colon - skip) : strlen(skip));

		if (status_parse(name, status))
			*status = ST_SKIP;
		free(name);
		return mem_strdup(colon ? colon + 1 : skip);
	}
	for (size_t i = 0; gpu_of(r, i) && !why; i++)
		why = unavailable(r, i, status);
	return why || !gpu_of(r, 0) ? why : look(r, status);
}

/* After a step: has somebody come in meanwhile? Its numbers are kept and the step is BUSY. */
static void look_again(const struct running *r, struct spawned *o)
{
	enum status status;
	char *why;

	if (!gpu_of(r, 0) || o->status != ST_PASS)
		return;
	why = look(r, &status);
	if (!why)
		return;
	o->status = status;
	snprintf(o->reason, sizeof(o->reason), "while it was measured: %s", why);
	free(why);
}

/* Starts the process and waits for it. 0, -EINTR or the bundle's error. */
static int run_process(struct running *r, struct spawned *o, unsigned *rows)
{
	struct parent *p = r->p;
	const struct turn *t = r->t;

	if (!t->st->bench->quiet && gpu_of(r, 0))
		r->telemetry = telemetry_start(p, t->arm, &t->st->gpus);
	int rc = child_step(p, t, tick, r, o, rows, r->e);
	int last = telemetry_stop(r->telemetry, r->e);

	rc = rc ? rc : r->telemetry_rc ? r->telemetry_rc : last;
	if (rc)
		return rc;
	if (o->interrupted)
		return err_set(r->e, EINTR, "interrupted");
	for (size_t i = 0; o->abandoned && gpu_of(r, i); i++) {
		if (!gpu_of(r, i)->left_alone)
			gpu_of(r, i)->left_alone =
				mem_printf("GPU %d is left alone: process %d hangs in the kernel",
					   t->st->gpus.gpu[i], (int)o->abandoned);
	}
	return 0;
}

int parent_turn(struct parent *p, const struct turn *t, enum status *status, struct err *e)
{
	struct running r = {.p = p, .t = t, .start_ns = clock_wall_ns(), .e = e};
	double start_s = clock_wall_since_s(p->start_ns);
	enum status why_status = ST_SKIP;
	unsigned rows = 0;
	struct spawned o;

	if (*p->interrupted)
		return err_set(e, EINTR, "interrupted");
	char *why = obstacle(&r, &why_status);
	if (why) {
		o = verdict_without_running(why_status, why);
		free(why);
	} else {
		int rc = run_process(&r, &o, &rows);

		if (rc)
			return rc;
		look_again(&r, &o);
	}
	*status = o.status;
	return record(&r, &o, rows, start_s, e);
}

void parent_open(struct parent *p)
{
	p->start_ns = clock_wall_ns();
	p->gpu = mem_zalloc(p->n_gpus + 1, sizeof(*p->gpu));
}

static void forget_gpu(struct parent_gpu *g)
{
	for (size_t i = 0; i < g->n_locks; i++) {
		close(g->lock[i].fd);
		free(g->lock[i].uuid);
	}
	free(g->lock);
	free(g->left_alone);
}

void parent_close(struct parent *p)
{
	log_progress_end();
	for (size_t i = 0; p->gpu && i < p->n_gpus; i++)
		forget_gpu(&p->gpu[i]);
	free(p->gpu);
	p->gpu = NULL;
}
