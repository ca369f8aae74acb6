/*
 * Matrices of gemm_data.h in a GPU's memory: filled there, and a digest of a product taken there;
 * and what an element of the product must be, in float64. The digest is the sum of a hash of every
 * 32-bit word with its index, so that it does not depend on the order in which threads add, and one
 * changed word always changes it.
 */
#ifndef ASSAY_KERNELS_GEMM_CHECK_H
#define ASSAY_KERNELS_GEMM_CHECK_H

#include "gemm_data.h"

struct CUstream_st;

struct gemm_digest {
	uint64_t sum;
	uint64_t broken; /* elements that are infinite or no number; of int32: 0 */
};

/* What one word adds. For a given index no two words add the same. */
GEMM_FN uint64_t gemm_digest_word(uint64_t index, uint32_t word)
{
	return gemm_hash(index << 32 | word, (uint32_t)(index >> 32));
}

/* Whether a word of a sum has an exponent of all ones; of fp64 the upper word has it. */
GEMM_FN int gemm_is_broken(enum gemm_sum kind, uint64_t index, uint32_t word)
{
	if (kind == GEMM_SUM_FP32)
		return (word & 0x7f800000) == 0x7f800000;
	return kind == GEMM_SUM_FP64 && index % 2 && (word & 0x7ff00000) == 0x7ff00000;
}

/* Index of the i-th element that is looked at, of m x n: the corners, then any. */
GEMM_FN uint64_t gemm_sampled(int m, int n, uint32_t seed, int i)
{
	const uint64_t across = (uint64_t)n, all = (uint64_t)m * across;
	const uint64_t corner[] = {0, across - 1, all - across, all - 1};

	return i < 4 ? corner[i] : gemm_hash((uint64_t)i, seed) % all;
}

#ifdef __cplusplus
extern "C" {
#endif

/* Queue on a stream of the current GPU; pointers are device addresses. Return a cudaError_t. */
int gemm_fill_launch(void *p, uint64_t elements, enum compute_type type, uint32_t seed,
		     struct CUstream_st *stream);
/* Adds to *digest, which the caller has set to zeros. */
int gemm_digest_launch(const void *c, uint64_t elements, enum gemm_sum kind,
		       struct gemm_digest *digest, struct CUstream_st *stream);

/*
 * What element (row, column) of C must be, and how far off it may be.
 *
 * k additions, each off by at most a unit in the last place of a partial sum, and no partial sum,
 * in whatever order, beyond 6 q, where q² = Σ (a·b)² is the variance of a sum whose terms have
 * random signs. A unit: 2^-22 for sums of 32 bits, since matrix instructions cut where others
 * round; 2^-51 for fp64, since the sum in float64 is off as well. That is 0.6 % of q at k = 8192,
 * where one forgotten slice of 16 products is 4 %.
 *
 * fp8: matrix instructions of sm_89 and sm_90 keep 13 bits of fraction below the largest addend
 * of some 32, and cut the rest. The sum is cut k / 32 times, always towards zero, products up as
 * often as down, which grows as √k; partial sums are below q on the average. Twice that: some ten
 * times what an emulation of them is off by.
 */
struct gemm_want {
	double sum, bound;
};
struct gemm_want gemm_want(enum compute_type type, uint32_t seed, uint64_t row, uint64_t column,
			   int k);

#ifdef __cplusplus
}
#endif

#endif
