/*
 * Latency of host memory under load: one CPU of a NUMA node follows a random ring of pointers, as
 * in host_latency, while a thread on each of the node's other cores, or on half of them, reads an
 * array on the same memory node over and over. The readers are under way before the clock starts
 * and stop after it has; what they read meanwhile is the metric bandwidth: both together are a
 * point of the memory's latency over its load. Known error: readers count whole blocks of 256 KiB,
 * below 1 % of what one reads in a batch; on a node of one core nothing can read beside.
 */
#include "chase.h"
#include "host.h"
#include "pool.h"
#include "stream.h"

#include "../harness/base/mem.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LOADS = 32768, STRIDE = 256, BLOCK = 32768 /* doubles */ };
#define BLOCK_BYTES (BLOCK * sizeof(double))
#define STEP_LABELS "cpu_node,node,pages,size" /* the parameters of step scope */

/* One reading thread; alone in its cache lines. */
struct reader {
	_Alignas(128) atomic_ulong blocks; /* read since it began */
	double sum;
	size_t first, n; /* its part of the array, whole blocks of doubles */
	size_t wrong, at;
};

struct loaded {
	struct placement_buf ring, array;
	struct placement_proof proof;
	struct host_load load;
	struct pool *pool;     /* thread 0 chases */
	struct reader *reader; /* by thread; that of thread 0 has no part */
	stream_fn *loop;
	void *at;
	size_t bytes, elements; /* of the ring */
	atomic_bool stop;
	/* of the current case */
	int readers;
	unsigned long before; /* blocks when the clock started */
	double blocks, seconds;
};

static const struct param params[] = {
	{.name = "cpu_node",
	 .type = PARAM_CPU_NODE,
	 .def = "all",
	 .help = "NUMA node of the CPU that loads, and of those that read beside"},
	HOST_PARAM_NODE,
	{.name = "load",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "full",
	 .choices = "none|half|full",
	 .help = "how many of the node's other cores read meanwhile; full: each of them"},
	{.name = "size",
	 .type = PARAM_SIZE,
	 .def = "0",
	 .unit = "bytes",
	 .help = "ring and array, each; 0: as host_latency and host_bandwidth have them"},
	HOST_PARAM_PAGES,
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "latency",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .help = "time of one dependent load"},
	{.name = "bandwidth",
	 .unit = "bytes/s",
	 .better = BETTER_NONE,
	 .cls = "info",
	 .help = "what the other cores read meanwhile"},
	{.name = NULL},
};

/* ---- the readers ---- */

static double read_part(const struct loaded *l, const struct reader *r, size_t from, size_t n)
{
	return l->loop(NULL, (double *)l->array.p + r->first + from, NULL, n);
}

static void read_on(void *arg, int thread)
{
	struct loaded *l = arg;
	struct reader *r = &l->reader[thread];
	size_t at = 0;

	if (thread > l->readers)
		return;
	while (!atomic_load_explicit(&l->stop, memory_order_relaxed)) {
		r->sum += read_part(l, r, at, BLOCK);
		atomic_fetch_add_explicit(&r->blocks, 1, memory_order_relaxed);
		at = at + BLOCK < r->n ? at + BLOCK : 0;
	}
}

static unsigned long blocks_read(const struct loaded *l)
{
	unsigned long sum = 0;

	for (int i = 1; i <= l->readers; i++)
		sum += atomic_load_explicit(&l->reader[i].blocks, memory_order_relaxed);
	return sum;
}

/* Returns when each reader has read a block: from then on there is load. */
static void begin(void *arg)
{
	struct loaded *l = arg;

	atomic_store(&l->stop, false);
	for (int i = 1; i <= l->readers; i++)
		atomic_store(&l->reader[i].blocks, 0);
	pool_start(l->pool, read_on, l);
	for (int i = 1; i <= l->readers; i++)
		while (!atomic_load_explicit(&l->reader[i].blocks, memory_order_relaxed))
			sched_yield();
	l->before = blocks_read(l);
}

static void chase(void *arg, uint64_t n)
{
	struct loaded *l = arg;

	l->at = chase_run(l->at, n * LOADS);
}

static void end(void *arg)
{
	struct loaded *l = arg;

	l->blocks += (double)(blocks_read(l) - l->before);
	atomic_store(&l->stop, true);
	pool_wait(l->pool);
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct loaded *l = arg;

	*seconds = placement_time(&l->load, n);
	l->seconds += *seconds;
	return 0;
}

/* ---- setup ---- */

/* The pool; its thread 0, which chases, on the last core: the first serves most interrupts. */
static int open_pool(struct ctx *c, struct loaded *l, int cpu_node, struct err *e)
{
	int *cpus = mem_zalloc(TOPO_MAX_CPUS, sizeof(*cpus)), rc;
	int n = host_cores(cpu_node, cpus), first = cpus[0];

	if (n) {
		cpus[0] = cpus[n - 1];
		cpus[n - 1] = first;
	}
	rc = n ? pool_open(&l->pool, cpus, n, e) : host_no_cpu(cpu_node, e);
	if (!rc)
		ctx_fact_num(c, "cpu", "", STEP_LABELS, cpus[0], "sched_setaffinity");
	free(cpus);
	return rc;
}

static int allocate(struct ctx *c, struct loaded *l, int node, struct err *e)
{
	enum pages ask = host_pages(ctx_str(c, "pages"));
	uint64_t ring, array;
	int rc = host_ring_size(c, node, STRIDE, &ring, e);

	if (!rc)
		rc = host_array_size(c, node, 1, &array, e);
	if (!rc)
		rc = placement_alloc(&l->ring, ring, node, ask, e);
	if (!rc)
		rc = placement_alloc(&l->array, array, node, ask, e);
	if (rc)
		return rc;
	l->bytes = ring;
	l->elements = chase_elements(ring, STRIDE);
	chase_build(l->ring.p, ring, STRIDE, ctx_seed(c));
	l->at = l->ring.p;
	host_say_size(c, STEP_LABELS, ring);
	return 0;
}

/* Each reader's part, filled by itself; with fewer blocks than readers some have none. */
static void fill(void *arg, int thread)
{
	struct loaded *l = arg;
	size_t blocks = l->array.bytes / BLOCK_BYTES, readers = (size_t)pool_threads(l->pool) - 1;
	struct reader *r = &l->reader[thread];

	if (thread == 0)
		return;
	r->first = blocks * (size_t)(thread - 1) / readers * BLOCK;
	r->n = blocks * (size_t)thread / readers * BLOCK - r->first;
	stream_fill((double *)l->array.p + r->first, r->first, r->n, false);
}

/* The worse of ring and array. */
static void prove(struct ctx *c, struct loaded *l, int node)
{
	struct placement_proof array;
	enum pages pages = l->ring.pages < l->array.pages ? l->ring.pages : l->array.pages;

	placement_prove(l->ring.p, l->ring.bytes, node, &l->proof);
	placement_prove(l->array.p, l->array.bytes, node, &array);
	if (array.result > l->proof.result)
		l->proof = array;
	host_say_placement(c, STEP_LABELS, &l->proof, pages);
}

static int setup(struct ctx *c, struct err *e)
{
	struct loaded *l = ctx_state(c);
	int cpu_node = (int)ctx_u64(c, "cpu_node"), node = (int)ctx_u64(c, "node"), rc;
	const char *isa;

	l->loop = stream_loop(STREAM_READ, false, &isa);
	l->load = (struct host_load){.kind = HOST_CHASE,
				     .cpu_node = cpu_node,
				     .node = node,
				     .threads = 1,
				     .amount = LOADS,
				     .work = chase,
				     .begin = begin,
				     .end = end,
				     .arg = l};
	rc = open_pool(c, l, cpu_node, e);
	if (!rc)
		rc = allocate(c, l, node, e);
	if (rc)
		return rc;
	l->reader = aligned_alloc(_Alignof(struct reader),
				  (size_t)pool_threads(l->pool) * sizeof(*l->reader));
	if (!l->reader)
		return err_set(e, ENOMEM, "out of memory");
	memset(l->reader, 0, (size_t)pool_threads(l->pool) * sizeof(*l->reader));
	pool_run(l->pool, fill, l);
	prove(c, l, node);
	return 0;
}

/* ---- run and verify ---- */

static int choose_readers(struct ctx *c, struct loaded *l, struct err *e)
{
	int others = pool_threads(l->pool) - 1;
	const char *load = ctx_str(c, "load");

	l->readers = !strcmp(load, "none") ? 0 : !strcmp(load, "half") ? (others + 1) / 2 : others;
	if (!others && strcmp(load, "none"))
		return err_set(e, ENOTSUP,
			       "one core of NUMA node %s is allowed to this process: nothing can "
			       "read beside it",
			       ctx_str(c, "cpu_node"));
	if (l->readers && l->array.bytes / BLOCK_BYTES < (size_t)others)
		return err_set(e, ENOTSUP,
			       "%zu bytes are too few for %d readers: give a larger size",
			       l->array.bytes, others);
	l->load.beside = l->readers;
	l->blocks = l->seconds = 0;
	return 0;
}

static int run(struct ctx *c, struct err *e)
{
	struct loaded *l = ctx_state(c);
	int rc = choose_readers(c, l, e);
	struct sampling s = host_sampling("latency", SAMPLE_TIME, LOADS, &l->load);

	s.batch = batch; /* which sums up the seconds as well */
	s.arg = l;
	if (!rc)
		rc = ctx_sample(c, &s, e);
	if (!rc && l->readers)
		ctx_emit(c, "bandwidth",
			 placement_rate_beside(&l->load, l->blocks * (double)BLOCK_BYTES,
					       l->seconds));
	return rc;
}

static void check(void *arg, int thread)
{
	struct loaded *l = arg;
	struct reader *r = &l->reader[thread];

	if (thread == 0)
		return;
	r->wrong =
		stream_check(STREAM_READ, NULL, read_part(l, r, 0, r->n), r->first, r->n, &r->at);
}

/* Whether all readers of this case worked, on data that are as they should be. */
static int check_readers(struct loaded *l, struct err *e)
{
	pool_run(l->pool, check, l);
	for (int i = 1; i < pool_threads(l->pool); i++) {
		const struct reader *r = &l->reader[i];

		if (i <= l->readers && !atomic_load(&r->blocks))
			return err_set(e, EBADMSG, "reader %d of %d read nothing", i, l->readers);
		if (r->wrong)
			return err_set(e, EBADMSG,
				       "reader %d: the sum of its part, from byte offset %zu, is "
				       "wrong",
				       i, r->at * sizeof(double));
	}
	return 0;
}

static int verify(struct ctx *c, struct err *e)
{
	struct loaded *l = ctx_state(c);
	size_t n = chase_walk(l->at, l->ring.p, l->bytes, l->elements);
	int rc = check_readers(l, e);

	if (rc)
		return rc;
	if (n != l->elements)
		return err_set(e, EBADMSG, "the ring of %zu pointers came back after %zu",
			       l->elements, n);
	return host_check_placement(&l->proof, l->ring.node, e);
}

static void teardown(struct ctx *c)
{
	struct loaded *l = ctx_state(c);

	pool_close(l->pool);
	placement_free(&l->ring);
	placement_free(&l->array);
	free(l->reader);
}

const struct bench bench_host_loaded = {
	.name = "host_loaded",
	.summary = "latency of host memory while the node's other cores read it",
	.method =
		"One pinned CPU follows a random ring of pointers, one load in flight, while a "
		"pinned thread on each other core of its node (or on half of them) reads its part "
		"of an array on the same memory node. The readers are under way before the clock "
		"starts. Every page is asked where it lies; ring and sums are checked after each "
		"case.",
	.params = params,
	.metrics = metrics,
	.state_bytes = sizeof(struct loaded),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
