/*
 * What to measure next: which blocks of which steps, from what is in the bundle and what judge
 * says of it. Inner header of ab.
 */
#ifndef ASSAY_AB_SCHEDULE_H
#define ASSAY_AB_SCHEDULE_H

#include "../judge/compare.h"
#include "../run/plan.h"

#define AB_BLOCKS (2 * COMPARE_CONFIRM) /* the first ones, and those that confirm screens */
#define AB_TRIES  3			/* a block that is not valid is measured again twice */

struct todo {
	unsigned step, block, attempt;
};

struct schedule {
	struct todo *todo; /* block by block, in each the steps of the plan */
	size_t n, cap;
	bool confirms; /* these blocks confirm screens */
};

/* What a bundle of these two arms still lacks; n is 0 where it is complete. */
void schedule_make(struct schedule *out, const struct plan *p, const struct bundle_data *d,
		   const struct comparison *c);
void schedule_free(struct schedule *s);

/* Whether B goes first in that block: two of each four, shuffled by the seed. */
bool schedule_b_first(uint64_t seed, unsigned step, unsigned block);

#endif
