/*
 * The data that copies carry: 32-bit words, each a hash of its own index, so that a byte that
 * is lost, repeated or moved shows. Never zeros: buses and memories treat them kindly. The
 * same function fills and checks on the host and on the GPU. It uses 32-bit operations alone,
 * which vectorise. Repeats after 16 GiB.
 */
#ifndef ASSAY_KERNELS_PATTERN_H
#define ASSAY_KERNELS_PATTERN_H

#include <stdint.h>

#ifdef __CUDACC__
#define PATTERN_FN static __host__ __device__ inline
#else
#define PATTERN_FN static inline
#endif

/* Word `index` (byte offset / 4, little-endian) of the pattern with that seed. */
PATTERN_FN uint32_t pattern_word(uint32_t index, uint32_t seed)
{
	uint32_t x = index * 0x9e3779b1u + seed;

	x = (x ^ (x >> 16)) * 0x85ebca6bu;
	return (x ^ (x >> 13)) | 1u; /* odd: no word is ever zero */
}

/* What a check found. Offsets and counts are in bytes; first is PATTERN_NONE if all is well. */
#define PATTERN_NONE UINT64_MAX
struct pattern_diff {
	uint64_t first; /* offset of the first wrong byte */
	uint64_t bytes; /* how many are wrong */
};
#define PATTERN_POISON 0xa5 /* in a destination before it is checked */
#define PATTERN_DIFF_INIT                                                                          \
	{                                                                                          \
		PATTERN_NONE, 0                                                                    \
	}

#ifdef __cplusplus
extern "C" {
#endif

/* On the host; any alignment of 4 bytes, any number of bytes. */
void pattern_fill(void *p, uint64_t bytes, uint32_t seed);
struct pattern_diff pattern_check(const void *p, uint64_t bytes, uint32_t seed);

/*
 * On the GPU, queued on a stream. p and diff are device addresses, p aligned to 4 bytes; the
 * caller sets *diff to PATTERN_DIFF_INIT before. Return a cudaError_t.
 */
struct CUstream_st;
int pattern_fill_launch(void *p, uint64_t bytes, uint32_t seed, struct CUstream_st *stream);
int pattern_check_launch(const void *p, uint64_t bytes, uint32_t seed, struct pattern_diff *diff,
			 struct CUstream_st *stream);

/* Checks on the current GPU and waits; there: a struct of its memory. Returns a cudaError_t. */
int pattern_check_there(const void *p, uint64_t bytes, uint32_t seed, struct pattern_diff *there,
			struct CUstream_st *stream, struct pattern_diff *out);

#ifdef __cplusplus
}
#endif

#endif
