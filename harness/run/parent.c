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

struct progress {
	unsigned done, all;
	double left_s, step_s; /* estimates: of what is left, of the current step */
	uint64_t step_start_ns;
	const struct plan_step *st;
	unsigned process;
};

struct running {
	struct parent *p;
	struct progress progress;
	struct step_state {
		bool over; /* not to be repeated: it did not pass, or its GPU is left alone */
		bool warned;
	} * state;	       /* by step */
	char **gpu_left_alone; /* by GPU: why, NULL if not */
	int *gpu_lock;	       /* by GPU: descriptor, -1 before it is asked for */
	uint64_t start_ns;
	struct telemetry *telemetry; /* of the current step, NULL if none */
	int telemetry_rc;
	struct err *e;
};

static void show(const struct running *r)
{
	const struct progress *g = &r->progress;
	double spent = clock_wall_since_s(g->step_start_ns);
	double left = g->left_s - (spent < g->step_s ? spent : g->step_s);
	long s = left > 0 ? (long)left : 0;
	char *params = gate_brief(g->st->row.params);

	log_progress("[%u/%u] about %ld:%02ld left: %s, process %u of %u, %s", g->done + 1, g->all,
		     s / 60, s % 60, g->st->row.bench, g->process + 1, g->st->row.processes,
		     params);
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

static void probe(struct parent *p, const char *what, double deadline_s)
{
	struct spawned out;

	child_run(
		p,
		&(struct child_job){
			.what = what, .deadline_s = deadline_s, .on_row = take_probe, .arg = p->m},
		&out);
	if (out.status == ST_PASS || out.interrupted)
		return;
	/* a driver that does not answer is a finding, not a hang */
	char *why = mem_printf("the probe ended with %s: %s", status_name(out.status), out.reason);
	machine_add(p->m, "cuda.status", why, "assay step probe");
	machine_add(p->m, "nvml.status", why, "assay step probe");
	free(why);
}

void parent_probe(struct parent *p)
{
	probe(p, "probe", 60);
}

/* ---- one step ---- */

static int record(struct running *r, const struct plan_step *st, unsigned process,
		  const struct spawned *o, unsigned rows, double start_s, struct err *e)
{
	struct parent *p = r->p;
	struct step_row row = {.arm = (char *)p->arm.name,
			       .block = process,
			       .step = st->row.step,
			       .process = process,
			       .attempt = p->attempt,
			       .start_s = start_s,
			       .wall_s = o->wall_s,
			       .exit = o->exit,
			       .status = o->status,
			       .reason = (char *)o->reason,
			       .rows = rows};

	if (o->status != ST_PASS) {
		char *params = gate_brief(st->row.params);

		r->state[st->row.step].over = true;
		log_info("%s %s: %s: %s", st->row.bench, params, status_name(o->status), o->reason);
		free(params);
	}
	return bundle_add_step(p->bundle, &row, e);
}

static struct spawned verdict_without_running(enum status status, const char *why)
{
	struct spawned o = {.status = status};

	snprintf(o.reason, sizeof(o.reason), "%s", why);
	return o;
}

/* Looks at the GPU once more. NULL if it is ours to measure; else why not. Caller frees. */
static char *look(struct running *r, size_t gpu, enum status *status)
{
	struct parent *p = r->p;
	char *why;

	if (forced_has(&p->forced, "nvml"))
		return NULL;
	probe(p, "state", 30);
	why = machine_gpu_problem(p->m, gpu, false, status);
	return why ? why : preflight_gpu(p->m, gpu, &p->forced, status);
}

static char *lock_gpu(struct running *r, size_t gpu, enum status *status)
{
	const char *uuid = machine_gpu(r->p->m, gpu, "uuid");
	struct err e = ERR_INIT;

	if (r->gpu_lock[gpu] >= 0 || !uuid)
		return NULL;
	r->gpu_lock[gpu] = preflight_lock(uuid, &e);
	if (r->gpu_lock[gpu] >= 0)
		return NULL;
	*status = ST_BUSY;
	return mem_strdup(e.text);
}

/* Before a step: may it be started? NULL if it may. Caller frees. */
static char *obstacle(struct running *r, const struct plan_step *st, enum status *status)
{
	const char *skip = st->row.skip;
	char *why = NULL;

	if (skip[0]) {
		const char *colon = strchr(skip, ':');
		char *name = mem_strndup(skip, colon ? (size_t)(colon - skip) : strlen(skip));

		if (status_parse(name, status))
			*status = ST_SKIP;
		free(name);
		return mem_strdup(colon ? colon + 1 : skip);
	}
	if (st->gpu < 0 || (size_t)st->gpu >= r->p->m->n_gpus)
		return NULL;
	if (r->gpu_left_alone[st->gpu]) {
		*status = ST_SKIP;
		return mem_strdup(r->gpu_left_alone[st->gpu]);
	}
	why = lock_gpu(r, (size_t)st->gpu, status);
	return why ? why : look(r, (size_t)st->gpu, status);
}

/* After a step: has somebody come in meanwhile? Its numbers are kept and the step is BUSY. */
static void look_again(struct running *r, const struct plan_step *st, struct spawned *o)
{
	enum status status;
	char *why;

	if (st->gpu < 0 || o->status != ST_PASS || (size_t)st->gpu >= r->p->m->n_gpus)
		return;
	why = look(r, (size_t)st->gpu, &status);
	if (!why)
		return;
	o->status = status;
	snprintf(o->reason, sizeof(o->reason), "while it was measured: %s", why);
	free(why);
}

static int run_process(struct running *r, const struct plan_step *st, unsigned process,
		       struct err *e)
{
	struct parent *p = r->p;
	enum status status = ST_SKIP;
	double start_s = clock_wall_since_s(r->start_ns);
	struct spawned o;
	unsigned rows = 0;

	char *why = obstacle(r, st, &status);
	if (why) {
		o = verdict_without_running(status, why);
		free(why);
		return record(r, st, process, &o, 0, start_s, e);
	}
	r->e = e;
	r->telemetry_rc = 0;
	r->telemetry = st->bench->quiet ? NULL : telemetry_start(p, st->gpu, r->start_ns);
	int rc = child_step(p, st, process, tick, r, &o, &rows, e);
	int last = telemetry_stop(r->telemetry, e);
	rc = rc ? rc : r->telemetry_rc ? r->telemetry_rc : last;
	if (rc)
		return rc;
	if (o.interrupted)
		return err_set(e, EINTR, "interrupted");
	if (o.abandoned && st->gpu >= 0)
		r->gpu_left_alone[st->gpu] =
			mem_printf("GPU %d is left alone: process %d hangs in the kernel", st->gpu,
				   (int)o.abandoned);
	look_again(r, st, &o);
	return record(r, st, process, &o, rows, start_s, e);
}

/* Whether an earlier attempt has done this process, or has given the step up. */
static bool done_before(const struct running *r, const struct plan_step *st, unsigned process)
{
	const struct bundle_data *d = r->p->done;

	for (size_t i = 0; d && i < d->n_steps; i++) {
		const struct step_row *s = &d->steps[i];

		if (s->step == st->row.step && !strcmp(s->arm, r->p->arm.name) &&
		    (s->process == process || s->status != ST_PASS))
			return true;
	}
	return false;
}

static unsigned rounds(const struct plan *plan)
{
	unsigned most = 0;

	for (size_t i = 0; i < plan->n; i++)
		most = plan->step[i].row.processes > most ? plan->step[i].row.processes : most;
	return most;
}

static void count_work(struct running *r)
{
	for (size_t i = 0; i < r->p->plan->n; i++) {
		const struct plan_step *st = &r->p->plan->step[i];

		for (unsigned k = 0; k < st->row.processes; k++) {
			if (done_before(r, st, k))
				continue;
			r->progress.all++;
			r->progress.left_s += st->row.skip[0] ? 0 : st->row.estimate_s;
		}
	}
}

/* Round by round, so that a step's processes are spread over the whole run and see its drift. */
static int run_all(struct running *r, struct err *e)
{
	const struct plan *plan = r->p->plan;
	int rc = 0;

	for (unsigned k = 0; k < rounds(plan) && !rc; k++) {
		for (size_t i = 0; i < plan->n && !rc; i++) {
			const struct plan_step *st = &plan->step[i];

			if (k >= st->row.processes || r->state[i].over || done_before(r, st, k))
				continue;
			if (*r->p->interrupted)
				return err_set(e, EINTR, "interrupted");
			r->progress.st = st;
			r->progress.process = k;
			r->progress.step_s = st->row.skip[0] ? 0 : st->row.estimate_s;
			r->progress.step_start_ns = clock_wall_ns();
			rc = run_process(r, st, k, e);
			r->progress.done++;
			r->progress.left_s -= r->progress.step_s;
		}
	}
	return rc;
}

int parent_run(struct parent *p, struct err *e)
{
	struct running r = {.p = p, .start_ns = clock_wall_ns()};
	size_t n = p->m->n_gpus;

	r.state = mem_zalloc(p->plan->n, sizeof(*r.state));
	r.gpu_left_alone = mem_zalloc(n, sizeof(*r.gpu_left_alone));
	r.gpu_lock = mem_zalloc(n, sizeof(*r.gpu_lock));
	for (size_t i = 0; i < n; i++)
		r.gpu_lock[i] = -1;
	count_work(&r);
	int rc = run_all(&r, e);
	log_progress_end();
	for (size_t i = 0; i < n; i++) {
		if (r.gpu_lock[i] >= 0)
			close(r.gpu_lock[i]);
		free(r.gpu_left_alone[i]);
	}
	free(r.gpu_lock);
	free(r.gpu_left_alone);
	free(r.state);
	return rc;
}
