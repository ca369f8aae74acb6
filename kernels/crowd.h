/*
 * GPUs at work at once, of which one counts in a case, or all: what it gets beside the others, and
 * which share that is of what it gets alone. Their rates are those of lanes_rates. Needs CUDA
 * headers to be built, not to be included.
 */
#ifndef ASSAY_KERNELS_CROWD_H
#define ASSAY_KERNELS_CROWD_H

#include "../harness/bench.h"

enum { CROWD_ALL = -1, CROWD_SHARES = 5 };

struct crowd {
	int n;	     /* members */
	int counted; /* the member of the current case, or CROWD_ALL */
	int lanes;   /* of one member */
	/* n operations before each mark, of the member `only` while the others rest, or of all. */
	int (*work)(void *arg, int only, uint64_t n, struct err *e);
	/* Operations a second of one member in the last of those, on all of its lanes. */
	double (*rate)(const void *arg, int member);
	void *arg; /* of both */
};

/* Whether a member counts in this case. */
bool crowd_counts(const struct crowd *k, int member);

/* Operations of those that count, before their last mark, where n is 1. */
double crowd_operations(const struct crowd *k);

/* A batch in which all work (ctx_batch_fn); arg is the crowd. */
int crowd_batch(void *arg, uint64_t n, double *seconds, struct err *e);

/*
 * Emits "share" CROWD_SHARES times: the rate beside the others by the rate alone, of all by the sum
 * of those alone. 0 or negative errno.
 */
int crowd_emit_shares(struct ctx *c, const struct crowd *k, struct err *e);

#endif
