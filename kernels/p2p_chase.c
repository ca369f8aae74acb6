/*
 * Latency of a peer's memory: one thread of one SM follows a random ring of pointers that lies on
 * another GPU, one load in flight, a pointer every 128 bytes. A sample is 2^17 loads (some 0.1 s).
 * Known errors: the kernel's start is part of a sample, a few microseconds in 0.1 s; a ring that
 * fits into the peer's L2 is answered from there, which is what small messages meet.
 *
 * After each case the GPU follows the ring once more from its start and must come to where the
 * CPU came in its own copy of it.
 */
#include "chase.h"
#include "gpu.h"
#include "peers.h"

#include <errno.h>
#include <stdlib.h>

static const struct param params[] = {
	{.name = "gpu",
	 .type = PARAM_GPU,
	 .def = "all",
	 .help = "the GPU that reads, by PCI order"},
	{.name = "peer",
	 .type = PARAM_PEER,
	 .def = "all",
	 .help = "the GPU whose memory holds the ring"},
	GPU_PARAM_RING_SIZE,
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "latency",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,peer",
	 .help = "time of one dependent load from the peer's memory"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "chaser.h"

#include "../harness/base/mem.h"

#include <cuda_runtime_api.h>

enum { STEPS = 1 << 17 };
enum { OWN, PEER }; /* CUDA ordinals */

struct reading {
	struct chaser chaser;
	struct peers peers;
	uint8_t *ring; /* on the peer */
	size_t end;    /* how far from its start the ring is after the checked steps */
};

static int setup(struct ctx *c, struct err *e)
{
	struct reading *k = ctx_state(c);
	struct peer_path path;
	int rc;

	rc = gpu_not_shared(e);
	if (!rc)
		rc = peers_open(&k->peers, c, e);
	if (!rc)
		rc = peers_access(&k->peers, OWN, PEER, e);
	if (!rc)
		rc = peers_switch(&k->peers, OWN, PEER, true, e);
	if (!rc)
		rc = chaser_open(&k->chaser, STEPS, e);
	if (rc)
		return rc;
	peers_path(&k->peers, OWN, PEER, true, &path);
	ctx_fact(c, "kin", "", "gpu,peer", path.kind, "NVML, sysfs");
	peers_expect_links(&k->peers, c, (const int[]){OWN, PEER}, 2, "gpu,peer");
	rc = gpu_error((int)cudaSetDevice(PEER), e, "choosing the peer");
	return rc ? rc
		  : gpu_error((int)cudaMalloc((void **)&k->ring, ctx_max_u64(c, "size")), e,
			      "allocating the ring on the peer");
}

/* Made here with addresses of here, followed once, then moved to where it is to lie. */
static int make_ring(struct reading *k, size_t bytes, uint64_t seed, struct err *e)
{
	uint8_t *here = mem_zalloc(bytes, 1);
	int rc;

	chase_build(here, bytes, CHASER_STRIDE, seed);
	k->end = (size_t)((uint8_t *)chase_run(here, CHASER_CHECKED_STEPS) - here);
	for (size_t i = 0; i < chase_elements(bytes, CHASER_STRIDE); i++) {
		uint8_t **p = (uint8_t **)(void *)(here + i * CHASER_STRIDE);

		*p = k->ring + (*p - here);
	}
	rc = (int)cudaSetDevice(PEER);
	if (!rc)
		rc = (int)cudaMemcpy(k->ring, here, bytes, cudaMemcpyHostToDevice);
	if (!rc) /* the copy may return while its last bytes are on their way */
		rc = (int)cudaDeviceSynchronize();
	free(here);
	*k->chaser.at = k->ring;
	return gpu_error(rc, e, "copying the ring to the peer");
}

static int run(struct ctx *c, struct err *e)
{
	struct reading *k = ctx_state(c);
	int rc = make_ring(k, ctx_u64(c, "size"), ctx_seed(c), e);

	return rc ? rc : chaser_sample(c, &k->chaser, e);
}

static int verify(struct ctx *c, struct err *e)
{
	struct reading *k = ctx_state(c);
	int rc;

	*k->chaser.at = k->ring;
	rc = chaser_check(&k->chaser, NULL, e);
	if (rc || *k->chaser.at == k->ring + k->end)
		return rc;
	return err_set(
		e, EBADMSG,
		"GPU %d reads GPU %d: after %d steps it is not where the CPU is: it read other "
		"pointers",
		k->peers.gpu[OWN].number, k->peers.gpu[PEER].number, CHASER_CHECKED_STEPS);
}

static void teardown(struct ctx *c)
{
	struct reading *k = ctx_state(c);

	if (k->ring)
		cudaFree(k->ring);
	chaser_close(&k->chaser);
	peers_close(&k->peers);
}

#endif

const struct bench bench_p2p_chase = {
	.name = "p2p_chase",
	.summary = "latency of a peer's memory as a GPU sees it",
	.method =
		"One thread of one SM follows a random ring of pointers, 128 bytes apart, through "
		"the memory of another GPU, one load in flight, timed by GPU events behind a "
		"gate. GPU and CPU must end at the same pointer.",
	.params = params,
	.metrics = metrics,
	.quiet = true,
	.process_s = 3.5,
	.supported = peers_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct reading),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
