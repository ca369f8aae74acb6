/* Fills and checks the numbers of values.h in device memory, in grid-stride loops. */
#include "values.h"

#include <cuda_runtime.h>

static const unsigned THREADS = 256, BLOCKS = 1024;

static __device__ __forceinline__ uint64_t grid_index(void)
{
	return (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
}

static __device__ __forceinline__ uint64_t grid_size(void)
{
	return (uint64_t)gridDim.x * blockDim.x;
}

extern "C" __global__ void assay_values_fill(float *p, uint64_t n, uint32_t seed, uint32_t rank)
{
	for (uint64_t i = grid_index(); i < n; i += grid_size())
		p[i] = values_sum(i, seed, rank, 1);
}

extern "C" __global__ void assay_values_check(const float *p, uint64_t at, uint64_t n,
					      uint64_t start, uint32_t seed, uint32_t first,
					      uint32_t count, struct pattern_diff *diff)
{
	for (uint64_t i = grid_index(); i < n; i += grid_size()) {
		if (p[at + i] == values_sum(start + i, seed, first, count))
			continue;
		atomicAdd((unsigned long long *)&diff->bytes, 4ULL);
		atomicMin((unsigned long long *)&diff->first, (unsigned long long)(at + i) * 4);
	}
}

static unsigned blocks_for(uint64_t n)
{
	uint64_t need = (n + THREADS - 1) / THREADS;

	return need < 1 ? 1 : need > BLOCKS ? BLOCKS : (unsigned)need;
}

extern "C" int values_fill_launch(float *p, uint64_t n, uint32_t seed, uint32_t rank,
				  struct CUstream_st *stream)
{
	assay_values_fill<<<blocks_for(n), THREADS, 0, stream>>>(p, n, seed, rank);
	return cudaGetLastError();
}

extern "C" int values_check_launch(const float *p, const struct values_part *part, uint32_t seed,
				   struct pattern_diff *diff, struct CUstream_st *stream)
{
	assay_values_check<<<blocks_for(part->n), THREADS, 0, stream>>>(
		p, part->at, part->n, part->start, seed, part->first, part->count, diff);
	return cudaGetLastError();
}
