/*
 * GPUs that copy at once, each with memory on its own NUMA node, and which of them counts in a
 * case. Needs CUDA headers to be built, not to be included.
 */
#ifndef ASSAY_KERNELS_COPY_MEMBERS_H
#define ASSAY_KERNELS_COPY_MEMBERS_H

#include "copy_cases.h"
#include "copy_engine.h"
#include "crowd.h"
#include "gpu_link.h"
#include "lanes.h"

enum { MEMBERS_MOST = LANES_MAX / 2 };

struct member {
	int gpu, node, sms; /* gpu: the host's number */
	struct gpu_link link;
	struct copy_memory memory;
	size_t limit; /* bytes of pinned memory that a guest may take for this one */
	uint8_t *device;
	struct pattern_diff *diff;
	struct copy_way way[2];
};

struct members {
	struct member member[MEMBERS_MOST]; /* by CUDA ordinal */
	struct crowd crowd;		    /* all of them */
	struct lanes lanes; /* of n: [0, n) to the GPU or the one way, [n, 2 n) back */
	uint32_t seed;
	/* of the current case */
	enum copy_dir dir;
	size_t size;
};

/*
 * All that this process sees, with memory for its first case, their links looked at while they are
 * busy. 0 or negative errno; members_close after an error as well.
 */
int members_open(struct ctx *c, struct members *k, struct err *e);
void members_close(struct members *k);

/* Makes the context's current case the current one. -ENOTSUP where memory is lacking. */
int members_choose(struct ctx *c, struct members *k, struct err *e);

/* Before a copy that is to be verified, and after it: of those that count. -EBADMSG names one. */
int members_prepare(struct members *k, struct err *e);
int members_check(struct members *k, struct err *e);

/* The worst of those that count: what is not proved of one GPU's memory is not proved of all. */
const struct placement_proof *members_proof(const struct members *k);

#endif
