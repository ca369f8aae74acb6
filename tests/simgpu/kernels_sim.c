/*
 * The kernels that the model knows, by the name that nvcc registers: those of kernels/NAME.cu.
 * Each knows the sizes of its arguments, does on the host what the kernel does on the GPU, and
 * says how long the GPU takes. A new kernel is one entry here.
 */
#include "cudart.h"
#include "../../kernels/gate.h"
#include "../../kernels/pattern.h"

#include <string.h>

static bool gate_waits(const uint64_t *a, bool timed_out, double *give_up_s)
{
	volatile struct gate *g = rt_reach((void *)(uintptr_t)a[0], sizeof(*g));

	*give_up_s = (double)a[1] * 1e-9;
	if (timed_out)
		g->gave_up = 1;
	return g->open;
}

/* Time to go through the bytes once. */
static double pass_s(int gpu, uint64_t bytes)
{
	return (double)bytes / sim_profile()->gpu[gpu].memory_copy_bytes_s;
}

static double fill_run(int gpu, const uint64_t *a)
{
	void *p = rt_reach((void *)(uintptr_t)a[0], a[1]);

	if (!p)
		return -1;
	pattern_fill(p, a[1], (uint32_t)a[2]);
	return pass_s(gpu, a[1]);
}

static double check_run(int gpu, const uint64_t *a)
{
	const void *p = rt_reach((void *)(uintptr_t)a[0], a[1]);
	struct pattern_diff *sum = rt_reach((void *)(uintptr_t)a[3], sizeof(*sum)), d;

	if (!p || !sum)
		return -1;
	d = pattern_check(p, a[1], (uint32_t)a[2]);
	sum->bytes += d.bytes;
	sum->first = d.first < sum->first ? d.first : sum->first;
	return pass_s(gpu, a[1]);
}

static const struct rt_kernel kernels[] = {
	{"assay_gate", {8, 8}, NULL, gate_waits},
	{"assay_pattern_fill", {8, 8, 4}, fill_run, NULL},
	{"assay_pattern_check", {8, 8, 4, 8}, check_run, NULL},
};

const struct rt_kernel *rt_kernel_find(const char *name)
{
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		if (!strcmp(kernels[i].name, name))
			return &kernels[i];
	}
	return NULL;
}
