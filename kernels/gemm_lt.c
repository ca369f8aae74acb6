/*
 * The engine `cublaslt` of gemm_engine.h: what NVIDIA's library reaches. It names up to eight
 * algorithms; each is tried, and the fastest is kept and said, since the library's own order is a
 * guess that changes with its version. Known error: which of two equally fast ones is kept may
 * differ from process to process; the spread between processes shows it.
 */
#include "gemm_engine.h"

#ifdef ASSAY_CUDA

#include "gpu.h"
#include "lanes.h"
#include "../harness/probe/cublaslt.h"

#include <cuda_runtime_api.h>
#include <errno.h>
#include <stdio.h>

#define TRY_S	 4e-3 /* of an algorithm; at least one product */
#define TRIES_S	 1.0  /* of all: none is begun after that */
#define TRY_MOST 32   /* products of an algorithm */

struct lt {
	struct cublaslt *lib;
	void *workspace;
	int best;
};

struct trial {
	const struct lt *lt;
	const struct gemm_job *job;
	int algorithm;
	int status; /* of the library: what it named it may refuse after all */
};

static int multiply(const struct lt *s, int algorithm, const struct gemm_job *job,
		    struct CUstream_st *stream)
{
	return cublaslt_queue(s->lib, algorithm, job->a, job->b, job->c, s->workspace, stream);
}

static int queue_trial(void *arg, int lane, struct CUstream_st *stream)
{
	struct trial *t = arg;

	if (!t->status)
		t->status = multiply(t->lt, t->algorithm, t->job, stream);
	return 0;
}

/* Seconds of one product by that algorithm. The first loads code, and says how many to time. */
static int try_one(struct lanes *l, struct trial *t, double *seconds, double *spent_s,
		   struct err *e)
{
	int rc = lanes_time(l, 1, false, queue_trial, t, 1, seconds, e);
	uint64_t n = TRY_MOST;

	*spent_s += *seconds;
	if (rc || t->status || *seconds > TRY_S)
		return rc;
	if (*seconds > TRY_S / TRY_MOST)
		n = (uint64_t)(TRY_S / *seconds) + 1;
	rc = lanes_time(l, 1, false, queue_trial, t, n, seconds, e);
	*spent_s += *seconds;
	*seconds /= (double)n;
	return rc;
}

/* Keeps the fastest; *tried: how many were. */
static int choose(struct lt *s, struct lanes *l, const struct gemm_job *job, int *tried,
		  struct err *e)
{
	double fastest_s = 0, spent_s = 0;
	int status = 0;

	s->best = -1;
	for (*tried = 0; *tried < cublaslt_algorithms(s->lib) && spent_s < TRIES_S; (*tried)++) {
		struct trial t = {s, job, *tried, 0};
		double seconds;
		int rc = try_one(l, &t, &seconds, &spent_s, e);

		if (rc)
			return rc;
		status = t.status ? t.status : status;
		if (t.status || (s->best >= 0 && seconds >= fastest_s))
			continue;
		s->best = *tried;
		fastest_s = seconds;
	}
	return s->best >= 0
		       ? 0
		       : err_set(e, ENOTSUP, "cuBLASLt refuses every algorithm that it named: %s",
				 cublaslt_status(s->lib, status));
}

static int try_all(struct lt *s, const struct gemm_job *job, int *tried, struct err *e)
{
	struct lanes l = {.n = 0};
	int device = 0;
	int rc = gpu_error((int)cudaGetDevice(&device), e, "asking for the GPU");

	if (!rc)
		rc = lanes_open_on(&l, &device, 1, e);
	if (!rc)
		rc = choose(s, &l, job, tried, e);
	lanes_close(&l);
	return rc;
}

static int lt_open(void *state, const struct gemm_job *job, char *chosen, size_t size,
		   struct err *e)
{
	const struct cublaslt_shape shape = {compute_name(job->type), job->m, job->n, job->k};
	struct lt *s = state;
	char words[160];
	int tried = 0;
	int rc = cublaslt_open(&s->lib, &shape, e);

	if (!rc)
		rc = gpu_error((int)cudaMalloc(&s->workspace, CUBLASLT_WORKSPACE_BYTES), e,
			       "allocating a workspace for cuBLASLt");
	if (!rc)
		rc = try_all(s, job, &tried, e);
	if (rc)
		return rc;
	cublaslt_words(s->lib, s->best, words, sizeof(words));
	snprintf(chosen, size, "%s (number %d of %d tried)", words, s->best + 1, tried);
	return 0;
}

static int lt_queue(void *state, const struct gemm_job *job, struct CUstream_st *stream)
{
	const struct lt *s = state;

	return multiply(s, s->best, job, stream) ? cudaErrorLaunchFailure : cudaSuccess;
}

static void lt_close(void *state)
{
	struct lt *s = state;

	if (s->workspace)
		cudaFree(s->workspace);
	cublaslt_close(s->lib);
	*s = (struct lt){.lib = NULL};
}

const struct gemm_engine gemm_lt = {
	.name = "cublaslt",
	.state_bytes = sizeof(struct lt),
	.open = lt_open,
	.queue = lt_queue,
	.close = lt_close,
};

#endif
