/*
 * The memory pool of each GPU: cudaMallocAsync and cudaFreeAsync. It holds what was freed, until a
 * synchronisation gives back what is above its threshold (0 unless it is set), or it is trimmed;
 * what it must map costs what cudaMalloc does. Known error: memory is there, and free again, when
 * the call is made, not when the stream has come so far.
 */
#include "cudart.h"

#include <stdlib.h>

struct rt_pool {
	struct rt_gpu *owner;
	uint64_t threshold;
	size_t used, held; /* by the program; from the GPU */
};

static struct rt_pool *pool_of(struct rt_gpu *g)
{
	if (!g->pool && (g->pool = calloc(1, sizeof(*g->pool))))
		g->pool->owner = g;
	return g->pool;
}

static void keep(struct rt_pool *p, uint64_t bytes)
{
	if (p->held > bytes)
		p->held = p->used > bytes ? p->used : (size_t)bytes;
}

void rt_pool_release(struct rt_gpu *g)
{
	if (g->pool)
		keep(g->pool, g->pool->threshold);
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t *out, int device)
{
	cudaError_t e = rt_enter();

	if (e == cudaSuccess && (device < 0 || device >= rt_get()->n_gpus))
		e = cudaErrorInvalidDevice;
	if (e == cudaSuccess) {
		*out = (cudaMemPool_t)(void *)pool_of(&rt_get()->gpu[device]);
		e = *out ? cudaSuccess : cudaErrorMemoryAllocation;
	}
	return rt_leave(e);
}

/* Enters with a pool, of whichever GPU. */
static cudaError_t enter_pool(cudaMemPool_t handle, struct rt_pool **p)
{
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);

	*p = (struct rt_pool *)(void *)handle;
	return e == cudaSuccess && !handle ? cudaErrorInvalidValue : e;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t handle, enum cudaMemPoolAttr which, void *value)
{
	struct rt_pool *p;
	cudaError_t e = enter_pool(handle, &p);

	if (e == cudaSuccess && which != cudaMemPoolAttrReleaseThreshold)
		e = cudaErrorNotSupported;
	if (e == cudaSuccess)
		p->threshold = *(const uint64_t *)value;
	return rt_leave(e);
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t handle, size_t bytes)
{
	struct rt_pool *p;
	cudaError_t e = enter_pool(handle, &p);

	if (e == cudaSuccess)
		keep(p, bytes);
	return rt_leave(e);
}

static cudaError_t enter_stream(cudaStream_t handle, struct rt_gpu **g)
{
	struct rt_stream *s;
	cudaError_t e = rt_enter_gpu(g);

	if (e == cudaSuccess && (!(s = rt_stream(handle)) || s->owner != *g))
		e = cudaErrorInvalidResourceHandle;
	return e == cudaSuccess && !pool_of(*g) ? cudaErrorMemoryAllocation : e;
}

cudaError_t cudaMallocAsync(void **out, size_t n, cudaStream_t stream)
{
	struct rt_gpu *g;
	cudaError_t e = enter_stream(stream, &g);

	if (e == cudaSuccess && (!out || !n))
		e = cudaErrorInvalidValue;
	if (e == cudaSuccess)
		e = rt_device_new(g, n, out);
	if (e != cudaSuccess)
		return rt_leave(e);
	sim_advance(rt_cost_s(g, "alloc", rt_profile(g)->pool_s));
	g->pool->used += n;
	if (g->pool->used > g->pool->held) {
		sim_advance(rt_map_s(g, rt_profile(g)->malloc_s, g->pool->used - g->pool->held));
		g->pool->held = g->pool->used;
	}
	return rt_leave(cudaSuccess);
}

cudaError_t cudaFreeAsync(void *p, cudaStream_t stream)
{
	struct rt_gpu *g;
	cudaError_t e = enter_stream(stream, &g);
	size_t bytes;

	if (e != cudaSuccess)
		return rt_leave(e);
	bytes = rt_device_end(p);
	if (!bytes || bytes > g->pool->used)
		return rt_leave(cudaErrorInvalidValue);
	g->pool->used -= bytes;
	sim_advance(rt_cost_s(g, "alloc", rt_profile(g)->pool_s));
	return rt_leave(cudaSuccess);
}
