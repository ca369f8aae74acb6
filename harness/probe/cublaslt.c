/*
 * cuBLASLt: see cublaslt.h. cublasLtGetVersion: major*10000 + minor*100 + patch since 12. The
 * library thinks in columns: what is m×n by rows is n×m by columns to it, so it computes C' = B·A',
 * with B transposed, and nothing is moved. That is also the one form in which it has fp8 and int8.
 */
#include "cublaslt.h"
#include "cublaslt_abi.h"
#include "../base/mem.h"
#include "library.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so.11",
				    NULL};

static const struct format {
	const char *name;
	int factor, sum; /* cudaDataType */
	int compute, scale;
	bool fast; /* sums of fp8 as the hardware makes them */
} formats[] = {
	{"fp64", LT_R_64F, LT_R_64F, LT_COMPUTE_64F, LT_R_64F, false},
	{"fp32", LT_R_32F, LT_R_32F, LT_COMPUTE_32F, LT_R_32F, false},
	{"tf32", LT_R_32F, LT_R_32F, LT_COMPUTE_32F_TF32, LT_R_32F, false},
	{"bf16", LT_R_16BF, LT_R_32F, LT_COMPUTE_32F, LT_R_32F, false},
	{"fp16", LT_R_16F, LT_R_32F, LT_COMPUTE_32F, LT_R_32F, false},
	{"fp8", LT_R_8F_E4M3, LT_R_32F, LT_COMPUTE_32F, LT_R_32F, true},
	{"int8", LT_R_8I, LT_R_32I, LT_COMPUTE_32I, LT_R_32I, false},
};

/* alpha or beta, in the scale type. */
union scale {
	float f;
	double d;
	int32_t i;
};

struct cublaslt {
	struct library lib;
	const struct format *format;
	lt_handle handle;
	lt_desc desc;
	lt_layout a, b, c;
	union scale one, zero;
	struct lt_heuristic found[CUBLASLT_ALGORITHMS];
	int n;
	int (*create)(lt_handle *);
	int (*destroy)(lt_handle);
	const char *(*status_name)(int);
	int (*desc_create)(lt_desc *, int compute, int scale);
	int (*desc_destroy)(lt_desc);
	int (*desc_set)(lt_desc, int attribute, const void *, size_t);
	int (*layout_create)(lt_layout *, int type, uint64_t rows, uint64_t columns, int64_t ld);
	int (*layout_destroy)(lt_layout);
	int (*pref_create)(lt_pref *);
	int (*pref_destroy)(lt_pref);
	int (*pref_set)(lt_pref, int attribute, const void *, size_t);
	int (*heuristic)(lt_handle, lt_desc, lt_layout a, lt_layout b, lt_layout c, lt_layout d,
			 lt_pref, int wanted, struct lt_heuristic *, int *found);
	int (*algo_get)(const struct lt_algo *, int attribute, void *, size_t, size_t *written);
	int (*matmul)(lt_handle, lt_desc, const void *alpha, const void *a, lt_layout,
		      const void *b, lt_layout, const void *beta, const void *c, lt_layout, void *d,
		      lt_layout, const struct lt_algo *, void *workspace, size_t,
		      struct CUstream_st *);
};

void cublaslt_rows(const struct rows *r)
{
	struct err e = ERR_INIT;
	struct library l;
	long code = 0;

	if (!library_open(&l, names, &e)) {
		size_t (*version)(void) = library_symbol(&l, "cublasLtGetVersion");

		code = version ? (long)version() : 0;
	}
	library_rows(r, "cublaslt", &l, code, "cublasLtGetVersion", &e);
}

/* Function pointers by name; the first that the library lacks, or NULL. */
static const char *find_all(struct cublaslt *l)
{
	const struct {
		const char *name;
		void *at;
	} want[] = {
		{"cublasLtCreate", &l->create},
		{"cublasLtDestroy", &l->destroy},
		{"cublasLtGetStatusName", &l->status_name},
		{"cublasLtMatmulDescCreate", &l->desc_create},
		{"cublasLtMatmulDescDestroy", &l->desc_destroy},
		{"cublasLtMatmulDescSetAttribute", &l->desc_set},
		{"cublasLtMatrixLayoutCreate", &l->layout_create},
		{"cublasLtMatrixLayoutDestroy", &l->layout_destroy},
		{"cublasLtMatmulPreferenceCreate", &l->pref_create},
		{"cublasLtMatmulPreferenceDestroy", &l->pref_destroy},
		{"cublasLtMatmulPreferenceSetAttribute", &l->pref_set},
		{"cublasLtMatmulAlgoGetHeuristic", &l->heuristic},
		{"cublasLtMatmulAlgoConfigGetAttribute", &l->algo_get},
		{"cublasLtMatmul", &l->matmul},
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		void *f = library_symbol(&l->lib, want[i].name);

		if (!f)
			return want[i].name;
		memcpy(want[i].at, &f, sizeof(f));
	}
	return NULL;
}

static int load(struct cublaslt *l, struct err *e)
{
	struct err why = ERR_INIT;
	const char *missing;

	if (library_open(&l->lib, names, &why))
		return err_set(e, ENOTSUP, "no libcublasLt.so.13, .12 or .11 is found: %s",
			       why.text);
	missing = find_all(l);
	if (missing)
		return err_set(e, ENOTSUP, "%s has no %s", l->lib.path, missing);
	return 0;
}

const char *cublaslt_status(const struct cublaslt *l, int status)
{
	return l->status_name(status);
}

static int answer(const struct cublaslt *l, int status, const char *doing, struct err *e)
{
	if (status == LT_SUCCESS)
		return 0;
	return err_set(e, status == LT_NOT_SUPPORTED || status == LT_ARCH_MISMATCH ? ENOTSUP : EIO,
		       "cuBLASLt, %s: %s", doing, cublaslt_status(l, status));
}

static void set_scales(struct cublaslt *l)
{
	if (l->format->scale == LT_R_64F)
		l->one.d = 1;
	else if (l->format->scale == LT_R_32I)
		l->one.i = 1;
	else
		l->one.f = 1;
}

/* What is to be done, to the library: its A is our B, and its rows are our columns. */
static int describe(struct cublaslt *l, const struct cublaslt_shape *s)
{
	const struct format *f = l->format;
	const uint64_t m = (uint64_t)s->m, n = (uint64_t)s->n, k = (uint64_t)s->k;
	const int32_t transposed = LT_OP_T;
	const int8_t fast = 1;
	int status = l->desc_create(&l->desc, f->compute, f->scale);

	if (!status)
		status = l->desc_set(l->desc, LT_DESC_TRANSA, &transposed, sizeof(transposed));
	if (!status && f->fast)
		status = l->desc_set(l->desc, LT_DESC_FAST_ACCUM, &fast, sizeof(fast));
	if (!status)
		status = l->layout_create(&l->a, f->factor, k, n, s->k);
	if (!status)
		status = l->layout_create(&l->b, f->factor, k, m, s->k);
	return status ? status : l->layout_create(&l->c, f->sum, n, m, s->n);
}

static int ask(struct cublaslt *l)
{
	const uint64_t bytes = CUBLASLT_WORKSPACE_BYTES;
	lt_pref pref = NULL;
	int status = l->pref_create(&pref);

	if (!status)
		status = l->pref_set(pref, LT_PREF_MAX_WORKSPACE_BYTES, &bytes, sizeof(bytes));
	if (!status)
		status = l->heuristic(l->handle, l->desc, l->a, l->b, l->c, l->c, pref,
				      CUBLASLT_ALGORITHMS, l->found, &l->n);
	if (pref)
		l->pref_destroy(pref);
	return status;
}

/* Only those that it calls possible. */
static void keep_possible(struct cublaslt *l)
{
	int kept = 0;

	for (int i = 0; i < l->n; i++) {
		if (l->found[i].state == LT_SUCCESS)
			l->found[kept++] = l->found[i];
	}
	l->n = kept;
}

int cublaslt_open(struct cublaslt **out, const struct cublaslt_shape *shape, struct err *e)
{
	struct cublaslt *l = *out = mem_zalloc(1, sizeof(*l));
	int rc;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!strcmp(formats[i].name, shape->format))
			l->format = &formats[i];
	}
	if (!l->format)
		return err_set(e, ENOTSUP, "cuBLASLt is not asked for %s", shape->format);
	rc = load(l, e);
	if (!rc)
		rc = answer(l, l->create(&l->handle), "starting", e);
	if (!rc)
		rc = answer(l, describe(l, shape), "describing a product", e);
	if (!rc)
		rc = answer(l, ask(l), "asking for algorithms", e);
	if (rc)
		return rc;
	set_scales(l);
	keep_possible(l);
	return l->n ? 0
		    : err_set(e, ENOTSUP, "cuBLASLt has no algorithm for %s of this size here",
			      shape->format);
}

void cublaslt_close(struct cublaslt *l)
{
	if (!l)
		return;
	if (l->c)
		l->layout_destroy(l->c);
	if (l->b)
		l->layout_destroy(l->b);
	if (l->a)
		l->layout_destroy(l->a);
	if (l->desc)
		l->desc_destroy(l->desc);
	if (l->handle)
		l->destroy(l->handle);
	free(l);
}

int cublaslt_algorithms(const struct cublaslt *l)
{
	return l->n;
}

/* An attribute of two or four bytes; 0 where the library does not know it. */
static uint32_t config(const struct cublaslt *l, int algorithm, int attribute, size_t bytes)
{
	uint32_t value = 0; /* little-endian: the lower bytes */
	size_t written = 0;

	if (l->algo_get(&l->found[algorithm].algo, attribute, &value, bytes, &written))
		return 0;
	return value;
}

void cublaslt_words(const struct cublaslt *l, int algorithm, char *out, size_t size)
{
	snprintf(out, size,
		 "algorithm %u, tile %u, stages %u, split-K %d, swizzle %u, custom %u, cluster %u",
		 config(l, algorithm, LT_ALGO_ID, 4), config(l, algorithm, LT_ALGO_TILE, 4),
		 config(l, algorithm, LT_ALGO_STAGES, 4),
		 (int)config(l, algorithm, LT_ALGO_SPLITK, 4),
		 config(l, algorithm, LT_ALGO_SWIZZLE, 4), config(l, algorithm, LT_ALGO_CUSTOM, 4),
		 config(l, algorithm, LT_ALGO_CLUSTER, 2));
}

int cublaslt_queue(const struct cublaslt *l, int algorithm, const void *a, const void *b, void *c,
		   void *workspace, struct CUstream_st *stream)
{
	return l->matmul(l->handle, l->desc, &l->one, b, l->a, a, l->b, &l->zero, c, l->c, c, l->c,
			 &l->found[algorithm].algo, workspace, CUBLASLT_WORKSPACE_BYTES, stream);
}
