/*
 * The kernels of the portable matrix product, one for each format: a block of eight warps computes
 * one tile of C (gemm_mma_loop.h). Its instructions do not change with the toolkit, which makes it
 * a yardstick. M, N and K must be multiples of the tile and the slice: gemm_mma.c.
 */
#include "gemm_engine.h"
#include "gemm_mma_code.h"
#include "gemm_mma_loop.h"

#include <cuda_runtime.h>
#include <type_traits>

#if defined(__CUDA_ARCH__)
#define ARCH (__CUDA_ARCH__ / 10)
#else
#define ARCH 80
#endif

/* Numbers of `bytes` bytes. Empty where the architecture cannot do it: nobody launches that. */
#define KERNEL(name, type, work, bytes)                                                            \
	extern "C" __global__ void __launch_bounds__(gemm_threads(work::shape()),                  \
						     work::shape().blocks_of_sm)                   \
		assay_gemm_mma_##name(const void *a, const void *b, void *c, int m, int n, int k)  \
	{                                                                                          \
		if constexpr (gemm_mma_has(type, ARCH))                                            \
			product<work>((const char *)a, (const char *)b, (work::sum *)c, m, n,      \
				      k * bytes);                                                  \
	}

typedef Shipped<COMPUTE_FP64, ARCH> Shape64;
typedef std::conditional<ARCH >= 80, Matrix64<Shape64>, Plain<double, double, Shape64>>::type Fp64;
typedef Plain<float, float2, Shipped<COMPUTE_FP32, ARCH>> Fp32;
template <class FORMAT>
using Ours = Matrix<FORMAT, Shipped<COMPUTE_BF16, ARCH>>; /* of all formats */

KERNEL(fp64, COMPUTE_FP64, Fp64, 8)
KERNEL(fp32, COMPUTE_FP32, Fp32, 4)
KERNEL(tf32, COMPUTE_TF32, Ours<Tf32>, 4)
KERNEL(bf16, COMPUTE_BF16, Ours<Bf16>, 2)
KERNEL(fp16, COMPUTE_FP16, Ours<Fp16>, 2)
KERNEL(fp8, COMPUTE_FP8, Ours<Fp8>, 1)
KERNEL(int8, COMPUTE_INT8, Ours<Int8>, 1)

/* ---- launching ---- */

typedef void kernel_fn(const void *, const void *, void *, int, int, int);
static kernel_fn *const kernels[COMPUTE_TYPES] = {
	assay_gemm_mma_fp64, assay_gemm_mma_fp32, assay_gemm_mma_tf32, assay_gemm_mma_bf16,
	assay_gemm_mma_fp16, assay_gemm_mma_fp8,  assay_gemm_mma_int8,
};

extern "C" int gemm_mma_prepare(enum compute_type type, int *arch)
{
	struct cudaFuncAttributes attributes;
	cudaError_t rc = cudaFuncGetAttributes(&attributes, (const void *)kernels[type]);

	*arch = attributes.ptxVersion;
	if (!rc)
		rc = cudaFuncSetAttribute((const void *)kernels[type],
					  cudaFuncAttributeMaxDynamicSharedMemorySize,
					  gemm_shared_bytes(gemm_shape(type, *arch)));
	return rc;
}

extern "C" int gemm_mma_launch(const struct gemm_job *j, int arch, struct CUstream_st *stream)
{
	struct gemm_shape s = gemm_shape(j->type, arch);
	unsigned blocks = (unsigned)(j->m / s.rows) * (unsigned)(j->n / s.columns);

	kernels[j->type]<<<blocks, gemm_threads(s), gemm_shared_bytes(s), stream>>>(
		j->a, j->b, j->c, j->m, j->n, j->k);
	return cudaGetLastError();
}
