/*
 * A ring of pointers that a GPU writes into its own memory, one at the start of each line of 128
 * bytes: one cycle through all of 2^bits lines in an order that looks random, without memory or
 * time of the host's. x -> a x + c modulo 2^bits is one cycle where a - 1 is a multiple of 4 and c
 * odd (Hull and Dobell 1962); its low bits come round soon, so the high ones are mixed into them.
 */
#ifndef ASSAY_KERNELS_RING_H
#define ASSAY_KERNELS_RING_H

#include "pattern.h"

enum { RING_LINE = 128 }; /* bytes: one line of the caches of GPUs */

/* Its own inverse, since `bits` is at most twice the shift. */
PATTERN_FN uint32_t ring_mix(uint32_t x, unsigned bits)
{
	return x ^ x >> (bits + 1) / 2;
}

/* The line that follows `line` of 2^bits, 2 <= bits <= 31. */
PATTERN_FN uint32_t ring_next(uint32_t line, unsigned bits, uint32_t seed)
{
	uint32_t x = ring_mix(line, bits);

	x = x * ((pattern_word(0, seed) & ~7u) | 5) + (seed | 1);
	return ring_mix(x & ((1u << bits) - 1), bits);
}

#ifdef __cplusplus
extern "C" {
#endif

/* Queues the writing of a ring of 2^bits lines from p on, memory of the GPU. A cudaError_t. */
struct CUstream_st;
int ring_fill_launch(void *p, unsigned bits, uint32_t seed, struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif
