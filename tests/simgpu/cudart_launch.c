/*
 * What nvcc puts into a program: registration of its kernels before main, and launches. The
 * runtime gives no sizes of arguments; the model's kernel of that name knows its own. A
 * kernel's code is loaded at its first use unless CUDA_MODULE_LOADING=EAGER.
 */
#include "cudart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Declared by the toolkit for C++ only. */
#pragma GCC visibility push(default)
void **__cudaRegisterFatBinary(void *fatbin);
void __cudaRegisterFatBinaryEnd(void **handle);
void __cudaUnregisterFatBinary(void **handle);
void __cudaRegisterVar(void **handle, char *host, char *device, const char *name, int ext,
		       size_t size, int constant, int global);
void __cudaRegisterManagedVar(void **handle, void **host, char *device, const char *name, int ext,
			      size_t size, int constant, int global);
char __cudaInitModule(void **handle);
void __cudaRegisterFunction(void **handle, const char *host, char *device, const char *name,
			    int limit, uint3 *tid, uint3 *bid, dim3 *bdim, dim3 *gdim, int *wsize);
unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared,
				     struct CUstream_st *stream);
cudaError_t __cudaPopCallConfiguration(dim3 *grid, dim3 *block, size_t *shared, void *stream);
cudaError_t __cudaGetKernel(cudaKernel_t *out, const void *host);
cudaError_t __cudaLaunchKernel(cudaKernel_t k, dim3 grid, dim3 block, void **args, size_t shared,
			       cudaStream_t stream);
#pragma GCC visibility pop

#define SHARED_UNASKED 49152 /* dynamic shared memory that a kernel may have without asking */

struct function {
	const void *host;
	const char *name;
	bool loaded;
	size_t shared; /* that it asked for */
};

#define MAX_FUNCTIONS 512
static struct {
	struct function f[MAX_FUNCTIONS];
	size_t n;
} registered;

/* <<<…>>> leaves its configuration here for the stub that follows. */
static __thread struct {
	dim3 grid, block;
	size_t shared;
	cudaStream_t stream;
} pending;

void **__cudaRegisterFatBinary(void *fatbin)
{
	return calloc(1, sizeof(void *));
}

void __cudaRegisterFatBinaryEnd(void **handle)
{
}

void __cudaUnregisterFatBinary(void **handle)
{
	free(handle);
}

void __cudaRegisterVar(void **handle, char *host, char *device, const char *name, int ext,
		       size_t size, int constant, int global)
{
}

void __cudaRegisterManagedVar(void **handle, void **host, char *device, const char *name, int ext,
			      size_t size, int constant, int global)
{
}

char __cudaInitModule(void **handle)
{
	return 1;
}

void __cudaRegisterFunction(void **handle, const char *host, char *device, const char *name,
			    int limit, uint3 *tid, uint3 *bid, dim3 *bdim, dim3 *gdim, int *wsize)
{
	if (registered.n < MAX_FUNCTIONS)
		registered.f[registered.n++] = (struct function){host, name, false, SHARED_UNASKED};
}

void rt_load_modules(void)
{
	for (size_t i = 0; i < registered.n; i++)
		registered.f[i].loaded = true;
}

static struct function *function(const void *host)
{
	for (size_t i = 0; i < registered.n; i++) {
		if (registered.f[i].host == host)
			return &registered.f[i];
	}
	return NULL;
}

static void load(struct rt_gpu *g, struct function *f)
{
	if (!f->loaded)
		rt_need_idle(
			g); /* code goes to a GPU that waits; behind a closed gate it never does */
	f->loaded = true;
}

/* Whether this program has code of it for that GPU. */
static cudaError_t image(const struct rt_gpu *g, const struct function *f)
{
	const struct rt_kernel *k = f ? rt_kernel_find(f->name) : NULL;
	const struct sim_gpu *p = rt_profile(g);

	if (!f)
		return cudaErrorInvalidDeviceFunction;
	if (k && k->only_cc && k->only_cc != p->cc_major * 10 + p->cc_minor)
		return cudaErrorNoKernelImageForDevice;
	return cudaSuccess;
}

static cudaError_t launch(struct function *f, dim3 grid, dim3 block, void **args, size_t shared,
			  cudaStream_t stream)
{
	struct rt_gpu *g;
	struct rt_op op = {.kind = RT_KERNEL};
	struct rt_stream *s = NULL;
	cudaError_t e = rt_enter_gpu(&g);

	if (e == cudaSuccess)
		e = image(g, f);
	if (e == cudaSuccess && shared > f->shared)
		e = cudaErrorInvalidValue;
	if (e == cudaSuccess && (!(s = rt_stream(stream)) || s->owner != g))
		e = cudaErrorInvalidResourceHandle; /* a kernel runs on the current GPU */
	if (e == cudaSuccess && (!grid.x || !grid.y || !grid.z || !block.x || !block.y ||
				 !block.z || (uint64_t)block.x * block.y * block.z > 1024))
		e = cudaErrorInvalidConfiguration;
	if (e != cudaSuccess)
		return rt_leave(e);
	op.u.kernel.k = rt_kernel_find(f->name);
	if (!op.u.kernel.k) {
		fprintf(stderr, "simulated server: no model of kernel %s; add it to kernels_*.c\n",
			f->name);
		return rt_leave(cudaErrorInvalidDeviceFunction);
	}
	load(g, f);
	for (size_t i = 0; i < RT_MAX_ARGS && op.u.kernel.k->arg_bytes[i]; i++)
		memcpy(&op.u.kernel.arg[i], args[i], op.u.kernel.k->arg_bytes[i]);
	op.u.kernel.arg[RT_BLOCKS] = (uint64_t)grid.x * grid.y * grid.z;
	op.u.kernel.arg[RT_THREADS] = (uint64_t)block.x * block.y * block.z;
	op.u.kernel.arg[RT_SHARED] = shared;
	return rt_leave(rt_queue(s, &op));
}

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared,
				     struct CUstream_st *stream)
{
	pending.grid = grid;
	pending.block = block;
	pending.shared = shared;
	pending.stream = stream;
	return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3 *grid, dim3 *block, size_t *shared, void *stream)
{
	*grid = pending.grid;
	*block = pending.block;
	*shared = pending.shared;
	memcpy(stream, &pending.stream, sizeof(pending.stream));
	return cudaSuccess;
}

cudaError_t __cudaGetKernel(cudaKernel_t *out, const void *host)
{
	*out = (cudaKernel_t)(void *)function(host);
	return *out ? cudaSuccess : cudaErrorInvalidDeviceFunction;
}

cudaError_t __cudaLaunchKernel(cudaKernel_t k, dim3 grid, dim3 block, void **args, size_t shared,
			       cudaStream_t stream)
{
	return launch((struct function *)(void *)k, grid, block, args, shared, stream);
}

cudaError_t cudaLaunchKernel(const void *host, dim3 grid, dim3 block, void **args, size_t shared,
			     cudaStream_t stream)
{
	return launch(function(host), grid, block, args, shared, stream);
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t *c, const void *host, void **args)
{
	return launch(function(host), c->gridDim, c->blockDim, args, c->dynamicSmemBytes,
		      c->stream);
}

cudaError_t cudaFuncGetAttributes(struct cudaFuncAttributes *a, const void *host)
{
	struct rt_gpu *g;
	struct function *f = function(host);
	cudaError_t e = rt_enter_gpu(&g);

	if (e == cudaSuccess)
		e = image(g, f);
	if (e != cudaSuccess)
		return rt_leave(e);
	load(g, f);
	memset(a, 0, sizeof(*a));
	a->maxThreadsPerBlock = 1024;
	a->numRegs = 32;
	a->binaryVersion = (int)(rt_profile(g)->cc_major * 10 + rt_profile(g)->cc_minor);
	a->ptxVersion = a->binaryVersion;
	return rt_leave(cudaSuccess);
}

cudaError_t cudaFuncSetAttribute(const void *host, enum cudaFuncAttribute which, int value)
{
	struct rt_gpu *g;
	struct function *f = function(host);
	cudaError_t e = rt_enter_gpu(&g);

	if (e == cudaSuccess)
		e = image(g, f);
	if (e == cudaSuccess && (which != cudaFuncAttributeMaxDynamicSharedMemorySize ||
				 value < 0 || value > rt_shared_most(g)))
		e = cudaErrorInvalidValue;
	if (e == cudaSuccess && (size_t)value > f->shared)
		f->shared = (size_t)value;
	return rt_leave(e);
}
