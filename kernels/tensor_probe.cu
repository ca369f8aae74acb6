/*
 * The loops of tensor_probe.h by mma.sync. Where an architecture lacks the instruction, or needs
 * another one for its rate, the kernel is empty, and nobody starts it (tensor_way).
 */
#include "tensor_probe.cuh"

#include <cuda_runtime.h>

/* One instruction, c += a·b, of a format, a height and a depth. */
template <enum compute_type T, uint32_t M, uint32_t K> struct mma;

/* Fragments of four, two and four registers: whatever their format is. */
#define MMA_4_2_4(T, K, INSN)                                                                      \
	template <> struct mma<T, 16, K> {                                                         \
		static __device__ __forceinline__ void go(uint32_t *c, const uint32_t *a,          \
							  const uint32_t *b)                       \
		{                                                                                  \
			asm volatile("mma.sync.aligned." INSN " {%0, %1, %2, %3}, "                \
				     "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"               \
				     : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])              \
				     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]),      \
				       "r"(b[1]));                                                 \
		}                                                                                  \
	}
MMA_4_2_4(COMPUTE_TF32, 8, "m16n8k8.row.col.f32.tf32.tf32.f32");
MMA_4_2_4(COMPUTE_BF16, 16, "m16n8k16.row.col.f32.bf16.bf16.f32");
MMA_4_2_4(COMPUTE_FP16, 16, "m16n8k16.row.col.f32.f16.f16.f32");
MMA_4_2_4(COMPUTE_FP8, 32, "m16n8k32.row.col.f32.e4m3.e4m3.f32");
MMA_4_2_4(COMPUTE_INT8, 32, "m16n8k32.row.col.s32.s8.s8.s32");

template <> struct mma<COMPUTE_FP16, 16, 8> {
	static __device__ __forceinline__ void go(uint32_t *c, const uint32_t *a, const uint32_t *b)
	{
		asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, "
			     "{%4, %5}, {%6}, {%0, %1, %2, %3};"
			     : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
			     : "r"(a[0]), "r"(a[1]), "r"(b[0]));
	}
};

template <> struct mma<COMPUTE_INT8, 8, 16> {
	static __device__ __forceinline__ void go(uint32_t *c, const uint32_t *a, const uint32_t *b)
	{
		asm volatile("mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 {%0, %1}, {%2}, {%3}, "
			     "{%0, %1};"
			     : "+r"(c[0]), "+r"(c[1])
			     : "r"(a[0]), "r"(b[0]));
	}
};

template <> struct mma<COMPUTE_FP64, 8, 4> {
	static __device__ __forceinline__ void go(double *c, const double *a, const double *b)
	{
		asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, "
			     "{%3}, {%0, %1};"
			     : "+d"(c[0]), "+d"(c[1])
			     : "d"(a[0]), "d"(b[0]));
	}
};

template <> struct mma<COMPUTE_FP64, 16, 16> {
	static __device__ __forceinline__ void go(double *c, const double *a, const double *b)
	{
		asm volatile("mma.sync.aligned.m16n8k16.row.col.f64.f64.f64.f64 {%0, %1, %2, %3}, "
			     "{%4, %5, %6, %7, %8, %9, %10, %11}, {%12, %13, %14, %15}, "
			     "{%0, %1, %2, %3};"
			     : "+d"(c[0]), "+d"(c[1]), "+d"(c[2]), "+d"(c[3])
			     : "d"(a[0]), "d"(a[1]), "d"(a[2]), "d"(a[3]), "d"(a[4]), "d"(a[5]),
			       "d"(a[6]), "d"(a[7]), "d"(b[0]), "d"(b[1]), "d"(b[2]), "d"(b[3]));
	}
};

/* Sums of one warp: 8 columns each, one beside the other. */
template <enum compute_type T, uint32_t M, uint32_t K, uint32_t PER, uint32_t SUMS> struct warp {
	typedef typename tensor_reg<T>::word word;
	enum { A_REGS = M / 8 * K / PER / 4, B_REGS = K / PER / 4, C_REGS = M / 4 };
	word a[2][A_REGS], b[SUMS][B_REGS], c[SUMS][C_REGS];

	__device__ __forceinline__ void fill(uint32_t row, uint32_t seed)
	{
		const uint32_t lane = threadIdx.x % 32;
#pragma unroll
		for (uint32_t r = 0; r < A_REGS; r++) {
			a[0][r] = tensor_a_reg<T>(PER, row, r, seed, 1);
			a[1][r] = tensor_a_reg<T>(PER, row, r, seed, -1);
		}
#pragma unroll
		for (uint32_t s = 0; s < SUMS; s++) {
#pragma unroll
			for (uint32_t r = 0; r < B_REGS; r++)
				b[s][r] = tensor_b_reg<T>(PER, 8 * s, r, seed);
#pragma unroll
			for (uint32_t r = 0; r < C_REGS; r++)
				c[s][r] = tensor_sum<T>(
					tensor_start(row + tensor_c_row(lane, r),
						     8 * s + tensor_c_column(lane, r), seed));
		}
	}

	__device__ __forceinline__ void add(int negative)
	{
#pragma unroll
		for (uint32_t s = 0; s < SUMS; s++)
			mma<T, M, K>::go(c[s], a[negative], b[s]);
	}

	__device__ __forceinline__ uint32_t wrong(uint32_t row, uint32_t seed) const
	{
		const uint32_t lane = threadIdx.x % 32;
		uint32_t n = 0;
#pragma unroll
		for (uint32_t s = 0; s < SUMS; s++) {
#pragma unroll
			for (uint32_t r = 0; r < C_REGS; r++)
				n += c[s][r] != tensor_sum<T>(tensor_end(
							row + tensor_c_row(lane, r),
							8 * s + tensor_c_column(lane, r), K, seed));
		}
		return n;
	}
};

template <enum compute_type T>
static __device__ __forceinline__ void probe(struct tensor_sm *of_blocks, uint32_t turns,
					     uint32_t seed)
{
#ifdef __CUDA_ARCH__
	constexpr int MAJOR = __CUDA_ARCH__ / 100, MINOR = __CUDA_ARCH__ / 10 % 10;

	if constexpr (tensor_way(MAJOR, MINOR, T) == TENSOR_MMA) {
		constexpr struct tensor_shape S = tensor_shape(MAJOR, MINOR, T);
		const uint32_t row = threadIdx.x / 32 * S.m;
		uint64_t clocks[2], ns[2];
		warp<T, S.m, S.k, S.per, S.sums> w;

		w.fill(row, seed);
		__syncthreads();
		tensor_clocks(&clocks[0], &ns[0]);
#pragma unroll 1
		for (uint32_t i = 0; i < turns; i++) {
			w.add(0);
			w.add(1);
		}
		w.add(0);
		__syncthreads();
		tensor_clocks(&clocks[1], &ns[1]);
		tensor_tell(of_blocks, clocks[1] - clocks[0], ns[1] - ns[0], w.wrong(row, seed));
	}
#endif
}

#define KERNEL(name, type)                                                                         \
	extern "C" __global__ void __launch_bounds__(TENSOR_THREADS, 1)                            \
		name(struct tensor_sm *of_blocks, uint32_t turns, uint32_t seed)                   \
	{                                                                                          \
		probe<type>(of_blocks, turns, seed);                                               \
	}
KERNEL(assay_tensor_mma_fp64, COMPUTE_FP64)
KERNEL(assay_tensor_mma_tf32, COMPUTE_TF32)
KERNEL(assay_tensor_mma_bf16, COMPUTE_BF16)
KERNEL(assay_tensor_mma_fp16, COMPUTE_FP16)
KERNEL(assay_tensor_mma_fp8, COMPUTE_FP8)
KERNEL(assay_tensor_mma_int8, COMPUTE_INT8)

extern "C" const void *tensor_mma_kernel(enum compute_type type)
{
	switch (type) {
	case COMPUTE_FP64:
		return (const void *)assay_tensor_mma_fp64;
	case COMPUTE_TF32:
		return (const void *)assay_tensor_mma_tf32;
	case COMPUTE_BF16:
		return (const void *)assay_tensor_mma_bf16;
	case COMPUTE_FP16:
		return (const void *)assay_tensor_mma_fp16;
	case COMPUTE_FP8:
		return (const void *)assay_tensor_mma_fp8;
	case COMPUTE_INT8:
		return (const void *)assay_tensor_mma_int8;
	default:
		return NULL;
	}
}
