/*
 * What NCCL would choose on the simulated server, and how long it would take: latency + bytes of
 * the array x bus factor / bus bandwidth of the algorithm, all from the profile.
 */
#include "nccl_sim.h"
#include "peer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NVLS_MIN_BYTES (64 << 10) /* below, rings are quicker */
#define SHM_SHARE      0.4	  /* of the PCIe rate, where memory of the host is in between */

static bool set_to(const char *name, const char *value)
{
	const char *v = getenv(name);

	return v && !strcasecmp(v, value);
}

static const struct sim_gpu *gpu_of(const struct ncclComm *c, int rank)
{
	return &sim_profile()->gpu[c->shared->gpu[rank]];
}

static bool hardware_nvls(const struct ncclComm *c)
{
	for (int r = 0; r < c->size; r++) {
		const struct sim_gpu *g = gpu_of(c, r);

		if (strcmp(g->fabric, "completed") != 0 || !(g->nccl_nvls_bytes_s > 0))
			return false;
	}
	return c->size > 2;
}

bool model_nvls(const struct ncclComm *c)
{
	return hardware_nvls(c) && !set_to("NCCL_NVLS_ENABLE", "0");
}

/* Where it need not. */
static bool through_host(const struct ncclComm *c, int rank)
{
	return gpu_of(c, rank)->peer_bytes_s > 0 &&
	       (set_to("NCCL_P2P_DISABLE", "1") ||
		sim_fault(FAULT_NCCL_WRONG_TRANSPORT, c->shared->gpu[rank]));
}

const char *model_way(const struct ncclComm *c, int from, int to)
{
	bool host = through_host(c, from) || through_host(c, to) ||
		    !sim_peer_access(c->shared->gpu[from], c->shared->gpu[to]);

	return host ? "SHM/direct/direct" : "P2P/CUMEM";
}

const char *model_algorithm(const struct ncclComm *c, enum kind kind, uint64_t bytes)
{
	bool reduces = kind == ALL_REDUCE || kind == ALL_GATHER || kind == REDUCE_SCATTER;

	if (set_to("NCCL_ALGO", "NVLS"))
		return reduces && model_nvls(c) ? "NVLS" : NULL;
	if (set_to("NCCL_ALGO", "Ring") || !reduces || !model_nvls(c) || bytes < NVLS_MIN_BYTES)
		return "RING";
	return "NVLS";
}

/* The slowest member decides. */
static double bus_rate(const struct ncclComm *c, bool nvls)
{
	double rate = 1e18;

	for (int r = 0; r < c->size; r++) {
		const struct sim_gpu *g = gpu_of(c, r);
		double own = nvls ? g->nccl_nvls_bytes_s : g->nccl_ring_bytes_s;

		own *= sim_nvlinks_share(c->shared->gpu[r]);
		if (through_host(c, r))
			own = g->h2d_pinned_bytes_s * SHM_SHARE;
		rate = own < rate ? own : rate;
	}
	return rate;
}

static double bus_factor(enum kind kind, int n)
{
	if (kind == ALL_REDUCE)
		return 2.0 * (n - 1) / n;
	return kind == BROADCAST || kind == POINT ? 1 : (n - 1.0) / n;
}

double model_seconds(const struct ncclComm *c, enum kind kind, uint64_t bytes)
{
	const struct sim_gpu *g = gpu_of(c, 0);
	const char *algorithm = model_algorithm(c, kind, bytes);
	double t = g->nccl_latency_s, n = (double)bytes;

	if (c->size == 1) /* a copy within its memory */
		t += 2 * n / g->memory_copy_bytes_s;
	else
		t += n * bus_factor(kind, c->size) /
		     bus_rate(c, algorithm && !strcmp(algorithm, "NVLS"));
	return t / (1 - sim_shift("nccl", c->shared->gpu[0]));
}
