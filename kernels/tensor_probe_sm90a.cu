/*
 * The loops of tensor_probe.h by warpgroup MMA: m64n256, B in shared memory, A in registers. Two
 * warpgroups take turns, so that one has instructions queued while the other waits for its own.
 */
#include "tensor_probe.cuh"

#include <cuda_runtime.h>

#ifdef ASSAY_NO_SM90A

extern "C" const void *tensor_wgmma_kernel(enum compute_type type)
{
	return NULL;
}

#else

enum { REGS = 128, A_REGS = 4 };

/* Eight operands, and 128 of them. */
#define R8(list, i)                                                                                \
	list(i), list(i + 1), list(i + 2), list(i + 3), list(i + 4), list(i + 5), list(i + 6),     \
		list(i + 7)
#define R32(list, i) R8(list, i), R8(list, i + 8), R8(list, i + 16), R8(list, i + 24)
#define R128(list)   R32(list, 0), R32(list, 32), R32(list, 64), R32(list, 96)
#define SUM(i)	     "+r"(c[i])

#define N128                                                                                       \
	"{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, "   \
	"%19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, "    \
	"%36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, "    \
	"%53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, "    \
	"%70, %71, %72, %73, %74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, "    \
	"%87, %88, %89, %90, %91, %92, %93, %94, %95, %96, %97, %98, %99, %100, %101, %102, "      \
	"%103, %104, %105, %106, %107, %108, %109, %110, %111, %112, %113, %114, %115, %116, "     \
	"%117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, "

/*
 * One instruction, c += a·b. At the end: add to c; no sign of A and B is turned, and B of 16 bits
 * not transposed.
 */
template <enum compute_type T> struct wgmma;
#define WGMMA(T, INSN, TAIL)                                                                       \
	template <> struct wgmma<T> {                                                              \
		static __device__ __forceinline__ void go(uint32_t *c, const uint32_t *a,          \
							  uint64_t b)                              \
		{                                                                                  \
			asm volatile("{ .reg .pred add; setp.eq.u32 add, 0, 0; "                   \
				     "wgmma.mma_async.sync.aligned." INSN " " N128                 \
				     "{%128, %129, %130, %131}, %132, add" TAIL "; }"              \
				     : R128(SUM)                                                   \
				     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));        \
		}                                                                                  \
	}
WGMMA(COMPUTE_TF32, "m64n256k8.f32.tf32.tf32", ", 1, 1");
WGMMA(COMPUTE_BF16, "m64n256k16.f32.bf16.bf16", ", 1, 1, 0");
WGMMA(COMPUTE_FP16, "m64n256k16.f32.f16.f16", ", 1, 1, 0");
WGMMA(COMPUTE_FP8, "m64n256k32.f32.e4m3.e4m3", ", 1, 1");
WGMMA(COMPUTE_INT8, "m64n256k32.s32.s8.s8", "");

static __device__ __forceinline__ void wgmma_begin(void)
{
	asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

static __device__ __forceinline__ void wgmma_wait(void)
{
	asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
	asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
}

/* All of B, by all threads, for the asynchronous reader. */
template <enum compute_type T>
static __device__ void fill_b(uint8_t *shared, const struct tensor_shape &s, uint32_t seed)
{
	const uint32_t words = s.k / s.per;

	for (uint32_t i = threadIdx.x; i < s.n * words; i += TENSOR_THREADS) {
		const uint32_t column = i / words, at = i % words;

		*(uint32_t *)(shared + tensor_b_offset(column, 4 * at)) =
			tensor_b_word(T, s.per, column, at, seed);
	}
	asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

template <enum compute_type T>
static __device__ __forceinline__ void probe(struct tensor_sm *of_blocks, uint32_t turns,
					     uint32_t seed)
{
	extern __shared__ __align__(128) uint8_t shared[];
	constexpr struct tensor_shape S = tensor_shape(9, 0, T);
	const uint32_t row = threadIdx.x / 32 * 16, lane = threadIdx.x % 32;
	const uint64_t b = tensor_b_descriptor((uint32_t)__cvta_generic_to_shared(shared));
	uint32_t a[2][A_REGS], c[REGS], wrong = 0;
	uint64_t clocks[2], ns[2];

	fill_b<T>(shared, S, seed);
#pragma unroll
	for (uint32_t r = 0; r < A_REGS; r++) {
		a[0][r] = tensor_a_reg<T>(S.per, row, r, seed, 1);
		a[1][r] = tensor_a_reg<T>(S.per, row, r, seed, -1);
	}
#pragma unroll
	for (uint32_t r = 0; r < REGS; r++)
		c[r] = tensor_sum<T>(
			tensor_start(row + tensor_c_row(lane, r), tensor_c_column(lane, r), seed));
	__syncthreads();
	tensor_clocks(&clocks[0], &ns[0]);
#pragma unroll 1
	for (uint32_t i = 0; i < turns; i++) {
		wgmma_begin();
#pragma unroll
		for (uint32_t p = 0; p < S.pairs; p++) {
			wgmma<T>::go(c, a[0], b);
			wgmma<T>::go(c, a[1], b);
		}
		wgmma_wait();
	}
	wgmma_begin();
	wgmma<T>::go(c, a[0], b);
	wgmma_wait();
	__syncthreads();
	tensor_clocks(&clocks[1], &ns[1]);
#pragma unroll
	for (uint32_t r = 0; r < REGS; r++)
		wrong += c[r] != tensor_sum<T>(tensor_end(row + tensor_c_row(lane, r),
							  tensor_c_column(lane, r), S.k, seed));
	tensor_tell(of_blocks, clocks[1] - clocks[0], ns[1] - ns[0], wrong);
}

#define KERNEL(name, type)                                                                         \
	extern "C" __global__ void __launch_bounds__(TENSOR_THREADS, 1)                            \
		name(struct tensor_sm *of_blocks, uint32_t turns, uint32_t seed)                   \
	{                                                                                          \
		probe<type>(of_blocks, turns, seed);                                               \
	}
KERNEL(assay_tensor_wgmma_tf32, COMPUTE_TF32)
KERNEL(assay_tensor_wgmma_bf16, COMPUTE_BF16)
KERNEL(assay_tensor_wgmma_fp16, COMPUTE_FP16)
KERNEL(assay_tensor_wgmma_fp8, COMPUTE_FP8)
KERNEL(assay_tensor_wgmma_int8, COMPUTE_INT8)

extern "C" const void *tensor_wgmma_kernel(enum compute_type type)
{
	switch (type) {
	case COMPUTE_TF32:
		return (const void *)assay_tensor_wgmma_tf32;
	case COMPUTE_BF16:
		return (const void *)assay_tensor_wgmma_bf16;
	case COMPUTE_FP16:
		return (const void *)assay_tensor_wgmma_fp16;
	case COMPUTE_FP8:
		return (const void *)assay_tensor_wgmma_fp8;
	case COMPUTE_INT8:
		return (const void *)assay_tensor_wgmma_int8;
	default:
		return NULL;
	}
}

#endif
