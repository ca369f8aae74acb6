/*
 * Benchmarks on the simulated server, in the child of on_server: where one cannot be set up, the
 * child ends and says why.
 */
#ifndef ASSAY_TESTS_SIM_BENCH_H
#define ASSAY_TESTS_SIM_BENCH_H

#include "fake_ctx.h"
#include "sim.h"

/* What c->bench and c->set say, set up; fake_end ends it. */
static inline struct ctx *begun(struct ctx *c)
{
	struct err e = ERR_INIT;

	CHECK(!c->bench->supported(c, &e));
	if (fake_setup(c, &e)) {
		fprintf(stderr, "%s\n", e.text);
		_exit(1);
	}
	return c;
}

/* A case after setup; the settings stay the caller's, NULL at their end. */
static inline struct ctx *started(const struct bench *b, const char *const *set)
{
	struct ctx *c = calloc(1, sizeof(*c));

	c->bench = b;
	c->set = set;
	return begun(c);
}

static inline bool within(double v, double want, double share)
{
	if (fabs(v / want - 1) <= share)
		return true;
	fprintf(stderr, "%g, wanted %g\n", v, want);
	return false;
}

#endif
