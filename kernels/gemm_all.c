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

#include "gpu_state.h"
#include "lanes.h"

#include <cuda_runtime_api.h>
#include <stdio.h>
#include <string.h>

enum { SUM = -1, SHARES = 5, MOST = LANES_MOST / 2 };
#define LABELS "gpus,kernel,member,n,type"

struct all {
	struct lanes lanes;
	struct lanes_around around;
	struct gemm_work work[LANES_MAX]; /* by CUDA ordinal */
	int number[LANES_MAX];		  /* the host's */
	struct gpu_state *state;
	int n, open;
	int counted; /* ordinal of the member of this case, or SUM */
};

static bool counts(const struct all *k, int i)
{
	return k->counted == SUM || k->counted == i;
}

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

static void meanwhile(void *arg)
{
	struct all *k = arg;

	gpu_state_look(k->state);
}

/* All but one rest where `only` names it. */
static int work(struct all *k, int only, uint64_t n, struct err *e)
{
	for (int i = 0; i < k->n; i++)
		k->lanes.lane[i].off = only >= 0 && i != only;
	return lanes_rates(&k->lanes, k->n, queue, k, n, e);
}

/* Products a second of those that count. */
static double rate_counted(const struct all *k)
{
	double rate = 0;

	for (int i = 0; i < k->n; i++)
		rate += counts(k, i) ? k->lanes.lane[i].rate : 0;
	return rate;
}

/* Products of one operation, by those that count. */
static double products_counted(const struct all *k)
{
	return LANES_MARKS * (k->counted == SUM ? k->n : 1);
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct all *k = arg;
	int rc = work(k, -1, n, e);

	*seconds = products_counted(k) * (double)n / rate_counted(k);
	return rc;
}

/* Beside the others and alone in turns, so that what drifts meets both. */
static int emit_shares(struct ctx *c, struct all *k, struct err *e)
{
	int rc = 0;

	for (int s = 0; s < SHARES && !rc; s++) {
		double beside, by_itself = 0;

		rc = work(k, -1, 1, e);
		beside = rate_counted(k);
		for (int i = 0; i < k->n && !rc; i++) {
			if (!counts(k, i))
				continue;
			rc = work(k, i, 1, e);
			by_itself += k->lanes.lane[i].rate;
		}
		if (!rc)
			ctx_emit(c, "share", beside / by_itself);
	}
	return rc;
}

/* ---- the case ---- */

static int setup(struct ctx *c, struct err *e)
{
	struct all *k = ctx_state(c);
	int rc = gpu_not_shared(e);

	k->n = ctx_gpus(c, k->number, LANES_MAX);
	if (!rc)
		rc = lanes_open(&k->lanes, k->n, e);
	for (; k->open < k->n && !rc; k->open++)
		rc = gemm_work_open(&k->work[k->open], k->open, (uint32_t)ctx_seed(c), e);
	if (!rc)
		rc = gpu_state_open(&k->state, c, e);
	k->around = (struct lanes_around){NULL, after, meanwhile, k};
	k->lanes.around = &k->around;
	return rc;
}

static int choose_gpu(int ordinal, struct err *e)
{
	return gpu_error((int)cudaSetDevice(ordinal), e, "choosing a GPU");
}

static int choose_case(struct ctx *c, struct all *k, struct err *e)
{
	bool sum = !strcmp(ctx_str(c, "member"), "sum");
	int rc = 0;

	k->counted = SUM;
	for (int i = 0; i < k->n && !rc; i++) {
		if (!sum && k->number[i] == (int)ctx_u64(c, "member"))
			k->counted = i;
		rc = choose_gpu(i, e);
		if (!rc)
			rc = gemm_work_choose(&k->work[i], c, k->lanes.lane[i].stream, e);
	}
	return rc;
}

static void say(struct ctx *c, const struct all *k)
{
	double ceiling = 0;

	for (int i = 0; i < k->n; i++) {
		const struct gemm_work *w = &k->work[i];

		if (!counts(k, i))
			continue;
		ceiling += gemm_work_ceiling(w, w->max_hz);
		gpu_state_say(k->state, i, c, "flops", LABELS);
	}
	if (ceiling > 0)
		ctx_fact_num(c, "ceiling", "flops", LABELS, ceiling,
			     "SMs at the highest clock, rate per clock by NVIDIA's white papers");
	if (k->counted == SUM) {
		ctx_fact(c, "kin", "", "gpus,member", "sum", "not one GPU");
		return;
	}
	ctx_fact(c, "kin", "", "gpus,member", k->work[k->counted].card.name,
		 "cudaGetDeviceProperties");
}

static int run(struct ctx *c, struct err *e)
{
	struct all *k = ctx_state(c);
	struct sampling s = {.metric = "flops",
			     .form = SAMPLE_RATE,
			     .tick_s = EVENT_TICK_S,
			     .max_batch = MOST,
			     .batch = batch,
			     .arg = k};
	int rc = choose_case(c, k, e);

	if (rc)
		return rc;
	s.work = gemm_work_flop(&k->work[0]) * products_counted(k);
	gpu_state_begin(k->state);
	rc = ctx_sample(c, &s, e);
	gpu_state_end(k->state);
	if (rc)
		return rc;
	say(c, k);
	return emit_shares(c, k, e);
}

static int verify(struct ctx *c, struct err *e)
{
	struct all *k = ctx_state(c);
	struct gemm_repeats repeats = {0};
	char who[80];
	int rc = 0;

	for (int i = 0; i < k->n && !rc; i++) {
		if (!counts(k, i))
			continue;
		snprintf(who, sizeof(who), "gpu %d: %s by %s while all work", k->number[i],
			 ctx_str(c, "type"), ctx_str(c, "kernel"));
		rc = choose_gpu(i, e);
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
	gpu_state_close(k->state);
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
