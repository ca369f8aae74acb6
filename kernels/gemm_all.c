/*
 * Products of matrices on all GPUs of a set at once: what each does while all are at work, what
 * they do together, and which share that is of what each does alone in the same process. All wait
 * behind one gate; a GPU's rate is that of the time in which every one was at work (lanes.h). They
 * share nothing but power and air: a GPU that is slower here than its siblings is colder fed or
 * hotter, and a share below one shows what the others cost it. Known error: clocks
 * are NVML's here; gemm tells a low clock from slow silicon.
 *
 * Results are digested and verified as those of gemm: of one GPU with its own case, of all with
 * the sum.
 */
#include "gemm_work.h"
#include "gpu.h"

#include <errno.h>

static const struct param params[] = {
	{.name = "gpus", .type = PARAM_GPUS, .def = "all", .help = "the GPUs that work at once"},
	GEMM_PARAM_TYPE("bf16"),
	GEMM_PARAM_KERNEL("cublaslt"),
	GEMM_PARAM_N("8192"),
	{.name = "member",
	 .type = PARAM_MEMBER,
	 .scope = SCOPE_CASE,
	 .def = "all",
	 .help = "whose rate while all work: that of one GPU, or the sum"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "flops",
	 .unit = "FLOP/s",
	 .better = BETTER_HIGHER,
	 .cls = "compute",
	 .siblings = "member",
	 .help = "operations by time while all GPUs work"},
	{.name = "share",
	 .unit = "1",
	 .better = BETTER_HIGHER,
	 .cls = "compute",
	 .help = "rate beside the others by rate alone; of the sum: by the sum of those alone"},
	{.name = NULL},
};

static int supported(struct ctx *c, struct err *e)
{
	int number[2], n = ctx_gpus(c, number, 2), rc = gpu_supported(c, e);

	return rc || n > 1 ? rc : err_set(e, ENOTSUP, "one GPU: nothing works beside it");
}

#ifdef ASSAY_CUDA

#include "crowd.h"
#include "gpu_state.h"
#include "lanes.h"

#include <cuda_runtime_api.h>
#include <stdio.h>
#include <string.h>

enum { MOST = LANES_MOST / 2 };
#define LABELS "gpus,kernel,member,n,type"

struct all {
	struct lanes lanes;
	struct lanes_around around;
	struct gemm_work work[LANES_MAX]; /* by CUDA ordinal */
	int number[LANES_MAX];		  /* the host's */
	struct crowd crowd;		  /* all of them */
	int open;
};

/* ---- one batch ---- */

static int queue(void *arg, int lane, struct CUstream_st *stream)
{
	const struct all *k = arg;

	return gemm_work_multiply(&k->work[lane], stream);
}

static int after(void *arg, int lane, struct CUstream_st *stream)
{
	struct all *k = arg;

	return gemm_work_digest(&k->work[lane], stream);
}

static int work(void *arg, int only, uint64_t n, struct err *e)
{
	struct all *k = arg;

	for (int i = 0; i < k->crowd.n; i++)
		k->lanes.lane[i].off = only != CROWD_ALL && i != only;
	return lanes_rates(&k->lanes, k->crowd.n, queue, k, n, e);
}

static double rate(const void *arg, int member)
{
	const struct all *k = arg;

	return k->lanes.lane[member].rate;
}

/* ---- the case ---- */

static int setup(struct ctx *c, struct err *e)
{
	struct all *k = ctx_state(c);
	int rc = gpu_not_shared(e);

	k->crowd = (struct crowd){.lanes = 1, .work = work, .rate = rate, .arg = k};
	k->crowd.n = ctx_gpus(c, k->number, LANES_MAX);
	if (!rc)
		rc = lanes_open(&k->lanes, k->crowd.n, e);
	for (; k->open < k->crowd.n && !rc; k->open++)
		rc = gemm_work_open(&k->work[k->open], k->open, (uint32_t)ctx_seed(c), e);
	if (!rc)
		rc = lanes_watch(&k->lanes, c, e);
	k->around = (struct lanes_around){NULL, after, k};
	k->lanes.around = &k->around;
	return rc;
}

static int choose_case(struct ctx *c, struct all *k, struct err *e)
{
	bool sum = !strcmp(ctx_str(c, "member"), "sum");
	int rc = 0;

	k->crowd.counted = CROWD_ALL;
	for (int i = 0; i < k->crowd.n && !rc; i++) {
		if (!sum && k->number[i] == (int)ctx_u64(c, "member"))
			k->crowd.counted = i;
		rc = gpu_choose(i, e);
		if (!rc)
			rc = gemm_work_choose(&k->work[i], c, k->lanes.lane[i].stream, e);
	}
	return rc;
}

static void say(struct ctx *c, const struct all *k)
{
	double ceiling = 0;

	for (int i = 0; i < k->crowd.n; i++) {
		const struct gemm_work *w = &k->work[i];

		if (!crowd_counts(&k->crowd, i))
			continue;
		ceiling += gemm_work_ceiling(w, w->max_hz);
		gpu_state_say(k->lanes.state, i, c, "flops", LABELS);
	}
	if (ceiling > 0)
		ctx_fact_num(c, "ceiling", "flops", LABELS, ceiling,
			     "SMs at the highest clock, rate per clock by NVIDIA's white papers");
	if (k->crowd.counted == CROWD_ALL) {
		ctx_fact(c, "kin", "", "gpus,member", "sum", "not one GPU");
		return;
	}
	ctx_fact(c, "kin", "", "gpus,member", k->work[k->crowd.counted].card.name,
		 "cudaGetDeviceProperties");
}

static int run(struct ctx *c, struct err *e)
{
	struct all *k = ctx_state(c);
	struct sampling s = {.metric = "flops",
			     .form = SAMPLE_RATE,
			     .tick_s = EVENT_TICK_S,
			     .max_batch = MOST,
			     .batch = crowd_batch,
			     .arg = &k->crowd};
	int rc = choose_case(c, k, e);

	if (rc)
		return rc;
	s.work = gemm_work_flop(&k->work[0]) * crowd_operations(&k->crowd);
	rc = lanes_sample(&k->lanes, c, &s, e);
	if (rc)
		return rc;
	say(c, k);
	return crowd_emit_shares(c, &k->crowd, e);
}

static int verify(struct ctx *c, struct err *e)
{
	struct all *k = ctx_state(c);
	struct gemm_repeats repeats = {0};
	char who[80];
	int rc = 0;

	for (int i = 0; i < k->crowd.n && !rc; i++) {
		if (!crowd_counts(&k->crowd, i))
			continue;
		snprintf(who, sizeof(who), "gpu %d: %s by %s while all work", k->number[i],
			 ctx_str(c, "type"), ctx_str(c, "kernel"));
		rc = gpu_choose(i, e);
		if (!rc)
			rc = gemm_work_verify(&k->work[i], who, k->lanes.lane[i].stream, &repeats,
					      e);
	}
	gemm_repeats_say(c, LABELS, &repeats);
	return rc;
}

static void teardown(struct ctx *c)
{
	struct all *k = ctx_state(c);

	for (int i = 0; i < k->open; i++)
		gemm_work_close(&k->work[i]);
	lanes_close(&k->lanes);
}

#endif

const struct bench bench_gemm_all = {
	.name = "gemm_all",
	.summary = "products of matrices on all GPUs at once",
	.method = "All GPUs multiply matrices of their own behind one gate; each one's rate, and "
		  "the sum, are those of the time in which all were at work. The share is a GPU's "
		  "rate beside the others by its rate alone, measured in turns. Results must be "
		  "equal to the bit and agree with float64.",
	.params = params,
	.metrics = metrics,
	.supported = supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct all),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
