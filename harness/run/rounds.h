/* The order of `assay run`: every step's processes, round by round over the plan. */
#ifndef ASSAY_RUN_ROUNDS_H
#define ASSAY_RUN_ROUNDS_H

#include "parent.h"

/*
 * Runs all steps of the plan in one arm. done: steps of earlier attempts at this bundle (NULL:
 * none); attempt: how often it was resumed. 0, or parent_turn's error.
 */
int rounds_run(struct parent *p, struct arm *arm, const struct bundle_data *done, unsigned attempt,
	       struct err *e);

#endif
