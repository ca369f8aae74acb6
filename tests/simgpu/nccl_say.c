/* What NCCL prints with NCCL_DEBUG=INFO: see nccl_sim.h. The lines and their order are NCCL's. */
#include "nccl_sim.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CHANNELS 24

static bool wanted(const char *subsystem)
{
	const char *debug = getenv("NCCL_DEBUG"), *list = getenv("NCCL_DEBUG_SUBSYS");

	return debug && !strcasecmp(debug, "INFO") &&
	       (list ? strstr(list, subsystem) || strstr(list, "ALL") : !strcmp(subsystem, "INIT"));
}

static void info(const struct ncclComm *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void info(const struct ncclComm *c, const char *fmt, ...)
{
	va_list ap;

	printf("%s:%d:%d [%d] NCCL INFO ", sim_profile()->server.hostname, (int)getpid(),
	       (int)getpid(), c->rank);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void say_ready(const struct ncclComm *c)
{
	bool nvls = model_nvls(c);
	int version = (int)sim_profile()->server.nccl, to = (c->rank + 1) % c->size;

	if (!wanted("INIT"))
		return;
	if (!c->rank)
		info(c, "NCCL version %d.%d.%d+cuda%d.0", version / 10000, version / 100 % 100,
		     version % 100, SIM_CUDA_MAJOR);
	info(c, "NVLS multicast support is %savailable on dev %d (NVLS_NCHANNELS %d)",
	     nvls ? "" : "not ", c->rank, nvls ? 16 : 0);
	for (int i = 0; i < CHANNELS && c->size > 1; i++) {
		const char *way = model_way(c, c->rank, to);

		info(c, "Channel %02d%s : %d[%d] -> %d[%d] via %s", i,
		     strncmp(way, "P2P", 3) ? "" : "/0", c->rank, c->shared->gpu[c->rank], to,
		     c->shared->gpu[to], way);
	}
	info(c, "Connected all rings");
	info(c,
	     "%d coll channels, %d collnet channels, %d nvls channels, 32 p2p channels, "
	     "32 p2p channels per peer",
	     CHANNELS, nvls ? 16 : 0, nvls ? 16 : 0);
	info(c,
	     "ncclCommInitRankConfig comm %p rank %d nranks %d cudaDev %d nvmlDev %d - Init "
	     "COMPLETE",
	     (const void *)c->shared, c->rank, c->size, c->rank, c->gpu);
}

void say_choice(const struct ncclComm *c, enum kind kind, uint64_t bytes, const char *algorithm)
{
	static const char *const names[] = {
		[ALL_GATHER] = "AllGather",
		[ALL_REDUCE] = "AllReduce",
		[BROADCAST] = "Broadcast",
		[REDUCE_SCATTER] = "ReduceScatter",
	};

	/* sends have no algorithm, one rank makes a copy; only rank 0 says it */
	if (kind >= POINT || c->size == 1 || c->rank || !wanted("TUNING"))
		return;
	info(c, "%s: %llu Bytes -> Algo %s proto %s channel{Lo..Hi}={0..%d}", names[kind],
	     (unsigned long long)bytes, algorithm, bytes < 65536 ? "LL" : "SIMPLE",
	     bytes < 65536 ? 0 : 15);
}
