/* A kernel that follows a ring of pointers (chase.h) through memory that the GPU reaches. */
#ifndef ASSAY_KERNELS_GPU_CHASE_H
#define ASSAY_KERNELS_GPU_CHASE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Queues `steps` loads, each at the address that the one before gave, by one thread; the first one
 * at *at, where the last one's value is left. Both in pinned host memory, whose addresses are the
 * same on the GPU. Returns a cudaError_t.
 */
struct CUstream_st;
int gpu_chase_launch(void **at, uint64_t steps, struct CUstream_st *stream);

/*
 * The same by block number `block` of so many and one: the ones before it end at once, so that it
 * comes to another SM than the first. Which one that was is left in *sm, pinned memory too.
 */
int gpu_chase_launch_elsewhere(void **at, uint64_t steps, unsigned block, uint32_t *sm,
			       struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif
