/*
 * Copies between host memory on a chosen NUMA node and a GPU, by the copy engine. Pinned memory:
 * at most 128 copies behind a gate, timed by events, so that launching is outside. Pageable
 * memory: the driver synchronises before it stages such a copy, which would wait for ever behind
 * a gate; so ungated, on the measured clock, launch and staging included. Known error: the event
 * after the last copy adds under a microsecond to a batch.
 *
 * Host and device hold the same pattern, so that one buffer a kind of memory does for all sizes
 * and both directions. After each case the source is filled again, the destination poisoned,
 * one copy made and every byte checked.
 */
#include "gpu.h"
#include "host.h"
#include "pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LATENCY_MAX_BYTES ((uint64_t)64 << 10)

static const struct param params[] = {
	{.name = "gpu", .type = PARAM_GPU, .def = "all", .help = "which GPU, by PCI order"},
	{.name = "node",
	 .type = PARAM_NODE,
	 .def = "local",
	 .help = "NUMA node of the host memory and of the thread"},
	{.name = "engine",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "ce",
	 .choices = "ce",
	 .help = "what moves the data; ce: copy engine"},
	{.name = "memory",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "pinned",
	 .choices = "pinned|pageable",
	 .help = "kind of host memory"},
	{.name = "dir",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "h2d,d2h",
	 .choices = "h2d|d2h",
	 .help = "host to device, device to host"},
	{.name = "size",
	 .type = PARAM_SIZE,
	 .scope = SCOPE_CASE,
	 .def = "256MiB",
	 .min = 1,
	 .max = (uint64_t)16 << 30,
	 .unit = "bytes",
	 .help = "bytes of one copy"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "bandwidth",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .help = "bytes of one direction by time"},
	{.name = "latency",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .help = "time of one copy among copies back to back, up to 64 KiB"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "gated.h"

#include "../harness/base/clock.h"
#include "../harness/base/mem.h"

#include <cuda_runtime_api.h>

enum { WARM_UP_COPIES = 4, POISON = 0xa5 };
enum { PINNED, PAGEABLE, KINDS };
#define LINK_LOAD_BYTES ((uint64_t)256 << 20)
#define LINK_MIN_BYTES	((uint64_t)32 << 20) /* less does not keep a link up */

struct host_memory {
	struct placement_buf buf; /* pageable: its owner; pinned: p and bytes alone */
	struct placement_proof proof;
	bool said;
};

struct copy {
	struct host_memory host[KINDS];
	struct gated gated;
	uint8_t *device;
	struct pattern_diff *device_diff;
	uint32_t seed;
	struct gpu_link link;
	bool said_ceiling[2]; /* by to_device */
	/* of the current case */
	struct host_memory *from;
	bool to_device;
	size_t size;
};

/* ---- one copy, and many ---- */

static int queue_copy(void *arg, struct CUstream_st *stream)
{
	const struct copy *k = arg;
	void *host = k->from->buf.p;

	if (k->to_device)
		return (int)cudaMemcpyAsync(k->device, host, k->size, cudaMemcpyHostToDevice,
					    stream);
	return (int)cudaMemcpyAsync(host, k->device, k->size, cudaMemcpyDeviceToHost, stream);
}

static int copy_n(struct copy *k, uint64_t n, struct err *e)
{
	int rc = 0;

	for (uint64_t i = 0; i < n && !rc; i++)
		rc = queue_copy(k, k->gated.stream);
	return gpu_error(rc, e, "copying %zu bytes", k->size);
}

static int wait_for(struct copy *k, const char *what, struct err *e)
{
	return gpu_error((int)cudaStreamSynchronize(k->gated.stream), e, "%s", what);
}

static int warm_up(struct copy *k, struct err *e)
{
	int rc = copy_n(k, WARM_UP_COPIES, e);

	return rc ? rc : wait_for(k, "warming up", e);
}

static int batch_gated(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct copy *k = arg;

	return gated_time(&k->gated, queue_copy, k, n, seconds, e);
}

static int batch_wall(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct copy *k = arg;
	uint64_t start_ns = clock_meas_ns();
	int rc = copy_n(k, n, e);

	if (!rc)
		rc = wait_for(k, "waiting for pageable copies", e);
	*seconds = (double)(clock_meas_ns() - start_ns) * 1e-9;
	return rc;
}

/* ---- setup ---- */

/* Where threads cannot be pinned (a cpuset, a node without CPUs) it is said and nothing more. */
static void pin(struct ctx *c, int node)
{
	struct err e = ERR_INIT;

	if (placement_pin_node(node, &e))
		ctx_fact(c, "thread", "", "gpu,node", "UNPINNED", e.text);
	else
		ctx_fact(c, "thread", "", "gpu,node", "PINNED", "sched_setaffinity");
}

static int alloc_pinned(struct ctx *c, struct copy *k, uint64_t bytes, int node, struct err *e)
{
	struct placement_buf *b = &k->host[PINNED].buf;
	uint64_t limit = ctx_pinned_limit(c, node);
	struct err policy = ERR_INIT;
	int rc;

	b->bytes = bytes < limit ? bytes : limit;
	if (b->bytes == 0)
		return 0; /* its cases are skipped, see run */
	if (placement_policy(node, &policy))
		ctx_log(c, "copy: %s", policy.text);
	rc = gpu_error((int)cudaHostAlloc(&b->p, b->bytes, cudaHostAllocDefault), e,
		       "allocating %zu bytes of pinned memory", b->bytes);
	err_clear(&policy);
	placement_policy(-1, &policy);
	return rc;
}

static int alloc_host(struct ctx *c, struct copy *k, uint64_t bytes, int node, struct err *e)
{
	int rc = 0;

	if (ctx_has(c, "memory", "pinned"))
		rc = alloc_pinned(c, k, bytes, node, e);
	if (!rc && ctx_has(c, "memory", "pageable"))
		rc = placement_alloc(&k->host[PAGEABLE].buf, bytes, node, PAGES_4K, e);
	for (int i = 0; i < KINDS && !rc; i++) {
		struct host_memory *m = &k->host[i];
		if (!m->buf.p)
			continue;
		pattern_fill(m->buf.p, m->buf.bytes, k->seed);
		placement_prove(m->buf.p, m->buf.bytes, node, &m->proof);
	}
	return rc;
}

static int alloc_device(struct copy *k, uint64_t bytes, struct err *e)
{
	cudaError_t rc = cudaMalloc((void **)&k->device, bytes);

	if (!rc)
		rc = cudaMalloc((void **)&k->device_diff, sizeof(*k->device_diff));
	if (rc)
		return gpu_error((int)rc, e, "allocating %llu bytes on the GPU",
				 (unsigned long long)bytes);
	return gpu_error(pattern_fill_launch(k->device, bytes, k->seed, k->gated.stream), e,
			 "filling the GPU's memory");
}

/* The link is looked at while copies keep it busy: an idle one is slow on purpose. */
static int look_at_link(struct ctx *c, struct copy *k, struct err *e)
{
	int rc;

	k->to_device = true;
	k->size = k->from->buf.bytes < LINK_LOAD_BYTES ? k->from->buf.bytes : LINK_LOAD_BYTES;
	rc = warm_up(k, e); /* the link comes up */
	if (!rc)
		rc = copy_n(k, WARM_UP_COPIES, e); /* and stays up while these run */
	if (!rc)
		rc = gpu_find_link(c, &k->link, k->size >= LINK_MIN_BYTES, e);
	return rc ? rc : wait_for(k, "warming up", e);
}

static int setup(struct ctx *c, struct err *e)
{
	struct copy *k = mem_zalloc(1, sizeof(*k));
	uint64_t bytes = ctx_max_u64(c, "size");
	int node = (int)ctx_u64(c, "node"), rc;

	ctx_set_state(c, k);
	k->seed = (uint32_t)ctx_seed(c);
	pin(c, node);
	rc = gpu_not_shared(e);
	if (!rc)
		rc = gated_open(&k->gated, e);
	if (!rc)
		rc = alloc_host(c, k, bytes, node, e);
	if (!rc)
		rc = alloc_device(k, bytes, e);
	if (rc)
		return rc;
	k->from = &k->host[k->host[PINNED].buf.p ? PINNED : PAGEABLE];
	if (!k->from->buf.p)
		return 0; /* no memory is allowed to us: every case will say so */
	return look_at_link(c, k, e);
}

/* ---- run and verify ---- */

static void say_case(struct ctx *c, struct copy *k)
{
	const struct gpu_ceiling *ceiling = k->to_device ? &k->link.to_device : &k->link.to_host;
	struct host_memory *m = k->from;

	if (!m->said)
		ctx_fact(c, "placement", "", "gpu,memory,node", proof_name(m->proof.result),
			 m->proof.source);
	if (!m->said && m == &k->host[PAGEABLE])
		ctx_fact(c, "pages", "", "gpu,memory,node", pages_name(m->buf.pages),
			 "mmap, /proc/self/smaps");
	if (!k->said_ceiling[k->to_device] && ceiling->bytes_per_s > 0)
		ctx_fact_num(c, "ceiling", "bandwidth", "dir,gpu", ceiling->bytes_per_s,
			     ceiling->why);
	m->said = k->said_ceiling[k->to_device] = true;
}

static int choose_case(struct ctx *c, struct copy *k, struct err *e)
{
	k->from = &k->host[strcmp(ctx_str(c, "memory"), "pinned") ? PAGEABLE : PINNED];
	k->to_device = !strcmp(ctx_str(c, "dir"), "h2d");
	k->size = ctx_u64(c, "size");
	if (k->size <= k->from->buf.bytes)
		return 0;
	return err_set(e, ENOTSUP,
		       "more than the %zu bytes of pinned memory that a guest may take on node %s",
		       k->from->buf.bytes, ctx_str(c, "node"));
}

static int run(struct ctx *c, struct err *e)
{
	struct copy *k = ctx_state(c);
	struct sampling s = {.metric = "bandwidth",
			     .form = SAMPLE_RATE,
			     .tick_s = GATED_TICK_S,
			     .max_batch = GATE_MAX_OPS,
			     .batch = batch_gated,
			     .arg = k};
	int rc = choose_case(c, k, e);

	if (rc)
		return rc;
	if (k->from == &k->host[PAGEABLE]) {
		s.tick_s = (double)clock_meas_tick_ns() * 1e-9;
		s.batch = batch_wall;
	}
	s.work = (double)k->size;
	say_case(c, k);
	rc = warm_up(k, e);
	if (!rc)
		rc = ctx_sample(c, &s, e);
	if (rc || k->size > LATENCY_MAX_BYTES)
		return rc;
	s.metric = "latency";
	s.form = SAMPLE_TIME;
	s.work = 1;
	return ctx_sample(c, &s, e);
}

/* Makes the source again, lest an earlier copy is blamed on this one; poisons the destination. */
static int prepare(struct copy *k, struct err *e)
{
	struct CUstream_st *stream = k->gated.stream;
	int rc;

	if (k->to_device) {
		pattern_fill(k->from->buf.p, k->size, k->seed);
		rc = (int)cudaMemsetAsync(k->device, POISON, k->size, stream);
	} else {
		memset(k->from->buf.p, POISON, k->size);
		rc = pattern_fill_launch(k->device, k->size, k->seed, stream);
	}
	return gpu_error(rc, e, "poisoning %zu bytes", k->size);
}

static int verified_copy(struct copy *k, struct err *e)
{
	int rc = prepare(k, e);

	if (!rc)
		rc = copy_n(k, 1, e);
	return rc ? rc : wait_for(k, "waiting for the verified copy", e);
}

static int check_device(struct copy *k, struct pattern_diff *diff, struct err *e)
{
	struct CUstream_st *stream = k->gated.stream;
	cudaError_t rc = cudaMemcpyAsync(k->device_diff, diff, sizeof(*diff),
					 cudaMemcpyHostToDevice, stream);

	if (!rc)
		rc = (cudaError_t)pattern_check_launch(k->device, k->size, k->seed, k->device_diff,
						       stream);
	if (!rc)
		rc = cudaMemcpyAsync(diff, k->device_diff, sizeof(*diff), cudaMemcpyDeviceToHost,
				     stream);
	if (!rc)
		rc = cudaStreamSynchronize(stream);
	return gpu_error((int)rc, e, "checking %zu bytes on the GPU", k->size);
}

static int verify(struct ctx *c, struct err *e)
{
	struct copy *k = ctx_state(c);
	struct pattern_diff diff = PATTERN_DIFF_INIT;
	int rc = verified_copy(k, e);

	if (!rc && k->to_device)
		rc = check_device(k, &diff, e);
	else if (!rc)
		diff = pattern_check(k->from->buf.p, k->size, k->seed);
	if (rc)
		return rc;
	if (diff.first == PATTERN_NONE)
		return host_check_placement(&k->from->proof, (int)ctx_u64(c, "node"), e);
	return err_set(
		e, EBADMSG,
		"gpu %s: %s copy of %zu bytes (%s): %llu byte%s wrong, the first at offset %llu",
		ctx_str(c, "gpu"), ctx_str(c, "dir"), k->size, ctx_str(c, "memory"),
		(unsigned long long)diff.bytes, diff.bytes == 1 ? " is" : "s are",
		(unsigned long long)diff.first);
}

static void teardown(struct ctx *c)
{
	struct copy *k = ctx_state(c);

	if (!k)
		return;
	gated_close(&k->gated);
	if (k->device_diff)
		cudaFree(k->device_diff);
	if (k->device)
		cudaFree(k->device);
	if (k->host[PINNED].buf.p)
		cudaFreeHost(k->host[PINNED].buf.p);
	placement_free(&k->host[PAGEABLE].buf);
	free(k);
	ctx_set_state(c, NULL);
}

#endif

const struct bench bench_copy = {
	.name = "copy",
	.summary = "copies between host memory and GPUs",
	.method =
		"Pinned memory: up to 128 copies are queued behind a gate and timed by GPU events. "
		"Pageable memory: copies are timed from outside on the monotonic clock. Host "
		"memory "
		"lies on the named NUMA node, every page asked; after each case the destination is "
		"poisoned, one copy made and every byte checked.",
	.params = params,
	.metrics = metrics,
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
