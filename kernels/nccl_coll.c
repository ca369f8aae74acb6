/* The arithmetic of collectives: see nccl_coll.h. */
#include "nccl_coll.h"

#include <string.h>

/* By enum nccl_coll: whether the array is given or got in parts, one for each rank. */
static const struct {
	const char *name;
	bool send_parts, recv_parts;
} colls[NCCL_COLLS] = {
	[NCCL_ALL_GATHER] = {"all_gather", false, true},
	[NCCL_ALL_REDUCE] = {"all_reduce", false, false},
	[NCCL_ALLTOALL] = {"alltoall", true, true},
	[NCCL_BROADCAST] = {"broadcast", false, false},
	[NCCL_REDUCE_SCATTER] = {"reduce_scatter", true, false},
	[NCCL_SENDRECV] = {"sendrecv", false, false},
};

enum nccl_coll coll_named(const char *name)
{
	enum nccl_coll c = 0;

	while (c < NCCL_COLLS && strcmp(colls[c].name, name) != 0)
		c++;
	return c;
}

const char *coll_name(enum nccl_coll coll)
{
	return colls[coll].name;
}

bool coll_has_algorithm(enum nccl_coll coll, const char *algo)
{
	if (!strcmp(algo, "default"))
		return true;
	if (coll == NCCL_SENDRECV || coll == NCCL_ALLTOALL)
		return false;
	return coll != NCCL_BROADCAST || !strcmp(algo, "ring");
}

double coll_bus_factor(enum nccl_coll coll, unsigned n)
{
	if (coll == NCCL_ALL_REDUCE)
		return 2.0 * (n - 1) / n;
	if (coll == NCCL_BROADCAST || coll == NCCL_SENDRECV)
		return 1;
	return (double)(n - 1) / n;
}

static bool in_parts(enum nccl_coll coll)
{
	return colls[coll].send_parts || colls[coll].recv_parts;
}

uint64_t coll_chunk(enum nccl_coll coll, uint64_t bytes, unsigned n)
{
	return bytes / sizeof(float) / (in_parts(coll) ? n : 1);
}

uint64_t coll_bytes(enum nccl_coll coll, uint64_t chunk, unsigned n)
{
	return chunk * sizeof(float) * (in_parts(coll) ? n : 1);
}

uint64_t coll_send(enum nccl_coll coll, uint64_t chunk, unsigned n)
{
	return chunk * (colls[coll].send_parts ? n : 1);
}

uint64_t coll_recv(enum nccl_coll coll, uint64_t chunk, unsigned n)
{
	return chunk * (colls[coll].recv_parts ? n : 1);
}

bool coll_part(enum nccl_coll coll, unsigned rank, unsigned n, uint64_t chunk, unsigned i,
	       struct values_part *out)
{
	*out = (struct values_part){.at = i * chunk, .n = chunk, .first = i, .count = 1};
	switch (coll) {
	case NCCL_ALL_GATHER:
		return i < n;
	case NCCL_ALLTOALL:
		out->start = rank * chunk;
		return i < n;
	case NCCL_ALL_REDUCE:
		out->count = n;
		return i < 1;
	case NCCL_REDUCE_SCATTER:
		out->start = rank * chunk;
		out->count = n;
		return i < 1;
	case NCCL_SENDRECV:
		out->first = (rank + n - 1) % n;
		return i < 1;
	default:
		out->first = 0; /* broadcast: rank 0 has it */
		return i < 1;
	}
}
