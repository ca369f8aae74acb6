/* The kernel of overlap.h. */
#include "overlap.h"

#include <cuda_runtime.h>

extern "C" __global__ void __launch_bounds__(OVERLAP_THREADS)
	assay_steps(uint32_t *out, uint32_t seed, uint64_t steps)
{
	uint32_t index = blockIdx.x * OVERLAP_THREADS + threadIdx.x;
	uint32_t x = overlap_first(index, seed);

	for (uint64_t i = 0; i < steps; i++)
		x = overlap_step(x);
	out[index] = x;
}

extern "C" int overlap_launch(uint32_t *out, uint32_t seed, uint64_t steps, int sms,
			      struct CUstream_st *stream)
{
	assay_steps<<<(unsigned)sms * OVERLAP_BLOCKS, OVERLAP_THREADS, 0, stream>>>(out, seed,
										    steps);
	return cudaGetLastError();
}
