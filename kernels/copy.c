/*
 * Copies between host memory of each kind on a chosen NUMA node and a GPU: by the copy engine or by
 * a kernel on the SMs, to the GPU, from it, or both at once. Queued behind a gate and timed by
 * events, so that launching is outside. A copy of pageable memory would wait for ever behind a
 * gate, since the driver synchronises before it stages it: ungated, on the measured clock, launch
 * and staging included. Known errors: the event after the last copy adds under a microsecond to a
 * batch; where both directions run, each has four events in it. A MIG instance with one copy engine
 * takes turns between them: of few large copies, one more or less then decides what each gets.
 *
 * After each case the source is made again, the destination poisoned, one copy made and every byte
 * checked. What is copied, and by what: copy_engine.c; the memory: copy_memory.c; which cases there
 * are: copy_cases.c.
 */
#include "copy_cases.h"
#include "gpu.h"
#include "host.h"

#include <errno.h>
#include <string.h>

static const struct metric metrics[] = {
	{.name = "bandwidth",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .siblings = "gpu,node",
	 .help = "bytes by time, of both directions where both run"},
	{.name = "latency",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "time of one copy among copies back to back, one way, up to 64 KiB"},
	{.name = "latency_host",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "from the call to the return of the synchronisation, one way, up to 64 KiB"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "copy_engine.h"
#include "gpu_link.h"
#include "lanes.h"

#include "../harness/base/clock.h"

#include <cuda_runtime_api.h>

#define LINK_LOAD_BYTES ((uint64_t)256 << 20)

struct copy {
	struct copy_memory memory;
	bool said_memory;
	struct lanes lanes; /* the second one is the way back */
	uint8_t *device;
	struct pattern_diff *diff;
	uint32_t seed;
	int node, sms;
	struct gpu_link link;
	bool said_ceiling[COPY_DIRS];
	/* of the current case */
	enum copy_dir dir;
	struct copy_way way[2];
};

/* ---- one copy, and many ---- */

static int queue_way(void *arg, int lane, struct CUstream_st *stream)
{
	const struct copy *k = arg;

	return copy_way_queue(&k->way[lane], stream);
}

static int copy_n(struct copy *k, uint64_t n, struct err *e)
{
	int rc = 0;

	for (uint64_t i = 0; i < n && !rc; i++)
		rc = copy_way_queue(&k->way[0], k->lanes.lane[0].stream);
	return gpu_error(rc, e, "copying %zu bytes", k->way[0].size);
}

static int wait_for(struct copy *k, const char *what, struct err *e)
{
	return gpu_error((int)cudaStreamSynchronize(k->lanes.lane[0].stream), e, "%s", what);
}

static int warm_up(struct copy *k, struct err *e)
{
	int rc = copy_n(k, GPU_WARM_UP_COPIES, e);

	return rc ? rc : wait_for(k, "warming up", e);
}

static int batch_gated(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct copy *k = arg;

	return lanes_time(&k->lanes, 1, true, queue_way, k, n, seconds, e);
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

/* One after another: each is waited for before the next is asked for. */
static int batch_host(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct copy *k = arg;
	struct CUstream_st *stream = k->lanes.lane[0].stream;
	uint64_t start_ns = clock_meas_ns();
	int rc = 0;

	for (uint64_t i = 0; i < n && !rc; i++) {
		rc = copy_way_queue(&k->way[0], stream);
		if (!rc)
			rc = (int)cudaStreamSynchronize(stream);
	}
	*seconds = (double)(clock_meas_ns() - start_ns) * 1e-9;
	return gpu_error(rc, e, "copying %zu bytes and waiting", k->way[0].size);
}

/* Both ways run; the rate is that of the way, or of both, that the case asks for. */
static int batch_both(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct copy *k = arg;
	int rc = lanes_rates(&k->lanes, 2, queue_way, k, n, e);
	double rate = 0;

	if (k->dir != COPY_BOTH_D2H)
		rate += k->lanes.lane[0].rate;
	if (k->dir != COPY_BOTH_H2D)
		rate += k->lanes.lane[1].rate;
	*seconds = LANES_MARKS * copy_dir_ways(k->dir) * (double)n / rate;
	return rc;
}

/* ---- setup ---- */

/* Memory of the current case's kind, large enough for all cases with that kind. */
static int use_memory(struct ctx *c, struct copy *k, struct err *e)
{
	enum copy_kind kind = copy_kind(ctx_str(c, "memory"));
	uint64_t limit = 0;

	if (!k->memory.tried || k->memory.kind != kind) {
		copy_memory_close(&k->memory); /* before it is asked what is free */
		k->said_memory = false;
		limit = ctx_pinned_limit(c, k->node);
	}
	return copy_memory_use(c, &k->memory, kind, copy_bytes(c, kind), limit, k->node, k->seed,
			       e);
}

static struct copy_way way(const struct copy *k, bool to_device, size_t size)
{
	return (struct copy_way){.memory = &k->memory,
				 .device = k->device,
				 .diff = k->diff,
				 .size = size,
				 .seed = k->seed,
				 .sms = k->sms,
				 .to_device = to_device};
}

/* The link is looked at while copies keep it busy: an idle one is slow on purpose. */
static int look_at_link(struct ctx *c, struct copy *k, struct err *e)
{
	size_t size = k->memory.buf.bytes;
	int rc;

	k->way[0] = way(k, true, size < LINK_LOAD_BYTES ? size : LINK_LOAD_BYTES);
	rc = warm_up(k, e); /* the link comes up */
	if (!rc)
		rc = copy_n(k, GPU_WARM_UP_COPIES, e); /* and stays up while these run */
	if (!rc)
		rc = gpu_links(c, &k->link, 1, k->way[0].size >= GPU_LINK_LOAD_BYTES, e);
	if (!rc)
		gpu_link_say(c, &k->link, "gpu");
	return rc ? rc : wait_for(k, "warming up", e);
}

static int open_gpu(struct ctx *c, struct copy *k, struct err *e)
{
	int rc = gpu_not_shared(e);

	if (!rc)
		rc = lanes_open(&k->lanes, 1, e);
	if (!rc && copy_both(c))
		rc = lanes_add(&k->lanes, 0, e);
	if (!rc)
		rc = gpu_error(
			(int)cudaDeviceGetAttribute(&k->sms, cudaDevAttrMultiProcessorCount, 0), e,
			"asking for the number of SMs");
	if (!rc)
		rc = copy_device_open(&k->device, &k->diff, copy_bytes_most(c), k->seed,
				      k->lanes.lane[0].stream, e);
	return rc;
}

static int setup(struct ctx *c, struct err *e)
{
	struct copy *k = ctx_state(c);
	struct err why = ERR_INIT;
	int rc;

	k->seed = (uint32_t)ctx_seed(c);
	k->node = (int)ctx_u64(c, "node");
	gpu_pin(c, k->node);
	rc = open_gpu(c, k, e);
	if (rc)
		return rc;
	rc = use_memory(c, k, &why);
	if (rc == -ENOTSUP)
		return 0; /* every case of it will say so */
	if (rc) {
		*e = why;
		return rc;
	}
	return look_at_link(c, k, e);
}

/* ---- run and verify ---- */

static void say_case(struct ctx *c, struct copy *k)
{
	struct gpu_ceiling ceiling =
		gpu_link_ceiling(&k->link, k->dir != COPY_D2H && k->dir != COPY_BOTH_D2H,
				 k->dir != COPY_H2D && k->dir != COPY_BOTH_H2D);

	if (!k->said_memory)
		copy_memory_say(c, &k->memory, "gpu,memory,node");
	if (!k->said_ceiling[k->dir] && ceiling.bytes_per_s > 0)
		ctx_fact_num(c, "ceiling", "bandwidth", "dir,gpu", ceiling.bytes_per_s,
			     ceiling.why);
	k->said_memory = k->said_ceiling[k->dir] = true;
}

static int choose_case(struct ctx *c, struct copy *k, struct err *e)
{
	size_t size = ctx_u64(c, "size");
	bool back;
	int rc = use_memory(c, k, e);

	if (rc)
		return rc;
	k->dir = copy_dir(ctx_str(c, "dir"));
	back = copy_dir_both(k->dir);
	k->way[0] = way(k, k->dir != COPY_D2H, size);
	k->way[1] = way(k, false, size);
	k->way[1].at = copy_part(size);
	k->way[0].by_sm = k->way[1].by_sm = !strcmp(ctx_str(c, "engine"), "sm");
	return copy_memory_holds(&k->memory, k->way[back].at + size, k->node, "", e);
}

static int sample_latencies(struct ctx *c, struct sampling *s, struct err *e)
{
	int rc;

	s->metric = "latency";
	s->form = SAMPLE_TIME;
	s->work = 1;
	rc = ctx_sample(c, s, e);
	if (rc)
		return rc;
	s->metric = "latency_host";
	s->tick_s = (double)clock_meas_tick_ns() * 1e-9;
	s->max_batch = 0;
	s->batch = batch_host;
	return ctx_sample(c, s, e);
}

static int run(struct ctx *c, struct err *e)
{
	struct copy *k = ctx_state(c);
	struct sampling s;
	int rc = choose_case(c, k, e);

	if (rc)
		return rc;
	s = lanes_bandwidth(batch_gated, k, (double)k->way[0].size);
	if (copy_dir_both(k->dir)) {
		s.work *= LANES_MARKS * copy_dir_ways(k->dir);
		s.max_batch = LANES_MOST;
		s.batch = batch_both;
	} else if (k->memory.kind == COPY_PAGEABLE) {
		s.tick_s = (double)clock_meas_tick_ns() * 1e-9;
		s.batch = batch_wall;
	}
	say_case(c, k);
	rc = warm_up(k, e);
	if (!rc)
		rc = ctx_sample(c, &s, e);
	if (rc || k->way[0].size > GPU_LATENCY_MAX_BYTES || copy_dir_both(k->dir))
		return rc;
	return sample_latencies(c, &s, e);
}

/* One copy each way of the case, the last one being all that could have made it right. */
static int verified_copies(struct copy *k, int ways, struct err *e)
{
	int rc = 0;

	for (int i = 0; i < ways && !rc; i++)
		rc = copy_way_prepare(&k->way[i], k->lanes.lane[i].stream, e);
	if (!rc)
		rc = lanes_wait(&k->lanes, "waiting for the poison", e);
	for (int i = 0; i < ways && !rc; i++)
		rc = gpu_error(queue_way(k, i, k->lanes.lane[i].stream), e,
			       "queueing the verified copy");
	return rc ? rc : lanes_wait(&k->lanes, "waiting for the verified copy", e);
}

static int verify(struct ctx *c, struct err *e)
{
	struct copy *k = ctx_state(c);
	int ways = copy_dir_both(k->dir) ? 2 : 1;
	int rc = verified_copies(k, ways, e);

	for (int i = 0; i < ways && !rc; i++) {
		struct pattern_diff diff;

		rc = copy_way_check(&k->way[i], k->lanes.lane[i].stream, &diff, e);
		if (!rc)
			rc = copy_way_verdict(&k->way[i], (int)ctx_u64(c, "gpu"), &diff, e);
	}
	return rc ? rc : host_check_placement(&k->memory.proof, k->node, e);
}

static void teardown(struct ctx *c)
{
	struct copy *k = ctx_state(c);

	copy_device_close(k->device, k->diff);
	copy_memory_close(&k->memory);
	lanes_close(&k->lanes);
}

#endif

const struct bench bench_copy = {
	.name = "copy",
	.summary = "copies between host memory and GPUs",
	.method =
		"Pinned memory: up to 128 copies are queued behind a gate and timed by GPU events. "
		"Pageable memory: copies are timed from outside on the monotonic clock. Where both "
		"directions run, each one's rate is that of the time when both were at work. Host "
		"memory lies on the named NUMA node, every page asked; after each case the "
		"destination is poisoned, one copy made and every byte checked.",
	.params = copy_params,
	.metrics = metrics,
	.applies = copy_applies,
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct copy),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
