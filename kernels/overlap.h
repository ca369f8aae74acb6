/*
 * A kernel that computes and leaves memory alone: each thread of each SM steps a number through a
 * linear congruence, as often as it is told, and writes what came out at the very end. What comes
 * out has a closed form, so that the host knows it without stepping.
 */
#ifndef ASSAY_KERNELS_OVERLAP_H
#define ASSAY_KERNELS_OVERLAP_H

#include <stdint.h>

#ifdef __CUDACC__
#define OVERLAP_FN static __host__ __device__ __forceinline__
#else
#define OVERLAP_FN static inline
#endif

#define OVERLAP_THREADS 256 /* of a block */
#define OVERLAP_BLOCKS	4   /* of each SM */

/* Multiplier and increment: Knuth, The Art of Computer Programming 2, 3.3.4, table 1, line 16. */
#define OVERLAP_TIMES 1664525u
#define OVERLAP_PLUS  1013904223u

/* Where thread `index` begins. */
OVERLAP_FN uint32_t overlap_first(uint32_t index, uint32_t seed)
{
	return index * 0x9e3779b1u + seed;
}

OVERLAP_FN uint32_t overlap_step(uint32_t x)
{
	return x * OVERLAP_TIMES + OVERLAP_PLUS;
}

/* x after n steps, in as many rounds as n has bits: a step twice is a step of another congruence.
 */
OVERLAP_FN uint32_t overlap_after(uint32_t x, uint64_t n)
{
	uint32_t times = OVERLAP_TIMES, plus = OVERLAP_PLUS;

	for (; n; n >>= 1) {
		if (n & 1)
			x = x * times + plus;
		plus = plus * times + plus;
		times *= times;
	}
	return x;
}

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Queues it on a stream of the current GPU: OVERLAP_BLOCKS blocks for each of its `sms` SMs, so
 * many steps each; out: a word for each thread. Returns a cudaError_t.
 */
struct CUstream_st;
int overlap_launch(uint32_t *out, uint32_t seed, uint64_t steps, int sms,
		   struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif
