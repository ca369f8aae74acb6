/*
 * Stand-in for libnccl.so.2: communicators, and the calls. See nccl_sim.h. Float32 and sums alone,
 * which is what assay uses; anything else is an invalid argument.
 */
#include "nccl_sim.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INIT_S	     0.25 /* what making a communicator takes */
#define FLOAT32	     7
#define SUM	     0
#define CONFIG_MAGIC 0xcafebeefu
#define NCCL_API     __attribute__((visibility("default")))

struct unique_id {
	char internal[ID_BYTES];
};

struct config {
	size_t size;
	unsigned magic, version;
	int blocking;
};

typedef struct CUstream_st *stream_t;

NCCL_API int ncclGetVersion(int *version);
NCCL_API int ncclGetUniqueId(struct unique_id *id);
NCCL_API int ncclCommInitRankConfig(comm_t *out, int size, struct unique_id id, int rank,
				    struct config *config);
NCCL_API int ncclCommGetAsyncError(comm_t c, int *state);
NCCL_API int ncclCommFinalize(comm_t c);
NCCL_API int ncclCommDestroy(comm_t c);
NCCL_API int ncclCommAbort(comm_t c);
NCCL_API const char *ncclGetErrorString(int rc);
NCCL_API const char *ncclGetLastError(comm_t c);
NCCL_API int ncclGroupStart(void);
NCCL_API int ncclGroupEnd(void);
NCCL_API int ncclAllGather(const void *send, void *recv, size_t n, int type, comm_t c, stream_t s);
NCCL_API int ncclAllReduce(const void *send, void *recv, size_t n, int type, int op, comm_t c,
			   stream_t s);
NCCL_API int ncclBroadcast(const void *send, void *recv, size_t n, int type, int root, comm_t c,
			   stream_t s);
NCCL_API int ncclReduceScatter(const void *send, void *recv, size_t n, int type, int op, comm_t c,
			       stream_t s);
NCCL_API int ncclSend(const void *p, size_t n, int type, int peer, comm_t c, stream_t s);
NCCL_API int ncclRecv(void *p, size_t n, int type, int peer, comm_t c, stream_t s);

/* ---- the library ---- */

int ncclGetVersion(int *version)
{
	*version = (int)sim_profile()->server.nccl;
	return OK;
}

const char *ncclGetErrorString(int rc)
{
	static const char *const words[] = {"no error",
					    "unhandled cuda error",
					    "unhandled system error",
					    "internal error",
					    "invalid argument",
					    "invalid usage",
					    "remote process exited or there was a network error",
					    "NCCL operation in progress"};

	return rc >= 0 && rc <= IN_PROGRESS ? words[rc] : "unknown result code";
}

const char *ncclGetLastError(comm_t c)
{
	return "";
}

int ncclGetUniqueId(struct unique_id *id)
{
	shared_name(id->internal);
	return OK;
}

/* ---- communicators ---- */

static comm_t all_comms; /* queued operations may still name one that has ended */

int ncclCommInitRankConfig(comm_t *out, int size, struct unique_id id, int rank,
			   struct config *config)
{
	struct ncclComm *c;

	if (size < 1 || size > MAX_RANKS || rank < 0 || rank >= size || !config ||
	    config->magic != CONFIG_MAGIC)
		return INVALID_ARGUMENT;
	c = calloc(1, sizeof(*c));
	if (!c)
		return SYSTEM_ERROR;
	c->rank = rank;
	c->size = size;
	c->gpu = cudaSimGpu();
	id.internal[ID_BYTES - 1] = '\0';
	if (c->gpu < 0 || shared_open(c, id.internal)) {
		free(c);
		return SYSTEM_ERROR;
	}
	c->next = all_comms;
	*out = all_comms = c;
	c->shared->gpu[rank] = c->gpu;
	c->shared->joined_at[rank] = sim_now();
	if (atomic_fetch_add(&c->shared->joined, 1) + 1 == (uint32_t)size)
		unlink(c->path);
	while (config->blocking && atomic_load(&c->shared->joined) < (uint32_t)size)
		usleep(1000);
	return config->blocking ? OK : IN_PROGRESS;
}

/* Once all have come: their clocks meet, and NCCL says what it has found. */
static void become_ready(comm_t c)
{
	for (int r = 0; r < c->size; r++)
		sim_advance_to(c->shared->joined_at[r]);
	sim_advance(INIT_S);
	c->ready = true;
	say_ready(c);
}

int ncclCommGetAsyncError(comm_t c, int *state)
{
	int failed = atomic_load(&c->shared->failed_rank);

	*state = OK;
	if (!c->ready && atomic_load(&c->shared->joined) < (uint32_t)c->size)
		*state = IN_PROGRESS;
	else if (!c->ready)
		become_ready(c);
	if (failed)
		*state = failed == c->rank + 1 ? SYSTEM_ERROR : REMOTE_ERROR;
	return OK;
}

int ncclCommFinalize(comm_t c)
{
	return OK;
}

int ncclCommDestroy(comm_t c)
{
	c->aborted = true;
	shared_close(c);
	return OK;
}

int ncclCommAbort(comm_t c)
{
	unlink(c->path);
	c->aborted = true;
	return OK;
}

/* ---- groups of sends and receives ---- */

static __thread struct {
	int depth;
	struct call *call;
	stream_t stream;
} group;

int ncclGroupStart(void)
{
	group.depth++;
	return OK;
}

int ncclGroupEnd(void)
{
	struct call *k = group.call;
	int peers = 0;

	if (group.depth < 1)
		return INVALID_USAGE;
	if (--group.depth || !k)
		return OK;
	group.call = NULL;
	/* as benchmarks count it: all that goes to ranks, its own part included */
	for (int r = 0; r < k->c->size; r++) {
		k->bytes += 4 * k->sends[r];
		peers += k->sends[r] > 0;
	}
	k->kind = peers > 1 ? ALLTOALL : POINT;
	return coll_queue(k, group.stream);
}

static struct call *new_call(comm_t c, enum kind kind, size_t n, int type)
{
	struct call *k;

	if (!c || !c->ready || c->aborted || type != FLOAT32 || !n)
		return NULL;
	k = calloc(1, sizeof(*k));
	if (k) {
		k->c = c;
		k->kind = kind;
	}
	return k;
}

/* A group of one where there is none. */
static int point(bool sends, const void *p, size_t n, int type, int peer, comm_t c, stream_t s)
{
	int rc = ncclGroupStart();

	if (!group.call)
		group.call = new_call(c, POINT, n, type);
	if (!group.call || peer < 0 || peer >= c->size || group.call->c != c)
		rc = INVALID_ARGUMENT;
	group.stream = s;
	if (rc == OK && sends) {
		group.call->send[peer] = p;
		group.call->sends[peer] = n;
	} else if (rc == OK) {
		group.call->recv[peer] = (char *)(uintptr_t)p;
		group.call->recvs[peer] = n;
	}
	return rc == OK ? ncclGroupEnd() : rc;
}

int ncclSend(const void *p, size_t n, int type, int peer, comm_t c, stream_t s)
{
	return point(true, p, n, type, peer, c, s);
}

int ncclRecv(void *p, size_t n, int type, int peer, comm_t c, stream_t s)
{
	return point(false, p, n, type, peer, c, s);
}

/* ---- collectives ---- */

/* send_n: numbers that a rank gives; recv_n: that it gets, of ALL_GATHER from each; whole: of all.
 */
static int collective(enum kind kind, const void *send, void *recv, size_t send_n, size_t recv_n,
		      size_t whole, int root, int type, comm_t c, stream_t s)
{
	struct call *k = new_call(c, kind, whole, type);

	if (!k)
		return INVALID_ARGUMENT;
	k->send[0] = send;
	k->sends[0] = send_n;
	k->recv[0] = recv;
	k->recvs[0] = recv_n;
	k->bytes = 4 * whole;
	k->root = root;
	return coll_queue(k, s);
}

int ncclAllGather(const void *send, void *recv, size_t n, int type, comm_t c, stream_t s)
{
	return collective(ALL_GATHER, send, recv, n, n, c ? n * (size_t)c->size : 0, 0, type, c, s);
}

int ncclAllReduce(const void *send, void *recv, size_t n, int type, int op, comm_t c, stream_t s)
{
	return op != SUM ? INVALID_ARGUMENT
			 : collective(ALL_REDUCE, send, recv, n, n, n, 0, type, c, s);
}

int ncclBroadcast(const void *send, void *recv, size_t n, int type, int root, comm_t c, stream_t s)
{
	if (!c || root < 0 || root >= c->size)
		return INVALID_ARGUMENT;
	return collective(BROADCAST, send, recv, c->rank == root ? n : 0, n, n, root, type, c, s);
}

int ncclReduceScatter(const void *send, void *recv, size_t n, int type, int op, comm_t c,
		      stream_t s)
{
	size_t whole = c ? n * (size_t)c->size : 0;

	return op != SUM ? INVALID_ARGUMENT
			 : collective(REDUCE_SCATTER, send, recv, whole, n, whole, 0, type, c, s);
}
