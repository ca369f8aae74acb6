/* Stand-in for libcublasLt.so.NN: the calls. See cublaslt_sim.h. */
#include "cublaslt_sim.h"

#include <stdlib.h>
#include <string.h>

typedef struct CUstream_st *stream_t;

SIM_API size_t cublasLtGetVersion(void);
SIM_API const char *cublasLtGetStatusName(int status);
SIM_API int cublasLtCreate(lt_handle *out);
SIM_API int cublasLtDestroy(lt_handle h);
SIM_API int cublasLtMatmulDescCreate(lt_desc *out, int compute, int scale);
SIM_API int cublasLtMatmulDescDestroy(lt_desc d);
SIM_API int cublasLtMatmulDescSetAttribute(lt_desc d, int what, const void *value, size_t bytes);
SIM_API int cublasLtMatrixLayoutCreate(lt_layout *out, int type, uint64_t rows, uint64_t columns,
				       int64_t ld);
SIM_API int cublasLtMatrixLayoutDestroy(lt_layout l);
SIM_API int cublasLtMatmulPreferenceCreate(lt_pref *out);
SIM_API int cublasLtMatmulPreferenceDestroy(lt_pref p);
SIM_API int cublasLtMatmulPreferenceSetAttribute(lt_pref p, int what, const void *value,
						 size_t bytes);
SIM_API int cublasLtMatmulAlgoGetHeuristic(lt_handle h, lt_desc desc, lt_layout a, lt_layout b,
					   lt_layout c, lt_layout d, lt_pref pref, int wanted,
					   struct lt_heuristic *out, int *found);
SIM_API int cublasLtMatmulAlgoConfigGetAttribute(const struct lt_algo *algo, int what, void *value,
						 size_t bytes, size_t *written);
SIM_API int cublasLtMatmul(lt_handle h, lt_desc desc, const void *alpha, const void *a,
			   lt_layout la, const void *b, lt_layout lb, const void *beta,
			   const void *c, lt_layout lc, void *d, lt_layout ld,
			   const struct lt_algo *algo, void *workspace, size_t workspace_bytes,
			   stream_t stream);

size_t cublasLtGetVersion(void)
{
	return (size_t)sim_profile()->server.cublaslt;
}

const char *cublasLtGetStatusName(int status)
{
	switch (status) {
	case LT_SUCCESS:
		return "CUBLAS_STATUS_SUCCESS";
	case LT_INVALID_VALUE:
		return "CUBLAS_STATUS_INVALID_VALUE";
	case LT_ARCH_MISMATCH:
		return "CUBLAS_STATUS_ARCH_MISMATCH";
	case LT_EXECUTION_FAILED:
		return "CUBLAS_STATUS_EXECUTION_FAILED";
	case LT_NOT_SUPPORTED:
		return "CUBLAS_STATUS_NOT_SUPPORTED";
	default:
		return "CUBLAS_STATUS_INTERNAL_ERROR";
	}
}

static int made(void **out, const void *what, size_t bytes)
{
	*out = malloc(bytes);
	if (!*out)
		abort();
	memcpy(*out, what, bytes);
	return LT_SUCCESS;
}

static int ended(void *object)
{
	free(object);
	return LT_SUCCESS;
}

/* An attribute of the size that it has. */
static int set(void *to, size_t wanted, const void *value, size_t bytes)
{
	if (bytes != wanted)
		return LT_INVALID_VALUE;
	memcpy(to, value, bytes);
	return LT_SUCCESS;
}

/* A handle is of a GPU: there must be one. */
int cublasLtCreate(lt_handle *out)
{
	int gpu = cudaSimGpu();

	return gpu < 0 ? LT_EXECUTION_FAILED : made(out, &gpu, sizeof(gpu));
}

int cublasLtDestroy(lt_handle h)
{
	return ended(h);
}

int cublasLtMatmulDescCreate(lt_desc *out, int compute, int scale)
{
	const struct desc d = {.compute = compute, .scale = scale};

	return made(out, &d, sizeof(d));
}

int cublasLtMatmulDescDestroy(lt_desc d)
{
	return ended(d);
}

int cublasLtMatmulDescSetAttribute(lt_desc desc, int what, const void *value, size_t bytes)
{
	struct desc *d = desc;

	switch (what) {
	case LT_DESC_TRANSA:
		return set(&d->transa, sizeof(d->transa), value, bytes);
	case LT_DESC_TRANSB:
		return set(&d->transb, sizeof(d->transb), value, bytes);
	case LT_DESC_FAST_ACCUM:
		return set(&d->fast, sizeof(d->fast), value, bytes);
	default:
		return LT_INVALID_VALUE;
	}
}

int cublasLtMatrixLayoutCreate(lt_layout *out, int type, uint64_t rows, uint64_t columns,
			       int64_t ld)
{
	const struct layout l = {type, rows, columns, ld};

	return made(out, &l, sizeof(l));
}

int cublasLtMatrixLayoutDestroy(lt_layout l)
{
	return ended(l);
}

int cublasLtMatmulPreferenceCreate(lt_pref *out)
{
	const uint64_t workspace_bytes = 0;

	return made(out, &workspace_bytes, sizeof(workspace_bytes));
}

int cublasLtMatmulPreferenceDestroy(lt_pref p)
{
	return ended(p);
}

int cublasLtMatmulPreferenceSetAttribute(lt_pref p, int what, const void *value, size_t bytes)
{
	return what == LT_PREF_MAX_WORKSPACE_BYTES ? set(p, sizeof(uint64_t), value, bytes)
						   : LT_INVALID_VALUE;
}

/* Whether the library has this product on that GPU. */
static int judge(const struct product *p, int gpu, enum compute_type *type)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];

	*type = product_type(p);
	if (*type == COMPUTE_TYPES || !product_on(*type, (int)g->cc_major, (int)g->cc_minor))
		return LT_NOT_SUPPORTED;
	return LT_SUCCESS;
}

int cublasLtMatmulAlgoGetHeuristic(lt_handle h, lt_desc desc, lt_layout a, lt_layout b, lt_layout c,
				   lt_layout d, lt_pref pref, int wanted, struct lt_heuristic *out,
				   int *found)
{
	const struct product p = {desc, a, b, c, d};
	const uint64_t most = *(const uint64_t *)pref;
	const struct choice *choice;
	enum compute_type type;
	int rc = judge(&p, *(const int *)h, &type);

	*found = 0;
	for (int i = 0; !rc && *found < wanted && (choice = choice_of(i)); i++) {
		if (choice->workspace_bytes > most)
			continue;
		out[*found] = (struct lt_heuristic){.workspace_bytes = choice->workspace_bytes,
						    .state = LT_SUCCESS,
						    .waves = 1};
		out[(*found)++].algo.data[0] = (uint64_t)i;
	}
	return rc;
}

int cublasLtMatmulAlgoConfigGetAttribute(const struct lt_algo *algo, int what, void *value,
					 size_t bytes, size_t *written)
{
	const struct choice *c = choice_of((int)algo->data[0]);
	const uint32_t none = 0;

	*written = bytes;
	if (!c)
		return LT_INVALID_VALUE;
	switch (what) {
	case LT_ALGO_ID:
		return set(value, sizeof(c->id), &c->id, bytes);
	case LT_ALGO_TILE:
		return set(value, sizeof(c->tile), &c->tile, bytes);
	case LT_ALGO_SPLITK:
		return set(value, sizeof(c->split_k), &c->split_k, bytes);
	case LT_ALGO_STAGES:
		return set(value, sizeof(c->stages), &c->stages, bytes);
	case LT_ALGO_CLUSTER:
		return set(value, sizeof(c->cluster), &c->cluster, bytes);
	case LT_ALGO_SWIZZLE:
	case LT_ALGO_CUSTOM:
		return set(value, sizeof(none), &none, bytes);
	default:
		return LT_INVALID_VALUE;
	}
}

/* One or nothing, in the type that the product is scaled in. */
static bool is_scale(int type, const void *p, int wanted)
{
	float f;
	double d;
	int32_t i;

	if (type == LT_R_32I)
		return memcpy(&i, p, sizeof(i)), i == wanted;
	if (type == LT_R_64F)
		return memcpy(&d, p, sizeof(d)), !(d < wanted) && !(d > wanted);
	memcpy(&f, p, sizeof(f));
	return !(f < (float)wanted) && !(f > (float)wanted);
}

int cublasLtMatmul(lt_handle h, lt_desc desc, const void *alpha, const void *a, lt_layout la,
		   const void *b, lt_layout lb, const void *beta, const void *c, lt_layout lc,
		   void *d, lt_layout ld, const struct lt_algo *algo, void *workspace,
		   size_t workspace_bytes, stream_t stream)
{
	const struct product p = {desc, la, lb, lc, ld};
	const struct choice *choice = choice_of((int)algo->data[0]);
	enum compute_type type;
	int rc = judge(&p, *(const int *)h, &type);

	if (rc)
		return rc;
	if (!choice || choice->workspace_bytes > (workspace ? workspace_bytes : 0) || c != d ||
	    !is_scale(p.desc->scale, alpha, 1) || !is_scale(p.desc->scale, beta, 0))
		return LT_INVALID_VALUE;
	/* its A is our B, and its columns are our rows */
	return cudaSimMultiply(
		       &(struct sim_multiply){
			       .type = (int)type,
			       .m = (int)p.b->columns,
			       .n = (int)p.a->columns,
			       .k = (int)p.a->rows,
			       .a = b,
			       .b = a,
			       .c = d,
			       .speed = choice->speed *
					(type == COMPUTE_FP8 && !p.desc->fast ? 0.8 : 1)},
		       stream)
		       ? LT_EXECUTION_FAILED
		       : LT_SUCCESS;
}
