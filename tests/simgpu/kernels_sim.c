/*
 * The kernels that the model knows, by the name that nvcc registers: those of kernels/NAME.cu.
 * Each knows the sizes of its arguments, does on the host what the kernel does on the GPU, and
 * says how long the GPU takes. Here: the list of the files that have some, and what copies, checks
 * and chases.
 */
#include "cudart.h"
#include "device_memory.h"
#include "pattern_sim.h"
#include "peer.h"
#include "../../kernels/gate.h"

#include <string.h>

static bool gate_waits(const uint64_t *a, bool timed_out, double *give_up_s)
{
	volatile struct gate *g = rt_pointer(a[0]);

	*give_up_s = (double)a[1] * 1e-9;
	if (timed_out)
		g->gave_up = 1;
	return g->open;
}

double rt_pass_s(int gpu, uint64_t bytes)
{
	return (double)bytes / sim_profile()->gpu[gpu].memory_copy_bytes_s;
}

static double fill_run(int gpu, const uint64_t *a)
{
	struct dev *d;
	size_t at;

	if (!rt_reachable(gpu, rt_pointer(a[0]), a[1]))
		return -1;
	if (!rt_device(rt_pointer(a[0]), &d, &at)) {
		part_fill(rt_pointer(a[0]), 0, a[1], (uint32_t)a[2]);
		return 0;
	}
	dev_pattern(d, at, a[1], (uint32_t)a[2]);
	return rt_pass_s(gpu, a[1]);
}

/* Into mapped host memory it goes over the link. */
static bool fill_flow(int gpu, const uint64_t *a, struct sim_flow *f)
{
	return rt_sm_flow(gpu, rt_pointer(a[0]), NULL, a[1], f);
}

static void check_host(const uint8_t *p, uint64_t bytes, uint32_t seed, struct pattern_diff *diff)
{
	uint8_t want[4096];
	uint64_t n;

	for (uint64_t at = 0; at < bytes; at += n) {
		n = bytes - at < sizeof(want) ? bytes - at : sizeof(want);
		if (part_equal(p + at, at, n, seed))
			continue;
		part_fill(want, at, n, seed);
		for (uint64_t b = 0; b < n; b++) {
			if (p[at + b] == want[b])
				continue;
			diff->bytes++;
			diff->first = at + b < diff->first ? at + b : diff->first;
		}
	}
}

static double check_run(int gpu, const uint64_t *a)
{
	struct pattern_diff diff;
	struct dev *d;
	size_t at;

	if (!rt_reachable(gpu, rt_pointer(a[3]), sizeof(diff)) ||
	    !rt_reachable(gpu, rt_pointer(a[0]), a[1]))
		return -1;
	rt_load(&diff, rt_pointer(a[3]), sizeof(diff));
	if (rt_device(rt_pointer(a[0]), &d, &at))
		dev_check(d, at, a[1], (uint32_t)a[2], &diff);
	else
		check_host(rt_pointer(a[0]), a[1], (uint32_t)a[2], &diff);
	rt_store(rt_pointer(a[3]), &diff, sizeof(diff));
	return rt_device(rt_pointer(a[0]), &d, &at) ? rt_pass_s(gpu, a[1]) : 0;
}

/* Of mapped host memory it goes over the link. */
static bool check_flow(int gpu, const uint64_t *a, struct sim_flow *f)
{
	return rt_sm_flow(gpu, NULL, rt_pointer(a[0]), a[1], f);
}

/* to, from, bytes */
static double copy_sm_run(int gpu, const uint64_t *a)
{
	int to = rt_owner_of(rt_pointer(a[0])), from = rt_owner_of(rt_pointer(a[1]));

	if (!rt_reachable(gpu, rt_pointer(a[0]), a[2]) ||
	    !rt_reachable(gpu, rt_pointer(a[1]), a[2]))
		return -1;
	if (!rt_peer_drops(gpu, from, to))
		rt_copy_bytes(rt_pointer(a[0]), rt_pointer(a[1]), a[2]);
	return to == gpu && from == gpu ? sim_local_copy_s(gpu, (double)a[2]) : 0;
}

static bool copy_sm_flow(int gpu, const uint64_t *a, struct sim_flow *f)
{
	return rt_sm_flow(gpu, rt_pointer(a[0]), rt_pointer(a[1]), a[2], f);
}

/* Nobody looks where a longer chase ends. */
#define CHASE_LOOKED_AT 16384u

/*
 * Seconds of loads from the ring that p lies in; of a GPU's own memory a ring is an allocation.
 * What reading the pointers costs here is not felt.
 */
static double chase_s(int gpu, const void *p, double steps)
{
	int owner = rt_owner_of(p);
	struct sim_range r;

	if (owner < 0)
		return sim_sm_chase_s(gpu, sim_host_node(p), steps);
	if (owner != gpu || !sim_range_find(p, SIM_DEVICE, &r))
		return sim_peer_chase_s(gpu, steps);
	return sim_device_chase_s(gpu, (double)r.bytes, steps);
}

/* A word that holds a pointer, steps, a word for the SM or NULL: block number modulo SMs. */
static double chase_run_sim(int gpu, const uint64_t *a)
{
	void **at = rt_pointer(a[0]), *p;
	uint32_t *sm = rt_pointer(a[2]);

	if (!rt_reachable(gpu, at, sizeof(*at)) || !rt_reachable(gpu, *at, sizeof(*at)) ||
	    (sm && !rt_reachable(gpu, sm, sizeof(*sm))))
		return -1;
	if (sm)
		*sm = (uint32_t)((a[RT_BLOCKS] - 1) % (uint64_t)sim_profile()->gpu[gpu].sms);
	p = *at;
	for (uint64_t i = 0; a[1] <= CHASE_LOOKED_AT && i < a[1]; i++)
		rt_load(&p, p, sizeof(p));
	*at = p;
	return chase_s(gpu, p, (double)a[1]);
}

static double values_fill_run(int gpu, const uint64_t *a)
{
	const struct sim_values v = {0, (uint32_t)a[2], (uint32_t)a[3], 1};
	struct dev *d;
	size_t at;

	if (!rt_valid(rt_pointer(a[0]), 4 * a[1]) || !rt_device(rt_pointer(a[0]), &d, &at))
		return -1;
	dev_values(d, at, 4 * a[1], &v);
	return rt_pass_s(gpu, 4 * a[1]);
}

static double values_check_run(int gpu, const uint64_t *a)
{
	const struct sim_values v = {a[3], (uint32_t)a[4], (uint32_t)a[5], (uint32_t)a[6]};
	char *p = (char *)rt_pointer(a[0]) + 4 * a[1];
	struct pattern_diff diff;
	struct dev *d;
	size_t at;

	if (!rt_valid(rt_pointer(a[7]), sizeof(diff)) || !rt_valid(p, 4 * a[2]) ||
	    !rt_device(p, &d, &at))
		return -1;
	rt_load(&diff, rt_pointer(a[7]), sizeof(diff));
	dev_check_values(d, at, 4 * a[2], &v, 4 * a[1], &diff);
	rt_store(rt_pointer(a[7]), &diff, sizeof(diff));
	return rt_pass_s(gpu, 4 * a[2]);
}

const struct rt_kernel kernels_sim[] = {
	{.name = "assay_gate", .arg_bytes = {8, 8}, .waits = gate_waits},
	{.name = "assay_pattern_fill",
	 .arg_bytes = {8, 8, 4},
	 .run = fill_run,
	 .flow = fill_flow,
	 .load = SIM_MEMORY},
	{.name = "assay_pattern_check",
	 .arg_bytes = {8, 8, 4, 8},
	 .run = check_run,
	 .flow = check_flow,
	 .load = SIM_MEMORY},
	{.name = "assay_copy_sm", .arg_bytes = {8, 8, 8}, .run = copy_sm_run, .flow = copy_sm_flow},
	{.name = "assay_gpu_chase", .arg_bytes = {8, 8, 8}, .run = chase_run_sim},
	{.name = "assay_values_fill",
	 .arg_bytes = {8, 8, 4, 4},
	 .run = values_fill_run,
	 .load = SIM_MEMORY},
	{.name = "assay_values_check",
	 .arg_bytes = {8, 8, 8, 8, 4, 4, 4, 8},
	 .run = values_check_run,
	 .load = SIM_MEMORY},
	{0},
};

/* One more file kernels_NAME.c: its array, of that name, here. The Makefile finds the file. */
#define KERNEL_FILES(FILE)                                                                         \
	FILE(kernels_sim)                                                                          \
	FILE(kernels_compute)                                                                      \
	FILE(kernels_gemm)                                                                         \
	FILE(kernels_launch) FILE(kernels_memory) FILE(kernels_share) FILE(kernels_tensor)

#define DECLARE(array) extern const struct rt_kernel array[];
KERNEL_FILES(DECLARE)

const struct rt_kernel *rt_kernel_find(const char *name)
{
#define ARRAY(array) array,
	static const struct rt_kernel *const files[] = {KERNEL_FILES(ARRAY)};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		for (const struct rt_kernel *k = files[i]; k->name; k++) {
			if (!strcmp(k->name, name))
				return k;
		}
	}
	return NULL;
}
