/*
 * Copies between host memory and all GPUs of a set at once, each GPU with memory on its own NUMA
 * node: what they move together, what each gets beside the others, and which share that is of what
 * it gets alone in the same process. All wait behind one gate; each GPU's rate is that of the time
 * in which every one was at work (lanes.h), and the sum is that of these rates, so that no GPU that
 * ends early makes another look fast. Known error: events of other GPUs pass between
 * them in a few microseconds, by which their starts differ.
 *
 * Where both directions run, a GPU's rate is that of both. After each case the destination is
 * poisoned, all copy once more, and every byte is checked: of all GPUs with the sum, of one with
 * its own case.
 */
#include "copy_members.h"
#include "gpu.h"

#include <errno.h>
#include <string.h>

static const struct param params[] = {
	{.name = "gpus", .type = PARAM_GPUS, .def = "all", .help = "the GPUs that copy at once"},
	{.name = "node",
	 .type = PARAM_NODE,
	 .def = "local",
	 .help = "NUMA node of the host memory; local: of each GPU its own"},
	{.name = "memory",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "pinned",
	 .choices = "pinned|writecombined|registered|hugepage",
	 .help = "kind of host memory"},
	GPU_PARAM_ENGINE,
	{.name = "dir",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "h2d,d2h",
	 .choices = "h2d|d2h|both",
	 .help = "host to device, device to host, both at once"},
	{.name = "size",
	 .type = PARAM_SIZE,
	 .scope = SCOPE_CASE,
	 .def = "64MiB",
	 .min = 4096,
	 .max = (uint64_t)4 << 30,
	 .unit = "bytes",
	 .help = "bytes of one copy"},
	{.name = "member",
	 .type = PARAM_MEMBER,
	 .scope = SCOPE_CASE,
	 .def = "all",
	 .help = "whose rate while all copy: that of one GPU, or the sum"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "bandwidth",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .siblings = "member",
	 .help = "bytes by time while all GPUs copy"},
	{.name = "share",
	 .unit = "1",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .help = "rate beside the others by rate alone; of the sum: by the sum of those alone"},
	{.name = NULL},
};

static int supported(struct ctx *c, struct err *e)
{
	int number[2], n = ctx_gpus(c, number, 2), rc = gpu_supported(c, e);

	return rc || n > 1 ? rc : err_set(e, ENOTSUP, "one GPU: nothing copies beside it");
}

#ifdef ASSAY_CUDA

#include "../harness/probe/dimm.h"
#include "../harness/probe/topology.h"

#include <stdio.h>

static int setup(struct ctx *c, struct err *e)
{
	return members_open(c, ctx_state(c), e);
}

static struct gpu_ceiling ceiling_of(const struct members *k, int i)
{
	return gpu_link_ceiling(&k->member[i].link, k->dir != COPY_D2H, k->dir != COPY_H2D);
}

/* Whether all buffers together are much larger than the last-level caches, which could hold them.
 */
static bool past_caches(const struct members *k)
{
	double bytes = (double)k->size * k->crowd.n * k->crowd.lanes;
	struct topology t;
	bool past;

	if (topology_read(&t, NULL))
		return false;
	past = t.llc_total_bytes && bytes >= 4.0 * (double)t.llc_total_bytes * t.n_nodes;
	topology_free(&t);
	return past;
}

/*
 * Of all paths together, or of the machine's memory modules where these carry less. No ceiling
 * where that of one GPU is not known.
 */
static struct gpu_ceiling ceiling_of_sum(const struct members *k)
{
	struct gpu_ceiling sum = {.why = "sum over the GPUs, what they share divided"};
	struct dimms d;

	for (int i = 0; i < k->crowd.n; i++) {
		double one = ceiling_of(k, i).bytes_per_s;

		sum.bytes_per_s += one;
		if (one <= 0)
			return (struct gpu_ceiling){.bytes_per_s = 0};
	}
	dimms_read(&d);
	if (d.bytes_per_s > 0 && d.bytes_per_s < sum.bytes_per_s && past_caches(k)) {
		sum.bytes_per_s = d.bytes_per_s;
		snprintf(sum.why, sizeof(sum.why), "host memory: %s", d.why);
	}
	return sum;
}

static void say_case(struct ctx *c, const struct members *k)
{
	const struct placement_proof *proof = members_proof(k);
	bool sum = k->crowd.counted == CROWD_ALL,
	     part = !sum && k->member[k->crowd.counted].link.shared;
	struct gpu_ceiling ceiling = sum ? ceiling_of_sum(k) : ceiling_of(k, k->crowd.counted);

	ctx_fact(c, "placement", "", "gpus,member,memory,node", proof_name(proof->result),
		 proof->source);
	if (sum)
		ctx_fact(c, "kin", "", "gpus,member", "sum", "not one GPU");
	else
		gpu_link_say(c, &k->member[k->crowd.counted].link, "gpus,member");
	if (ceiling.bytes_per_s > 0)
		ctx_fact_num(c, part ? "equal_part" : "ceiling", "bandwidth", "dir,gpus,member",
			     ceiling.bytes_per_s, ceiling.why);
}

static int run(struct ctx *c, struct err *e)
{
	struct members *k = ctx_state(c);
	struct sampling s;
	int rc = members_choose(c, k, e);

	if (rc)
		return rc;
	s = lanes_bandwidth(crowd_batch, &k->crowd, (double)k->size * crowd_operations(&k->crowd));
	s.max_batch = LANES_MOST;
	say_case(c, k);
	rc = k->crowd.work(k, CROWD_ALL, 1, e);
	if (!rc)
		rc = ctx_sample(c, &s, e);
	return rc ? rc : crowd_emit_shares(c, &k->crowd, e);
}

static int verify(struct ctx *c, struct err *e)
{
	struct members *k = ctx_state(c);
	int rc = members_prepare(k, e);

	if (!rc)
		rc = k->crowd.work(k, CROWD_ALL, 1, e);
	return rc ? rc : members_check(k, e);
}

static void teardown(struct ctx *c)
{
	members_close(ctx_state(c));
}

#endif

const struct bench bench_copy_all = {
	.name = "copy_all",
	.summary = "copies between host memory and all GPUs at once",
	.method = "All GPUs copy between their memory and that of their own NUMA node, behind one "
		  "gate; each one's rate, and the sum, are those of the time in which all were at "
		  "work. The share is a GPU's rate beside the others by its rate alone, measured "
		  "in turns. Hops of the path that several GPUs use are divided among them in the "
		  "ceiling. Every byte is checked after each case.",
	.params = params,
	.metrics = metrics,
	.supported = supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct members),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
