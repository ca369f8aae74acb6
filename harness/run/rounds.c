/*
 * Round by round, so that a step's processes are spread over the whole run and see its drift. A
 * step that did not pass is not repeated in later rounds: one ERROR, no second hang.
 */
#include "rounds.h"
#include "../base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct rounds {
	struct parent *p;
	struct arm *arm;
	const struct bundle_data *done;
	unsigned attempt;
	bool *over; /* by step: not to be repeated */
};

/* Whether an earlier attempt has done this process, or has given the step up. */
static bool done_before(const struct rounds *r, const struct plan_step *st, unsigned process)
{
	const struct bundle_data *d = r->done;

	for (size_t i = 0; d && i < d->n_steps; i++) {
		const struct step_row *s = &d->steps[i];

		if (s->step == st->row.step && !strcmp(s->arm, r->arm->name) &&
		    (s->process == process || s->status != ST_PASS))
			return true;
	}
	return false;
}

static unsigned most_processes(const struct plan *plan)
{
	unsigned most = 0;

	for (size_t i = 0; i < plan->n; i++)
		most = plan->step[i].row.processes > most ? plan->step[i].row.processes : most;
	return most;
}

static double expected_s(const struct plan_step *st)
{
	return st->row.skip[0] ? 0 : st->row.estimate_s;
}

static void count_work(struct rounds *r)
{
	struct progress *g = &r->p->progress;

	*g = (struct progress){.done = 0};
	for (size_t i = 0; i < r->p->plan->n; i++) {
		const struct plan_step *st = &r->p->plan->step[i];

		for (unsigned k = 0; k < st->row.processes; k++) {
			if (done_before(r, st, k))
				continue;
			g->all++;
			g->left_s += expected_s(st);
		}
	}
}

static int one(struct rounds *r, size_t i, unsigned process, struct err *e)
{
	const struct plan_step *st = &r->p->plan->step[i];
	enum status status = ST_PASS;

	if (process >= st->row.processes || r->over[i] || done_before(r, st, process))
		return 0;
	int rc = parent_turn(r->p,
			     &(struct turn){.arm = r->arm,
					    .st = st,
					    .block = process,
					    .process = process,
					    .attempt = r->attempt},
			     &status, e);
	r->over[i] = status != ST_PASS;
	r->p->progress.done++;
	r->p->progress.left_s -= expected_s(st);
	return rc;
}

int rounds_run(struct parent *p, struct arm *arm, const struct bundle_data *done, unsigned attempt,
	       struct err *e)
{
	struct rounds r = {.p = p, .arm = arm, .done = done, .attempt = attempt};
	int rc = 0;

	r.over = mem_zalloc(p->plan->n, sizeof(*r.over));
	count_work(&r);
	for (unsigned k = 0; k < most_processes(p->plan) && !rc; k++)
		for (size_t i = 0; i < p->plan->n && !rc; i++)
			rc = one(&r, i, k, e);
	free(r.over);
	return rc;
}
