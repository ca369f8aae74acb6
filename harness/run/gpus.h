/* The GPUs of a step by the host's numbers, in the order in which its process sees them. */
#ifndef ASSAY_RUN_GPUS_H
#define ASSAY_RUN_GPUS_H

#include "../bench.h"

#define GPUS_MAX 64 /* of one machine */

struct gpus {
	int gpu[GPUS_MAX];
	size_t n;
};

/* Whether values of that type name GPUs which the step sees. */
bool gpus_type(enum param_type t);

/* Adds those that a value names: "3", "0+1+4"; a word ("all", "none") names none. */
void gpus_add(struct gpus *g, const char *value);

/* "0,1,4,sum": what "all" of a PARAM_MEMBER stands for. Caller frees. */
char *gpus_members(const struct gpus *g);

#endif
