/*
 * The arithmetic of collectives: who gives and gets how much, what each rank must hold afterwards,
 * and by what factor bus bandwidth follows from bytes and time. No CUDA, no NCCL.
 */
#ifndef ASSAY_KERNELS_NCCL_COLL_H
#define ASSAY_KERNELS_NCCL_COLL_H

#include "../harness/probe/nccl.h"
#include "values.h"

#include <stdbool.h>

/* NCCL_COLLS where there is none of that name. */
enum nccl_coll coll_named(const char *name);
const char *coll_name(enum nccl_coll coll);

/* Whether NCCL can be told to do it that way: "default" always; sends have no algorithm. */
bool coll_has_algorithm(enum nccl_coll coll, const char *algo);

/*
 * Bus bandwidth / algorithm bandwidth among n ranks, so that the former is comparable with a link:
 * all_reduce 2(n-1)/n; all_gather, reduce_scatter, alltoall (n-1)/n; broadcast, sendrecv 1
 * (nccl-tests, doc/PERFORMANCE.md).
 */
double coll_bus_factor(enum nccl_coll coll, unsigned n);

/*
 * Elements of each rank's part (nccl_op.chunk) where the whole array has that many bytes; what does
 * not divide among n ranks is left out. 0: too small for n ranks.
 */
uint64_t coll_chunk(enum nccl_coll coll, uint64_t bytes, unsigned n);
/* Bytes of the whole array that such a chunk makes: what bandwidth is counted by. */
uint64_t coll_bytes(enum nccl_coll coll, uint64_t chunk, unsigned n);
/* Elements that a rank gives and gets. */
uint64_t coll_send(enum nccl_coll coll, uint64_t chunk, unsigned n);
uint64_t coll_recv(enum nccl_coll coll, uint64_t chunk, unsigned n);

/* Part i of what that rank must hold afterwards; false after the last. */
bool coll_part(enum nccl_coll coll, unsigned rank, unsigned n, uint64_t chunk, unsigned i,
	       struct values_part *out);

#endif
