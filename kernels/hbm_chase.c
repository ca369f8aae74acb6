/*
 * Latency of a GPU's own memory and of its L2: one thread follows a ring of pointers, one load in
 * flight, a pointer every 128 bytes, which is one line. The ring of level l2 is 2 MiB, that of
 * dram 512 MiB, of which no line is read twice; before it the L2 is filled with something else.
 *
 * An SM is nearer to some parts of the L2 than to others (on A100 and H100 to one half of it), and
 * SMs differ in what they are near to. A ring spreads over all parts, and eight SMs spread over
 * the GPU follow it in turn, each an eighth of a sample: the value is a mean over both. Which SMs
 * they were is the fact "sms".
 *
 * Known errors: the start of eight kernels is part of a sample, some 40 microseconds in 0.07 s; a
 * walk through 512 MiB misses the GPU's first TLB, as a program's random loads do, and that is in
 * the figure; SM and L2 clocks are not locked here, so compare like clocks. NVML is asked about
 * heat, which slows the L2 down, once a case and after what is timed: during the check.
 *
 * After each case the GPU follows the ring once more from its start and must come to where the CPU
 * comes by the ring's formula.
 */
#include "gpu.h"
#include "ring.h"

#include <errno.h>
#include <string.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	{.name = "level",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "l2,dram",
	 .choices = "l2|dram",
	 .help = "what answers: its L2 (a ring of 2 MiB), or memory (512 MiB)"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "latency",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu",
	 .help = "time of one dependent load, a mean over eight SMs"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "chaser.h"
#include "gpu_state.h"

#include "../harness/base/units.h"

#include <cuda_runtime_api.h>
#include <stdio.h>

#define LABELS "gpu,level"
enum { STEPS = 1 << 18, L2_BITS = 14, DRAM_BITS = 22 };
/* A ring in memory, and what pushes it out of the L2, are so many times as large as that. */
enum { L2_TIMES = 4 };

struct own_chase {
	struct chaser chaser;
	struct gpu_state *state;
	uint8_t *ring;
	uint32_t seed;
	unsigned bits;
	size_t l2_bytes;
};

static int setup(struct ctx *c, struct err *e)
{
	struct own_chase *k = ctx_state(c);
	int l2_bytes = 0, rc;

	k->seed = (uint32_t)ctx_seed(c);
	rc = gpu_not_shared(e);
	if (!rc)
		rc = chaser_open(&k->chaser, STEPS, e);
	if (!rc)
		rc = chaser_spread(&k->chaser, e);
	if (!rc)
		rc = gpu_state_open(&k->state, c, e);
	if (rc)
		return rc;
	gpu_say_kin(c);
	rc = (int)cudaDeviceGetAttribute(&l2_bytes, cudaDevAttrL2CacheSize, 0);
	k->l2_bytes = (size_t)l2_bytes;
	return gpu_error(rc, e, "asking for the size of the L2");
}

static size_t ring_bytes(const struct own_chase *k)
{
	return (size_t)RING_LINE << k->bits;
}

/* -ENOTSUP where a ring of that size is not answered by that level. */
static int is_of_level(const struct own_chase *k, bool l2, struct err *e)
{
	char ring[32], cache[32];

	if (l2 ? ring_bytes(k) <= k->l2_bytes / 2 : ring_bytes(k) >= L2_TIMES * k->l2_bytes)
		return 0;
	units_size(ring, sizeof(ring), (double)ring_bytes(k));
	units_size(cache, sizeof(cache), (double)k->l2_bytes);
	return err_set(e, ENOTSUP, "a ring of %s is %s the L2 of %s", ring,
		       l2 ? "more than half of" : "less than 4 x", cache);
}

/* The L2 full of something else, so that no load of the ring is answered from there. */
static int empty_l2(const struct own_chase *k, struct err *e)
{
	void *other = NULL;
	cudaError_t rc = cudaMalloc(&other, L2_TIMES * k->l2_bytes);

	if (!rc)
		rc = cudaMemset(other, PATTERN_POISON, L2_TIMES * k->l2_bytes);
	if (!rc)
		rc = cudaDeviceSynchronize();
	cudaFree(other);
	return gpu_error((int)rc, e, "emptying the L2");
}

static int make_ring(struct own_chase *k, struct err *e)
{
	int rc;

	cudaFree(k->ring);
	k->ring = NULL;
	rc = gpu_memory_fits(ring_bytes(k) + L2_TIMES * k->l2_bytes, "a ring of pointers", e);
	if (!rc)
		rc = gpu_error((int)cudaMalloc((void **)&k->ring, ring_bytes(k)), e,
			       "allocating the ring");
	if (!rc)
		rc = gpu_error(
			ring_fill_launch(k->ring, k->bits, k->seed, k->chaser.lanes.lane[0].stream),
			e, "writing the ring");
	*k->chaser.at = k->ring;
	return rc ? rc : lanes_wait(&k->chaser.lanes, "writing the ring", e);
}

static void say_sms(struct ctx *c, const struct own_chase *k)
{
	char text[CHASER_SMS * 8] = "";

	for (int i = 0, n = 0; i < k->chaser.sms; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%u", i ? " " : "",
			      k->chaser.sm[i]);
	ctx_fact(c, "sms", "latency", LABELS, text, "%smid of those that followed the ring");
}

static int run(struct ctx *c, struct err *e)
{
	struct own_chase *k = ctx_state(c);
	bool l2 = !strcmp(ctx_str(c, "level"), "l2");
	int rc;

	k->bits = l2 ? L2_BITS : DRAM_BITS;
	rc = is_of_level(k, l2, e);
	if (!rc)
		rc = make_ring(k, e);
	if (!rc && !l2)
		rc = empty_l2(k, e);
	gpu_state_begin(k->state);
	if (!rc)
		rc = chaser_sample(c, &k->chaser, e);
	if (!rc)
		say_sms(c, k);
	return rc;
}

static int verify(struct ctx *c, struct err *e)
{
	struct own_chase *k = ctx_state(c);
	uint32_t line = 0;
	int rc;

	for (int i = 0; i < CHASER_CHECKED_STEPS; i++)
		line = ring_next(line, k->bits, k->seed);
	*k->chaser.at = k->ring;
	rc = chaser_check(&k->chaser, k->state, e);
	gpu_state_end(k->state);
	gpu_state_say(k->state, 0, c, "latency", LABELS);
	if (rc || *k->chaser.at == k->ring + (size_t)line * RING_LINE)
		return rc;
	return err_set(e, EBADMSG,
		       "gpu %s: after %d steps it is not where the CPU is: it read other pointers",
		       ctx_str(c, "gpu"), CHASER_CHECKED_STEPS);
}

static void teardown(struct ctx *c)
{
	struct own_chase *k = ctx_state(c);

	gpu_state_close(k->state);
	cudaFree(k->ring);
	chaser_close(&k->chaser);
}

#endif

const struct bench bench_hbm_chase = {
	.name = "hbm_chase",
	.summary = "latency of a GPU's own memory, and of its L2",
	.method =
		"One thread follows a ring of pointers, 128 bytes apart, one load in flight, "
		"through 2 MiB that its L2 holds or 512 MiB of memory, timed by GPU events behind "
		"a gate; eight SMs spread over the GPU take turns, since each is near to another "
		"part of the L2. GPU and CPU must end at the same pointer.",
	.params = params,
	.metrics = metrics,
	.quiet = true,
	.process_s = 4.5,
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct own_chase),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
