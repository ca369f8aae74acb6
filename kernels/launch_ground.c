/* See launch_ground.h. Without nvcc this file is empty. */
#include "launch_ground.h"

#include "gpu.h"

#ifdef ASSAY_CUDA

#include <cuda_runtime_api.h>

int launch_ground_open(struct launch_ground *g, struct ctx *c, struct err *e)
{
	int rc = gpu_not_shared(e);

	gpu_pin(c, (int)ctx_u64(c, "node"));
	if (!rc)
		rc = lanes_open(&g->lanes, 1, e);
	return rc ? rc
		  : gpu_error((int)cudaMalloc((void **)&g->count, sizeof(*g->count)), e,
			      "allocating a word");
}

void launch_ground_close(struct launch_ground *g)
{
	cudaFree(g->count);
	lanes_close(&g->lanes);
}

int launch_count_zero(const struct launch_ground *g)
{
	return (int)cudaMemsetAsync(g->count, 0, sizeof(*g->count), launch_stream(g));
}

int launch_count_read(const struct launch_ground *g, unsigned long long *counted)
{
	int rc = (int)cudaStreamSynchronize(launch_stream(g));

	return rc ? rc
		  : (int)cudaMemcpy(counted, g->count, sizeof(*counted), cudaMemcpyDeviceToHost);
}

#endif
