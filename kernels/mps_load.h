/*
 * What a client of the mps benchmark computes: numbers that go through a cycle of 2^32, each step
 * x -> MPS_MUL x + MPS_ADD modulo 2^32. Any number of steps is one such step with other constants,
 * so what a million of them must come to is known at once, for every number: nothing that a client
 * computed goes unchecked. With many steps a load it fills the SMs' pipes, with one it is a stream
 * through device memory. What one thread does is written for host and GPU alike.
 */
#ifndef ASSAY_KERNELS_MPS_LOAD_H
#define ASSAY_KERNELS_MPS_LOAD_H

#include "pattern.h"

#define MPS_MUL	     0x915f77f5u /* 1 modulo 4, and an odd number added: all 2^32 come by */
#define MPS_ADD	     0x6b43a9b5u
#define MPS_THREADS  1024 /* of a block */
#define MPS_LAUNCHES 16	  /* of a round, at most */
#define MPS_SM_WORDS 16	  /* 32 SMs each */

struct __attribute__((aligned(16))) mps_vector {
	uint32_t word[4];
};

/* One launch: all n vectors, `passes` times over, `rounds` steps each time. */
struct mps_shape {
	uint64_t n;
	uint32_t blocks, passes, rounds;
};

/* What a round of launches left behind, on the GPU's own clock, which all its processes share. */
struct mps_seen {
	uint64_t begin_ns;	       /* first block of launch 0; UINT64_MAX before */
	uint64_t end_ns[MPS_LAUNCHES]; /* last block of each; 0 before */
	uint32_t sm[MPS_SM_WORDS];     /* bit i: a block ran on SM i */
};

/* What any number of steps does at once. */
struct mps_jump {
	uint32_t mul, add;
};

static inline struct mps_jump mps_jump(uint64_t steps)
{
	struct mps_jump all = {1, 0}, power = {MPS_MUL, MPS_ADD};

	for (; steps; steps >>= 1) {
		if (steps & 1)
			all = (struct mps_jump){power.mul * all.mul,
						power.mul * all.add + power.add};
		power = (struct mps_jump){power.mul * power.mul, power.mul * power.add + power.add};
	}
	return all;
}

/* What word i of all is after these steps; word i begins as pattern_word(i, seed). */
PATTERN_FN uint32_t mps_word(uint64_t i, uint32_t seed, struct mps_jump j)
{
	return j.mul * pattern_word((uint32_t)i, seed) + j.add;
}

/*
 * The part of thread `index` of `threads`. mul and add come as arguments, so that no compiler
 * makes one step of several.
 */
PATTERN_FN void mps_part(struct mps_vector *x, const struct mps_shape *s, uint32_t mul,
			 uint32_t add, uint64_t index, uint64_t threads)
{
	for (uint32_t p = 0; p < s->passes; p++) {
		for (uint64_t i = index; i < s->n; i += threads) {
			struct mps_vector v = x[i];

			for (uint32_t r = 0; r < s->rounds; r++) {
				for (int w = 0; w < 4; w++)
					v.word[w] = mul * v.word[w] + add;
			}
			x[i] = v;
		}
	}
}

#ifdef __cplusplus
extern "C" {
#endif

/*
 * On the GPU, queued on a stream; x, seen and diff are device addresses. Words are filled by
 * pattern_fill_launch. load: launch number `launch` of a round. check adds to *diff what differs
 * after `steps` steps of each word; diff counts bytes and begins as PATTERN_DIFF_INIT. Return a
 * cudaError_t.
 */
int mps_load_launch(struct mps_vector *x, const struct mps_shape *s, struct mps_seen *seen,
		    uint32_t launch, struct CUstream_st *stream);
int mps_check_launch(const struct mps_vector *x, uint64_t n, uint32_t seed, uint64_t steps,
		     struct pattern_diff *diff, struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif
