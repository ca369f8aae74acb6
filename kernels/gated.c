/* See gated.h. Without nvcc this file is empty. */
#include "gated.h"

#include "gpu.h"

#ifdef ASSAY_CUDA

#include <cuda_runtime_api.h>
#include <errno.h>
#include <string.h>

int gated_open(struct gated *g, struct err *e)
{
	cudaError_t rc;

	memset(g, 0, sizeof(*g));
	rc = cudaStreamCreateWithFlags(&g->stream, cudaStreamNonBlocking);
	if (!rc)
		rc = cudaEventCreate(&g->start);
	if (!rc)
		rc = cudaEventCreate(&g->stop);
	if (!rc)
		rc = cudaHostAlloc((void **)&g->gate, sizeof(*g->gate), cudaHostAllocMapped);
	return gpu_error((int)rc, e, "making a stream, two events and a gate");
}

void gated_close(struct gated *g)
{
	if (g->gate)
		cudaFreeHost(g->gate);
	if (g->stop)
		cudaEventDestroy(g->stop);
	if (g->start)
		cudaEventDestroy(g->start);
	if (g->stream)
		cudaStreamDestroy(g->stream);
	memset(g, 0, sizeof(*g));
}

static int queue_all(struct gated *g, int (*queue)(void *, struct CUstream_st *), void *arg,
		     uint64_t n)
{
	int rc = (int)cudaEventRecord(g->start, g->stream);

	for (uint64_t i = 0; i < n && !rc; i++)
		rc = queue(arg, g->stream);
	if (!rc)
		rc = (int)cudaEventRecord(g->stop, g->stream);
	return rc;
}

int gated_time(struct gated *g, int (*queue)(void *arg, struct CUstream_st *stream), void *arg,
	       uint64_t n, double *seconds, struct err *e)
{
	float ms = 0;
	int rc;

	if (n > GATE_MAX_OPS)
		return err_set(e, EINVAL, "%llu operations behind a gate that holds %d",
			       (unsigned long long)n, GATE_MAX_OPS);
	__atomic_store_n(&g->gate->gave_up, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&g->gate->open, 0, __ATOMIC_RELEASE);
	rc = gpu_error(gate_launch(g->gate, GATE_GIVE_UP_NS, g->stream), e, "launching the gate");
	if (!rc)
		rc = gpu_error(queue_all(g, queue, arg, n), e, "queueing behind the gate");
	/* also after an error: what is queued must run out */
	__atomic_store_n(&g->gate->open, 1, __ATOMIC_RELEASE);
	if (gpu_error((int)cudaStreamSynchronize(g->stream), e, "waiting for the stream") || rc)
		return -e->code;
	if (__atomic_load_n(&g->gate->gave_up, __ATOMIC_ACQUIRE))
		return err_set(e, ETIMEDOUT, "the gate gave up after %g s: queueing took longer",
			       GATE_GIVE_UP_NS * 1e-9);
	rc = gpu_error((int)cudaEventElapsedTime(&ms, g->start, g->stop), e, "reading the events");
	*seconds = ms * 1e-3;
	return rc;
}

#endif
