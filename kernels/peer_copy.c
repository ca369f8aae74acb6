/* See peer_copy.h. Without nvcc this file is empty. */
#include "peer_copy.h"

#include "copy_sm.h"
#include "gpu.h"

#ifdef ASSAY_CUDA

#include <cuda_runtime_api.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int open_memory(struct peer_copy *k, int i, size_t bytes, struct err *e)
{
	const struct lane *lane = &k->lanes.lane[i];
	struct peer_memory *m = &k->gpu[i];
	cudaError_t rc = cudaSetDevice(lane->device);

	if (!rc)
		rc = cudaDeviceGetAttribute(&m->sms, cudaDevAttrMultiProcessorCount, lane->device);
	if (!rc)
		rc = cudaMalloc((void **)&m->from, bytes);
	if (!rc)
		rc = cudaMalloc((void **)&m->to, bytes);
	if (!rc)
		rc = cudaMalloc((void **)&m->diff, sizeof(*m->diff));
	if (!rc)
		rc = (cudaError_t)pattern_fill_launch(m->from, bytes, k->seed, lane->stream);
	return gpu_error((int)rc, e, "allocating twice %zu bytes on each GPU", bytes);
}

int peer_copy_open(struct peer_copy *k, const int *device, int n, size_t bytes, uint32_t seed,
		   struct err *e)
{
	int rc;

	memset(k, 0, sizeof(*k));
	k->seed = seed;
	rc = lanes_open_on(&k->lanes, device, n, e);
	for (int i = 0; i < n && !rc; i++)
		rc = open_memory(k, i, bytes, e);
	return rc ? rc : lanes_wait(&k->lanes, "filling the GPUs' memory", e);
}

void peer_copy_close(struct peer_copy *k)
{
	for (int i = 0; i < k->lanes.n; i++) {
		struct peer_memory *m = &k->gpu[i];

		cudaSetDevice(k->lanes.lane[i].device);
		if (m->diff)
			cudaFree(m->diff);
		if (m->to)
			cudaFree(m->to);
		if (m->from)
			cudaFree(m->from);
	}
	lanes_close(&k->lanes);
	memset(k, 0, sizeof(*k));
}

int peer_copy_queue(const struct peer_copy *k, int from, int to, struct CUstream_st *stream)
{
	const struct peer_memory *f = &k->gpu[from], *t = &k->gpu[to];

	if (k->sm)
		return copy_sm_launch(t->to, f->from, k->size, f->sms, stream);
	return (int)cudaMemcpyPeerAsync(t->to, k->lanes.lane[to].device, f->from,
					k->lanes.lane[from].device, k->size, stream);
}

int peer_copy_prepare(const struct peer_copy *k, int from, int to, struct err *e)
{
	const struct lane *f = &k->lanes.lane[from], *t = &k->lanes.lane[to];
	cudaError_t rc = cudaSetDevice(f->device);

	if (!rc)
		rc = (cudaError_t)pattern_fill_launch(k->gpu[from].from, k->size, k->seed,
						      f->stream);
	if (!rc)
		rc = cudaSetDevice(t->device);
	if (!rc)
		rc = cudaMemsetAsync(k->gpu[to].to, PATTERN_POISON, k->size, t->stream);
	return gpu_error((int)rc, e, "poisoning %zu bytes", k->size);
}

static int wrong(const struct peer_copy *k, const struct pattern_diff *diff, const char *who,
		 struct err *e)
{
	/* the poison is right by chance in one byte of 256 */
	if (diff->bytes > k->size / 8 * 7)
		return err_set(e, EBADMSG,
			       "%s: nothing of %zu bytes arrived, though CUDA reports success: "
			       "dropped on the way (PCIe ACS redirect, IOMMU, or a broken link); "
			       "turn these off or have it mended, and trust no peer access until "
			       "then",
			       who, k->size);
	return err_set(e, EBADMSG, "%s: %llu of %zu bytes %s wrong, the first at offset %llu", who,
		       (unsigned long long)diff->bytes, k->size, diff->bytes == 1 ? "is" : "are",
		       (unsigned long long)diff->first);
}

int peer_copy_check(const struct peer_copy *k, int to, struct err *e, const char *who, ...)
{
	const struct peer_memory *m = &k->gpu[to];
	const struct lane *lane = &k->lanes.lane[to];
	struct pattern_diff diff = PATTERN_DIFF_INIT;
	int rc = (int)cudaSetDevice(lane->device);
	char text[160];
	va_list ap;

	if (!rc)
		rc = pattern_check_there(m->to, k->size, k->seed, m->diff, lane->stream, &diff);
	if (rc || diff.first == PATTERN_NONE)
		return gpu_error(rc, e, "checking %zu bytes on the GPU", k->size);
	va_start(ap, who);
	vsnprintf(text, sizeof(text), who, ap);
	va_end(ap);
	return wrong(k, &diff, text, e);
}

const char *peer_copy_engine(const struct peer_copy *k)
{
	return k->sm ? "SM kernel" : "copy engine";
}

#endif
