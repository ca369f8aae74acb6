/*
 * The part of cuBLASLt's binary interface that is used here, declared by hand: a machine may have
 * the library and no header. As in cublasLt.h of CUDA 11.8 to 13; tests/unit/test_cublaslt.c
 * compares it with the header where there is one. Included by cublaslt.c and the simulated library.
 */
#ifndef ASSAY_PROBE_CUBLASLT_ABI_H
#define ASSAY_PROBE_CUBLASLT_ABI_H

#include <stddef.h>
#include <stdint.h>

/* cublasStatus_t */
enum {
	LT_SUCCESS = 0,
	LT_INVALID_VALUE = 7,
	LT_ARCH_MISMATCH = 8,
	LT_EXECUTION_FAILED = 13,
	LT_NOT_SUPPORTED = 15
};

/* cudaDataType */
enum {
	LT_R_32F = 0,
	LT_R_64F = 1,
	LT_R_16F = 2,
	LT_R_8I = 3,
	LT_R_32I = 10,
	LT_R_16BF = 14,
	LT_R_8F_E4M3 = 28
};

/* cublasComputeType_t */
enum { LT_COMPUTE_32F = 68, LT_COMPUTE_64F = 70, LT_COMPUTE_32I = 72, LT_COMPUTE_32F_TF32 = 77 };

enum { LT_OP_N = 0, LT_OP_T = 1 }; /* cublasOperation_t, int32_t as an attribute */

/* cublasLtMatmulDescAttributes_t */
enum { LT_DESC_TRANSA = 3, LT_DESC_TRANSB = 4, LT_DESC_FAST_ACCUM = 25 /* int8_t */ };
enum { LT_PREF_MAX_WORKSPACE_BYTES = 1 }; /* uint64_t */

/* cublasLtMatmulAlgoConfigAttributes_t, with their types */
enum {
	LT_ALGO_ID = 0,	    /* int32_t */
	LT_ALGO_TILE = 1,   /* uint32_t */
	LT_ALGO_SPLITK = 2, /* int32_t */
	LT_ALGO_SWIZZLE = 4,
	LT_ALGO_CUSTOM = 5,
	LT_ALGO_STAGES = 6,
	LT_ALGO_CLUSTER = 8 /* uint16_t */
};

struct lt_algo {
	uint64_t data[8];
};

struct lt_heuristic {
	struct lt_algo algo;
	size_t workspace_bytes;
	int state; /* cublasStatus_t; the rest holds only on success */
	float waves;
	int reserved[4];
};
_Static_assert(sizeof(struct lt_heuristic) == 96, "cublasLtMatmulHeuristicResult_t");

typedef void *lt_handle, *lt_desc, *lt_layout, *lt_pref;

#endif
