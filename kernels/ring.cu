/* The kernel of ring.h. */
#include "ring.h"

#include <cuda_runtime.h>

extern "C" __global__ void assay_ring_fill(uint8_t *p, uint32_t bits, uint32_t seed)
{
	uint32_t threads = gridDim.x * blockDim.x;

	for (uint64_t i = blockIdx.x * blockDim.x + threadIdx.x; i >> bits == 0; i += threads)
		*(uint8_t **)(p + i * RING_LINE) =
			p + (uint64_t)ring_next((uint32_t)i, bits, seed) * RING_LINE;
}

extern "C" int ring_fill_launch(void *p, unsigned bits, uint32_t seed, struct CUstream_st *stream)
{
	assay_ring_fill<<<256, 256, 0, stream>>>((uint8_t *)p, bits, seed);
	return cudaGetLastError();
}
