/*
 * One way of computing C = A·B, with the layout of gemm_data.h: A is m rows of k numbers, B n
 * rows of k, C m rows of n sums of 32 bits (fp64: 64). gemm, gemm_all and whoever needs a load of
 * matrix products use engines through this alone. Needs CUDA headers to be built, not to be
 * included.
 */
#ifndef ASSAY_KERNELS_GEMM_ENGINE_H
#define ASSAY_KERNELS_GEMM_ENGINE_H

#include "compute.h"

#include "../harness/base/err.h"

struct CUstream_st;

struct gemm_job {
	enum compute_type type;
	int m, n, k;
	const void *a, *b; /* device memory of the current GPU */
	void *c;
};

struct gemm_engine {
	const char *name;   /* label kernel: "mma", "wgmma", "cublaslt" */
	size_t state_bytes; /* of `state`: zeros before open */
	/*
	 * For jobs of this shape on the current GPU; may allocate and try algorithms out, which
	 * writes to c. chosen: what was chosen, in words, for a fact; "" where there is no choice.
	 * 0; -ENOTSUP with the reason where this GPU, type or size has none. close follows an error
	 * as well.
	 */
	int (*open)(void *state, const struct gemm_job *job, char *chosen, size_t size,
		    struct err *e);
	/* Queues one product on a stream of the current GPU. Returns a cudaError_t. */
	int (*queue)(void *state, const struct gemm_job *job, struct CUstream_st *stream);
	void (*close)(void *state); /* may be NULL */
};

extern const struct gemm_engine gemm_lt;    /* gemm_lt.c: cuBLASLt, where the machine has it */
extern const struct gemm_engine gemm_mma;   /* gemm_mma.c: mma.sync, fp32 by plain FMA */
extern const struct gemm_engine gemm_wgmma; /* gemm_wgmma.c: warpgroup MMA of sm_90a */

#endif
