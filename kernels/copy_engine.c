/* See copy_engine.h. Without nvcc this file is empty. */
#include "copy_engine.h"

#include "copy_sm.h"
#include "gpu.h"

#ifdef ASSAY_CUDA

#include <cuda_runtime_api.h>
#include <errno.h>
#include <string.h>

static uint8_t *host_side(const struct copy_way *w)
{
	return (uint8_t *)w->memory->buf.p + w->at;
}

static uint8_t *host_side_on_gpu(const struct copy_way *w)
{
	return (uint8_t *)w->memory->on_device + w->at;
}

static uint8_t *device_side(const struct copy_way *w)
{
	return w->device + w->at;
}

int copy_way_queue(const struct copy_way *w, struct CUstream_st *stream)
{
	if (w->by_sm && w->to_device)
		return copy_sm_launch(device_side(w), host_side_on_gpu(w), w->size, w->sms, stream);
	if (w->by_sm)
		return copy_sm_launch(host_side_on_gpu(w), device_side(w), w->size, w->sms, stream);
	if (w->to_device)
		return (int)cudaMemcpyAsync(device_side(w), host_side(w), w->size,
					    cudaMemcpyHostToDevice, stream);
	return (int)cudaMemcpyAsync(host_side(w), device_side(w), w->size, cudaMemcpyDeviceToHost,
				    stream);
}

int copy_way_prepare(const struct copy_way *w, struct CUstream_st *stream, struct err *e)
{
	int rc;

	if (w->to_device) {
		pattern_fill(host_side(w), w->size, w->seed);
		rc = (int)cudaMemsetAsync(device_side(w), PATTERN_POISON, w->size, stream);
	} else {
		memset(host_side(w), PATTERN_POISON, w->size);
		rc = pattern_fill_launch(device_side(w), w->size, w->seed, stream);
	}
	return gpu_error(rc, e, "poisoning %zu bytes", w->size);
}

static int check_on_gpu(const struct copy_way *w, const void *p, struct CUstream_st *stream,
			struct pattern_diff *out, struct err *e)
{
	return gpu_error(pattern_check_there(p, w->size, w->seed, w->diff, stream, out), e,
			 "checking %zu bytes on the GPU", w->size);
}

int copy_way_check(const struct copy_way *w, struct CUstream_st *stream, struct pattern_diff *out,
		   struct err *e)
{
	if (w->to_device)
		return check_on_gpu(w, device_side(w), stream, out, e);
	if (w->memory->kind == COPY_WRITECOMBINED)
		return check_on_gpu(w, host_side_on_gpu(w), stream, out, e);
	*out = pattern_check(host_side(w), w->size, w->seed);
	return 0;
}

int copy_way_verdict(const struct copy_way *w, int gpu, const struct pattern_diff *diff,
		     struct err *e)
{
	if (diff->first == PATTERN_NONE)
		return 0;
	return err_set(e, EBADMSG,
		       "gpu %d: %s copy of %zu bytes (%s, %s): %llu byte%s wrong, the first at "
		       "offset %llu",
		       gpu, w->to_device ? "h2d" : "d2h", w->size, copy_kind_name(w->memory->kind),
		       w->by_sm ? "sm" : "ce", (unsigned long long)diff->bytes,
		       diff->bytes == 1 ? " is" : "s are", (unsigned long long)diff->first);
}

int copy_device_open(uint8_t **device, struct pattern_diff **diff, size_t bytes, uint32_t seed,
		     struct CUstream_st *stream, struct err *e)
{
	cudaError_t rc = cudaMalloc((void **)device, bytes);

	if (!rc)
		rc = cudaMalloc((void **)diff, sizeof(**diff));
	if (rc)
		return gpu_error((int)rc, e, "allocating %zu bytes on the GPU", bytes);
	return gpu_error(pattern_fill_launch(*device, bytes, seed, stream), e,
			 "filling the GPU's memory");
}

void copy_device_close(uint8_t *device, struct pattern_diff *diff)
{
	if (diff)
		cudaFree(diff);
	if (device)
		cudaFree(device);
}

#endif
