/*
 * GPUs that copy at once, each with memory on its own NUMA node, and which of them counts in a
 * case. Needs CUDA headers to be built, not to be included.
 */
#ifndef ASSAY_KERNELS_COPY_MEMBERS_H
#define ASSAY_KERNELS_COPY_MEMBERS_H

#include "copy_cases.h"
#include "copy_engine.h"
#include "gpu_link.h"
#include "lanes.h"

enum { MEMBERS_SUM = -1, MEMBERS_MOST = LANES_MAX / 2 };

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
	int n;
	struct lanes lanes; /* [0, n) to the GPU or the one way, [n, 2 n) back */
	uint32_t seed;
	/* of the current case */
	enum copy_dir dir;
	size_t size;
	int counted; /* index of the member, or MEMBERS_SUM */
};

/*
 * All that this process sees, with memory for its first case, their links looked at while they are
 * busy. 0 or negative errno; members_close after an error as well.
 */
int members_open(struct ctx *c, struct members *k, struct err *e);
void members_close(struct members *k);

/* Makes the context's current case the current one. -ENOTSUP where memory is lacking. */
int members_choose(struct ctx *c, struct members *k, struct err *e);

/* Whether member i counts in this case. */
bool members_counts(const struct members *k, int i);

/* All copy, LANES_MARKS times n copies each way; or one of them while the others rest. */
int members_together(struct members *k, uint64_t n, struct err *e);
int members_alone(struct members *k, int i, struct err *e);
/* Copies a second, of both ways where both run, in the last of those. */
double members_rate(const struct members *k, int i);

/* Before a copy that is to be verified, and after it: of those that count. -EBADMSG names one. */
int members_prepare(struct members *k, struct err *e);
int members_check(struct members *k, struct err *e);

/* The worst of those that count: what is not proved of one GPU's memory is not proved of all. */
const struct placement_proof *members_proof(const struct members *k);

#endif
