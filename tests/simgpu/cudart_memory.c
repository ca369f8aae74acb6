/*
 * Memory of the stand-in. Device memory has two addresses: the one that the program gets faults
 * when the host touches it, as it should; the bytes lie elsewhere and appear when used.
 */
#include "cudart.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a context takes of the GPU's memory. */
#define CONTEXT_BYTES (500u << 20)
#define FOREIGN_BYTES (2048ull << 20) /* what the other process of gpu_busy holds */

static size_t page_up(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (n + page - 1) / page * page;
}

static size_t total_bytes(const struct rt_gpu *g)
{
	return (size_t)rt_profile(g)->memory_bytes;
}

size_t rt_free_bytes(const struct rt_gpu *g)
{
	size_t used = (size_t)rt_profile(g)->memory_used_bytes + CONTEXT_BYTES + g->allocated;

	if (sim_fault(FAULT_GPU_BUSY, g->index))
		used += FOREIGN_BYTES;
	return used < total_bytes(g) ? total_bytes(g) - used : 0;
}

cudaError_t cudaMemGetInfo(size_t *free, size_t *total)
{
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);

	if (e == cudaSuccess) {
		*free = rt_free_bytes(g);
		*total = total_bytes(g);
	}
	return rt_leave(e);
}

cudaError_t rt_device_new(struct rt_gpu *g, size_t n, void **out)
{
	struct sim_range r = {.bytes = n, .kind = SIM_DEVICE, .gpu = g->index};

	if (n > rt_free_bytes(g) || !(r.device = dev_new(n)))
		return cudaErrorMemoryAllocation;
	r.base = mmap(NULL, page_up(n), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		      0);
	if (r.base == MAP_FAILED || sim_range_add(&r)) {
		dev_free(r.device);
		return cudaErrorMemoryAllocation;
	}
	g->allocated += n;
	*out = r.base;
	return cudaSuccess;
}

size_t rt_device_end(void *p)
{
	struct sim_range r;

	if (sim_range_remove(p, SIM_DEVICE, &r))
		return 0;
	munmap(r.base, page_up(r.bytes));
	dev_free(r.device);
	rt_gpu_of(r.gpu)->allocated -= r.bytes;
	return r.bytes;
}

double rt_map_s(const struct rt_gpu *g, double seconds, size_t bytes)
{
	return rt_cost_s(g, "alloc", seconds + (double)bytes / rt_profile(g)->malloc_bytes_s);
}

cudaError_t cudaMalloc(void **out, size_t n)
{
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);

	if (e != cudaSuccess)
		return rt_leave(e);
	if (!out)
		return rt_leave(cudaErrorInvalidValue);
	*out = NULL;
	if (!n)
		return rt_leave(cudaSuccess);
	sim_advance(rt_map_s(g, rt_profile(g)->malloc_s, n));
	return rt_leave(rt_device_new(g, n, out));
}

cudaError_t cudaFree(void *p)
{
	struct rt_gpu *g;
	size_t bytes;
	cudaError_t e = rt_enter_gpu(&g);

	if (e != cudaSuccess || !p)
		return rt_leave(e);
	rt_need_idle(g);
	bytes = rt_device_end(p);
	sim_advance(rt_map_s(g, rt_profile(g)->free_s, bytes));
	return rt_leave(bytes ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaHostAlloc(void **out, size_t n, unsigned flags)
{
	struct rt_gpu *g;
	struct sim_range r = {.bytes = n,
			      .kind = SIM_PINNED,
			      .node = sim_memory_node(),
			      .write_combined = flags & cudaHostAllocWriteCombined};
	cudaError_t e = rt_enter_gpu(&g);

	if (e != cudaSuccess)
		return rt_leave(e);
	if (!out || flags & ~7u)
		return rt_leave(cudaErrorInvalidValue);
	*out = NULL;
	if (!n)
		return rt_leave(cudaSuccess);
	if ((double)n > (double)sim_profile()->memory.node_free_bytes || sim_map(n, &r.base))
		return rt_leave(cudaErrorMemoryAllocation);
	if (sim_range_add(&r)) {
		munmap(r.base, page_up(n));
		return rt_leave(cudaErrorMemoryAllocation);
	}
	*out = r.base;
	return rt_leave(cudaSuccess);
}

cudaError_t cudaMallocHost(void **out, size_t n)
{
	return cudaHostAlloc(out, n, 0);
}

cudaError_t cudaFreeHost(void *p)
{
	struct rt_gpu *g;
	struct sim_range r;
	cudaError_t e = rt_enter_gpu(&g);

	if (e != cudaSuccess || !p)
		return rt_leave(e);
	rt_need_idle(g);
	if (sim_range_remove(p, SIM_PINNED, &r))
		return rt_leave(cudaErrorInvalidValue);
	munmap(p, page_up(r.bytes));
	return rt_leave(cudaSuccess);
}

cudaError_t cudaHostRegister(void *p, size_t n, unsigned flags)
{
	struct rt_gpu *g;
	struct sim_range r = {.base = p, .bytes = n, .kind = SIM_REGISTERED}, old;
	cudaError_t e = rt_enter_gpu(&g);

	if (e != cudaSuccess)
		return rt_leave(e);
	if (!p || !n || flags & ~15u)
		return rt_leave(cudaErrorInvalidValue);
	if (sim_range_find(p, SIM_REGISTERED, &old) || sim_range_find(p, SIM_PINNED, &old))
		return rt_leave(cudaErrorHostMemoryAlreadyRegistered);
	r.node = sim_host_node(p); /* its pages stay there from now on */
	return rt_leave(sim_range_add(&r) ? cudaErrorMemoryAllocation : cudaSuccess);
}

cudaError_t cudaHostUnregister(void *p)
{
	struct rt_gpu *g;
	struct sim_range r;
	cudaError_t e = rt_enter_gpu(&g);

	if (e != cudaSuccess)
		return rt_leave(e);
	rt_need_idle(g);
	return rt_leave(sim_range_remove(p, SIM_REGISTERED, &r) ? cudaErrorHostMemoryNotRegistered
								: cudaSuccess);
}

static bool pinned(const void *p)
{
	return rt_host_kind(p) != SIM_KIND_PAGEABLE;
}

cudaError_t cudaHostGetDevicePointer(void **out, void *p, unsigned flags)
{
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);

	if (e == cudaSuccess && (!pinned(p) || flags))
		e = cudaErrorInvalidValue;
	if (e == cudaSuccess)
		*out = p; /* addresses are unified */
	return rt_leave(e);
}

cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes *a, const void *p)
{
	struct rt_gpu *g;
	struct sim_range r;
	cudaError_t e = rt_enter_gpu(&g);

	if (e != cudaSuccess)
		return rt_leave(e);
	memset(a, 0, sizeof(*a));
	a->device = rt_ordinal();
	if (sim_range_find(p, SIM_DEVICE, &r)) {
		a->type = cudaMemoryTypeDevice;
		a->devicePointer = (void *)(uintptr_t)p;
	} else if (pinned(p)) {
		a->type = cudaMemoryTypeHost;
		a->devicePointer = a->hostPointer = (void *)(uintptr_t)p;
	} else {
		a->type = cudaMemoryTypeUnregistered;
		a->device = -2;
		a->hostPointer = (void *)(uintptr_t)p;
	}
	return rt_leave(cudaSuccess);
}
