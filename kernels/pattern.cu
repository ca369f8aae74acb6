/*
 * Fills and checks the pattern of pattern.h in device memory. Grid-stride loops over whole
 * words; thread 0 of the grid does the one to three bytes after them.
 */
#include "pattern.h"

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

static __device__ void note(struct pattern_diff *diff, uint64_t offset)
{
	atomicAdd((unsigned long long *)&diff->bytes, 1ULL);
	atomicMin((unsigned long long *)&diff->first, (unsigned long long)offset);
}

extern "C" __global__ void assay_pattern_fill(uint8_t *p, uint64_t bytes, uint32_t seed)
{
	uint64_t words = bytes / 4;

	for (uint64_t i = grid_index(); i < words; i += grid_size())
		((uint32_t *)p)[i] = pattern_word((uint32_t)i, seed);
	if (grid_index() == 0) {
		for (uint64_t b = words * 4; b < bytes; b++)
			p[b] = (uint8_t)(pattern_word((uint32_t)words, seed) >> (b % 4 * 8));
	}
}

extern "C" __global__ void assay_pattern_check(const uint8_t *p, uint64_t bytes, uint32_t seed,
					       struct pattern_diff *diff)
{
	uint64_t words = bytes / 4;

	for (uint64_t i = grid_index(); i < words; i += grid_size()) {
		uint32_t wrong = ((const uint32_t *)p)[i] ^ pattern_word((uint32_t)i, seed);
		for (int b = 0; wrong; b++, wrong >>= 8) {
			if (wrong & 0xff)
				note(diff, i * 4 + b);
		}
	}
	if (grid_index() == 0) {
		for (uint64_t b = words * 4; b < bytes; b++) {
			uint32_t want = pattern_word((uint32_t)words, seed) >> (b % 4 * 8);
			if (p[b] != (uint8_t)want)
				note(diff, b);
		}
	}
}

static unsigned blocks_for(uint64_t bytes)
{
	uint64_t need = (bytes / 4 + THREADS - 1) / THREADS;

	return need < 1 ? 1 : need > BLOCKS ? BLOCKS : (unsigned)need;
}

extern "C" int pattern_fill_launch(void *p, uint64_t bytes, uint32_t seed,
				   struct CUstream_st *stream)
{
	assay_pattern_fill<<<blocks_for(bytes), THREADS, 0, stream>>>((uint8_t *)p, bytes, seed);
	return cudaGetLastError();
}

extern "C" int pattern_check_launch(const void *p, uint64_t bytes, uint32_t seed,
				    struct pattern_diff *diff, struct CUstream_st *stream)
{
	assay_pattern_check<<<blocks_for(bytes), THREADS, 0, stream>>>((const uint8_t *)p, bytes,
								       seed, diff);
	return cudaGetLastError();
}
