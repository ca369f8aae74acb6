/*
 * The kernel of gpu_chase.h. A volatile load goes past the caches of the SM; what the GPU's L2
 * holds of host memory it forgets between kernels, and the ring is larger.
 */
#include "gpu_chase.h"

#include <cuda_runtime.h>

extern "C" __global__ void assay_gpu_chase(void **at, uint64_t steps, uint32_t *sm)
{
	void *p = *at;

	if (blockIdx.x + 1 < gridDim.x)
		return;
	for (uint64_t i = 0; i < steps; i++)
		p = *(void *volatile *)p;
	*at = p;
	if (sm)
		asm volatile("mov.u32 %0, %%smid;" : "=r"(*sm));
}

extern "C" int gpu_chase_launch(void **at, uint64_t steps, struct CUstream_st *stream)
{
	assay_gpu_chase<<<1, 1, 0, stream>>>(at, steps, NULL);
	return cudaGetLastError();
}

extern "C" int gpu_chase_launch_elsewhere(void **at, uint64_t steps, unsigned block, uint32_t *sm,
					  struct CUstream_st *stream)
{
	assay_gpu_chase<<<block + 1, 1, 0, stream>>>(at, steps, sm);
	return cudaGetLastError();
}
