/*
 * cuBLASLt, loaded with dlopen; cublaslt.c alone knows its interface, of which cublaslt_abi.h
 * declares the part that is used.
 */
#ifndef ASSAY_PROBE_CUBLASLT_H
#define ASSAY_PROBE_CUBLASLT_H

#include "rows.h"
#include "../base/err.h"

/* cublaslt.status, cublaslt.version, cublaslt.path */
void cublaslt_rows(const struct rows *r);

/*
 * Of device memory that is lent to each product. NVIDIA recommends 32 MiB on compute capability 9.0
 * and 4 MiB before (cuBLAS documentation, cublasSetWorkspace); more does no harm.
 */
#define CUBLASLT_WORKSPACE_BYTES ((size_t)32 << 20)
#define CUBLASLT_ALGORITHMS	 8 /* that are asked for */

struct CUstream_st;
struct cublaslt;

/*
 * C = A·B: A m rows of k numbers, B n rows of k, C m rows of n, all contiguous. format: "fp64",
 * "fp32", "tf32", "bf16", "fp16", "fp8" (e4m3) or "int8" of A and B; C is fp32, but fp64 of fp64
 * and int32 of int8.
 */
struct cublaslt_shape {
	const char *format;
	int m, n, k;
};

/*
 * Asks the library how it would do that on the current GPU. 0; -ENOTSUP with the reason: no
 * library, or one that has nothing for this format, size or GPU. Close also after an error; the
 * library stays loaded to the end of the process.
 */
int cublaslt_open(struct cublaslt **out, const struct cublaslt_shape *shape, struct err *e);
void cublaslt_close(struct cublaslt *l);

/* How many ways it named, at most CUBLASLT_ALGORITHMS, the most promising first. */
int cublaslt_algorithms(const struct cublaslt *l);
/* "algorithm 66, tile 24, stages 36, split-K 1 …", in the library's own numbers. */
void cublaslt_words(const struct cublaslt *l, int algorithm, char *out, size_t size);

/*
 * Queues one product by that algorithm. Device memory; workspace of CUBLASLT_WORKSPACE_BYTES.
 * Returns a cublasStatus_t, 0 for success.
 */
int cublaslt_queue(const struct cublaslt *l, int algorithm, const void *a, const void *b, void *c,
		   void *workspace, struct CUstream_st *stream);

/* The name of a cublasStatus_t. */
const char *cublaslt_status(const struct cublaslt *l, int status);

#endif
