/*
 * Latency of host memory as a GPU sees it: one thread of one SM follows a random ring of pointers
 * through pinned memory of a NUMA node, one load in flight; a pointer every 128 bytes, which is one
 * line of the GPU, and a ring larger than its L2. A sample is 2^18 loads (some 0.2 s), a case more
 * than a million. Known errors: the kernel's start is part of a sample, a few microseconds in
 * 0.2 s; with base pages the walk of the GPU's and the IOMMU's page tables is in the figure.
 *
 * After each case the GPU and the CPU follow the ring from the same place, and must meet.
 */
#include "chase.h"
#include "copy_memory.h"
#include "gpu.h"
#include "host.h"

#include <errno.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	{.name = "node",
	 .type = PARAM_NODE,
	 .def = "local",
	 .help = "NUMA node of the host memory and of the thread"},
	GPU_PARAM_RING_SIZE,
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "latency",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "time of one dependent load of an SM"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "chaser.h"
#include "gpu_link.h"

enum { STEPS = 1 << 18 };

struct chasing {
	struct copy_memory memory;
	struct chaser chaser;
	int node;
	size_t bytes; /* of the ring at hand */
};

static int setup(struct ctx *c, struct err *e)
{
	struct chasing *k = ctx_state(c);
	struct err unpinned = ERR_INIT;
	struct gpu_link link;
	int rc;

	k->node = (int)ctx_u64(c, "node");
	placement_pin_node(k->node, &unpinned); /* the proof says where the memory came to lie */
	rc = gpu_not_shared(e);
	if (!rc)
		rc = chaser_open(&k->chaser, STEPS, e);
	if (!rc)
		rc = gpu_links(c, &link, 1, false, e);
	if (!rc)
		gpu_link_say(c, &link, "gpu");
	return rc ? rc
		  : copy_memory_use(c, &k->memory, COPY_PINNED, ctx_max_u64(c, "size"),
				    ctx_pinned_limit(c, k->node), k->node, (uint32_t)ctx_seed(c),
				    e);
}

static int make_ring(struct ctx *c, struct chasing *k, struct err *e)
{
	void *p = k->memory.buf.p;
	int rc;

	k->bytes = ctx_u64(c, "size");
	rc = copy_memory_holds(&k->memory, k->bytes, k->node, "", e);
	if (rc)
		return rc;
	if (k->memory.on_device != p)
		return err_set(e, ENOTSUP, "pinned memory has another address on this GPU");
	chase_build(p, k->bytes, CHASER_STRIDE, ctx_seed(c));
	*k->chaser.at = p;
	return 0;
}

static int run(struct ctx *c, struct err *e)
{
	struct chasing *k = ctx_state(c);
	int rc = make_ring(c, k, e);

	if (rc)
		return rc;
	copy_memory_say(c, &k->memory, "gpu,node");
	return chaser_sample(c, &k->chaser, e);
}

static int verify(struct ctx *c, struct err *e)
{
	struct chasing *k = ctx_state(c);
	void *end = chase_run(*k->chaser.at, CHASER_CHECKED_STEPS);
	int rc = chaser_check(&k->chaser, NULL, e);

	if (rc)
		return rc;
	if (*k->chaser.at != end)
		return err_set(e, EBADMSG,
			       "gpu %s: after %d steps the GPU is not where the CPU is: it read "
			       "other pointers",
			       ctx_str(c, "gpu"), CHASER_CHECKED_STEPS);
	return host_check_placement(&k->memory.proof, k->node, e);
}

static void teardown(struct ctx *c)
{
	struct chasing *k = ctx_state(c);

	copy_memory_close(&k->memory);
	chaser_close(&k->chaser);
}

#endif

const struct bench bench_gpu_chase = {
	.name = "gpu_chase",
	.summary = "latency of host memory as a GPU sees it",
	.method =
		"One thread of one SM follows a random ring of pointers, 128 bytes apart, through "
		"pinned memory of the node, one load in flight, more than a million loads a "
		"case, timed by GPU events behind a gate. Every page of the ring is asked where "
		"it lies; GPU and CPU must end at the same pointer.",
	.params = params,
	.metrics = metrics,
	.quiet = true,
	.process_s = 3.9, /* 2.5 to start, seven samples */
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct chasing),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
