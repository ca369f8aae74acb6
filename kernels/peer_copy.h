/*
 * One copy between two GPUs, by the copy engine or by the SMs of either, and the proof that it
 * arrived. Each GPU has memory that holds the pattern and memory where the other's arrives. Needs
 * CUDA headers to be built, not to be included.
 */
#ifndef ASSAY_KERNELS_PEER_COPY_H
#define ASSAY_KERNELS_PEER_COPY_H

#include "lanes.h"
#include "pattern.h"

struct peer_memory {
	uint8_t *from, *to;
	struct pattern_diff *diff;
	int sms;
};

struct peer_copy {
	struct lanes lanes;		   /* one on each GPU */
	struct peer_memory gpu[LANES_MAX]; /* by the lane that is on it */
	uint32_t seed;
	size_t size; /* of one copy */
	bool sm;     /* by the SMs, which needs peer access; else by the copy engine */
};

/*
 * A lane on each of n GPUs by their CUDA ordinals, twice `bytes` of its memory, patterns made.
 * peer_copy_close after an error too.
 */
int peer_copy_open(struct peer_copy *k, const int *device, int n, size_t bytes, uint32_t seed,
		   struct err *e);
void peer_copy_close(struct peer_copy *k);

/* Queues a copy from one lane's GPU to another's on a stream of one of them, the one at work. */
int peer_copy_queue(const struct peer_copy *k, int from, int to, struct CUstream_st *stream);

/* Makes the source again, lest an earlier copy is blamed on this one; poisons the destination. */
int peer_copy_prepare(const struct peer_copy *k, int from, int to, struct err *e);

/*
 * Looks at every byte at the destination, there. -EBADMSG where one is wrong: who copied to whom,
 * as formatted, and "nothing … arrived" or "3 … bytes are wrong, the first at offset 7".
 */
int peer_copy_check(const struct peer_copy *k, int to, struct err *e, const char *who, ...)
	__attribute__((format(printf, 4, 5)));

/* What copies, in words. */
const char *peer_copy_engine(const struct peer_copy *k);

#endif
