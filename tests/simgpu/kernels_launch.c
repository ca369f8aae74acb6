/* The kernels of kernels/launch.cu and kernels/overlap.cu. */
#include "cudart.h"
#include "../../kernels/overlap.h"

#include <string.h>

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

#define STEP_CYCLES 16

/* Results from any byte on. arg: seed; steps. */
static void steps_bytes(void *dst, size_t offset, size_t bytes, const uint64_t *arg)
{
	char *to = dst;

	while (bytes) {
		uint32_t index = (uint32_t)(offset / 4);
		uint32_t v = overlap_after(overlap_first(index, (uint32_t)arg[0]), arg[1]);
		size_t in = offset % 4, n = bytes < 4 - in ? bytes : 4 - in;

		memcpy(to, (const char *)&v + in, n);
		to += n;
		offset += n;
		bytes -= n;
	}
}

/* out, seed, steps */
static double steps_run(int gpu, const uint64_t *a)
{
	uint64_t bytes = a[RT_BLOCKS] * a[RT_THREADS] * sizeof(uint32_t);
	struct dev_made m = {.make = steps_bytes, .arg = {a[1], a[2]}};
	struct dev *d;

	if (!rt_reachable(gpu, (void *)(uintptr_t)a[0], bytes) ||
	    !rt_device((void *)(uintptr_t)a[0], &d, &m.origin))
		return -1;
	if (sim_fault(FAULT_LOST_KERNEL, gpu)) /* all but its last block */
		bytes -= a[RT_THREADS] * sizeof(uint32_t);
	dev_make(d, m.origin, bytes, &m);
	return (double)a[2] * STEP_CYCLES / (double)sim_profile()->gpu[gpu].sm_max_hz *
	       sim_noise("steps", gpu);
}

const struct rt_kernel kernels_launch[] = {
	{.name = "assay_empty", .arg_bytes = {8}, .run = empty_run},
	{.name = "assay_empty_4k", .arg_bytes = {8}, .run = empty_4k_run}, /* the rest is ballast */
	{.name = "assay_delay", .arg_bytes = {8}, .run = delay_run},
	{.name = "assay_steps", .arg_bytes = {8, 4, 8}, .run = steps_run},
	{0},
};
