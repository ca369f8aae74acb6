/*
 * The engine `wgmma` of gemm_engine.h: warpgroup MMA of sm_90a, fed by bulk tensor copies. Here is
 * its host side: what it can do, and the tensor maps, which the driver encodes. It is found at run
 * time, so that the program does not need libcuda to start. Known error: none of the figures; K, N
 * and addresses must suit the bulk copies.
 */
#include "gemm_engine.h"

#ifdef ASSAY_CUDA

#include "gemm_wgmma.h"
#include "gpu.h"

#include <cuda.h>
#include <cuda_runtime_api.h>
#include <errno.h>
#include <stdlib.h>

#define ENCODE	       "cuTensorMapEncodeTiled"
#define ENCODE_VERSION 12000
#define COPY_ALIGN     16 /* bytes: of a matrix and of its rows */

typedef CUresult encode_fn(CUtensorMap *, CUtensorMapDataType, cuuint32_t rank, void *address,
			   const cuuint64_t *sizes, const cuuint64_t *strides,
			   const cuuint32_t *box, const cuuint32_t *steps, CUtensorMapInterleave,
			   CUtensorMapSwizzle, CUtensorMapL2promotion, CUtensorMapFloatOOBfill);

struct wgmma {
	encode_fn *encode;
	CUtensorMap *map; /* of A and of B; encoded for these addresses */
	const void *a, *b;
	struct wgmma_job job;
};

static int read_card(struct gpu_card *card, struct err *e)
{
	int device = 0, rc = gpu_error((int)cudaGetDevice(&device), e, "asking for the GPU");

	return rc ? rc : gpu_read_card(card, device, e);
}

static int find_encoder(struct wgmma *w, struct err *e)
{
	enum cudaDriverEntryPointQueryResult found = cudaDriverEntryPointSymbolNotFound;
	void *f = NULL;
#if CUDART_VERSION >= 12050
	int code = (int)cudaGetDriverEntryPointByVersion(ENCODE, &f, ENCODE_VERSION,
							 cudaEnableDefault, &found);
#else
	int code = (int)cudaGetDriverEntryPoint(ENCODE, &f, cudaEnableDefault, &found);
#endif

	if (code)
		return gpu_error(code, e, "looking for " ENCODE);
	if (found != cudaDriverEntryPointSuccess || !f)
		return err_set(e, ENOTSUP, "the driver has no " ENCODE);
	w->encode = (encode_fn *)f;
	return 0;
}

/* Whether this GPU, format and size can be done here; fills the job. */
static int judge_job(struct wgmma *w, const struct gemm_job *job, struct err *e)
{
	unsigned bytes = (unsigned)compute_bytes(job->type);
	struct gpu_card card;
	int rc;

	if (!wgmma_has(job->type))
		return err_set(e, ENOTSUP, "warpgroup MMA has no %s here", compute_name(job->type));
	rc = read_card(&card, e);
	if (rc)
		return rc;
	if (card.major != 9 || card.minor != 0)
		return err_set(e, ENOTSUP,
			       "warpgroup MMA is of compute capability 9.0, and this GPU is %d.%d",
			       card.major, card.minor);
	if ((unsigned)job->k * bytes % COPY_ALIGN || job->n % 2)
		return err_set(e, ENOTSUP,
			       "rows of %d %s are no multiple of %d bytes, or %d is odd", job->k,
			       compute_name(job->type), COPY_ALIGN, job->n);
	w->job = (struct wgmma_job){(uint32_t)job->m, (uint32_t)job->n, (uint32_t)job->k,
				    WGMMA_ROW_BYTES / bytes, (uint32_t)card.sms / WGMMA_CLUSTER};
	if (w->job.clusters > wgmma_works(&w->job))
		w->job.clusters = wgmma_works(&w->job);
	return w->job.clusters ? 0 : err_set(e, ENOTSUP, "the GPU shows a single SM");
}

/* A factor of so many rows, K contiguous, in boxes of 128 rows by 128 bytes. */
static CUresult encode(const struct wgmma *w, CUtensorMap *map, const void *p, uint32_t rows)
{
	const unsigned bytes = WGMMA_ROW_BYTES / w->job.stage_k;
	const cuuint64_t sizes[] = {w->job.k, rows}, stride = (cuuint64_t)w->job.k * bytes;
	const cuuint32_t box[] = {w->job.stage_k, WGMMA_BOX_ROWS}, steps[] = {1, 1};
	const CUtensorMapDataType kind = bytes == 1   ? CU_TENSOR_MAP_DATA_TYPE_UINT8
					 : bytes == 2 ? CU_TENSOR_MAP_DATA_TYPE_UINT16
						      : CU_TENSOR_MAP_DATA_TYPE_UINT32;

	return w->encode(map, kind, 2, (void *)(uintptr_t)p, sizes, &stride, box, steps,
			 CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
			 CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
}

static CUresult encode_both(struct wgmma *w, const struct gemm_job *job)
{
	CUresult r = encode(w, &w->map[0], job->a, w->job.m);

	if (r == CUDA_SUCCESS)
		r = encode(w, &w->map[1], job->b, w->job.n);
	w->a = r == CUDA_SUCCESS ? job->a : NULL;
	w->b = job->b;
	return r;
}

static int wgmma_open(void *state, const struct gemm_job *job, char *chosen, size_t size,
		      struct err *e)
{
	struct wgmma *w = state;
	int rc = judge_job(w, job, e);
	CUresult r;

	if (size)
		*chosen = '\0';
	if (!rc)
		rc = find_encoder(w, e);
	if (rc)
		return rc;
	w->map = aligned_alloc(_Alignof(CUtensorMap), 2 * sizeof(*w->map));
	if (!w->map)
		return err_set(e, ENOMEM, "no memory for two tensor maps");
	r = encode_both(w, job);
	if (r != CUDA_SUCCESS)
		return err_set(e, EINVAL, ENCODE " refused a matrix: CUresult %d", (int)r);
	return gpu_error(wgmma_prepare(job->type), e, "preparing the kernel of warpgroup MMA");
}

static int wgmma_queue(void *state, const struct gemm_job *job, struct CUstream_st *stream)
{
	struct wgmma *w = state;

	if ((w->a != job->a || w->b != job->b) && encode_both(w, job) != CUDA_SUCCESS)
		return cudaErrorInvalidValue;
	return wgmma_launch(job->type, &w->map[0], &w->map[1], job->c, &w->job, stream);
}

static void wgmma_close(void *state)
{
	struct wgmma *w = state;

	free(w->map);
	w->map = NULL;
}

const struct gemm_engine gemm_wgmma = {
	.name = "wgmma",
	.state_bytes = sizeof(struct wgmma),
	.open = wgmma_open,
	.queue = wgmma_queue,
	.close = wgmma_close,
};

#endif
