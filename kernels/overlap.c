/*
 * Copies under compute: how much of a copy's time hides behind a kernel, and what both lose. Eight
 * copies between pinned memory of the GPU's own node and the GPU, by the copy engine, and eight
 * kernels of about a copy's length that fill every SM and touch no memory (overlap.h) are timed
 * alone and side by side in turns, behind a gate, by GPU events:
 *
 *   hidden         (copies alone + kernels alone - both) / the shorter of these: 1 where they run
 *                  side by side, 0 where one after the other (said as 0.01)
 *   compute_share  speed of the kernels beside the copies by that alone
 *   copy_share     the same of the copies; where both directions run, of the slower one
 *
 * Known errors: the two are about, not exactly, equally long (within a few per cent), so that the
 * end of one is alone and a loss is seen a little smaller than it is; a kernel that uses memory
 * would lose more.
 *
 * After each case what the kernels computed and every byte that was copied are checked.
 */
#include "copy_cases.h"
#include "gpu.h"
#include "host.h"

#include <errno.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	HOST_PARAM_NODE,
	{.name = "dir",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "all",
	 .choices = "h2d|d2h|both",
	 .help = "host to device, device to host, both at once"},
	{.name = "size",
	 .type = PARAM_SIZE,
	 .scope = SCOPE_CASE,
	 .def = "64MiB",
	 .min = 1 << 20,
	 .max = (uint64_t)1 << 30,
	 .unit = "bytes",
	 .help = "bytes of one copy"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "hidden",
	 .unit = "1",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .siblings = "gpu,node",
	 .help = "part of the copies' time that hides behind kernels"},
	{.name = "compute_share",
	 .unit = "1",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .siblings = "gpu,node",
	 .help = "speed of kernels beside copies by their speed alone"},
	{.name = "copy_share",
	 .unit = "1",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .siblings = "gpu,node",
	 .help = "speed of copies beside kernels by their speed alone"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "copy_engine.h"
#include "lanes.h"
#include "overlap.h"

#include "../harness/base/mem.h"

#include <cuda_runtime_api.h>
#include <math.h>
#include <stdlib.h>

#define EACH	    8	/* copies, and kernels, of one measurement */
#define MEASURED    15	/* measurements of a case */
#define WARM_UP_S   0.5 /* until clocks are up: once a process */
#define FIRST_STEPS 20000
#define SERIAL	    0.5	 /* hidden below this: they ran one after the other */
#define LEAST	    0.01 /* hidden is never said to be less: comparisons need numbers above 0 */

struct overlap {
	struct copy_memory memory;
	struct lanes beside; /* the copies' streams, then that of the kernels */
	struct lanes alone;  /* one stream for kernels */
	uint8_t *device;
	struct pattern_diff *diff;
	uint32_t *out; /* of the kernels */
	uint32_t seed;
	int node, sms;
	bool warm;
	/* of the current case */
	struct copy_way way[2];
	int ways;
	uint64_t steps; /* of a kernel */
};

/* ---- one of each ---- */

static int queue_kernel(void *arg, int lane, struct CUstream_st *stream)
{
	const struct overlap *k = arg;

	return overlap_launch(k->out, k->seed, k->steps, k->sms, stream);
}

static int queue(void *arg, int lane, struct CUstream_st *stream)
{
	const struct overlap *k = arg;

	return lane < k->ways ? copy_way_queue(&k->way[lane], stream)
			      : queue_kernel(arg, lane, stream);
}

static int copies_alone(struct overlap *k, double *seconds, struct err *e)
{
	return lanes_time(&k->beside, k->ways, true, queue, k, EACH, seconds, e);
}

static int kernels_alone(struct overlap *k, double *seconds, struct err *e)
{
	return lanes_time(&k->alone, 1, true, queue_kernel, k, EACH, seconds, e);
}

static int both(struct overlap *k, uint64_t each, double *seconds, struct err *e)
{
	return lanes_time(&k->beside, k->ways + 1, true, queue, k, each, seconds, e);
}

/* ---- setup ---- */

static size_t bytes_of(const struct ctx *c)
{
	size_t size = ctx_max_u64(c, "size");

	return copy_part(size) + size;
}

static int open_gpu(struct ctx *c, struct overlap *k, struct err *e)
{
	int rc = gpu_not_shared(e);
	size_t words;

	if (!rc)
		rc = lanes_open(&k->beside, 1, e);
	for (int i = 0; i < 2 && !rc; i++)
		rc = lanes_add(&k->beside, 0, e);
	if (!rc)
		rc = lanes_open(&k->alone, 1, e);
	if (!rc)
		rc = gpu_error(
			(int)cudaDeviceGetAttribute(&k->sms, cudaDevAttrMultiProcessorCount, 0), e,
			"asking for the number of SMs");
	words = (size_t)k->sms * OVERLAP_BLOCKS * OVERLAP_THREADS;
	if (!rc)
		rc = gpu_error((int)cudaMalloc((void **)&k->out, words * sizeof(*k->out)), e,
			       "allocating %zu words", words);
	if (!rc)
		rc = copy_device_open(&k->device, &k->diff, bytes_of(c), k->seed,
				      k->beside.lane[0].stream, e);
	return rc;
}

static int setup(struct ctx *c, struct err *e)
{
	struct overlap *k = ctx_state(c);
	int rc;

	k->seed = (uint32_t)ctx_seed(c);
	k->node = (int)ctx_u64(c, "node");
	gpu_pin(c, k->node);
	rc = open_gpu(c, k, e);
	if (!rc)
		rc = copy_memory_use(c, &k->memory, COPY_PINNED, bytes_of(c),
				     ctx_pinned_limit(c, k->node), k->node, k->seed, e);
	return rc;
}

/* ---- run ---- */

static struct copy_way way(const struct overlap *k, bool to_device, size_t at, size_t size)
{
	return (struct copy_way){.memory = &k->memory,
				 .device = k->device,
				 .diff = k->diff,
				 .at = at,
				 .size = size,
				 .seed = k->seed,
				 .sms = k->sms,
				 .to_device = to_device};
}

static int choose_case(struct ctx *c, struct overlap *k, struct err *e)
{
	enum copy_dir dir = copy_dir(ctx_str(c, "dir"));
	size_t size = ctx_u64(c, "size");

	k->ways = copy_dir_both(dir) ? 2 : 1;
	k->way[0] = way(k, dir != COPY_D2H, 0, size);
	k->way[1] = way(k, false, copy_part(size), size);
	return copy_memory_holds(&k->memory, k->way[k->ways - 1].at + size, k->node, "", e);
}

/* As many steps as take as long as the copies. The second round starts with clocks that are up. */
static int size_kernel(struct overlap *k, struct err *e)
{
	double copies, kernels, spent = 0;
	int rc = 0;

	k->steps = FIRST_STEPS;
	for (int round = 0; round < 3 && !rc; round++) {
		rc = copies_alone(k, &copies, e);
		if (!rc)
			rc = kernels_alone(k, &kernels, e);
		if (!rc && !(copies > 0 && kernels > 0))
			rc = err_set(e, ERANGE, "copies or kernels took no time at all");
		if (!rc)
			k->steps = (uint64_t)ceil((double)k->steps * copies / kernels);
		while (!rc && !k->warm && spent < WARM_UP_S) {
			rc = both(k, EACH, &kernels, e);
			spent += kernels;
		}
		k->warm = true;
	}
	return rc;
}

static int measure(struct ctx *c, struct overlap *k, double *hidden, struct err *e)
{
	double copies, kernels, together, slower;
	int rc = copies_alone(k, &copies, e);

	if (!rc)
		rc = kernels_alone(k, &kernels, e);
	if (!rc)
		rc = both(k, EACH, &together, e);
	if (rc)
		return rc;
	slower = k->beside.lane[0].seconds;
	if (k->ways == 2)
		slower = fmax(slower, k->beside.lane[1].seconds);
	*hidden = fmax((copies + kernels - together) / fmin(copies, kernels), LEAST);
	ctx_emit(c, "hidden", *hidden);
	ctx_emit(c, "compute_share", kernels / k->beside.lane[k->ways].seconds);
	ctx_emit(c, "copy_share", copies / slower);
	return 0;
}

static int run(struct ctx *c, struct err *e)
{
	struct overlap *k = ctx_state(c);
	double hidden, most = 0;
	int rc = choose_case(c, k, e);

	if (!rc)
		rc = size_kernel(k, e);
	copy_memory_say(c, &k->memory, "gpu,node");
	for (int i = 0; i < MEASURED && !rc; i++) {
		rc = measure(c, k, &hidden, e);
		most = fmax(most, rc ? 0 : hidden);
	}
	if (!rc)
		ctx_expect(c, "overlap", "", "dir,gpu,node",
			   most < SERIAL ? "one after the other" : "side by side", "side by side",
			   "time of both at once, by GPU events");
	return rc;
}

/* ---- verify ---- */

/* Copies and kernels once more at the same time, everything poisoned before. */
static int run_verified(struct overlap *k, size_t words, struct err *e)
{
	double seconds;
	int rc = 0;

	for (int i = 0; i < k->ways && !rc; i++)
		rc = copy_way_prepare(&k->way[i], k->beside.lane[i].stream, e);
	if (!rc)
		rc = gpu_error((int)cudaMemsetAsync(k->out, PATTERN_POISON, words * sizeof(*k->out),
						    k->beside.lane[0].stream),
			       e, "poisoning the kernel's results");
	if (!rc)
		rc = lanes_wait(&k->beside, "waiting for the poison", e);
	return rc ? rc : both(k, 1, &seconds, e);
}

static int check_kernel(const struct overlap *k, size_t words, struct err *e)
{
	uint32_t *got = mem_zalloc(words, sizeof(*got));
	size_t wrong = 0, first = 0;
	int rc = gpu_error(
		(int)cudaMemcpy(got, k->out, words * sizeof(*got), cudaMemcpyDeviceToHost), e,
		"fetching the kernel's results");

	for (size_t i = words; i-- > 0 && !rc;) {
		if (got[i] == overlap_after(overlap_first((uint32_t)i, k->seed), k->steps))
			continue;
		first = i;
		wrong++;
	}
	free(got);
	if (rc || !wrong)
		return rc;
	return err_set(e, EBADMSG,
		       "%zu of %zu threads that computed beside copies have a wrong result, the "
		       "first is thread %zu of block %zu",
		       wrong, words, first % OVERLAP_THREADS, first / OVERLAP_THREADS);
}

static int verify(struct ctx *c, struct err *e)
{
	struct overlap *k = ctx_state(c);
	size_t words = (size_t)k->sms * OVERLAP_BLOCKS * OVERLAP_THREADS;
	int rc = run_verified(k, words, e);

	for (int i = 0; i < k->ways && !rc; i++) {
		struct pattern_diff diff;

		rc = copy_way_check(&k->way[i], k->beside.lane[i].stream, &diff, e);
		if (!rc)
			rc = copy_way_verdict(&k->way[i], (int)ctx_u64(c, "gpu"), &diff, e);
	}
	if (!rc)
		rc = check_kernel(k, words, e);
	return rc ? rc : host_check_placement(&k->memory.proof, k->node, e);
}

static void teardown(struct ctx *c)
{
	struct overlap *k = ctx_state(c);

	copy_device_close(k->device, k->diff);
	cudaFree(k->out);
	copy_memory_close(&k->memory);
	lanes_close(&k->alone);
	lanes_close(&k->beside);
}

#endif

const struct bench bench_overlap = {
	.name = "overlap",
	.summary = "copies between host memory and a GPU while it computes",
	.method =
		"Eight copies of pinned memory by the copy engine, and eight kernels of about the "
		"same length that use every SM and no memory, are timed alone and side by side in "
		"turns, behind a gate, by GPU events. Hidden is the part of the copies' time that "
		"both together do not take longer. After each case every byte and every thread's "
		"result is checked.",
	.params = params,
	.metrics = metrics,
	.process_s = 3,
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct overlap),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
