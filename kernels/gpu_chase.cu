/*
 * The kernel of gpu_chase.h. A volatile load goes past the caches of the SM; what the GPU's L2
 * holds of host memory it forgets between kernels, and the ring is larger.
 */
#include "gpu_chase.h"

#include <cuda_runtime.h>

extern "C" __global__ void assay_gpu_chase(void **at, uint64_t steps)
{
	void *p = *at;

	for (uint64_t i = 0; i < steps; i++)
		p = *(void *volatile *)p;
	*at = p;
}

extern "C" int gpu_chase_launch(void **at, uint64_t steps, struct CUstream_st *stream)
{
	assay_gpu_chase<<<1, 1, 0, stream>>>(at, steps);
	return cudaGetLastError();
}
