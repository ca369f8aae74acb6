/*
 * NCCL, loaded with dlopen; nccl.c alone knows its interface, of which it declares the part that it
 * uses. Communicators are made without blocking, and nothing here waits longer than it is told to:
 * with a broken GPU or link any call may take for ever. Calls of one communicator come from one
 * thread.
 */
#ifndef ASSAY_PROBE_NCCL_H
#define ASSAY_PROBE_NCCL_H

#include "rows.h"
#include "../base/err.h"

#include <stddef.h>
#include <stdint.h>

#define NCCL_ID_BYTES 128

struct nccl;
struct CUstream_st;
typedef struct ncclComm *nccl_comm;

enum nccl_coll {
	NCCL_ALL_GATHER,
	NCCL_ALL_REDUCE,
	NCCL_ALLTOALL,
	NCCL_BROADCAST,
	NCCL_REDUCE_SCATTER,
	NCCL_SENDRECV,
	NCCL_COLLS,
};

/* Version and path, or why there is none. */
void nccl_rows(const struct rows *r);

/*
 * 0, or -ENOTSUP with the reason: no library, or one older than 2.14. Close also after an error;
 * the library itself stays loaded to the end of the process.
 */
int nccl_open(struct nccl **out, struct err *e);
void nccl_close(struct nccl *n);
int nccl_version(const struct nccl *n); /* major*10000 + minor*100 + patch */
const char *nccl_path(const struct nccl *n);

/* What ranks must have in common; one of them makes it. */
int nccl_id(const struct nccl *n, char id[NCCL_ID_BYTES], struct err *e);

/* This process's rank of a new communicator, on the current device. -ETIMEDOUT after patience_s. */
int nccl_init(const struct nccl *n, nccl_comm *out, const char id[NCCL_ID_BYTES], int size,
	      int rank, double patience_s, struct err *e);

/* One collective of float32, out of place. */
struct nccl_op {
	enum nccl_coll coll;
	const void *send;
	void *recv;
	size_t chunk; /* elements: of each rank's part; all_reduce, broadcast, sendrecv: of all */
	int rank, size;
};

/*
 * Queues it. all_reduce, reduce_scatter: sum; broadcast: from rank 0; sendrecv: to the next rank
 * and from the one before; alltoall: part i to rank i. 0 or a negative errno.
 */
int nccl_queue(const struct nccl *n, nccl_comm comm, const struct nccl_op *op,
	       struct CUstream_st *stream, double patience_s, struct err *e);

/*
 * Whether anything has gone wrong with it since: 0; -EREMOTEIO where NCCL blames another rank;
 * -EIO. Ask while waiting for a stream.
 */
int nccl_check(const struct nccl *n, nccl_comm comm, struct err *e);

/* Ends it: in order, or at once where something hangs. NULL is fine. */
int nccl_finish(const struct nccl *n, nccl_comm comm, double patience_s, struct err *e);
void nccl_abort(const struct nccl *n, nccl_comm comm);

#endif
