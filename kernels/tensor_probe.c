/*
 * What one SM does with matrix instructions in a clock, for each SM and format: loops of
 * instructions that read and write registers (on 9.0: B in shared memory), one block on each SM,
 * with all of its shared memory, so that no second one fits. A block counts its SM's clock and
 * reads the global timer around the loop; so the rate needs no clock that is locked, and is exact:
 * the same on every SM, run after run. Each sum is checked. Known errors: starting and ending the
 * loop, some hundred clocks of eight million; the global timer moves in steps of up to a
 * microsecond, of four milliseconds.
 *
 * An SM is slow where it took longer than the median one in its best launch, by the global timer,
 * so that a slow clock counts as well. SMs that no block ran on are missing. Heat, or a brake,
 * makes the clock untrue and nothing else: all the rest is by the clock, or beside the median SM.
 */
#include "compute.h"
#include "gpu.h"

#include <errno.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	{.name = "type",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "bf16,fp16,tf32,fp8,int8,fp64",
	 .choices = "fp64|tf32|bf16|fp16|fp8|int8",
	 .help = "format of the factors; sums have 32 bits (fp64: 64)"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "flop_clk_sm",
	 .unit = "FLOP/clk/SM",
	 .better = BETTER_HIGHER,
	 .cls = "compute",
	 .siblings = "gpu",
	 .help = "operations of the median SM in a clock; multiplying and adding are two"},
	{.name = "slowest_sm",
	 .unit = "1",
	 .better = BETTER_HIGHER,
	 .cls = "info",
	 .help = "speed of the slowest SM as a share of the median one's"},
	{.name = "clock",
	 .unit = "Hz",
	 .better = BETTER_NONE,
	 .cls = "info",
	 .help = "clock of the median SM meanwhile, by the global timer"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "gpu_state.h"
#include "tensor_sms.h"

#include <cuda_runtime_api.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES = 31, FIRST_TURNS = 32 };
#define LAUNCH_CLOCKS 8e6 /* some 4 ms */
#define WARM_UP_S     0.3

struct probe {
	struct gpu_state *state;
	cudaStream_t stream;
	struct tensor_sm *told; /* by each block, in pinned memory */
	struct gpu_card card;
	int shared_most;
	uint32_t seed;
	bool warm;
	/* of the current case */
	const void *kernel;
	struct tensor_shape shape;
	size_t shared;
	uint32_t turns;
	struct tensor_sms seen;
};

/* ---- one launch ---- */

static int launch(struct probe *p, uint32_t turns, struct tensor_medians *m, struct err *e)
{
	void *args[] = {&p->told, &turns, &p->seed};
	dim3 grid = {(unsigned)p->card.sms, 1, 1}, block = {TENSOR_THREADS, 1, 1};
	cudaError_t code;

	memset(p->told, 0xff, (size_t)p->card.sms * sizeof(*p->told));
	code = cudaLaunchKernel(p->kernel, grid, block, args, p->shared, p->stream);
	gpu_state_look(p->state);
	if (!code)
		code = cudaStreamSynchronize(p->stream);
	return code ? gpu_error((int)code, e, "a loop of matrix instructions")
		    : tensor_sms_take(&p->seen, p->told, m, e);
}

/* ---- which kernel ---- */

static int no_way(const struct probe *p, enum compute_type type, struct err *e)
{
	if (p->card.major == 10 || p->card.major == 11)
		return err_set(e, ENOTSUP,
			       "compute capability %d.%d reaches its rate by tcgen05 instructions "
			       "alone, and this program has no loop of those yet",
			       p->card.major, p->card.minor);
	return err_set(e, ENOTSUP, "compute capability %d.%d has no matrix instructions of %s",
		       p->card.major, p->card.minor, compute_name(type));
}

/* The kernel of this case, allowed all shared memory of an SM. */
static int choose(struct probe *p, enum compute_type type, struct err *e)
{
	enum tensor_way way = tensor_way(p->card.major, p->card.minor, type);
	struct cudaFuncAttributes a;
	cudaError_t code;

	if (way == TENSOR_NONE)
		return no_way(p, type, e);
	p->kernel = way == TENSOR_WGMMA ? tensor_wgmma_kernel(type) : tensor_mma_kernel(type);
	code = p->kernel ? cudaFuncGetAttributes(&a, p->kernel) : cudaErrorInvalidDeviceFunction;
	if (code == cudaErrorInvalidDeviceFunction || code == cudaErrorNoKernelImageForDevice) {
		cudaGetLastError();
		return err_set(e, ENOTSUP,
			       "this program has no machine code of that loop for compute "
			       "capability %d.%d: build it with a newer nvcc",
			       p->card.major, p->card.minor);
	}
	if (code)
		return gpu_error((int)code, e, "asking for the loop of %s", compute_name(type));
	p->shape = tensor_shape(p->card.major, p->card.minor, type);
	p->shared = (size_t)p->shared_most - a.sharedSizeBytes;
	code = cudaFuncSetAttribute(p->kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
				    (int)p->shared);
	return gpu_error((int)code, e, "asking for all shared memory of an SM");
}

/* ---- the case ---- */

/* Turns of a launch, by what few of them take; then, once a process, until the clock is up. */
static int get_ready(struct probe *p, struct err *e)
{
	struct tensor_medians m = {.clocks = 0};
	double warm_s = 0, turns;
	int rc = launch(p, FIRST_TURNS, &m, e); /* its code is loaded */

	if (!rc)
		rc = launch(p, FIRST_TURNS, &m, e);
	if (rc)
		return rc;
	turns = FIRST_TURNS * LAUNCH_CLOCKS / m.clocks;
	p->turns = turns < 1 ? 1 : turns > 1e8 ? (uint32_t)1e8 : (uint32_t)turns;
	while (!rc && !p->warm && warm_s < WARM_UP_S) {
		rc = launch(p, p->turns, &m, e);
		warm_s += m.clocks / m.hz;
	}
	p->warm = true;
	tensor_sms_forget(&p->seen);
	return rc;
}

static void say(struct ctx *c, const struct probe *p)
{
	char found[300], wanted[16];

	snprintf(wanted, sizeof(wanted), "%d", p->card.sms);
	ctx_expect(c, "sms", "flop_clk_sm", "gpu,type",
		   tensor_sms_answered(&p->seen, found, sizeof(found)), wanted,
		   "%smid of a block on each SM");
	ctx_expect(c, "sm_speed", "flop_clk_sm", "gpu,type",
		   tensor_sms_speed(&p->seen, found, sizeof(found)), TENSOR_ALL_ALIKE,
		   "%globaltimer around the loop, the best launch of each SM");
	gpu_state_say(p->state, 0, c, "clock", "gpu,type");
}

static int sample(struct ctx *c, struct probe *p, struct err *e)
{
	double flop = tensor_flop(&p->shape, p->turns);
	struct tensor_medians m = {.clocks = 0};
	int rc = 0;

	gpu_state_begin(p->state);
	for (int i = 0; i < SAMPLES && !rc; i++) {
		rc = launch(p, p->turns, &m, e);
		if (rc)
			break;
		ctx_emit(c, "flop_clk_sm", flop / m.clocks);
		ctx_emit(c, "slowest_sm", m.slowest);
		ctx_emit(c, "clock", m.hz);
	}
	gpu_state_end(p->state);
	return rc;
}

static int run(struct ctx *c, struct err *e)
{
	struct probe *p = ctx_state(c);
	enum compute_type type = compute_type_of(ctx_str(c, "type"));
	double ceiling = compute_card_rate(p->card.name, p->card.major, p->card.minor, type);
	int rc = choose(p, type, e);

	tensor_sms_forget(&p->seen);
	if (!rc)
		rc = get_ready(p, e);
	if (!rc)
		rc = sample(c, p, e);
	if (rc)
		return rc;
	if (ceiling > 0)
		ctx_fact_num(c, "ceiling", "flop_clk_sm", "gpu,type", ceiling,
			     "NVIDIA's white papers: peak rate / SMs / boost clock");
	say(c, p);
	return 0;
}

static int verify(struct ctx *c, struct err *e)
{
	struct probe *p = ctx_state(c);
	char what[64];

	snprintf(what, sizeof(what), "gpu %s, %s", ctx_str(c, "gpu"), ctx_str(c, "type"));
	return tensor_sms_check(&p->seen, what, e);
}

static int read_gpu(struct probe *p, struct err *e)
{
	int rc = gpu_read_card(&p->card, 0, e);

	return rc ? rc
		  : gpu_error((int)cudaDeviceGetAttribute(
				      &p->shared_most, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0),
			      e, "reading what the GPU is");
}

static int setup(struct ctx *c, struct err *e)
{
	struct probe *p = ctx_state(c);
	cudaError_t code;
	int rc = gpu_not_shared(e);

	p->seed = (uint32_t)ctx_seed(c);
	if (!rc)
		rc = read_gpu(p, e);
	if (!rc)
		rc = gpu_state_open(&p->state, c, e);
	if (rc)
		return rc;
	tensor_sms_open(&p->seen, p->card.sms);
	/* cards of other names may have other rates */
	ctx_fact(c, "kin", "flop_clk_sm", "gpu", p->card.name, "cudaGetDeviceProperties");
	code = cudaStreamCreateWithFlags(&p->stream, cudaStreamNonBlocking);
	if (!code)
		code = cudaHostAlloc((void **)&p->told, (size_t)p->card.sms * sizeof(*p->told),
				     cudaHostAllocMapped);
	return gpu_error((int)code, e, "making a stream and a word for each SM");
}

static void teardown(struct ctx *c)
{
	struct probe *p = ctx_state(c);

	gpu_state_close(p->state);
	tensor_sms_close(&p->seen);
	if (p->told)
		cudaFreeHost(p->told);
	if (p->stream)
		cudaStreamDestroy(p->stream);
}

#endif

const struct bench bench_tensor_probe = {
	.name = "tensor_probe",
	.summary = "what each SM does with matrix instructions in a clock",
	.method =
		"One block on each SM repeats matrix instructions on registers (9.0: with one "
		"factor in shared memory) for some 4 ms and counts the SM's clocks, 31 times after "
		"a "
		"warm-up. What is reported is the median SM; one that is slower than it or did not "
		"answer is named. Sums are whole numbers, and every one is checked.",
	.params = params,
	.metrics = metrics,
	.process_s = 4.5, /* 2.5 to start, six formats of 0.15 s, the warm-up */
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct probe),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
