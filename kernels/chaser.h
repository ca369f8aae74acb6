/*
 * An SM that follows a ring of pointers, timed: what the benchmarks of a GPU's load latency share;
 * where the ring lies is theirs. Needs CUDA headers to be built, not to be included.
 */
#ifndef ASSAY_KERNELS_CHASER_H
#define ASSAY_KERNELS_CHASER_H

#include "lanes.h"

enum { CHASER_STRIDE = 128, CHASER_CHECKED_STEPS = 1 << 14, CHASER_SMS = 8 };

struct chaser {
	struct lanes lanes;
	void **at;	/* in pinned memory: where the next chase begins and the last one ended */
	uint64_t steps; /* of a sample */
	int sms;	/* that share them, one after another; the GPU has `of_sms` */
	int of_sms;
	uint32_t *sm; /* in pinned memory: which ones they were, where there are several */
};

/* On the first GPU. 0 or negative errno; chaser_close after an error as well. */
int chaser_open(struct chaser *k, uint64_t steps, struct err *e);
void chaser_close(struct chaser *k);

/* From now on CHASER_SMS of the GPU's SMs do each a part of the steps, in turn. 0 or negative
 * errno. */
int chaser_spread(struct chaser *k, struct err *e);

/* Samples the time of one load from *at on, as the metric "latency". */
int chaser_sample(struct ctx *c, struct chaser *k, struct err *e);

/*
 * Follows CHASER_CHECKED_STEPS pointers from *at on and waits; meanwhile looks at `state`, which
 * may be NULL: not while something is timed, as latencies are what NVML might disturb. 0 or
 * negative errno.
 */
int chaser_check(struct chaser *k, struct gpu_state *state, struct err *e);

#endif
