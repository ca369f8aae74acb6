/* Models of kernels/mps_load.cu: loads of processes that share a GPU. */
#include "cudart.h"
#include "share.h"
#include "../../kernels/mps_load.h"

#include <math.h>
#include <string.h>

/* What the check looks at, and so what is computed: so many vectors at either end. */
#define ENDS	     64
#define STEPS_CLOCK  64 /* multiplications with addition of 32-bit integers, a clock and SM */
#define VECTOR_STEPS 4

/* Places of the n vectors that are really computed; returns how many from *first on. */
static uint64_t ends(uint64_t n, int end, uint64_t *first)
{
	uint64_t some = n < ENDS ? n : ENDS;

	*first = end ? n - some : 0;
	return end && n < 2 * ENDS ? 0 : n < 2 * ENDS ? n : some;
}

static void compute(char *x, uint64_t n, struct mps_jump j)
{
	struct mps_vector v[2 * ENDS];
	uint64_t first, some;

	for (int end = 0; end < 2; end++) {
		some = ends(n, end, &first);
		if (!some)
			continue;
		rt_load(v, x + first * sizeof(*v), some * sizeof(*v));
		for (uint64_t i = 0; i < some * 4; i++)
			v[i / 4].word[i % 4] = j.mul * v[i / 4].word[i % 4] + j.add;
		rt_store(x + first * sizeof(*v), v, some * sizeof(*v));
	}
}

/* Whether the model's truth is what the kernel was asked for: that one step is MUL and ADD. */
static struct mps_jump jump(const uint64_t *a)
{
	struct mps_jump j = mps_jump(a[2] * a[3]);

	if ((uint32_t)a[4] != MPS_MUL || (uint32_t)a[5] != MPS_ADD)
		j.add++;
	return j;
}

/* Alone, on as many SMs as there are blocks, and not more than this process may use. */
static double load_s(int gpu, const uint64_t *a)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];
	double sms = fmin((double)a[RT_BLOCKS], sim_mps_sms(gpu)), share = sms / (double)g->sms;
	double vectors = (double)a[1] * (double)a[2]; /* n, passes */
	double compute_s = vectors * (double)a[3] * VECTOR_STEPS /
			   (STEPS_CLOCK * sms * sim_sm_hz(gpu, SIM_COMPUTE));
	double reach = fmin(1, share / g->memory_sms_share);
	double memory_s = 2 * sizeof(struct mps_vector) * vectors / g->memory_copy_bytes_s / reach;
	bool streams = memory_s > compute_s;

	/* what stays in the cache is no load of the memory */
	if (a[1] * sizeof(struct mps_vector) < (uint64_t)g->l2_bytes)
		streams = false;
	return sim_shared_s(gpu, streams ? memory_s : compute_s, share, streams ? reach : 0);
}

static void note(struct mps_seen *s, const uint64_t *a, int gpu, double seconds)
{
	double now = rt_get()->now;
	int sms = sim_mps_sms(gpu);
	uint32_t launch = (uint32_t)a[7];

	if (launch == 0 && s->begin_ns == UINT64_MAX)
		s->begin_ns = (uint64_t)(now * 1e9);
	if (launch < MPS_LAUNCHES)
		s->end_ns[launch] = (uint64_t)((now + seconds) * 1e9);
	for (int i = 0; i < sms && i < (int)a[RT_BLOCKS] && i < 32 * MPS_SM_WORDS; i++)
		s->sm[i / 32] |= 1u << i % 32;
}

/* x, n, passes, rounds, mul, add, seen, launch */
static double load_run(int gpu, const uint64_t *a)
{
	double launch_s = sim_profile()->gpu[gpu].launch_s, seconds;
	struct mps_seen seen;

	if (!rt_reachable(gpu, rt_pointer(a[0]), a[1] * sizeof(struct mps_vector)) ||
	    !rt_reachable(gpu, rt_pointer(a[6]), sizeof(seen)))
		return -1;
	compute(rt_pointer(a[0]), a[1], jump(a));
	seconds = fmax(load_s(gpu, a), launch_s); /* launching hides behind the launch before */
	rt_load(&seen, rt_pointer(a[6]), sizeof(seen));
	note(&seen, a, gpu, seconds);
	rt_store(rt_pointer(a[6]), &seen, sizeof(seen));
	return seconds - launch_s;
}

/* words, how many, seed, mul, add, diff */
static double check_run(int gpu, const uint64_t *a)
{
	const struct mps_jump j = {(uint32_t)a[3], (uint32_t)a[4]};
	uint32_t word[8 * ENDS];
	struct pattern_diff diff;
	uint64_t first, some;

	if (!rt_reachable(gpu, rt_pointer(a[0]), 4 * a[1]) ||
	    !rt_reachable(gpu, rt_pointer(a[5]), sizeof(diff)))
		return -1;
	rt_load(&diff, rt_pointer(a[5]), sizeof(diff));
	for (int end = 0; end < 2; end++) {
		some = 4 * ends(a[1] / 4, end, &first);
		first *= 4;
		if (some)
			rt_load(word, (char *)rt_pointer(a[0]) + 4 * first, 4 * some);
		for (uint64_t i = 0; i < some; i++) {
			if (word[i] == mps_word(first + i, (uint32_t)a[2], j))
				continue;
			diff.bytes += 4;
			diff.first = 4 * (first + i) < diff.first ? 4 * (first + i) : diff.first;
		}
	}
	rt_store(rt_pointer(a[5]), &diff, sizeof(diff));
	return 4 * (double)a[1] / sim_profile()->gpu[gpu].memory_copy_bytes_s;
}

const struct rt_kernel kernels_share[] = {
	{.name = "assay_mps_load", .arg_bytes = {8, 8, 4, 4, 4, 4, 8, 4}, .run = load_run},
	{.name = "assay_mps_check", .arg_bytes = {8, 8, 4, 4, 4, 8}, .run = check_run},
	{0},
};
