/*
 * Products of two matrices of normal numbers, N × N × N, on one GPU, by engines that stand apart:
 * `mma` and `wgmma` are our own kernels, whose instructions no toolkit changes, `cublaslt` is
 * NVIDIA's library. A batch of products waits behind a gate and is timed by events. Two small
 * kernels outside of these events read the clock of the SMs (sm_clock.h): the same samples give
 * operations by time and operations per clock and SM, and a GPU that runs slowly on purpose (a
 * power limit, a lock) is told from one that computes slowly. Known error: the clock is that of
 * the batch with some ten microseconds more; joules are counted by the GPU in steps of up to 100
 * ms.
 *
 * The result of every batch is digested: all must be equal to the bit. After a case some more
 * products are made into poisoned memory, and sampled elements compared with float64.
 */
#include "gemm_work.h"
#include "gpu.h"

#include <errno.h>

static const struct param params[] = {
	GPU_PARAM_GPU,	      GEMM_PARAM_TYPE("bf16"), GEMM_PARAM_KERNEL("mma,wgmma,cublaslt"),
	GEMM_PARAM_N("8192"), {.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "flops",
	 .unit = "FLOP/s",
	 .better = BETTER_HIGHER,
	 .cls = "compute",
	 .siblings = "gpu",
	 .help = "operations by time; multiplying and adding are two"},
	{.name = "flop_clk_sm",
	 .unit = "FLOP/clk/SM",
	 .better = BETTER_HIGHER,
	 .cls = "compute",
	 .siblings = "gpu",
	 .help = "operations of one SM in one of its clocks, as observed"},
	{.name = "clock",
	 .unit = "Hz",
	 .better = BETTER_NONE,
	 .cls = "info",
	 .help = "clock of the SMs meanwhile, by their own counters"},
	{.name = "energy",
	 .unit = "J/FLOP",
	 .better = BETTER_LOWER,
	 .cls = "info",
	 .help = "what the GPU took for an operation, by NVML's counter, pauses included"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "gpu_state.h"
#include "lanes.h"
#include "sm_clock.h"

#include <math.h>
#include <stdio.h>

/* Of the operations behind a gate the library may need more than one a product. */
enum { MOST = GATE_MAX_OPS / 2 - 4 };
#define LABELS "gpu,kernel,n,type"

struct gemm {
	struct lanes lanes;
	struct lanes_around around;
	struct gemm_work work;
	struct sm_clock *clock;
	double flop; /* of the case */
	/* of the last batch, and the highest clock of the case */
	double hz, flop_clk_sm, highest_hz;
};

static struct CUstream_st *stream_of(const struct gemm *k)
{
	return k->lanes.lane[0].stream;
}

/* ---- one batch ---- */

static int queue(void *arg, int lane, struct CUstream_st *stream)
{
	const struct gemm *k = arg;

	return gemm_work_multiply(&k->work, stream);
}

static int before(void *arg, int lane, struct CUstream_st *stream)
{
	const struct gemm *k = arg;

	return sm_clock_mark(k->clock, 0, stream);
}

static int after(void *arg, int lane, struct CUstream_st *stream)
{
	struct gemm *k = arg;
	int rc = sm_clock_mark(k->clock, 1, stream);

	return rc ? rc : gemm_work_digest(&k->work, stream);
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct gemm *k = arg;
	int rc = lanes_time(&k->lanes, 1, true, queue, k, n, seconds, e);

	if (!rc)
		rc = sm_clock_read(k->clock, &k->hz, e);
	k->flop_clk_sm = gemm_work_flop(&k->work) * (double)n / *seconds / k->hz / k->work.card.sms;
	k->highest_hz = fmax(k->highest_hz, k->hz);
	k->flop += gemm_work_flop(&k->work) * (double)n;
	return rc;
}

/* ---- the case ---- */

static int setup(struct ctx *c, struct err *e)
{
	struct gemm *k = ctx_state(c);
	int rc = gpu_not_shared(e);

	if (!rc)
		rc = lanes_open(&k->lanes, 1, e);
	if (!rc)
		rc = gemm_work_open(&k->work, 0, (uint32_t)ctx_seed(c), e);
	if (!rc)
		rc = sm_clock_open(&k->clock, e);
	if (!rc)
		rc = lanes_watch(&k->lanes, c, e);
	k->around = (struct lanes_around){before, after, k};
	k->lanes.around = &k->around;
	if (!rc) /* cards of other names may have other rates */
		ctx_fact(c, "kin", "", "gpu", k->work.card.name, "cudaGetDeviceProperties");
	return rc;
}

static int sample(struct ctx *c, struct gemm *k, struct err *e)
{
	const struct twin twins[] = {
		{.metric = "flop_clk_sm", .form = SAMPLE_SAID, .said = &k->flop_clk_sm},
		{.metric = "clock", .form = SAMPLE_SAID, .said = &k->hz},
		{.metric = NULL},
	};
	const struct sampling s = {.metric = "flops",
				   .form = SAMPLE_RATE,
				   .work = gemm_work_flop(&k->work),
				   .tick_s = EVENT_TICK_S,
				   .max_batch = MOST,
				   .twins = twins,
				   .batch = batch,
				   .arg = k};

	return lanes_sample(&k->lanes, c, &s, e);
}

static void say(struct ctx *c, const struct gemm *k)
{
	double hz = fmax(k->work.max_hz, k->highest_hz), ceiling = gemm_work_ceiling(&k->work, hz);
	char why[96];

	gpu_state_say(k->lanes.state, 0, c, "flops,energy", LABELS);
	if (*k->work.chosen)
		ctx_fact(c, "algorithm", "", LABELS, k->work.chosen, k->work.engine->name);
	if (ceiling <= 0)
		return;
	snprintf(why, sizeof(why), "%d SMs at %.0f MHz, rate per clock by NVIDIA's white papers",
		 k->work.card.sms, hz * 1e-6);
	ctx_fact_num(c, "ceiling", "flops", LABELS, ceiling, why);
	/* the same number whatever the clock: each kernel says it */
	ctx_fact_num(c, "ceiling", "flop_clk_sm", "gpu,type",
		     gemm_work_ceiling(&k->work, 1) / k->work.card.sms,
		     "rate per clock by NVIDIA's white papers");
}

static int run(struct ctx *c, struct err *e)
{
	struct gemm *k = ctx_state(c);
	double joules;
	int rc = gemm_work_choose(&k->work, c, stream_of(k), e);

	if (rc)
		return rc;
	k->highest_hz = k->flop = 0;
	rc = sample(c, k, e);
	if (rc)
		return rc;
	joules = gpu_state_joules(k->lanes.state, 0);
	if (joules > 0)
		ctx_emit(c, "energy", joules / k->flop);
	say(c, k);
	return 0;
}

static int verify(struct ctx *c, struct err *e)
{
	struct gemm *k = ctx_state(c);
	struct gemm_repeats repeats = {0};
	char who[64];
	int rc;

	snprintf(who, sizeof(who), "gpu %s: %s by %s", ctx_str(c, "gpu"), ctx_str(c, "type"),
		 ctx_str(c, "kernel"));
	rc = gemm_work_verify(&k->work, who, stream_of(k), &repeats, e);
	gemm_repeats_say(c, LABELS, &repeats);
	return rc;
}

static void teardown(struct ctx *c)
{
	struct gemm *k = ctx_state(c);

	sm_clock_close(k->clock);
	gemm_work_close(&k->work);
	lanes_close(&k->lanes);
}

#endif

const struct bench bench_gemm = {
	.name = "gemm",
	.summary = "products of matrices: by our own kernels and by NVIDIA's library",
	.method =
		"Products of two matrices of normal numbers from a fixed seed, N × N × N, behind a "
		"gate, timed by GPU events; the clock is that of the SMs' own counters over the "
		"same stretch. Results of all samples must be equal to the bit, and sampled "
		"elements agree with float64 within what the format allows.",
	.params = params,
	.metrics = metrics,
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct gemm),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
