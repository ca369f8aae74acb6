/*
 * What launch and graph stand on: a thread on the CPUs of the case's node, one stream with a gate
 * and events, and a word of the GPU's memory in which kernels count, so that one sees that they
 * ran. Needs CUDA headers to be built, not to be included.
 */
#ifndef ASSAY_KERNELS_LAUNCH_GROUND_H
#define ASSAY_KERNELS_LAUNCH_GROUND_H

#include "lanes.h"

struct launch_ground {
	struct lanes lanes;	   /* one */
	unsigned long long *count; /* in the GPU's memory */
};

/* 0 or negative errno; launch_ground_close after an error as well. -EBUSY under MPS. */
int launch_ground_open(struct launch_ground *g, struct ctx *c, struct err *e);
void launch_ground_close(struct launch_ground *g);

/* Inline, for it is asked inside of what is timed. */
static inline struct CUstream_st *launch_stream(const struct launch_ground *g)
{
	return g->lanes.lane[0].stream;
}

/*
 * Queues the word's being set to zero; waits for the stream and reads the word. Return a
 * cudaError_t.
 */
int launch_count_zero(const struct launch_ground *g);
int launch_count_read(const struct launch_ground *g, unsigned long long *counted);

#endif
