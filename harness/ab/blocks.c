/*
 * Carrying out a comparison: measure what the schedule asks for, let judge look at the bundle, ask
 * again, until nothing is left to measure. Before each process of an arm the controls are measured
 * on this host, whatever the arm is.
 */
#include "../base/log.h"
#include "../base/mem.h"
#include "../base/status.h"
#include "ab.h"
#include "schedule.h"

#include <stdlib.h>
#include <string.h>

struct blocks {
	struct parent *p;
	struct arm *arm; /* two of them */
	/* where the controls of each arm run: under the arm's name, but on this host */
	struct arm control[2];
	const struct plan_step *control_step;
};

/* What judge makes of the bundle so far. */
struct state {
	struct bundle_data d;
	struct results r;
	struct comparison c;
	struct schedule s;
};

static int look(struct blocks *b, struct state *s, struct err *e)
{
	memset(s, 0, sizeof(*s));
	int rc = bundle_load(&s->d, bundle_dir(b->p->bundle), e);

	if (!rc)
		rc = results_make(&s->r, &s->d, e);
	if (!rc)
		rc = comparison_of_arms(&s->c, &s->d, &s->r, e);
	if (!rc)
		schedule_make(&s->s, b->p->plan, &s->d, &s->c);
	return rc;
}

static void forget(struct state *s)
{
	schedule_free(&s->s);
	comparison_free(&s->c);
	results_free(&s->r);
	bundle_data_free(&s->d);
}

static void count_work(struct blocks *b, const struct schedule *s)
{
	struct progress *g = &b->p->progress;

	g->all = g->done;
	g->left_s = 0;
	for (size_t i = 0; i < s->n; i++) {
		g->all += 4; /* two processes, each with its control */
		g->left_s += 2 * (b->p->plan->step[s->todo[i].step].row.estimate_s +
				  b->control_step->row.estimate_s);
	}
}

static int turn(struct blocks *b, struct arm *arm, const struct plan_step *st, const struct todo *t,
		unsigned process, enum status *status, struct err *e)
{
	int rc = parent_turn(b->p,
			     &(struct turn){.arm = arm,
					    .st = st,
					    .block = t->block,
					    .process = process,
					    .attempt = t->attempt},
			     status, e);

	b->p->progress.done++;
	b->p->progress.left_s -= st->row.estimate_s;
	return rc;
}

/* One step in both arms, back to back. *over: an arm did not pass; the step is given up. */
static int block(struct blocks *b, const struct todo *t, bool *over, struct err *e)
{
	const struct plan_step *st = &b->p->plan->step[t->step];
	bool b_first = schedule_b_first(b->p->seed, t->step, t->block);
	enum status status = ST_PASS;
	int rc = 0;

	for (int i = 0; i < 2 && !rc && !*over; i++) {
		int which = b_first ? !i : i;

		rc = turn(b, &b->control[which], b->control_step, t, t->step, &status, e);
		if (!rc)
			rc = turn(b, &b->arm[which], st, t, 0, &status, e);
		*over = status != ST_PASS && status != ST_BUSY;
	}
	return rc;
}

static void say_look(const struct state *s)
{
	const struct comparison *c = &s->c;
	unsigned open = 0;

	for (size_t i = 0; i < c->n; i++)
		open += c->row[i].role == ROLE_GATE && c->row[i].decision.wants > 0;
	if (s->s.confirms)
		log_info("%u screen%s moved: measured again in fresh blocks", c->candidates,
			 c->candidates == 1 ? "" : "s");
	else if (open)
		log_info("%u of %u gates %s undecided after %u blocks", open, c->gates,
			 open == 1 ? "is" : "are", c->blocks);
}

/* Measures what one look asks for. *more: whether there was anything. */
static int pass(struct blocks *b, bool *more, struct err *e)
{
	struct state s;
	int rc = look(b, &s, e);
	bool *over = mem_zalloc(b->p->plan->n, sizeof(*over)); /* by step */

	*more = !rc && s.s.n > 0;
	if (*more) {
		if (s.c.blocks)
			say_look(&s);
		count_work(b, &s.s);
	}
	for (size_t i = 0; i < s.s.n && !rc; i++) {
		const struct todo *t = &s.s.todo[i];

		if (!over[t->step])
			rc = block(b, t, &over[t->step], e);
	}
	free(over);
	forget(&s);
	return rc;
}

int ab_run(struct parent *p, struct arm arm[2], struct err *e)
{
	struct blocks b = {.p = p, .arm = arm, .control_step = &p->plan->step[p->plan->n - 1]};
	bool more = true;
	int rc = 0;

	for (int i = 0; i < 2 && !rc; i++) {
		rc = arm_parse(&b.control[i], "host", NULL, p->self, e);
		if (!rc)
			arm_rename(&b.control[i], arm[i].name);
	}
	p->progress = (struct progress){.done = 0};
	while (!rc && more)
		rc = pass(&b, &more, e);
	arm_free(&b.control[0]);
	arm_free(&b.control[1]);
	return rc;
}
