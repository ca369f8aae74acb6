/*
 * A copy by the SMs: 512 threads on each, 16 bytes an access, four loads under way before the
 * first store. What one thread does is written for host and GPU alike, so that a test without a
 * GPU sees that every byte is copied, and by one thread.
 */
#ifndef ASSAY_KERNELS_COPY_SM_H
#define ASSAY_KERNELS_COPY_SM_H

#include <stdint.h>

#ifdef __CUDACC__
#define COPY_SM_FN static __host__ __device__ __forceinline__
#else
#define COPY_SM_FN static inline
#endif

#define COPY_SM_THREADS 512 /* of a block; there are at most as many blocks as SMs */

struct __attribute__((aligned(16))) copy_sm_vector {
	uint32_t word[4];
};

/*
 * The part of thread `index` of `threads`: neighbours copy neighbouring vectors, so that a warp
 * reads and writes 512 bytes in a row. to and from are aligned to 16 bytes.
 */
COPY_SM_FN void copy_sm_part(uint8_t *to, const uint8_t *from, uint64_t bytes, uint64_t index,
			     uint64_t threads)
{
	const struct copy_sm_vector *f = (const struct copy_sm_vector *)(const void *)from;
	struct copy_sm_vector *t = (struct copy_sm_vector *)(void *)to;
	uint64_t vectors = bytes / sizeof(*f), i = index;

	for (; i + 3 * threads < vectors; i += 4 * threads) {
		struct copy_sm_vector a = f[i], b = f[i + threads], c = f[i + 2 * threads],
				      d = f[i + 3 * threads];

		t[i] = a;
		t[i + threads] = b;
		t[i + 2 * threads] = c;
		t[i + 3 * threads] = d;
	}
	for (; i < vectors; i += threads)
		t[i] = f[i];
	for (i = vectors * sizeof(*f) + index; i < bytes; i += threads)
		to[i] = from[i];
}

/* Blocks of a launch: one vector for each thread, and not more than there are SMs. */
COPY_SM_FN unsigned copy_sm_blocks(uint64_t bytes, int sms)
{
	uint64_t of_block = COPY_SM_THREADS * sizeof(struct copy_sm_vector);
	uint64_t blocks = (bytes + of_block - 1) / of_block;

	return blocks < 1 ? 1 : blocks > (uint64_t)sms ? (unsigned)sms : (unsigned)blocks;
}

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Queues a copy by the SMs of the current GPU between two memories that it reaches, by addresses
 * that are valid there. sms: how many SMs it has. Returns a cudaError_t.
 */
struct CUstream_st;
int copy_sm_launch(void *to, const void *from, uint64_t bytes, int sms, struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif
