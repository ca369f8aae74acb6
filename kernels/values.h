/*
 * The data that collectives carry: float32 numbers of which each rank has its own, and whose sums
 * are exact in any order, since they are whole and small (below 256; up to 65 536 of them stay
 * below 2^24). So a result is right or wrong, with no tolerance, and a rank that was left out,
 * counted twice or mixed up shows. Repeats after 16 GiB.
 */
#ifndef ASSAY_KERNELS_VALUES_H
#define ASSAY_KERNELS_VALUES_H

#include "pattern.h"

/* Sum of what the ranks first … first + count - 1 have at that index. */
PATTERN_FN float values_sum(uint64_t index, uint32_t seed, uint32_t first, uint32_t count)
{
	uint32_t sum = 0;

	for (uint32_t r = first; r < first + count; r++)
		sum += pattern_word((uint32_t)index, seed + r * 0x9e3779b9u) >> 24;
	return (float)sum;
}

/* What a buffer must hold from element `at` on: n elements of a sum, from that sum's `start` on. */
struct values_part {
	uint64_t at, n, start;
	uint32_t first, count;
};

#ifdef __cplusplus
extern "C" {
#endif

/*
 * On the GPU, queued on a stream; p and diff are device addresses. check adds to *diff, which
 * counts bytes and begins as PATTERN_DIFF_INIT. Return a cudaError_t.
 */
int values_fill_launch(float *p, uint64_t n, uint32_t seed, uint32_t rank,
		       struct CUstream_st *stream);
int values_check_launch(const float *p, const struct values_part *part, uint32_t seed,
			struct pattern_diff *diff, struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif
