/*
 * How long CUDA takes from its first call to a context on one GPU: the driver library is opened
 * and initialised, the GPU woken, our kernels loaded. That happens once a process, so a process
 * gives one value and nothing may touch CUDA before. Known error: the driver looks at the visible
 * GPU only, as every step does; a program that sees all of a server's GPUs takes longer.
 */
#include "gpu.h"

#include "../harness/base/clock.h"

#include <errno.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "context",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .help = "from the first call of CUDA until there is a context"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include <cuda_runtime_api.h>
#include <stdint.h>

static int run(struct ctx *c, struct err *e)
{
	uint64_t start_ns = clock_meas_ns();
	int rc = gpu_error((int)cudaFree(NULL), e, "making a context");

	if (!rc)
		ctx_emit(c, "context", (double)(clock_meas_ns() - start_ns) * 1e-9);
	return rc;
}

/* A context that is one can hold a word and give it back. */
static int verify(struct ctx *c, struct err *e)
{
	const uint32_t word = (uint32_t)ctx_seed(c) | 1;
	uint32_t back = 0;
	void *there = NULL;
	int rc = gpu_not_shared(e);

	if (!rc)
		rc = gpu_error((int)cudaMalloc(&there, sizeof(word)), e, "allocating a word");
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

#endif

const struct bench bench_startup_gpu = {
	.name = "startup_gpu",
	.summary = "how long CUDA takes to be ready on each GPU",
	.method = "The first call of CUDA in a fresh process, cudaFree(0), which makes a context: "
		  "one value a process, by the clock of the host, modules loaded eagerly.",
	.params = params,
	.metrics = metrics,
	.quiet = true,
	.process_s = 2.5,
#ifdef ASSAY_CUDA
	.run = run,
	.verify = verify,
#else
	.supported = gpu_supported,
#endif
};
