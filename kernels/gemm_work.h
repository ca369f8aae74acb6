/*
 * One GPU at work on products of two matrices: their memory, the engine that multiplies, digests of
 * results, and whether these are right. What gemm does with one GPU and gemm_all with several.
 * Needs CUDA headers to be built, not to be included.
 */
#ifndef ASSAY_KERNELS_GEMM_WORK_H
#define ASSAY_KERNELS_GEMM_WORK_H

#include "gemm_check.h"
#include "gemm_engine.h"
#include "gpu.h"

#include "../harness/bench.h"

#define GEMM_KERNELS "mma|wgmma|cublaslt" /* of a PARAM_ENUM */

#define GEMM_PARAM_TYPE(by_default)                                                                \
	{                                                                                          \
		.name = "type", .type = PARAM_ENUM, .scope = SCOPE_CASE, .def = by_default,        \
		.choices = COMPUTE_CHOICES,                                                        \
		.help = "format of the factors; sums have 32 bits (fp64: 64)"                      \
	}
#define GEMM_PARAM_KERNEL(by_default)                                                              \
	{                                                                                          \
		.name = "kernel", .type = PARAM_ENUM, .scope = SCOPE_CASE, .def = by_default,      \
		.choices = GEMM_KERNELS,                                                           \
		.help = "mma: our own, on every GPU; wgmma: our own for 9.0; cublaslt: NVIDIA's"   \
	}
#define GEMM_PARAM_N(by_default)                                                                   \
	{                                                                                          \
		.name = "n", .type = PARAM_INT, .scope = SCOPE_CASE, .def = by_default,            \
		.min = 256, .max = 32768, .help = "rows and columns of all three matrices"         \
	}

enum { GEMM_DIGESTS = 4096 }; /* of a case; later results are not looked at */

struct gemm_work {
	int device; /* CUDA ordinal; it is the current GPU in all calls but open's */
	struct gpu_card card;
	double max_hz;
	uint32_t seed;
	struct gemm_job job;
	size_t bytes[3]; /* of a, b, c */
	const struct gemm_engine *engine;
	void *state; /* of the engine; NULL: none is open */
	char chosen[128];
	struct gemm_digest *digests; /* device memory */
	int taken;		     /* since gemm_work_choose */
};

/* 0 or negative errno; gemm_work_close after an error as well. Makes `device` the current GPU. */
int gemm_work_open(struct gemm_work *w, int device, uint32_t seed, struct err *e);
void gemm_work_close(struct gemm_work *w);

/*
 * Matrices of size × size and an engine for the context's current case, one product done, so that
 * all code is loaded. -ENOTSUP where this GPU has no such product or too little memory.
 */
int gemm_work_choose(struct gemm_work *w, struct ctx *c, struct CUstream_st *stream, struct err *e);

/* Operations of one product, a multiplication and an addition counted as two. */
double gemm_work_flop(const struct gemm_work *w);
/* At most, with that clock; 0: not known. */
double gemm_work_ceiling(const struct gemm_work *w, double hz);

/* Queue a product, a digest of what is there. Return a cudaError_t. */
int gemm_work_multiply(const struct gemm_work *w, struct CUstream_st *stream);
int gemm_work_digest(struct gemm_work *w, struct CUstream_st *stream);

/* How many results were not equal to the others of their kind, of how many. */
struct gemm_repeats {
	int differ, of;
};

/*
 * Multiplies some more times into poisoned memory, looks at all digests of the case, which it adds
 * to *r, and at sampled sums. -EBADMSG, in words that begin with `who`, where an element is no
 * number or is not what float64 says; repeats that differ are no error here.
 */
int gemm_work_verify(struct gemm_work *w, const char *who, struct CUstream_st *stream,
		     struct gemm_repeats *r, struct err *e);
/* Says whether repeats were equal to the bit, as an expectation about these labels. */
void gemm_repeats_say(struct ctx *c, const char *labels, const struct gemm_repeats *r);

/* How many of n digests differ from the one that is seen most often. */
int gemm_digests_differ(const struct gemm_digest *d, int n);

#endif
