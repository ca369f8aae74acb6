/*
 * Copies between two GPUs, by the copy engine and by the SMs: one reads from its peer, writes to
 * it, or both write to each other at once; with peer access and without it, when the driver
 * takes the bytes through host memory. Queued behind a gate and timed by events; large copies
 * without peer access are queued openly, since the driver cuts them into pieces that could fill
 * its queue behind a gate. NVLinks are looked at before and after. Known errors: the event after
 * the last copy adds under a microsecond to a batch; where both write, the second GPU starts the
 * few microseconds later that an event takes to reach it.
 *
 * After each case the source is made again, the destination poisoned, one copy made and every
 * byte checked on the destination's GPU: a bridge that redirects peer writes can drop them while
 * CUDA reports success.
 */
#include "gpu.h"
#include "peers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct param params[] = {
	{.name = "gpu", .type = PARAM_GPU, .def = "all", .help = "the GPU at work, by PCI order"},
	{.name = "peer", .type = PARAM_PEER, .def = "all", .help = "the other GPU"},
	{.name = "p2p",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "on",
	 .choices = "on|off",
	 .help = "peer access; off: the driver copies through host memory"},
	{.name = "engine",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "ce",
	 .choices = "ce|sm",
	 .help = "what moves the data; ce: copy engine, sm: a kernel, with peer access only"},
	{.name = "dir",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "read,write,both",
	 .choices = "read|write|both",
	 .help = "gpu reads from peer, writes to it, or each writes to the other (the sum)"},
	GPU_PARAM_COPY_SIZE("256MiB"),
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "bandwidth",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .siblings = "gpu,peer",
	 .help = "bytes that arrive by time, of both directions where both run"},
	{.name = "latency",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,peer",
	 .help = "time of one copy among copies back to back, one way, up to 64 KiB"},
	{.name = NULL},
};

/* An SM needs peer access. Small copies are there for their latency, which is that of one way. */
static bool applies(const struct ctx *c)
{
	if (!strcmp(ctx_str(c, "engine"), "sm") && !strcmp(ctx_str(c, "p2p"), "off"))
		return false;
	return strcmp(ctx_str(c, "dir"), "both") != 0 || ctx_u64(c, "size") > GPU_LATENCY_MAX_BYTES;
}

#ifdef ASSAY_CUDA

#include "gpu_link.h"
#include "peer_copy.h"

#include <cuda_runtime_api.h>

/* Through host memory each copy may be several entries of the driver's queue, on both GPUs. */
enum { STAGED_MAX_OPS = GATE_MAX_OPS / 4 };

enum { OWN, PEER }; /* CUDA ordinals */
enum dir { READ, WRITE, BOTH };

struct p2p {
	struct peers peers;
	struct peer_copy copy;
	bool said[2][2]; /* path: by access, by whether both directions run */
	bool pcie[2];	 /* by access: it goes by PCI Express, and the links are to be looked at */
	/* of the current case */
	enum dir dir;
	bool on;
};

static int setup(struct ctx *c, struct err *e)
{
	struct p2p *k = ctx_state(c);
	int rc = gpu_not_shared(e);

	if (!rc)
		rc = peers_open(&k->peers, c, e);
	if (!rc)
		rc = peer_copy_open(&k->copy, (const int[]){OWN, PEER}, 2, ctx_max_u64(c, "size"),
				    (uint32_t)ctx_seed(c), e);
	if (!rc)
		peers_expect_access(&k->peers, c, OWN, PEER, "gpu,peer");
	return rc;
}

static int choose_case(struct ctx *c, struct p2p *k, struct err *e)
{
	const char *dir = ctx_str(c, "dir");
	int rc = 0;

	k->dir = !strcmp(dir, "read") ? READ : !strcmp(dir, "write") ? WRITE : BOTH;
	k->on = !strcmp(ctx_str(c, "p2p"), "on");
	k->copy.sm = !strcmp(ctx_str(c, "engine"), "sm");
	k->copy.size = ctx_u64(c, "size");
	if (k->on)
		rc = peers_access(&k->peers, OWN, PEER, e);
	return rc ? rc : peers_switch(&k->peers, OWN, PEER, k->on, e);
}

static int queue(void *arg, int lane, struct CUstream_st *stream)
{
	const struct p2p *k = arg;

	if (k->dir == READ)
		return peer_copy_queue(&k->copy, !lane, lane, stream);
	return peer_copy_queue(&k->copy, lane, !lane, stream);
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct p2p *k = arg;
	bool gated = k->on || k->copy.size <= GPU_LATENCY_MAX_BYTES;

	return lanes_time(&k->copy.lanes, k->dir == BOTH ? 2 : 1, gated, queue, k, n, seconds, e);
}

/* Once for each path of this pair. */
static void say_path(struct ctx *c, struct p2p *k)
{
	bool both = k->dir == BOTH;
	struct peer_path path;

	if (k->said[k->on][both])
		return;
	if (k->on && !k->said[true][!both])
		peers_expect_links(&k->peers, c, (const int[]){OWN, PEER}, 2, "gpu,p2p,peer");
	k->said[k->on][both] = true;
	peers_path(&k->peers, OWN, PEER, k->on, &path);
	k->pcie[k->on] = !path.links && !k->said[k->on][!both];
	ctx_fact(c, "kin", "", "gpu,p2p,peer", path.kind, "NVML, sysfs");
	if (path.bytes_per_s > 0)
		ctx_fact_num(c, "ceiling", "bandwidth", "dir,gpu,p2p,peer",
			     path.bytes_per_s * (both ? 2 : 1), path.why);
}

/* While copies keep them busy, since an idle link is slow on purpose. */
static int look_at_pcie(struct ctx *c, struct p2p *k, struct err *e)
{
	struct CUstream_st *stream = k->copy.lanes.lane[OWN].stream;
	int rc = 0;

	if (!k->pcie[k->on] || k->copy.size < GPU_LINK_LOAD_BYTES)
		return 0;
	k->pcie[k->on] = false;
	cudaSetDevice(k->copy.lanes.lane[OWN].device);
	for (int i = 0; i < GPU_WARM_UP_COPIES && !rc; i++)
		rc = gpu_error(queue(k, OWN, stream), e, "keeping the links busy");
	if (!rc)
		rc = peers_expect_pcie(&k->peers, c, OWN, PEER, "gpu,p2p,peer", e);
	return rc ? rc : lanes_wait(&k->copy.lanes, "waiting for the links", e);
}

static int run(struct ctx *c, struct err *e)
{
	struct p2p *k = ctx_state(c);
	struct sampling s;
	int rc = choose_case(c, k, e);
	double seconds;

	if (rc)
		return rc;
	say_path(c, k);
	s = lanes_bandwidth(batch, k, (double)k->copy.size * (k->dir == BOTH ? 2 : 1));
	if (!k->on)
		s.max_batch = STAGED_MAX_OPS;
	rc = batch(k, GPU_WARM_UP_COPIES, &seconds, e);
	if (!rc)
		rc = look_at_pcie(c, k, e);
	if (!rc)
		rc = ctx_sample(c, &s, e);
	if (rc || k->copy.size > GPU_LATENCY_MAX_BYTES || k->dir == BOTH)
		return rc;
	s.metric = "latency";
	s.form = SAMPLE_TIME;
	s.work = 1;
	return ctx_sample(c, &s, e);
}

static int verified_copy(struct p2p *k, struct err *e)
{
	double seconds;
	int rc = peer_copy_prepare(&k->copy, OWN, PEER, e);

	if (!rc)
		rc = peer_copy_prepare(&k->copy, PEER, OWN, e);
	if (!rc)
		rc = lanes_wait(&k->copy.lanes, "waiting for the poison", e);
	return rc ? rc : batch(k, 1, &seconds, e);
}

/* What arrived at that GPU, and who wrote or read it. */
static int check_at(struct p2p *k, int to, struct err *e)
{
	const struct peer *gpu = k->peers.gpu;
	int by = k->dir == READ ? to : !to;

	return peer_copy_check(&k->copy, to, e, "GPU %d %s GPU %d (%s, peer access %s)",
			       gpu[by].number, k->dir == READ ? "reads from" : "writes to",
			       gpu[!by].number, peer_copy_engine(&k->copy), k->on ? "on" : "off");
}

static int verify(struct ctx *c, struct err *e)
{
	struct p2p *k = ctx_state(c);
	int rc = verified_copy(k, e);

	if (!rc)
		rc = check_at(k, k->dir == READ ? OWN : PEER, e);
	if (!rc && k->dir == BOTH)
		rc = check_at(k, OWN, e);
	if (k->on)
		peers_expect_no_errors(&k->peers, c, OWN, PEER, "gpu,p2p,peer");
	return rc;
}

static void teardown(struct ctx *c)
{
	struct p2p *k = ctx_state(c);

	peer_copy_close(&k->copy);
	peers_close(&k->peers);
}

#endif

const struct bench bench_p2p = {
	.name = "p2p",
	.summary = "copies between two GPUs, with peer access and without",
	.method = "Up to 128 copies are queued behind a gate and timed by GPU events; where both "
		  "GPUs write, the sum of both directions by the time until the later one ends. "
		  "After each case the destination is poisoned, one copy made and every byte "
		  "checked "
		  "on its GPU. NVLink state and error counters are read before and after.",
	.params = params,
	.metrics = metrics,
	.applies = applies,
	.supported = peers_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct p2p),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
