/* The kernels of gemm_check.h, in grid-stride loops. */
#include "gemm_check.h"

#include <cuda_runtime.h>

static const unsigned THREADS = 256, BLOCKS = 2048;

static __device__ __forceinline__ uint64_t grid_index(void)
{
	return (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
}

static __device__ __forceinline__ uint64_t grid_size(void)
{
	return (uint64_t)gridDim.x * blockDim.x;
}

extern "C" __global__ void assay_gemm_fill(void *p, uint64_t elements, int type, int bytes,
					   uint32_t seed)
{
	for (uint64_t i = grid_index(); i < elements; i += grid_size()) {
		uint64_t bits = gemm_bits((enum compute_type)type, i, seed);

		if (bytes == 8)
			((uint64_t *)p)[i] = bits;
		else if (bytes == 4)
			((uint32_t *)p)[i] = (uint32_t)bits;
		else if (bytes == 2)
			((uint16_t *)p)[i] = (uint16_t)bits;
		else
			((uint8_t *)p)[i] = (uint8_t)bits;
	}
}

/* A warp adds up before it touches memory that all share. */
extern "C" __global__ void assay_gemm_digest(const uint32_t *words, uint64_t n, int kind,
					     struct gemm_digest *digest)
{
	unsigned long long sum = 0, broken = 0;

	for (uint64_t i = grid_index(); i < n; i += grid_size()) {
		uint32_t w = words[i];

		sum += gemm_digest_word(i, w);
		broken += gemm_is_broken((enum gemm_sum)kind, i, w);
	}
	for (int other = 16; other; other /= 2) {
		sum += __shfl_xor_sync(~0u, sum, other);
		broken += __shfl_xor_sync(~0u, broken, other);
	}
	if (threadIdx.x % 32)
		return;
	atomicAdd((unsigned long long *)&digest->sum, sum);
	if (broken)
		atomicAdd((unsigned long long *)&digest->broken, broken);
}

static unsigned blocks_for(uint64_t n)
{
	uint64_t need = (n + THREADS - 1) / THREADS;

	return need < 1 ? 1 : need > BLOCKS ? BLOCKS : (unsigned)need;
}

extern "C" int gemm_fill_launch(void *p, uint64_t elements, enum compute_type type, uint32_t seed,
				struct CUstream_st *stream)
{
	assay_gemm_fill<<<blocks_for(elements), THREADS, 0, stream>>>(
		p, elements, type, (int)compute_bytes(type), seed);
	return cudaGetLastError();
}

extern "C" int gemm_digest_launch(const void *c, uint64_t elements, enum gemm_sum kind,
				  struct gemm_digest *digest, struct CUstream_st *stream)
{
	uint64_t words = kind == GEMM_SUM_FP64 ? 2 * elements : elements;

	assay_gemm_digest<<<blocks_for(words), THREADS, 0, stream>>>((const uint32_t *)c, words,
								     kind, digest);
	return cudaGetLastError();
}
