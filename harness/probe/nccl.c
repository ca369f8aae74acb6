/*
 * NCCL: see nccl.h. The declarations follow nccl.h of NCCL 2.14, the first with communicators that
 * do not block; later versions take its shorter ncclConfig_t by the version that it states.
 * ncclGetVersion: major*10000 + minor*100 + patch since 2.9.
 */
#include "nccl.h"
#include "../base/clock.h"
#include "../base/mem.h"
#include "library.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define OLDEST	21400
#define NAP_NS	50000
#define SPIN_NS 200000 /* before polling begins to sleep */

enum { SUCCESS = 0, REMOTE_ERROR = 6, IN_PROGRESS = 7 }; /* ncclResult_t */
enum { FLOAT32 = 7 };					 /* ncclDataType_t */
enum { SUM = 0 };					 /* ncclRedOp_t */

struct nccl_unique_id {
	char internal[NCCL_ID_BYTES];
};

struct nccl_config {
	size_t size;
	unsigned magic, version;
	int blocking;
};
#define CONFIG_MAGIC 0xcafebeefu

struct nccl {
	struct library lib;
	int code;
	int (*get_unique_id)(struct nccl_unique_id *);
	int (*init_rank)(nccl_comm *, int size, struct nccl_unique_id, int rank,
			 struct nccl_config *);
	int (*get_async_error)(nccl_comm, int *);
	int (*finalize)(nccl_comm);
	int (*destroy)(nccl_comm);
	int (*abort)(nccl_comm);
	const char *(*error_string)(int);
	const char *(*last_error)(nccl_comm);
	int (*group_start)(void);
	int (*group_end)(void);
	int (*all_gather)(const void *, void *, size_t, int type, nccl_comm, struct CUstream_st *);
	int (*all_reduce)(const void *, void *, size_t, int type, int op, nccl_comm,
			  struct CUstream_st *);
	int (*broadcast)(const void *, void *, size_t, int type, int root, nccl_comm,
			 struct CUstream_st *);
	int (*reduce_scatter)(const void *, void *, size_t, int type, int op, nccl_comm,
			      struct CUstream_st *);
	int (*send)(const void *, size_t, int type, int peer, nccl_comm, struct CUstream_st *);
	int (*recv)(void *, size_t, int type, int peer, nccl_comm, struct CUstream_st *);
};

static int load(struct nccl *n, struct err *e)
{
	static const char *const names[] = {"libnccl.so.2", NULL};
	int (*version)(int *);

	if (library_open(&n->lib, names, e))
		return -e->code;
	version = library_symbol(&n->lib, "ncclGetVersion");
	if (version && version(&n->code))
		n->code = 0;
	return 0;
}

void nccl_rows(const struct rows *r)
{
	struct nccl n = {.code = 0};
	struct err e = ERR_INIT;

	load(&n, &e);
	library_rows(r, "nccl", &n.lib, n.code, "ncclGetVersion", &e);
}

/* Function pointers by name; false where the library lacks one. */
static bool find_all(struct nccl *n, const char **missing)
{
	const struct {
		const char *name;
		void *at;
	} want[] = {
		{"ncclGetUniqueId", &n->get_unique_id},
		{"ncclCommInitRankConfig", &n->init_rank},
		{"ncclCommGetAsyncError", &n->get_async_error},
		{"ncclCommFinalize", &n->finalize},
		{"ncclCommDestroy", &n->destroy},
		{"ncclCommAbort", &n->abort},
		{"ncclGetErrorString", &n->error_string},
		{"ncclGetLastError", &n->last_error},
		{"ncclGroupStart", &n->group_start},
		{"ncclGroupEnd", &n->group_end},
		{"ncclAllGather", &n->all_gather},
		{"ncclAllReduce", &n->all_reduce},
		{"ncclBroadcast", &n->broadcast},
		{"ncclReduceScatter", &n->reduce_scatter},
		{"ncclSend", &n->send},
		{"ncclRecv", &n->recv},
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		void *f = library_symbol(&n->lib, want[i].name);

		*missing = want[i].name;
		if (!f)
			return false;
		memcpy(want[i].at, &f, sizeof(f));
	}
	return true;
}

int nccl_open(struct nccl **out, struct err *e)
{
	struct nccl *n = *out = mem_zalloc(1, sizeof(*n));
	struct err why = ERR_INIT;
	const char *missing = "";

	if (load(n, &why))
		return err_set(e, ENOTSUP, "no NCCL (libnccl.so.2) is installed here: %s",
			       why.text);
	if (n->code < OLDEST || !find_all(n, &missing))
		return err_set(e, ENOTSUP, "%s is NCCL %d.%d.%d%s%s; it takes 2.14 or later",
			       n->lib.path, n->code / 10000, n->code / 100 % 100, n->code % 100,
			       *missing ? " without " : "", missing);
	return 0;
}

void nccl_close(struct nccl *n)
{
	free(n);
}

int nccl_version(const struct nccl *n)
{
	return n->code;
}

const char *nccl_path(const struct nccl *n)
{
	return n->lib.path;
}

/* ---- errors and waiting ---- */

static int failed(const struct nccl *n, nccl_comm comm, int rc, const char *doing, struct err *e)
{
	const char *more = n->last_error(comm);

	return err_set(e, rc == REMOTE_ERROR ? EREMOTEIO : EIO, "%s: NCCL says %s%s%.200s", doing,
		       n->error_string(rc), more && *more ? ": " : "", more ? more : "");
}

/* Until the communicator has done what it was asked to: 0, -ETIMEDOUT or its error. */
static int settle(const struct nccl *n, nccl_comm comm, int rc, const char *doing,
		  double patience_s, struct err *e)
{
	uint64_t start = clock_wall_ns(), spent = 0;

	while (rc == SUCCESS || rc == IN_PROGRESS) {
		int state = SUCCESS;

		if (rc == SUCCESS)
			return 0;
		rc = n->get_async_error(comm, &state);
		if (rc == SUCCESS)
			rc = state;
		spent = clock_wall_ns() - start;
		if (rc == IN_PROGRESS && (double)spent > patience_s * 1e9)
			return err_set(e, ETIMEDOUT, "%s: not done within %g s", doing, patience_s);
		if (rc == IN_PROGRESS && spent > SPIN_NS)
			clock_wall_sleep_ns(NAP_NS);
	}
	return failed(n, comm, rc, doing, e);
}

int nccl_check(const struct nccl *n, nccl_comm comm, struct err *e)
{
	int state = SUCCESS, rc = n->get_async_error(comm, &state);

	if (rc == SUCCESS && (state == SUCCESS || state == IN_PROGRESS))
		return 0;
	return failed(n, comm, rc == SUCCESS ? state : rc, "waiting for the other ranks", e);
}

/* ---- communicators ---- */

int nccl_id(const struct nccl *n, char id[NCCL_ID_BYTES], struct err *e)
{
	struct nccl_unique_id u;
	int rc = n->get_unique_id(&u);

	if (rc != SUCCESS)
		return failed(n, NULL, rc, "ncclGetUniqueId", e);
	memcpy(id, u.internal, NCCL_ID_BYTES);
	return 0;
}

int nccl_init(const struct nccl *n, nccl_comm *out, const char id[NCCL_ID_BYTES], int size,
	      int rank, double patience_s, struct err *e)
{
	struct nccl_config config = {
		.size = sizeof(config), .magic = CONFIG_MAGIC, .version = OLDEST, .blocking = 0};
	struct nccl_unique_id u;
	int rc;

	memcpy(u.internal, id, NCCL_ID_BYTES);
	*out = NULL;
	rc = n->init_rank(out, size, u, rank, &config);
	if (rc != SUCCESS && rc != IN_PROGRESS)
		return failed(n, *out, rc, "ncclCommInitRankConfig", e);
	rc = settle(n, *out, IN_PROGRESS, "making a communicator", patience_s, e);
	if (rc) {
		nccl_abort(n, *out);
		*out = NULL;
	}
	return rc;
}

int nccl_finish(const struct nccl *n, nccl_comm comm, double patience_s, struct err *e)
{
	int rc;

	if (!comm)
		return 0;
	rc = settle(n, comm, n->finalize(comm), "ncclCommFinalize", patience_s, e);
	if (rc) {
		nccl_abort(n, comm);
		return rc;
	}
	rc = n->destroy(comm);
	return rc == SUCCESS || rc == IN_PROGRESS ? 0 : failed(n, NULL, rc, "ncclCommDestroy", e);
}

void nccl_abort(const struct nccl *n, nccl_comm comm)
{
	if (comm)
		n->abort(comm); /* frees it, maybe in the background: it must not be asked again */
}

/* ---- collectives ---- */

static const float *part(const void *base, size_t chunk, int i)
{
	return (const float *)base + chunk * (size_t)i;
}

/* A message to each of `to` and from each of `from`; both lists have n. */
static int exchange(const struct nccl *n, nccl_comm comm, const struct nccl_op *o, bool all,
		    struct CUstream_st *stream)
{
	int next = (o->rank + 1) % o->size, before = (o->rank + o->size - 1) % o->size;
	int rc = n->group_start(), end;

	for (int i = 0; i < (all ? o->size : 1) && rc == SUCCESS; i++) {
		int to = all ? i : next, from = all ? i : before;

		rc = n->send(part(o->send, o->chunk, i), o->chunk, FLOAT32, to, comm, stream);
		if (rc == SUCCESS || rc == IN_PROGRESS)
			rc = n->recv((void *)(uintptr_t)part(o->recv, o->chunk, i), o->chunk,
				     FLOAT32, from, comm, stream);
		rc = rc == IN_PROGRESS ? SUCCESS : rc;
	}
	end = n->group_end();
	return rc == SUCCESS ? end : rc;
}

int nccl_queue(const struct nccl *n, nccl_comm comm, const struct nccl_op *o,
	       struct CUstream_st *stream, double patience_s, struct err *e)
{
	int rc;

	switch (o->coll) {
	case NCCL_ALL_GATHER:
		rc = n->all_gather(o->send, o->recv, o->chunk, FLOAT32, comm, stream);
		break;
	case NCCL_ALL_REDUCE:
		rc = n->all_reduce(o->send, o->recv, o->chunk, FLOAT32, SUM, comm, stream);
		break;
	case NCCL_BROADCAST:
		rc = n->broadcast(o->send, o->recv, o->chunk, FLOAT32, 0, comm, stream);
		break;
	case NCCL_REDUCE_SCATTER:
		rc = n->reduce_scatter(o->send, o->recv, o->chunk, FLOAT32, SUM, comm, stream);
		break;
	default:
		rc = exchange(n, comm, o, o->coll == NCCL_ALLTOALL, stream);
	}
	return settle(n, comm, rc, "queueing", patience_s, e);
}
