/*
 * Products by kernels/gemm_wgmma_sm90a.cu, and by the simulated cuBLASLt, whose kernels have no
 * source: it queues them by name (cudart_collective.c).
 */
#include "compute_sim.h"

#include <string.h>

/* a and b are tensor maps here, which begin with the addresses (cudart_driver.c). */
#define WGMMA(name, type)                                                                          \
	static double name##_run(int gpu, const uint64_t *a)                                       \
	{                                                                                          \
		return rt_product(gpu, a, type, sim_profile()->gpu[gpu].gemm_wgmma_share);         \
	}
WGMMA(bf16, COMPUTE_BF16)
WGMMA(fp16, COMPUTE_FP16)
WGMMA(tf32, COMPUTE_TF32)
WGMMA(fp8, COMPUTE_FP8)
WGMMA(int8, COMPUTE_INT8)

/* a, b, c, m and n, k and type, speed beside the fastest algorithm */
static double cublaslt_run(int gpu, const uint64_t *a)
{
	struct sim_job j = {.type = (enum compute_type)(a[4] >> 32),
			    .m = (int)(uint32_t)a[3],
			    .n = (int)(a[3] >> 32),
			    .k = (int)(uint32_t)a[4],
			    .a = rt_pointer(a[0]),
			    .b = rt_pointer(a[1]),
			    .c = rt_pointer(a[2])};

	memcpy(&j.share, &a[5], sizeof(j.share));
	j.share *= sim_profile()->gpu[gpu].gemm_cublaslt_share;
	return rt_multiply(gpu, &j);
}

#define WGMMA_KERNEL(type)                                                                         \
	{                                                                                          \
		.name = "assay_gemm_wgmma_" #type, .arg_bytes = {8, 8, 8, 4, 4, 4},                \
		.run = type##_run, .only_cc = 90, .load = SIM_COMPUTE                              \
	}

const struct rt_kernel kernels_gemm[] = {
	WGMMA_KERNEL(bf16), WGMMA_KERNEL(fp16),
	WGMMA_KERNEL(tf32), WGMMA_KERNEL(fp8),
	WGMMA_KERNEL(int8), {.name = "cublaslt", .run = cublaslt_run, .load = SIM_COMPUTE},
	{.name = NULL},
};
