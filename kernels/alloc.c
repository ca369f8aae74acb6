/*
 * What the host pays for memory of the GPU: cudaMalloc and cudaFree, and the same from the GPU's
 * default pool (cudaMallocAsync, cudaFreeAsync) while it is warm, so that it holds enough, and
 * cold, so that it must map what it gives. The host's clock around GROUP allocations in a row, then
 * around GROUP frees, the GPU idle and waited for in between; the thread on the CPUs of the named
 * node. A cold pool is trimmed to nothing before each group. Known errors: the driver cuts small
 * allocations from blocks of 2 MiB, so that of a group only some reach its memory manager: a small
 * size tells the mean; what it keeps of freed blocks of cudaMalloc is its own affair.
 *
 * After each case two allocations are filled with different patterns, then both are checked.
 */
#include "gpu.h"

#include <errno.h>
#include <string.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	GPU_PARAM_CALLER_NODE,
	{.name = "from",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "all",
	 .choices = "driver|pool|pool_cold",
	 .help = "driver: cudaMalloc; pool: cudaMallocAsync from a pool that holds enough, or "
		 "nothing"},
	{.name = "size",
	 .type = PARAM_SIZE,
	 .scope = SCOPE_CASE,
	 .def = "4KiB,1MiB,64MiB",
	 .min = 16,
	 .max = (uint64_t)8 << 30,
	 .unit = "bytes",
	 .help = "bytes of one allocation; eight of them are held at a time"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "allocate",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "of the host's thread for one allocation"},
	{.name = "free",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "of the host's thread to give it back"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "pattern.h"

#include "../harness/base/clock.h"

#include <cuda_runtime_api.h>

#define GROUP	       8
#define WARM_UP_GROUPS 4
#define FILL_MOST      ((uint64_t)256 << 20) /* bytes that verification looks at */

struct alloc {
	cudaStream_t stream;
	cudaMemPool_t pool; /* NULL: this GPU has none */
	struct pattern_diff *diff;
	void *p[GROUP];
	/* of the current case */
	bool from_pool, cold, frees; /* frees: they are timed */
	uint64_t size;
};

/* ---- a group ---- */

static int allocate(struct alloc *k, int n)
{
	int rc = 0;

	for (int i = 0; i < n && !rc; i++)
		rc = (int)(k->from_pool ? cudaMallocAsync(&k->p[i], k->size, k->stream)
					: cudaMalloc(&k->p[i], k->size));
	return rc;
}

/* Of those that are there; all of them, whatever goes wrong. */
static int give_back(struct alloc *k)
{
	int rc = 0;

	for (int i = 0; i < GROUP; i++) {
		int one = 0;

		if (k->p[i])
			one = (int)(k->from_pool ? cudaFreeAsync(k->p[i], k->stream)
						 : cudaFree(k->p[i]));
		k->p[i] = NULL;
		rc = rc ? rc : one;
	}
	return rc;
}

static int wait_for(const struct alloc *k)
{
	return (int)cudaStreamSynchronize(k->stream);
}

static int group(struct alloc *k, uint64_t *spent_ns)
{
	uint64_t start_ns, made_ns, free_ns;
	int rc = k->cold ? (int)cudaMemPoolTrimTo(k->pool, 0) : 0, freed;

	start_ns = clock_meas_ns();
	if (!rc)
		rc = allocate(k, GROUP);
	made_ns = clock_meas_ns();
	if (!rc)
		rc = wait_for(k);
	free_ns = clock_meas_ns();
	freed = give_back(k);
	*spent_ns += k->frees ? clock_meas_ns() - free_ns : made_ns - start_ns;
	if (!rc)
		rc = freed ? freed : wait_for(k);
	return rc;
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct alloc *k = arg;
	uint64_t spent_ns = 0;
	int rc = 0;

	for (uint64_t i = 0; i < n && !rc; i++)
		rc = group(k, &spent_ns);
	*seconds = (double)spent_ns * 1e-9;
	return gpu_error(rc, e, "allocating %d times %llu bytes and giving them back", GROUP,
			 (unsigned long long)k->size);
}

/* ---- the benchmark ---- */

/* The pool keeps what is freed: when it gives memory back is ours to say. */
static int open_pool(struct alloc *k)
{
	uint64_t all = UINT64_MAX;
	int rc;

	if (!gpu_attribute(cudaDevAttrMemoryPoolsSupported, 0, 0))
		return 0;
	rc = (int)cudaDeviceGetDefaultMemPool(&k->pool, 0);
	return rc ? rc
		  : (int)cudaMemPoolSetAttribute(k->pool, cudaMemPoolAttrReleaseThreshold, &all);
}

static int setup(struct ctx *c, struct err *e)
{
	struct alloc *k = ctx_state(c);
	int rc = gpu_not_shared(e);

	gpu_pin(c, (int)ctx_u64(c, "node"));
	if (rc)
		return rc;
	rc = (int)cudaStreamCreateWithFlags(&k->stream, cudaStreamNonBlocking);
	if (!rc)
		rc = (int)cudaMalloc((void **)&k->diff, sizeof(*k->diff));
	if (!rc)
		rc = open_pool(k);
	return gpu_error(rc, e, "making a stream and a pool");
}

static int choose(struct ctx *c, struct alloc *k, struct err *e)
{
	size_t left = 0, total = 0;
	int rc = gpu_error((int)cudaMemGetInfo(&left, &total), e, "asking for free memory");

	k->size = ctx_u64(c, "size");
	k->from_pool = strcmp(ctx_str(c, "from"), "driver") != 0;
	k->cold = !strcmp(ctx_str(c, "from"), "pool_cold");
	if (rc)
		return rc;
	if (k->from_pool && !k->pool)
		return err_set(e, ENOTSUP, "this GPU or its driver has no memory pools");
	if (GROUP * k->size > left / 2)
		return err_set(e, ENOTSUP,
			       "%d times %llu bytes are more than half of the %zu bytes that are "
			       "free",
			       GROUP, (unsigned long long)k->size, left);
	return 0;
}

static int run(struct ctx *c, struct err *e)
{
	struct alloc *k = ctx_state(c);
	struct sampling s = {.metric = "allocate",
			     .form = SAMPLE_TIME,
			     .work = GROUP,
			     .tick_s = (double)clock_meas_tick_ns() * 1e-9,
			     .brief = true, /* it asks nothing of the GPU that must be warm */
			     .batch = batch,
			     .arg = k};
	double seconds;
	int rc = choose(c, k, e);

	if (!rc)
		rc = batch(k, WARM_UP_GROUPS, &seconds, e);
	k->frees = false;
	if (!rc)
		rc = ctx_sample(c, &s, e);
	s.metric = "free";
	k->frees = true;
	if (!rc)
		rc = ctx_sample(c, &s, e);
	return rc;
}

/* ---- verification ---- */

static int check_both(struct alloc *k, uint32_t seed, struct pattern_diff *diff, int *which)
{
	uint64_t bytes = (k->size < FILL_MOST ? k->size : FILL_MOST) & ~(uint64_t)3;
	int rc = 0;

	for (int i = 0; i < 2 && !rc; i++)
		rc = pattern_fill_launch(k->p[i], bytes, seed + (uint32_t)i, k->stream);
	for (*which = 0; *which < 2 && !rc; ++*which) {
		rc = pattern_check_there(k->p[*which], bytes, seed + (uint32_t)*which, k->diff,
					 k->stream, diff);
		if (diff->first != PATTERN_NONE)
			break;
	}
	return rc;
}

static int verify(struct ctx *c, struct err *e)
{
	struct alloc *k = ctx_state(c);
	struct pattern_diff diff = PATTERN_DIFF_INIT;
	int which = 0, rc = allocate(k, 2), freed;

	if (!rc)
		rc = check_both(k, (uint32_t)ctx_seed(c), &diff, &which);
	freed = give_back(k);
	if (rc || freed)
		return gpu_error(rc ? rc : freed, e, "filling two allocations and checking them");
	if (diff.first == PATTERN_NONE)
		return 0;
	return err_set(e, EBADMSG,
		       "of two allocations of %llu bytes the %s lost what was written to it: %llu "
		       "bytes are wrong, the first at offset %llu",
		       (unsigned long long)k->size, which ? "second" : "first",
		       (unsigned long long)diff.bytes, (unsigned long long)diff.first);
}

static void teardown(struct ctx *c)
{
	struct alloc *k = ctx_state(c);

	if (k->stream)
		give_back(k);
	cudaFree(k->diff);
	if (k->stream)
		cudaStreamDestroy(k->stream);
}

#endif

const struct bench bench_alloc = {
	.name = "alloc",
	.summary = "what it costs the host to allocate memory of the GPU, and to free it",
	.method = "Eight allocations in a row, then eight frees, by the host's clock on the GPU's "
		  "own node while the GPU is idle: cudaMalloc, and cudaMallocAsync from the "
		  "default pool while it holds enough and after it was trimmed to nothing. After "
		  "each case two allocations are filled with patterns and checked.",
	.params = params,
	.metrics = metrics,
	.quiet = true,
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct alloc),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
