/*
 * The kernels of hbm.h. One for each operation, so that its loop holds nothing of the others. Two
 * blocks must fit on an SM at once: with a second wave of blocks half of the SMs would wait at the
 * end.
 */
#include "hbm.h"

#include <cuda_runtime.h>

static const unsigned CHECK_THREADS = 256, CHECK_BLOCKS = 1024;

static __device__ __forceinline__ uint64_t grid_index(void)
{
	return (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
}

static __device__ __forceinline__ uint64_t grid_size(void)
{
	return (uint64_t)gridDim.x * blockDim.x;
}

#define HBM_KERNEL extern "C" __global__ void __launch_bounds__(HBM_THREADS, HBM_BLOCKS_OF_SM)

HBM_KERNEL assay_hbm_read(const void *b, uint32_t vectors, uint64_t walk, unsigned long long *sum)
{
	const struct hbm_part p = {NULL, b, NULL, 0, vectors, walk};
	__shared__ unsigned long long of_block;
	uint64_t own = hbm_do(STREAM_READ, &p, grid_index(), grid_size());

	if (threadIdx.x == 0)
		of_block = 0;
	__syncthreads();
	atomicAdd(&of_block, (unsigned long long)own);
	__syncthreads();
	if (threadIdx.x == 0)
		atomicAdd(sum, of_block);
}

HBM_KERNEL assay_hbm_write(void *a, double q, uint32_t vectors, uint64_t walk)
{
	const struct hbm_part p = {a, NULL, NULL, q, vectors, walk};

	hbm_do(STREAM_WRITE, &p, grid_index(), grid_size());
}

HBM_KERNEL assay_hbm_copy(void *a, const void *b, uint32_t vectors, uint64_t walk)
{
	const struct hbm_part p = {a, b, NULL, 0, vectors, walk};

	hbm_do(STREAM_COPY, &p, grid_index(), grid_size());
}

HBM_KERNEL assay_hbm_triad(void *a, const void *b, const void *c, uint32_t vectors, uint64_t walk)
{
	const struct hbm_part p = {a, b, c, 0, vectors, walk};

	hbm_do(STREAM_TRIAD, &p, grid_index(), grid_size());
}

extern "C" __global__ void assay_hbm_fill(uint64_t *p, uint64_t n, uint64_t seed, int is_c)
{
	for (uint64_t i = grid_index(); i < n; i += grid_size())
		p[i] = hbm_bits(i, seed, is_c);
}

static __device__ void note(struct pattern_diff *diff, uint64_t offset)
{
	atomicAdd((unsigned long long *)&diff->bytes, 1ULL);
	atomicMin((unsigned long long *)&diff->first, (unsigned long long)offset);
}

extern "C" __global__ void assay_hbm_check(int op, const uint64_t *p, uint64_t n, uint64_t seed,
					   struct pattern_diff *diff)
{
	for (uint64_t i = grid_index(); i < n; i += grid_size()) {
		uint64_t wrong = p[i] ^ hbm_want((enum stream_op)op, i, seed);

		for (int b = 0; wrong; b++, wrong >>= 8) {
			if (wrong & 0xff)
				note(diff, i * 8 + b);
		}
	}
}

extern "C" int hbm_launch(enum stream_op op, const struct hbm_part *p, uint64_t *sum, int sms,
			  struct CUstream_st *stream)
{
	unsigned blocks = HBM_BLOCKS_OF_SM * (unsigned)sms;

	if (op == STREAM_READ)
		assay_hbm_read<<<blocks, HBM_THREADS, 0, stream>>>(p->b, p->vectors, p->walk,
								   (unsigned long long *)sum);
	else if (op == STREAM_WRITE)
		assay_hbm_write<<<blocks, HBM_THREADS, 0, stream>>>(p->a, p->q, p->vectors,
								    p->walk);
	else if (op == STREAM_COPY)
		assay_hbm_copy<<<blocks, HBM_THREADS, 0, stream>>>(p->a, p->b, p->vectors, p->walk);
	else
		assay_hbm_triad<<<blocks, HBM_THREADS, 0, stream>>>(p->a, p->b, p->c, p->vectors,
								    p->walk);
	return cudaGetLastError();
}

extern "C" int hbm_fill_launch(void *p, uint64_t bytes, uint64_t seed, int is_c,
			       struct CUstream_st *stream)
{
	assay_hbm_fill<<<CHECK_BLOCKS, CHECK_THREADS, 0, stream>>>((uint64_t *)p, bytes / 8, seed,
								   is_c);
	return cudaGetLastError();
}

extern "C" int hbm_check_launch(enum stream_op op, const void *p, uint64_t bytes, uint64_t seed,
				struct pattern_diff *diff, struct CUstream_st *stream)
{
	assay_hbm_check<<<CHECK_BLOCKS, CHECK_THREADS, 0, stream>>>((int)op, (const uint64_t *)p,
								    bytes / 8, seed, diff);
	return cudaGetLastError();
}
