/* What the kernels of tensor_probe do before and after their loops. */
#ifndef ASSAY_KERNELS_TENSOR_PROBE_CUH
#define ASSAY_KERNELS_TENSOR_PROBE_CUH

#include "tensor_probe.h"

/* A register of a fragment or a sum. */
template <enum compute_type T> struct tensor_reg {
	typedef uint32_t word;
};
template <> struct tensor_reg<COMPUTE_FP64> {
	typedef double word;
};

/* Register `reg` of A times sign, for a warp whose rows begin at `row`. */
template <enum compute_type T>
static __device__ __forceinline__ typename tensor_reg<T>::word
tensor_a_reg(uint32_t per, uint32_t row, uint32_t reg, uint32_t seed, int sign)
{
	const uint32_t lane = threadIdx.x % 32;

	if constexpr (T == COMPUTE_FP64)
		return sign *
		       tensor_a(row + tensor_a_row(lane, reg), tensor_a_k(lane, reg, 1, 0), seed);
	else
		return tensor_a_word(T, per, row, lane, reg, seed, sign);
}

/* Of B, whose columns begin at `column`. */
template <enum compute_type T>
static __device__ __forceinline__ typename tensor_reg<T>::word
tensor_b_reg(uint32_t per, uint32_t column, uint32_t reg, uint32_t seed)
{
	const uint32_t lane = threadIdx.x % 32;

	column += tensor_b_column(lane);
	if constexpr (T == COMPUTE_FP64)
		return tensor_b(column, tensor_b_at(lane, reg), seed);
	else
		return tensor_b_word(T, per, column, tensor_b_at(lane, reg), seed);
}

/* A sum as it stands in its register. */
template <enum compute_type T> static __device__ typename tensor_reg<T>::word tensor_sum(int value)
{
	if constexpr (T == COMPUTE_FP64)
		return value;
	else
		return T == COMPUTE_INT8 ? (uint32_t)value : __float_as_uint((float)value);
}

static __device__ __forceinline__ void tensor_clocks(uint64_t *clocks, uint64_t *ns)
{
	asm volatile("mov.u64 %0, %%clock64;" : "=l"(*clocks)::"memory");
	asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(*ns)::"memory");
}

/* The block's record: one thread has the times, each its wrong sums. */
static __device__ void tensor_tell(struct tensor_sm *of_blocks, uint64_t clocks, uint64_t ns,
				   uint32_t wrong)
{
	struct tensor_sm *own = &of_blocks[blockIdx.x];
	__shared__ uint32_t all_wrong;

	if (threadIdx.x == 0)
		all_wrong = 0;
	__syncthreads();
	if (wrong)
		atomicAdd(&all_wrong, wrong);
	__syncthreads();
	if (threadIdx.x != 0)
		return;
	asm volatile("mov.u32 %0, %%smid;" : "=r"(own->sm));
	own->wrong = all_wrong;
	own->clocks = clocks;
	own->ns = ns;
}

#endif
