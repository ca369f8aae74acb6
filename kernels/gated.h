/*
 * A stream behind a gate, with the two events that time it: what every GPU benchmark of short
 * operations uses. Host side of gate.h; needs CUDA headers to be built, not to be included.
 */
#ifndef ASSAY_KERNELS_GATED_H
#define ASSAY_KERNELS_GATED_H

#include "gate.h"

#include "../harness/base/err.h"

#define GATED_TICK_S 0.5e-6 /* resolution of event times, as the CUDA documentation gives it */

struct CUstream_st;
struct CUevent_st;

struct gated {
	struct CUstream_st *stream;
	struct CUevent_st *start, *stop;
	struct gate *gate; /* pinned host memory */
};

/* 0 or negative errno; gated_close may be called after an error as well. */
int gated_open(struct gated *g, struct err *e);
void gated_close(struct gated *g);

/*
 * Queues n operations (n <= GATE_MAX_OPS) behind the closed gate, opens it and waits. queue
 * puts one of them on the stream and returns a cudaError_t. *seconds is the time between the
 * events around them. -ETIMEDOUT where the gate gave up because queueing took too long.
 */
int gated_time(struct gated *g, int (*queue)(void *arg, struct CUstream_st *stream), void *arg,
	       uint64_t n, double *seconds, struct err *e);

#endif
