/*
 * C = A·B by the warpgroup instructions of compute capability 9.0 (gemm_wgmma_sm90a.cu). A is M×K
 * and B N×K, both with K contiguous; C is M×N, row-major, fp32 (int32 for int8). Includes no CUDA
 * header.
 */
#ifndef ASSAY_KERNELS_GEMM_WGMMA_H
#define ASSAY_KERNELS_GEMM_WGMMA_H

#include "compute.h"
#include "gemm_wgmma_map.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether there is a kernel of that format. */
bool wgmma_has(enum compute_type type);

/*
 * Lets the kernel of that format have its shared memory, on the current GPU, and fails where the
 * GPU has no code of it (cudaErrorNoKernelImageForDevice …). Returns a cudaError_t.
 */
int wgmma_prepare(enum compute_type type);

/*
 * Queues one product. a and b: CUtensorMap of 128 bytes, boxes of 128 rows by 128 bytes, 128-byte
 * swizzle; c: device memory. Returns a cudaError_t.
 */
struct CUstream_st;
int wgmma_launch(enum compute_type type, const void *a, const void *b, void *c,
		 const struct wgmma_job *job, struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif
