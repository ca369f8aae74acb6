/*
 * Made-up comparisons in memory, the same each time: what differences, hints and the reports of a
 * comparison are tested with. Rows are decided by the shipped rule; counts and sentences are made
 * up here. Include it in one file of a test program, with make_bundle.h.
 */
#ifndef ASSAY_TESTS_MAKE_COMPARISON_H
#define ASSAY_TESTS_MAKE_COMPARISON_H

#include "make_bundle.h"
#include "../../harness/judge/compare.h"
#include "../../harness/judge/differences.h"

#include <math.h>
#include <stdio.h>

/* What a row is made of: B is worse by shift (a share), processes spread by sd. */
struct mc_row {
	enum role role;
	const char *bench, *metric, *labels, *unit, *better;
	double a, shift, sd, margin;
	unsigned blocks;
	unsigned lost_a, lost_b; /* the first blocks of each are lost */
	unsigned stray_b;	 /* block whose B is 20 % off; 0: none */
	const char *reason;
};

static inline void mc_pair(struct pair *p, const struct mc_row *m, unsigned block, struct rng *r)
{
	bool lower = !strcmp(m->better, "lower");
	double worse = log1p(m->shift) + (m->stray_b && m->stray_b == block ? 0.2 : 0);
	double drift = 0.002 * sin(0.4 * block);

	*p = (struct pair){.block = block, .b_first = block % 4 == 1 || block % 4 == 2};
	p->a = m->a * exp(drift + m->sd * rng_normal(r));
	p->b = m->a * exp(drift + m->sd * rng_normal(r) + (lower ? worse : -worse));
	p->cause = "";
	p->valid = true;
	if (block < m->lost_a || block < m->lost_b) {
		p->valid = false;
		p->cause = block < m->lost_b ? "podman: busy" : "host: busy";
		*(block < m->lost_b ? &p->b : &p->a) = NAN;
	}
	p->d = !p->valid ? NAN : lower ? log(p->b / p->a) : log(p->a / p->b);
	p->stray_b = m->stray_b && m->stray_b == block;
}

static inline struct compared *mc_add(struct comparison *c, const struct mc_row *m)
{
	struct rng r = {rng_hash_str(rng_hash(11, m->role), m->labels)};
	struct verdict_family family = {.alpha = 0.03, .metrics = 40, .looks = 3};
	double d[VERDICT_MOST];
	size_t n = 0;

	c->row = mem_grow(c->row, c->n, &c->cap, sizeof(*c->row));
	struct compared *x = &c->row[c->n++];
	*x = (struct compared){
		.bench = m->bench,
		.metric = m->metric,
		.labels = m->labels,
		.unit = m->unit,
		.better = m->better,
		.cls = "bandwidth",
		.role = m->role,
		.margin = m->margin > 0 ? m->margin : 0.02,
		.a = m->blocks ? m->a : NAN,
		.b = m->blocks ? m->a * (!strcmp(m->better, "lower") ? 1 + m->shift
								     : 1 / (1 + m->shift))
			       : NAN,
		.ratio = NAN,
		.lo = NAN,
		.hi = NAN,
		.detectable = NAN,
		.lost_a = m->lost_a,
		.lost_b = m->lost_b,
		.strays_b = m->stray_b > 0,
		.reason = m->reason ? m->reason : "",
	};
	for (unsigned i = 0; i < m->blocks; i++) {
		struct pair p;
		size_t cap = x->pairs;

		mc_pair(&p, m, i, &r);
		x->pair = mem_grow(x->pair, x->pairs, &cap, sizeof(*x->pair));
		x->pair[x->pairs++] = p;
		if (p.valid && n < VERDICT_MOST)
			d[n++] = p.d;
	}
	verdict_decide(&x->decision, &(struct verdict_series){.d = d, .n = n, .margin = x->margin},
		       &family);
	const struct look *l = &x->decision.look;
	if (l->k) {
		x->ratio = expm1(l->mean);
		x->lo = expm1(l->mean - l->half);
		x->hi = expm1(l->mean + l->half);
		x->detectable = expm1(l->detectable);
	}
	return x;
}

static inline void mc_free(struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->row[i].pair);
	free(c->row);
	*c = (struct comparison){.n = 0};
}

#endif
