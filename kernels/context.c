/*
 * How long CUDA takes from its first call to a context on one GPU: the driver library is opened
 * and initialised, the GPU woken where it sleeps, our kernels loaded. That happens once a process,
 * so a process gives one value and nothing may touch CUDA before. A cold start finds nobody else on
 * the GPU; a warm one finds another process, started here, that has a context already and keeps the
 * GPU awake. The difference is what persistence mode saves: with it both cost about the same,
 * without it the cold one waits for the GPU's firmware. Persistence mode is read afterwards (NVML
 * itself would wake the GPU) and never changed.
 *
 * Known errors: the driver looks at the visible GPU only, as every step does; a program that sees
 * all of a server's GPUs takes longer. A run that locks clocks keeps the GPU awake, so that its
 * cold starts are warm ones. The driver may still be putting the GPU to sleep after the step
 * before, for which a cold start waits as well.
 */
#include "gpu.h"

#include "../harness/base/clock.h"

#include <errno.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	{.name = "start",
	 .type = PARAM_ENUM,
	 .def = "cold,warm",
	 .choices = "cold|warm",
	 .help = "cold: nobody else is on the GPU; warm: another process has a context there"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "ready",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu",
	 .help = "from the first call of CUDA until there is a context"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "gang.h"

#include "../harness/probe/nvml.h"

#include <cuda_runtime_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HOLDER_PATIENCE_S 60.0 /* for a context on a GPU that sleeps */
#define LOADING		  "EAGER"

struct context {
	struct gang *holder; /* of a warm start: one process with a context, that waits */
};

static int make_context(struct err *e)
{
	return gpu_error((int)cudaFree(NULL), e, "making a context");
}

/* ---- the process that keeps the GPU awake ---- */

static int hold(void *state, struct gang_turn *t, struct err *e)
{
	return make_context(e);
}

static const struct gang_role holder = {.act = hold};

static int setup(struct ctx *c, struct err *e)
{
	static const char *const name[] = {"the process that keeps the GPU awake"};
	const struct gang_spec spec = {.bench = "context", .size = 1, .name = name};
	struct context *k = ctx_state(c);
	int rc;

	setenv("CUDA_MODULE_LOADING", LOADING, 1);
	if (strcmp(ctx_str(c, "start"), "warm"))
		return 0;
	rc = gang_start(&k->holder, c, &spec, e);
	return rc ? rc : gang_order(k->holder, 0, NULL, 0, HOLDER_PATIENCE_S, e);
}

/* ---- facts ---- */

/* 1: on, 0: off, -1: NVML does not say. */
static int persistence(void)
{
	struct err e = ERR_INIT;
	struct nvml *n = NULL;
	char address[16];
	double on = -1;
	int index;

	if (gpu_address(address, 0, &e) || nvml_open(&n, NULL, &e))
		return -1;
	index = nvml_index(n, address);
	if (index < 0 || !nvml_number(n, (unsigned)index, "persistence", &on))
		on = -1;
	nvml_close(n);
	return (int)on;
}

static void say_facts(struct ctx *c)
{
	int on = persistence();

	ctx_fact(c, "module_loading", "", "gpu,start", LOADING, "CUDA_MODULE_LOADING");
	ctx_fact(c, "persistence", "", "gpu,start",
		 on > 0	   ? "on"
		 : on == 0 ? "off"
			   : "unknown",
		 "nvmlDeviceGetPersistenceMode");
	if (on == 0 && !strcmp(ctx_str(c, "start"), "cold"))
		ctx_remark(c, "", "gpu,start",
			   "persistence mode is off, so that the GPU was woken for it; a warm "
			   "start shows what nvidia-persistenced would save",
			   "nvmlDeviceGetPersistenceMode");
}

/* ---- the benchmark ---- */

static int run(struct ctx *c, struct err *e)
{
	uint64_t start_ns = clock_meas_ns(), spent_ns;
	int rc = make_context(e);

	spent_ns = clock_meas_ns() - start_ns;
	if (!rc)
		rc = gpu_not_shared(e);
	if (rc)
		return rc;
	ctx_emit(c, "ready", (double)spent_ns * 1e-9);
	say_facts(c);
	return 0;
}

/* A context that is one can hold a word and give it back. */
static int verify(struct ctx *c, struct err *e)
{
	const uint32_t word = (uint32_t)ctx_seed(c) | 1;
	uint32_t back = 0;
	void *there = NULL;
	int rc = gpu_error((int)cudaMalloc(&there, sizeof(word)), e, "allocating a word");

	if (!rc)
		rc = gpu_error((int)cudaMemcpy(there, &word, sizeof(word), cudaMemcpyHostToDevice),
			       e, "copying a word to the GPU");
	if (!rc)
		rc = gpu_error((int)cudaMemcpy(&back, there, sizeof(word), cudaMemcpyDeviceToHost),
			       e, "copying a word back");
	if (!rc && back != word)
		rc = err_set(e, EBADMSG, "the new context gave back %#x for %#x", back, word);
	cudaFree(there);
	return rc;
}

static void teardown(struct ctx *c)
{
	struct context *k = ctx_state(c);

	gang_stop(k->holder);
}

#endif

const struct bench bench_context = {
	.name = "context",
	.summary = "how long CUDA takes to be ready on each GPU, alone there and beside another",
	.method = "The first call of CUDA in a fresh process, cudaFree(0), which makes a context: "
		  "one value a process, by the clock of the host, modules loaded eagerly. Cold: "
		  "nobody else is on the GPU; warm: another process has a context there and does "
		  "nothing. Without persistence mode the difference is what waking the GPU takes.",
	.params = params,
	.metrics = metrics,
	.quiet = true,
	.process_s = 2.5,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct context),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
	.member = &holder,
#else
	.supported = gpu_supported,
#endif
};
