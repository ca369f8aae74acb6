/* See sm_clock.h. Without nvcc this file is empty. */
#include "sm_clock.h"

#ifdef ASSAY_CUDA

#include "gpu.h"
#include "../harness/stats/stats.h"

#include <cuda_runtime_api.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sm_clock {
	struct sm_tick *ticks; /* pinned: SM_CLOCK_MOST of the beginning, then of the end */
	int sms;
};

int sm_clock_open(struct sm_clock **out, struct err *e)
{
	struct sm_clock *k = calloc(1, sizeof(*k));
	size_t bytes = 2 * SM_CLOCK_MOST * sizeof(*k->ticks);
	int device = 0;
	cudaError_t code;

	*out = k;
	if (!k)
		return err_set(e, ENOMEM, "no memory for the clock of the SMs");
	code = cudaGetDevice(&device);
	if (!code)
		code = cudaDeviceGetAttribute(&k->sms, cudaDevAttrMultiProcessorCount, device);
	if (!code)
		code = cudaHostAlloc((void **)&k->ticks, bytes, cudaHostAllocMapped);
	if (!code)
		memset(k->ticks, 0, bytes);
	return gpu_error((int)code, e, "making room for the clocks of the SMs");
}

void sm_clock_close(struct sm_clock *k)
{
	if (k && k->ticks)
		cudaFreeHost(k->ticks);
	free(k);
}

int sm_clock_mark(struct sm_clock *k, int which, struct CUstream_st *stream)
{
	return sm_clock_launch(k->ticks + which * SM_CLOCK_MOST, k->sms, stream);
}

int sm_clock_read(struct sm_clock *k, double *hz, struct err *e)
{
	const struct sm_tick *begin = k->ticks, *end = k->ticks + SM_CLOCK_MOST;
	double seen[SM_CLOCK_MOST];
	size_t n = 0;

	for (int i = 0; i < SM_CLOCK_MOST; i++) {
		if (begin[i].ns && end[i].ns > begin[i].ns)
			seen[n++] = (double)(end[i].clocks - begin[i].clocks) /
				    (double)(end[i].ns - begin[i].ns) * 1e9;
	}
	memset(k->ticks, 0, 2 * SM_CLOCK_MOST * sizeof(*k->ticks));
	if (!n)
		return err_set(e, EIO, "no SM noted its clock at both ends");
	stats_sort(seen, n);
	*hz = stats_median(seen, n);
	return 0;
}

#endif
