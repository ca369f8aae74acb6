/* The metric keys that a step can give. */
#ifndef ASSAY_RUN_PLAN_KEYS_H
#define ASSAY_RUN_PLAN_KEYS_H

#include "plan.h"

typedef void plan_key_fn(void *arg, const struct plan_step *st, const struct metric *m,
			 const char *labels);

/* Calls fn for each metric of each case; a case need not emit every metric. */
void plan_keys(const struct plan_step *st, plan_key_fn *fn, void *arg);

#endif
