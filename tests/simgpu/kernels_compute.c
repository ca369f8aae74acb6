/*
 * Matrix products: kernels/gemm_check.cu and the engines of gemm. Factors and products are
 * described (devmem.h), so only matrices of kernels/gemm_data.h can be multiplied. The fault sdc
 * bends a bit of one product in so many.
 */
#include "compute_sim.h"
#include "../../kernels/sm_clock.h"

#include <stdio.h>

/* p, elements, type, bytes of one, seed */
static double fill_run(int gpu, const uint64_t *a)
{
	enum compute_type type = (enum compute_type)a[2];
	size_t bytes = a[1] * compute_bytes(type), at;
	struct dev *d;

	if (!rt_valid(rt_pointer(a[0]), bytes) || !rt_device(rt_pointer(a[0]), &d, &at))
		return -1;
	dev_factor(d, at, bytes, type, (uint32_t)a[4]);
	return rt_pass_s(gpu, bytes);
}

/* words, how many, kind, digest */
static double digest_run(int gpu, const uint64_t *a)
{
	struct gemm_digest digest;
	struct dev *d;
	size_t at;

	if (!rt_valid(rt_pointer(a[0]), 4 * a[1]) || !rt_device(rt_pointer(a[0]), &d, &at) ||
	    !rt_reachable(gpu, rt_pointer(a[3]), sizeof(digest)))
		return -1;
	rt_load(&digest, rt_pointer(a[3]), sizeof(digest));
	dev_digest(d, at, 4 * a[1], (enum gemm_sum)a[2], &digest);
	rt_store(rt_pointer(a[3]), &digest, sizeof(digest));
	return rt_pass_s(gpu, 4 * a[1]);
}

/* Which bit of which product: the same in every run of this server. */
static void corrupt(int gpu, struct sim_product *p, uint64_t elements)
{
	const struct fault *f = sim_fault(FAULT_SDC, gpu);
	uint64_t count = f ? sim_products(gpu) : 0;

	p->bit = -1;
	if (!f || (count + 1) % (uint64_t)f->every)
		return;
	count *= 0x9e3779b97f4a7c15u;
	p->bit = (int)(count >> 32) % (8 * (int)gemm_sum_bytes(p->type));
	p->flipped = count % elements;
}

/* Whether rows of j->k numbers are a factor that the model knows. */
static bool find_factor(const void *p, size_t bytes, enum compute_type type, uint32_t *seed)
{
	struct dev *d;
	size_t at;

	if (!rt_valid(p, bytes) || !rt_device(p, &d, &at))
		return false;
	if (dev_is_factor(d, at, bytes, type, seed))
		return true;
	fprintf(stderr, "simulated server: only matrices of gemm_data.h are multiplied\n");
	return false;
}

double rt_multiply(int gpu, const struct sim_job *j)
{
	uint64_t elements = (uint64_t)j->m * (uint64_t)j->n;
	size_t of_k = (size_t)j->k * compute_bytes(j->type), at,
	       bytes = elements * gemm_sum_bytes(j->type);
	struct sim_product p = {.type = j->type, .n = j->n, .k = j->k};
	struct dev *d;

	if (!find_factor(j->a, of_k * (size_t)j->m, j->type, &p.seed_a) ||
	    !find_factor(j->b, of_k * (size_t)j->n, j->type, &p.seed_b) || !rt_valid(j->c, bytes) ||
	    !rt_device(j->c, &d, &at))
		return -1;
	corrupt(gpu, &p, elements);
	dev_product(d, at, bytes, &p);
	return sim_flop_s(gpu, j->type, 2.0 * (double)elements * j->k, j->share);
}

double rt_product(int gpu, const uint64_t *a, enum compute_type type, double share)
{
	const struct sim_job j = {.type = type,
				  .m = (int)a[3],
				  .n = (int)a[4],
				  .k = (int)a[5],
				  .a = rt_pointer(a[0]),
				  .b = rt_pointer(a[1]),
				  .c = rt_pointer(a[2]),
				  .share = share};

	return rt_multiply(gpu, &j);
}

#define MMA(name, type)                                                                            \
	static double name##_run(int gpu, const uint64_t *a)                                       \
	{                                                                                          \
		return rt_product(gpu, a, type, sim_profile()->gpu[gpu].gemm_mma_share);           \
	}
MMA(fp64, COMPUTE_FP64)
MMA(fp32, COMPUTE_FP32)
MMA(tf32, COMPUTE_TF32)
MMA(bf16, COMPUTE_BF16)
MMA(fp16, COMPUTE_FP16)
MMA(fp8, COMPUTE_FP8)
MMA(int8, COMPUTE_INT8)

/* Each SM's clocks and the global timer, as they are when the kernel begins. */
static double sm_clock_run(int gpu, const uint64_t *a)
{
	struct sm_tick *ticks = rt_pointer(a[0]);
	double ns = rt_get()->now * 1e9, clocks = rt_sm_clocks(rt_gpu_of(gpu));

	if (!rt_reachable(gpu, ticks, SM_CLOCK_MOST * sizeof(*ticks)))
		return -1;
	for (uint64_t sm = 0; sm < a[RT_BLOCKS] && sm < SM_CLOCK_MOST; sm++)
		ticks[sm] = (struct sm_tick){
			.clocks = (uint64_t)clocks,
			.ns = (uint64_t)ns,
		};
	return 0;
}

#define MMA_KERNEL(type)                                                                           \
	{                                                                                          \
		.name = "assay_gemm_mma_" #type, .arg_bytes = {8, 8, 8, 4, 4, 4},                  \
		.run = type##_run, .load = SIM_COMPUTE                                             \
	}

const struct rt_kernel kernels_compute[] = {
	{.name = "assay_gemm_fill",
	 .arg_bytes = {8, 8, 4, 4, 4},
	 .run = fill_run,
	 .load = SIM_MEMORY},
	{.name = "assay_gemm_digest",
	 .arg_bytes = {8, 8, 4, 8},
	 .run = digest_run,
	 .load = SIM_MEMORY},
	MMA_KERNEL(fp64),
	MMA_KERNEL(fp32),
	MMA_KERNEL(tf32),
	MMA_KERNEL(bf16),
	MMA_KERNEL(fp16),
	MMA_KERNEL(fp8),
	MMA_KERNEL(int8),
	{.name = "assay_sm_clock", .arg_bytes = {8}, .run = sm_clock_run},
	{.name = NULL},
};
