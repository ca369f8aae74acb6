/*
 * Latency of host memory: one CPU of a NUMA node follows a random ring of pointers through
 * memory of a node, one load in flight. The ring has one pointer every 256 bytes, so that a
 * prefetcher that fetches a line's neighbour fetches nothing that is ever used; the lines it
 * touches are at least four times one last-level cache. Known error: with base pages the walk
 * of the page table is part of the figure (the fact "pages" says which pages it had); a tick of
 * the clock is below 0.1 % of a sample.
 */
#include "chase.h"
#include "host.h"

#include <errno.h>

enum { LOADS = 4096 };

struct latency {
	struct placement_buf ring;
	struct placement_proof proof;
	struct host_load load;
	size_t bytes, elements;
	void *at;
};

static const struct param params[] = {
	{.name = "cpu_node",
	 .type = PARAM_CPU_NODE,
	 .def = "all",
	 .help = "NUMA node of the CPU that loads"},
	HOST_PARAM_NODE,
	{.name = "size",
	 .type = PARAM_SIZE,
	 .def = "0",
	 .unit = "bytes",
	 .help = "memory that the ring spans; 0: lines of four last-level caches, at least 256 "
		 "MiB"},
	{.name = "stride",
	 .type = PARAM_SIZE,
	 .def = "256",
	 .min = sizeof(void *),
	 .max = 1 << 20,
	 .unit = "bytes",
	 .help = "distance of neighbouring pointers"},
	HOST_PARAM_PAGES,
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "latency",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .help = "time of one dependent load"},
	{.name = "rate_wall",
	 .unit = "1/s",
	 .better = BETTER_HIGHER,
	 .cls = "latency",
	 .help = "all loads by the wall clock: sees a CPU quota, which a median cannot"},
	{.name = NULL},
};

static void chase(void *arg, uint64_t n)
{
	struct latency *l = arg;

	l->at = chase_run(l->at, n * LOADS);
}

static int setup(struct ctx *c, struct err *e)
{
	struct latency *l = ctx_state(c);
	int cpu_node = (int)ctx_u64(c, "cpu_node"), node = (int)ctx_u64(c, "node");
	uint64_t stride = ctx_u64(c, "stride"), bytes;
	int rc;

	rc = host_ring_size(c, node, stride, &bytes, e);
	if (!rc)
		rc = host_pin(c, cpu_node, e);
	if (!rc)
		rc = placement_alloc(&l->ring, bytes, node, host_pages(ctx_str(c, "pages")), e);
	if (rc)
		return rc;
	l->bytes = bytes;
	l->elements = chase_elements(bytes, stride);
	chase_build(l->ring.p, bytes, stride, ctx_seed(c));
	l->at = l->ring.p;
	l->load = (struct host_load){.kind = HOST_CHASE,
				     .cpu_node = cpu_node,
				     .node = node,
				     .threads = 1,
				     .amount = LOADS,
				     .work = chase,
				     .arg = l};
	placement_prove(l->ring.p, bytes, node, &l->proof);
	host_say_placement(c, NULL, &l->proof, l->ring.pages);
	host_say_size(c, NULL, bytes);
	return 0;
}

static int run(struct ctx *c, struct err *e)
{
	struct latency *l = ctx_state(c);
	struct sampling s = host_sampling("latency", SAMPLE_TIME, LOADS, &l->load);

	s.rate_wall = "rate_wall";
	return ctx_sample(c, &s, e);
}

static int verify(struct ctx *c, struct err *e)
{
	struct latency *l = ctx_state(c);
	size_t n = chase_walk(l->at, l->ring.p, l->bytes, l->elements);

	if (n != l->elements)
		return err_set(e, EBADMSG, "the ring of %zu pointers came back after %zu",
			       l->elements, n);
	return host_check_placement(&l->proof, l->ring.node, e);
}

static void teardown(struct ctx *c)
{
	struct latency *l = ctx_state(c);

	placement_free(&l->ring);
}

const struct bench bench_host_latency = {
	.name = "host_latency",
	.summary = "latency of host memory, NUMA node by NUMA node",
	.method =
		"One pinned CPU follows a random ring of pointers through memory of the node, one "
		"load in flight; the ring is larger than the caches and every page is asked where "
		"it lies. Time of many loads on the monotonic clock, divided by their number.",
	.params = params,
	.metrics = metrics,
	.state_bytes = sizeof(struct latency),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
