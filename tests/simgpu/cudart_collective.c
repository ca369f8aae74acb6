/* The stand-in for the CUDA runtime as those for NCCL and cuBLASLt see it: see collective.h. */
#include "collective.h"
#include "cudart.h"

#include <string.h>

static int queue(struct CUstream_st *stream, struct rt_op *op)
{
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);
	struct rt_stream *s = e == cudaSuccess ? rt_stream(stream) : NULL;

	if (e == cudaSuccess && !s)
		e = cudaErrorInvalidResourceHandle;
	return (int)rt_leave(e == cudaSuccess ? rt_queue(s, op) : e);
}

int cudaSimQueue(struct CUstream_st *stream, sim_external_fn *fn, void *arg)
{
	struct rt_op op = {.kind = RT_EXTERNAL, .u.external = {fn, arg}};

	return queue(stream, &op);
}

/* As a kernel, with the arguments that kernels_gemm.c reads. */
int cudaSimMultiply(const struct sim_multiply *p, struct CUstream_st *stream)
{
	struct rt_op op = {.kind = RT_KERNEL, .u.kernel.k = rt_kernel_find("cublaslt")};
	uint64_t *arg = op.u.kernel.arg;

	arg[0] = (uint64_t)(uintptr_t)p->a;
	arg[1] = (uint64_t)(uintptr_t)p->b;
	arg[2] = (uint64_t)(uintptr_t)p->c;
	arg[3] = (uint64_t)p->n << 32 | (uint32_t)p->m;
	arg[4] = (uint64_t)p->type << 32 | (uint32_t)p->k;
	memcpy(&arg[5], &p->speed, sizeof(p->speed));
	return queue(stream, &op);
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
