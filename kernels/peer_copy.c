/* See peer_copy.h. Without nvcc this file is empty. */
#include "peer_copy.h"

#include "copy_sm.h"
#include "gpu.h"

#ifdef ASSAY_CUDA

#include <cuda_runtime_api.h>
#include <errno.h>
#include <string.h>

enum { POISON = 0xa5 };

static int open_memory(struct peer_copy *k, int i, size_t bytes, const struct lane *lane,
		       struct err *e)
{
	struct peer_memory *m = &k->gpu[i];
	cudaError_t rc = cudaSetDevice(lane->device);

	m->device = lane->device;
	if (!rc)
		rc = cudaDeviceGetAttribute(&m->sms, cudaDevAttrMultiProcessorCount, m->device);
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

int peer_copy_open(struct peer_copy *k, struct lanes *l, size_t bytes, uint32_t seed, struct err *e)
{
	int rc = 0;

	memset(k, 0, sizeof(*k));
	k->n = l->n;
	k->seed = seed;
	for (int i = 0; i < k->n && !rc; i++)
		rc = open_memory(k, i, bytes, &l->lane[i], e);
	return rc ? rc : lanes_wait(l, "filling the GPUs' memory", e);
}

void peer_copy_close(struct peer_copy *k)
{
	for (int i = 0; i < k->n; i++) {
		struct peer_memory *m = &k->gpu[i];

		cudaSetDevice(m->device);
		if (m->diff)
			cudaFree(m->diff);
		if (m->to)
			cudaFree(m->to);
		if (m->from)
			cudaFree(m->from);
	}
	memset(k, 0, sizeof(*k));
}

int peer_copy_queue(const struct peer_copy *k, int from, int to, struct CUstream_st *stream)
{
	const struct peer_memory *f = &k->gpu[from], *t = &k->gpu[to];

	if (k->sm)
		return copy_sm_launch(t->to, f->from, k->size, f->sms, stream);
	return (int)cudaMemcpyPeerAsync(t->to, t->device, f->from, f->device, k->size, stream);
}

int peer_copy_prepare(const struct peer_copy *k, const struct lanes *l, int from, int to,
		      struct err *e)
{
	cudaError_t rc = cudaSetDevice(k->gpu[from].device);

	if (!rc)
		rc = (cudaError_t)pattern_fill_launch(k->gpu[from].from, k->size, k->seed,
						      l->lane[from].stream);
	if (!rc)
		rc = cudaSetDevice(k->gpu[to].device);
	if (!rc)
		rc = cudaMemsetAsync(k->gpu[to].to, POISON, k->size, l->lane[to].stream);
	return gpu_error((int)rc, e, "poisoning %zu bytes", k->size);
}

int peer_copy_check(const struct peer_copy *k, const struct lanes *l, int to,
		    struct pattern_diff *diff, struct err *e)
{
	struct pattern_diff *there = k->gpu[to].diff;
	struct CUstream_st *stream = l->lane[to].stream;
	cudaError_t rc = cudaSetDevice(k->gpu[to].device);

	*diff = (struct pattern_diff)PATTERN_DIFF_INIT;
	if (!rc)
		rc = cudaMemcpyAsync(there, diff, sizeof(*diff), cudaMemcpyHostToDevice, stream);
	if (!rc)
		rc = (cudaError_t)pattern_check_launch(k->gpu[to].to, k->size, k->seed, there,
						       stream);
	if (!rc)
		rc = cudaMemcpyAsync(diff, there, sizeof(*diff), cudaMemcpyDeviceToHost, stream);
	if (!rc)
		rc = cudaStreamSynchronize(stream);
	return gpu_error((int)rc, e, "checking %zu bytes on the GPU", k->size);
}

int peer_copy_wrong(const struct peer_copy *k, const struct pattern_diff *diff, const char *who,
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

#endif
