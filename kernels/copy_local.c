/*
 * Copies within the memory of one GPU, by its copy engine or by the SMs: what the same engines
 * reach where no link is in the way. Queued behind a gate and timed by events; the bytes count
 * twice, as read and as written. Known error: a copy that fits into the L2 does not measure the
 * memory behind it. NVML is looked at meanwhile, as in hbm.
 *
 * After each case the source is made again, the destination poisoned, one copy made and every byte
 * checked on the GPU.
 */
#include "gpu.h"

#include <errno.h>
#include <string.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	{.name = "engine",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "ce,sm",
	 .choices = "ce|sm",
	 .help = "what moves the data; ce: cudaMemcpyAsync, sm: a kernel"},
	GPU_PARAM_COPY_SIZE("1GiB"),
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "bandwidth",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .siblings = "gpu",
	 .help = "bytes read and bytes written, by time"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "copy_sm.h"
#include "gpu_state.h"
#include "lanes.h"
#include "pattern.h"

#include <cuda_runtime_api.h>

struct local {
	struct lanes lanes;
	uint8_t *from, *to;
	struct pattern_diff *diff;
	uint32_t seed;
	int sms;
	/* of the current case */
	size_t size;
	bool by_sm;
};

static int queue(void *arg, int lane, struct CUstream_st *stream)
{
	const struct local *k = arg;

	if (k->by_sm)
		return copy_sm_launch(k->to, k->from, k->size, k->sms, stream);
	return (int)cudaMemcpyAsync(k->to, k->from, k->size, cudaMemcpyDeviceToDevice, stream);
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct local *k = arg;

	return lanes_time(&k->lanes, 1, true, queue, k, n, seconds, e);
}

static int setup(struct ctx *c, struct err *e)
{
	struct local *k = ctx_state(c);
	size_t bytes = ctx_max_u64(c, "size");
	cudaError_t code;
	int rc;

	k->seed = (uint32_t)ctx_seed(c);
	rc = gpu_not_shared(e);
	if (!rc)
		rc = lanes_open(&k->lanes, 1, e);
	if (!rc)
		rc = lanes_watch(&k->lanes, c, e);
	if (rc)
		return rc;
	gpu_say_kin(c);
	code = cudaDeviceGetAttribute(&k->sms, cudaDevAttrMultiProcessorCount, 0);
	if (!code)
		code = cudaMalloc((void **)&k->from, bytes);
	if (!code)
		code = cudaMalloc((void **)&k->to, bytes);
	if (!code)
		code = cudaMalloc((void **)&k->diff, sizeof(*k->diff));
	if (!code)
		code = (cudaError_t)pattern_fill_launch(k->from, bytes, k->seed,
							k->lanes.lane[0].stream);
	return gpu_error((int)code, e, "allocating twice %zu bytes on the GPU", bytes);
}

static int run(struct ctx *c, struct err *e)
{
	struct local *k = ctx_state(c);
	struct sampling s;
	double seconds, ceiling = gpu_memory_peak();
	int rc;

	k->size = ctx_u64(c, "size");
	k->by_sm = !strcmp(ctx_str(c, "engine"), "sm");
	s = lanes_bandwidth(batch, k, 2 * (double)k->size);
	if (ceiling > 0)
		ctx_fact_num(c, "ceiling", "bandwidth", "gpu", ceiling,
			     "width of the bus x memory clock x 2");
	rc = batch(k, GPU_WARM_UP_COPIES, &seconds, e);
	if (!rc)
		rc = lanes_sample(&k->lanes, c, &s, e);
	if (!rc)
		gpu_state_say(k->lanes.state, 0, c, "bandwidth", "engine,gpu,size");
	return rc;
}

static int verify(struct ctx *c, struct err *e)
{
	struct local *k = ctx_state(c);
	struct CUstream_st *stream = k->lanes.lane[0].stream;
	struct pattern_diff diff = PATTERN_DIFF_INIT;
	int rc = pattern_fill_launch(k->from, k->size, k->seed, stream);

	if (!rc)
		rc = (int)cudaMemsetAsync(k->to, PATTERN_POISON, k->size, stream);
	if (!rc)
		rc = queue(k, 0, stream);
	if (!rc)
		rc = pattern_check_there(k->to, k->size, k->seed, k->diff, stream, &diff);
	if (rc || diff.first == PATTERN_NONE)
		return gpu_error(rc, e, "copying %zu bytes and checking them", k->size);
	return err_set(e, EBADMSG,
		       "gpu %s: copy of %zu bytes within its memory (%s): %llu byte%s "
		       "wrong, the first at offset %llu",
		       ctx_str(c, "gpu"), k->size, ctx_str(c, "engine"),
		       (unsigned long long)diff.bytes, diff.bytes == 1 ? " is" : "s are",
		       (unsigned long long)diff.first);
}

static void teardown(struct ctx *c)
{
	struct local *k = ctx_state(c);

	cudaFree(k->diff);
	cudaFree(k->to);
	cudaFree(k->from);
	lanes_close(&k->lanes);
}

#endif

const struct bench bench_copy_local = {
	.name = "copy_local",
	.summary = "copies within the memory of one GPU",
	.method = "Up to 128 copies are queued behind a gate and timed by GPU events; bytes count "
		  "as read and as written. After each case the destination is poisoned, one copy "
		  "made and every byte checked on the GPU.",
	.params = params,
	.metrics = metrics,
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct local),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
