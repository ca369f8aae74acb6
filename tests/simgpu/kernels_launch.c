/* The kernels of kernels/launch.cu. */
#include "cudart.h"

#define LOST_ONE_IN 50

/* Whether this one is lost: a fault. */
static bool is_lost(int gpu)
{
	static unsigned ran; /* in this process, which is one server */

	return sim_fault(FAULT_LOST_KERNEL, gpu) && ++ran % LOST_ONE_IN == 0;
}

/* A word that counts, NULL: none. */
static double empty_run(int gpu, const uint64_t *a)
{
	void *p = (void *)(uintptr_t)a[0];
	unsigned long long count;

	if (!p)
		return 0;
	if (!rt_reachable(gpu, p, sizeof(count)))
		return -1;
	rt_load(&count, p, sizeof(count));
	count += !is_lost(gpu);
	rt_store(p, &count, sizeof(count));
	return 0;
}

static double empty_4k_run(int gpu, const uint64_t *a)
{
	double took = empty_run(gpu, a), more = sim_profile()->gpu[gpu].args_4k_s;

	if (took < 0)
		return took;
	return more * sim_noise("launch", gpu) / (1 - sim_shift("launch", gpu));
}

static double delay_run(int gpu, const uint64_t *a)
{
	return (double)a[0] * 1e-9;
}

const struct rt_kernel kernels_launch[] = {
	{.name = "assay_empty", .arg_bytes = {8}, .run = empty_run},
	{.name = "assay_empty_4k", .arg_bytes = {8}, .run = empty_4k_run}, /* the rest is ballast */
	{.name = "assay_delay", .arg_bytes = {8}, .run = delay_run},
	{0},
};
