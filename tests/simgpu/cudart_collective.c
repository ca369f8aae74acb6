/* The stand-in for the CUDA runtime as that for NCCL sees it: see collective.h. */
#include "collective.h"
#include "cudart.h"

int cudaSimQueue(struct CUstream_st *stream, sim_external_fn *fn, void *arg)
{
	struct rt_op op = {.kind = RT_EXTERNAL, .u.external = {fn, arg}};
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);
	struct rt_stream *s = e == cudaSuccess ? rt_stream(stream) : NULL;

	if (e == cudaSuccess && !s)
		e = cudaErrorInvalidResourceHandle;
	return (int)rt_leave(e == cudaSuccess ? rt_queue(s, &op) : e);
}

int cudaSimGpu(void)
{
	struct rt_gpu *g;
	int index = -1;

	if (rt_enter_gpu(&g) == cudaSuccess)
		index = g->index;
	rt_leave(cudaSuccess);
	return index;
}

bool cudaSimValid(const void *p, size_t bytes)
{
	return rt_valid(p, bytes);
}

bool cudaSimIsValues(const void *p, size_t bytes, struct sim_values *v)
{
	struct dev *d;
	size_t at;

	return rt_device(p, &d, &at) && dev_is_values(d, at, bytes, v);
}

void cudaSimPutValues(void *p, size_t bytes, const struct sim_values *v)
{
	struct dev *d;
	size_t at;

	if (rt_device(p, &d, &at))
		dev_values(d, at, bytes, v);
}

void cudaSimLoad(void *out, const void *p, size_t bytes)
{
	rt_load(out, p, bytes);
}

void cudaSimStore(void *p, const void *src, size_t bytes)
{
	rt_store(p, src, bytes);
}
