/*
 * The clock of a GPU's SMs over a stretch of a stream, by their own counters: each SM notes how
 * many clocks it has counted and the global timer, before and after. Needs no NVML and no right.
 */
#ifndef ASSAY_KERNELS_SM_CLOCK_H
#define ASSAY_KERNELS_SM_CLOCK_H

#include "../harness/base/err.h"

#include <stdint.h>

struct CUstream_st;
struct sm_clock;

/* On the current GPU, as all calls. 0 or negative errno. NULL may be closed. */
int sm_clock_open(struct sm_clock **k, struct err *e);
void sm_clock_close(struct sm_clock *k);

/* Queues a small kernel (some 5 us): which 0 where the stretch begins, 1 where it ends. cudaError_t
 */
int sm_clock_mark(struct sm_clock *k, int which, struct CUstream_st *stream);

/* After the stream was waited for: the median over the SMs, in Hz. 0 or negative errno. */
int sm_clock_read(struct sm_clock *k, double *hz, struct err *e);

/* What one SM noted; zeros where it did not. */
struct sm_tick {
	uint64_t clocks, ns;
};
enum { SM_CLOCK_MOST = 1024 }; /* SMs */

#ifdef __cplusplus
extern "C" {
#endif

/* One block an SM; ticks: SM_CLOCK_MOST of them that the GPU reaches. Returns a cudaError_t. */
int sm_clock_launch(struct sm_tick *ticks, int sms, struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif
