/*
 * Bandwidth of host memory: one thread on each core of a NUMA node reads, writes, copies or
 * combines arrays on a node, each array at least four times all last-level caches. Bytes are
 * those that the program asks for (see stream.h): the memory moves up to a third more for
 * regular stores. Known error: the barrier around each pass is counted, microseconds against
 * tens of milliseconds.
 */
#include "host.h"
#include "pool.h"
#include "stream.h"

#include "../harness/base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_LABELS "cpu_node,node,pages,size,threads" /* the parameters of step scope */

enum { A, B, C, ARRAYS };

/* A thread's own results, each in its own cache lines. */
struct part {
	_Alignas(128) double sum;
	size_t n; /* elements of its last pass */
	size_t wrong, at;
};

struct bandwidth {
	struct placement_buf array[ARRAYS];
	struct placement_proof proof;
	struct pool *pool;
	struct part *part;
	size_t n; /* doubles of one array */
	int cpu_node, node;
	/* of the current case */
	enum stream_op op;
	stream_fn *loop;
	struct host_load load;
};

static const struct param params[] = {
	{.name = "cpu_node",
	 .type = PARAM_CPU_NODE,
	 .def = "all",
	 .help = "NUMA node of the threads"},
	HOST_PARAM_NODE,
	{.name = "op",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "triad",
	 .choices = "read|write|copy|triad",
	 .help = "read N bytes, write N, copy 2N, triad 3N"},
	{.name = "stores",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "regular",
	 .choices = "regular|nontemporal",
	 .help = "nontemporal: past the cache, without reading the line first"},
	{.name = "threads",
	 .type = PARAM_INT,
	 .def = "0",
	 .max = TOPO_MAX_CPUS,
	 .help = "how many; 0: one on each core of cpu_node"},
	{.name = "size",
	 .type = PARAM_SIZE,
	 .def = "0",
	 .unit = "bytes",
	 .help = "one array; 0: four times all last-level caches, at least 128 MiB"},
	HOST_PARAM_PAGES,
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "bandwidth",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .help = "bytes that the loop asks for, by time"},
	{.name = "rate_wall",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .help = "all bytes by the wall clock: sees a CPU quota, which a median cannot"},
	{.name = NULL},
};

/* ---- what each thread does ---- */

/* Thread i's share of n doubles, whole blocks: [*first, *first + result). */
static size_t share(const struct bandwidth *b, int thread, size_t *first)
{
	size_t threads = (size_t)pool_threads(b->pool), blocks = b->n / STREAM_BLOCK;
	size_t from = blocks * (size_t)thread / threads,
	       to = blocks * ((size_t)thread + 1) / threads;

	*first = from * STREAM_BLOCK;
	return (to - from) * STREAM_BLOCK;
}

static double *array(const struct bandwidth *b, int which, size_t first)
{
	return b->array[which].p ? (double *)b->array[which].p + first : NULL;
}

static void fill(void *arg, int thread)
{
	struct bandwidth *b = arg;
	size_t first, n = share(b, thread, &first);

	for (int i = B; i <= C; i++) {
		if (b->array[i].p)
			stream_fill(array(b, i, first), first, n, i == C);
	}
}

static void poison(void *arg, int thread)
{
	struct bandwidth *b = arg;
	size_t first, n = share(b, thread, &first);

	if (b->array[A].p)
		memset(array(b, A, first), 0xa5, n * sizeof(double));
	b->part[thread].sum = -1;
	b->part[thread].n = 0;
}

static void pass(void *arg, int thread)
{
	struct bandwidth *b = arg;
	size_t first, n = share(b, thread, &first);

	b->part[thread].n = n;
	b->part[thread].sum =
		b->loop(array(b, A, first), array(b, B, first), array(b, C, first), n);
}

static void check(void *arg, int thread)
{
	struct bandwidth *b = arg;
	struct part *part = &b->part[thread];
	size_t first, n = share(b, thread, &first);

	part->wrong = stream_check(b->op, array(b, A, first), part->sum, first, n, &part->at);
}

/* ---- the benchmark ---- */

static void work(void *arg, uint64_t n)
{
	struct bandwidth *b = arg;

	for (uint64_t i = 0; i < n; i++)
		pool_run(b->pool, pass, b);
}

static int open_pool(struct ctx *c, struct bandwidth *b, struct err *e)
{
	int *cpus = mem_zalloc(TOPO_MAX_CPUS, sizeof(*cpus));
	int asked = (int)ctx_u64(c, "threads"), rc;
	int allowed = asked ? placement_cpus(b->cpu_node, cpus, TOPO_MAX_CPUS)
			    : host_cores(b->cpu_node, cpus);
	int n = asked ? asked : allowed;

	if (n == 0 || n > allowed)
		rc = err_set(e, ENOTSUP, "%d CPUs of NUMA node %d are allowed to this process",
			     allowed, b->cpu_node);
	else
		rc = pool_open(&b->pool, cpus, n, e);
	if (!rc)
		ctx_fact_num(c, "threads", "", STEP_LABELS, n, "sched_setaffinity");
	free(cpus);
	return rc;
}

/* Which arrays some case of this process uses. */
static void needed(const struct ctx *c, bool need[ARRAYS])
{
	need[A] =
		ctx_has(c, "op", "write") || ctx_has(c, "op", "copy") || ctx_has(c, "op", "triad");
	need[B] = ctx_has(c, "op", "read") || ctx_has(c, "op", "copy") || ctx_has(c, "op", "triad");
	need[C] = ctx_has(c, "op", "triad");
}

/* The worst of all arrays: proof and pages. */
static void prove(struct bandwidth *b, enum pages *pages)
{
	struct placement_proof p;

	*pages = PAGES_HUGETLB;
	b->proof.result = PROOF_PROVEN;
	b->proof.pages = 0;
	for (int i = 0; i < ARRAYS; i++) {
		if (!b->array[i].p)
			continue;
		placement_prove(b->array[i].p, b->array[i].bytes, b->node, &p);
		if (b->proof.pages == 0 || p.result > b->proof.result)
			b->proof = p;
		if (b->array[i].pages < *pages)
			*pages = b->array[i].pages;
	}
}

static int allocate(struct ctx *c, struct bandwidth *b, struct err *e)
{
	enum pages ask = host_pages(ctx_str(c, "pages")), got;
	bool need[ARRAYS];
	uint64_t bytes;
	int rc;

	needed(c, need);
	rc = host_array_size(c, b->node, need[A] + need[B] + need[C], &bytes, e);
	for (int i = 0; i < ARRAYS && !rc; i++) {
		if (need[i])
			rc = placement_alloc(&b->array[i], bytes, b->node, ask, e);
	}
	if (rc)
		return rc;
	b->n = bytes / sizeof(double);
	prove(b, &got);
	host_say_placement(c, STEP_LABELS, &b->proof, got);
	host_say_size(c, STEP_LABELS, bytes);
	return 0;
}

static int setup(struct ctx *c, struct err *e)
{
	struct bandwidth *b = ctx_state(c);
	int rc;

	b->cpu_node = (int)ctx_u64(c, "cpu_node");
	b->node = (int)ctx_u64(c, "node");
	rc = open_pool(c, b, e);
	if (!rc)
		rc = allocate(c, b, e);
	if (rc)
		return rc;
	b->part = aligned_alloc(_Alignof(struct part),
				(size_t)pool_threads(b->pool) * sizeof(*b->part));
	if (!b->part)
		return err_set(e, ENOMEM, "out of memory");
	pool_run(b->pool, fill, b);
	return 0;
}

static int choose_loop(struct ctx *c, struct bandwidth *b, struct err *e)
{
	bool nt = !strcmp(ctx_str(c, "stores"), "nontemporal");
	const char *isa;

	b->op = stream_op(ctx_str(c, "op"));
	b->loop = stream_loop(b->op, nt, &isa);
	if (!b->loop)
		return err_set(e, ENOTSUP,
			       b->op == STREAM_READ ? "a read has no stores"
						    : "no such stores on this architecture");
	ctx_fact(c, "vectors", "", "cpu_node,node,op,stores", isa, "CPU features");
	return 0;
}

static enum host_work kind_of(enum stream_op op)
{
	static const enum host_work kind[] = {HOST_READ, HOST_WRITE, HOST_COPY, HOST_TRIAD};

	return kind[op];
}

static int run(struct ctx *c, struct err *e)
{
	struct bandwidth *b = ctx_state(c);
	int rc = choose_loop(c, b, e);
	double bytes = (double)b->n * sizeof(double) * stream_arrays(b->op);
	struct sampling s = host_sampling("bandwidth", SAMPLE_RATE, bytes, &b->load);

	if (rc)
		return rc;
	s.rate_wall = "rate_wall";
	b->load = (struct host_load){.kind = kind_of(b->op),
				     .cpu_node = b->cpu_node,
				     .node = b->node,
				     .threads = pool_threads(b->pool),
				     .amount = bytes,
				     .work = work,
				     .arg = b};
	return ctx_sample(c, &s, e);
}

/* The parts must make up the whole, or the bytes that were counted never moved. */
static int check_parts(struct ctx *c, const struct bandwidth *b, struct err *e)
{
	size_t wrong = 0, at = 0, worked = 0;

	for (int i = 0; i < pool_threads(b->pool); i++) {
		const struct part *part = &b->part[i];
		if (part->wrong && !wrong)
			at = part->at;
		wrong += part->wrong;
		worked += part->n;
	}
	if (worked != b->n)
		return err_set(e, EBADMSG, "%s: the threads worked on %zu of %zu elements",
			       ctx_str(c, "op"), worked, b->n);
	if (wrong)
		return err_set(e, EBADMSG,
			       "%s: %zu of %zu elements are wrong, the first at byte offset %zu",
			       ctx_str(c, "op"), wrong, b->n, at * sizeof(double));
	return 0;
}

static int verify(struct ctx *c, struct err *e)
{
	struct bandwidth *b = ctx_state(c);
	int rc;

	pool_run(b->pool, poison, b);
	pool_run(b->pool, pass, b);
	pool_run(b->pool, check, b);
	rc = check_parts(c, b, e);
	return rc ? rc : host_check_placement(&b->proof, b->node, e);
}

static void teardown(struct ctx *c)
{
	struct bandwidth *b = ctx_state(c);

	pool_close(b->pool);
	for (int i = 0; i < ARRAYS; i++)
		placement_free(&b->array[i]);
	free(b->part);
}

const struct bench bench_host_bandwidth = {
	.name = "host_bandwidth",
	.summary = "bandwidth of host memory, NUMA node by NUMA node",
	.method =
		"One pinned thread on each core of a node works in step on its part of arrays that "
		"are larger than the caches, every page asked where it lies. Bytes are those the "
		"loop asks for, as STREAM counts them: a regular store's read of the line first is "
		"not among them. After each case one pass on poisoned arrays is checked whole.",
	.params = params,
	.metrics = metrics,
	.state_bytes = sizeof(struct bandwidth),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
