/*
 * The GPUs of a step by the host's numbers, in the order in which its process sees them; or one MIG
 * instance: CUDA shows a process one at most, and nothing beside it.
 */
#ifndef ASSAY_RUN_GPUS_H
#define ASSAY_RUN_GPUS_H

#include "../bench.h"

#define GPUS_MAX 64 /* of one machine */
#define MIG_MAX	 24 /* bytes of an instance's name, "7.0" */

struct gpus {
	int gpu[GPUS_MAX];
	size_t n;
	char mig[MIG_MAX]; /* the MIG instance of gpu[0] that is measured, "" for whole GPUs */
};

/* Whether values of that type name GPUs which the step sees. */
bool gpus_type(enum param_type t);

/* Adds those that a value names: "3", "0+1+4", "3:7.0"; a word ("all", "none") names none. */
void gpus_add(struct gpus *g, const char *value);

/*
 * "3:7.0": a MIG instance of a GPU, by the numbers of its GPU instance and its compute instance.
 * 0 with *gpu and mig "7.0", or -EINVAL.
 */
int gpus_instance(const char *value, uint64_t *gpu, char mig[MIG_MAX]);

/* "0,1,4,sum": what "all" of a PARAM_MEMBER stands for. Caller frees. */
char *gpus_members(const struct gpus *g);

#endif
