/* The kernels of mps_load.h. Each block notes when it began or ended, and on which SM. */
#include "mps_load.h"

#include <cuda_runtime.h>

static const unsigned THREADS = 256, BLOCKS = 1024;

static __device__ __forceinline__ uint64_t global_ns(void)
{
	uint64_t t;
	asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(t));
	return t;
}

static __device__ __forceinline__ uint32_t own_sm(void)
{
	uint32_t sm;
	asm volatile("mov.u32 %0, %%smid;" : "=r"(sm));
	return sm;
}

static __device__ __forceinline__ uint64_t grid_index(void)
{
	return (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
}

static __device__ __forceinline__ uint64_t grid_size(void)
{
	return (uint64_t)gridDim.x * blockDim.x;
}

extern "C" __global__ void __launch_bounds__(MPS_THREADS)
	assay_mps_load(struct mps_vector *x, uint64_t n, uint32_t passes, uint32_t rounds,
		       uint32_t mul, uint32_t add, struct mps_seen *seen, uint32_t launch)
{
	const struct mps_shape s = {n, gridDim.x, passes, rounds};
	uint32_t sm = own_sm();

	if (threadIdx.x == 0 && launch == 0)
		atomicMin((unsigned long long *)&seen->begin_ns, (unsigned long long)global_ns());
	if (threadIdx.x == 0 && sm < 32 * MPS_SM_WORDS)
		atomicOr(&seen->sm[sm / 32], 1u << sm % 32);
	mps_part(x, &s, mul, add, grid_index(), grid_size());
	__syncthreads();
	if (threadIdx.x == 0)
		atomicMax((unsigned long long *)&seen->end_ns[launch],
			  (unsigned long long)global_ns());
}

extern "C" __global__ void assay_mps_check(const uint32_t *word, uint64_t words, uint32_t seed,
					   uint32_t mul, uint32_t add, struct pattern_diff *diff)
{
	const struct mps_jump j = {mul, add};

	for (uint64_t i = grid_index(); i < words; i += grid_size()) {
		if (word[i] == mps_word(i, seed, j))
			continue;
		atomicAdd((unsigned long long *)&diff->bytes, 4ULL);
		atomicMin((unsigned long long *)&diff->first, (unsigned long long)i * 4);
	}
}

extern "C" int mps_load_launch(struct mps_vector *x, const struct mps_shape *s,
			       struct mps_seen *seen, uint32_t launch, struct CUstream_st *stream)
{
	assay_mps_load<<<s->blocks, MPS_THREADS, 0, stream>>>(x, s->n, s->passes, s->rounds,
							      MPS_MUL, MPS_ADD, seen, launch);
	return cudaGetLastError();
}

extern "C" int mps_check_launch(const struct mps_vector *x, uint64_t n, uint32_t seed,
				uint64_t steps, struct pattern_diff *diff,
				struct CUstream_st *stream)
{
	struct mps_jump j = mps_jump(steps);

	assay_mps_check<<<BLOCKS, THREADS, 0, stream>>>(x->word, 4 * n, seed, j.mul, j.add, diff);
	return cudaGetLastError();
}
