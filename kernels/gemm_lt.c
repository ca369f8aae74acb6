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

/* Every algorithm's turns; `at` is the one whose turn it is. */
struct trials {
	const struct lt *lt;
	const struct gemm_job *job;
	struct lanes lanes;
	double spent_s;
	int at;
	int status[CUBLASLT_ALGORITHMS]; /* what the library named it may refuse after all */
	double took_s[CUBLASLT_ALGORITHMS];
};

static int multiply(const struct lt *s, int algorithm, const struct gemm_job *job,
		    struct CUstream_st *stream)
{
	return cublaslt_queue(s->lib, algorithm, job->a, job->b, job->c, s->workspace, stream);
}

static int queue_trial(void *arg, int lane, struct CUstream_st *stream)
{
	struct trials *t = arg;

	if (!t->status[t->at])
		t->status[t->at] = multiply(t->lt, t->at, t->job, stream);
	return 0;
}

static int timed(struct trials *t, uint64_t n, double *seconds, struct err *e)
{
	int rc = lanes_time(&t->lanes, 1, false, queue_trial, t, n, seconds, e);

	t->spent_s += *seconds;
	return rc;
}

/* One turn. The first product loads code, and says how many to time. */
static int try_one(struct trials *t, int algorithm, struct err *e)
{
	uint64_t n = TRY_MOST;
	double seconds = 0;
	int rc;

	t->at = algorithm;
	if (t->status[algorithm])
		return 0;
	rc = timed(t, 1, &seconds, e);
	if (!rc && !t->status[algorithm] && seconds < TRY_S) {
		if (seconds > TRY_S / TRY_MOST)
			n = (uint64_t)(TRY_S / seconds) + 1;
		rc = timed(t, n, &seconds, e);
		seconds /= (double)n;
	}
	t->took_s[algorithm] += seconds;
	return rc;
}

/*
 * Keeps the fastest: each has two turns, the second in the opposite order, since a GPU that grows
 * warm or reaches its power limit grows slower. *tried: how many were.
 */
static int choose(struct trials *t, int *best, int *tried, struct err *e)
{
	const int n = cublaslt_algorithms(t->lt->lib);
	int rc = 0;

	for (*tried = 0; *tried < n && t->spent_s < TRIES_S && !rc; (*tried)++)
		rc = try_one(t, *tried, e);
	for (int i = *tried - 1; i >= 0 && !rc; i--)
		rc = try_one(t, i, e);
	*best = -1;
	for (int i = 0; i < *tried; i++) {
		if (!t->status[i] && (*best < 0 || t->took_s[i] < t->took_s[*best]))
			*best = i;
	}
	if (!rc && *best < 0)
		rc = err_set(e, ENOTSUP, "cuBLASLt refuses every algorithm that it named: %s",
			     cublaslt_status(t->lt->lib, t->status[0]));
	return rc;
}

static int try_all(struct lt *s, const struct gemm_job *job, int *tried, struct err *e)
{
	struct trials t = {.lt = s, .job = job};
	int device = 0;
	int rc = gpu_error((int)cudaGetDevice(&device), e, "asking for the GPU");

	if (!rc)
		rc = lanes_open_on(&t.lanes, &device, 1, e);
	if (!rc)
		rc = choose(&t, &s->best, tried, e);
	lanes_close(&t.lanes);
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
