/* From the values of a section's parameters to its steps. Inner header of the plan. */
#ifndef ASSAY_RUN_PLAN_STEPS_H
#define ASSAY_RUN_PLAN_STEPS_H

#include "../formats/key.h"
#include "expand.h"
#include "plan.h"

/* The section at hand. */
struct making {
	struct plan *p;
	const struct suite *s;
	const struct suite_section *sec;
	const struct bench *b;
	const struct machine *m;
	const struct plan_options *o;
	struct err *e;
	struct values value[KEY_MAX_LABELS]; /* by index in b->params */
	unsigned processes;
	double deadline_s;
	bool required;
};

/* The values of the first parameter of that type, NULL where the benchmark has none. */
struct values *plan_values_of(struct making *k, enum param_type type);

/*
 * One step for each combination of the step-scope values, the last parameter varying fastest. A
 * pair of a GPU with itself is left out; a GPU that is alone, or a MIG instance, has the peer
 * "none". 0, or -EINVAL where one GPU among several is given itself, or where a step would have no
 * case (bench.applies).
 */
int plan_add_steps(struct making *k);

#endif
