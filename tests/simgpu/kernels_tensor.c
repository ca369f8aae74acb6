/*
 * The loops of tensor_probe: what each SM tells. All take what the profile says a format takes, and
 * some clocks for starting and ending; the fault slow_sm makes one slower, and where one is dead_sm
 * its block waits for another SM. With sdc one sum of one launch in so many is wrong.
 */
#include "cudart.h"
#include "../../kernels/tensor_probe.h"

#include <math.h>

/* Share of a loop that starting and ending it takes, as seen on an H200; and of its noise. */
#define AROUND	   2e-5
#define NOISE_PART 0.01

/* Clocks of an SM that is well. */
static double loop_clocks(int gpu, enum compute_type type, uint32_t turns, double noise)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];
	const struct tensor_shape s = tensor_shape((int)g->cc_major, (int)g->cc_minor, type);

	return tensor_flop(&s, turns) / g->flop_clk[type] / (1 - sim_shift("compute", gpu)) *
	       (1 + AROUND + NOISE_PART * fabs(noise - 1));
}

/* The SM of a block; the last block finds all SMs taken where one is dead. */
static uint32_t sm_of(uint32_t block, uint32_t blocks, const struct fault *dead)
{
	if (!dead || block < (uint64_t)dead->sm)
		return block;
	return (block + 1) % blocks;
}

/* told, turns, seed */
static double loop_run(int gpu, const uint64_t *a, enum compute_type type)
{
	struct tensor_sm *told = (void *)(uintptr_t)a[0];
	const struct fault *slow = sim_fault(FAULT_SLOW_SM, gpu),
			   *dead = sim_fault(FAULT_DEAD_SM, gpu), *sdc = sim_fault(FAULT_SDC, gpu);
	const uint32_t blocks = (uint32_t)a[RT_BLOCKS];
	double noise = sim_noise("tensor", gpu), hz = sim_sm_hz(gpu, SIM_COMPUTE);
	double clocks = loop_clocks(gpu, type, (uint32_t)a[1], noise), most = 0;

	if (!rt_reachable(gpu, told, blocks * sizeof(*told)))
		return -1;
	for (uint32_t i = 0; i < blocks; i++) {
		uint32_t sm = sm_of(i, blocks, dead);
		double own = slow && slow->sm == sm ? clocks / (1 - slow->by) : clocks;

		told[i] = (struct tensor_sm){
			.sm = sm,
			.clocks = (uint64_t)own,
			.ns = (uint64_t)(own / hz * 1e9),
		};
		most = fmax(most, own);
	}
	if (sdc && (sim_products(gpu) + 1) % (uint64_t)sdc->every == 0)
		told[blocks / 3].wrong = 1;
	return (dead ? 2 : 1) * most / hz;
}

#define LOOP(type, TYPE)                                                                           \
	static double type##_run(int gpu, const uint64_t *a)                                       \
	{                                                                                          \
		return loop_run(gpu, a, TYPE);                                                     \
	}
LOOP(fp64, COMPUTE_FP64)
LOOP(tf32, COMPUTE_TF32)
LOOP(bf16, COMPUTE_BF16)
LOOP(fp16, COMPUTE_FP16)
LOOP(fp8, COMPUTE_FP8)
LOOP(int8, COMPUTE_INT8)

#define KERNEL(way, type, ...)                                                                     \
	{                                                                                          \
		.name = "assay_tensor_" #way "_" #type, .arg_bytes = {8, 4, 4}, .run = type##_run, \
		.load = SIM_COMPUTE, __VA_ARGS__                                                   \
	}

const struct rt_kernel kernels_tensor[] = {
	KERNEL(mma, fp64),
	KERNEL(mma, tf32),
	KERNEL(mma, bf16),
	KERNEL(mma, fp16),
	KERNEL(mma, fp8),
	KERNEL(mma, int8),
	KERNEL(wgmma, tf32, .only_cc = 90),
	KERNEL(wgmma, bf16, .only_cc = 90),
	KERNEL(wgmma, fp16, .only_cc = 90),
	KERNEL(wgmma, fp8, .only_cc = 90),
	KERNEL(wgmma, int8, .only_cc = 90),
	{.name = NULL},
};
