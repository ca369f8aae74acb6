/*
 * What cublaslt_abi.h declares by hand, against NVIDIA's header where this machine has one: a wrong
 * number would ask the library for something else, and it would not say so.
 */
#include "../../harness/probe/cublaslt_abi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#if defined(ASSAY_CUDA) && defined(__has_include)
#if __has_include(<cublasLt.h>)
#define HAS_HEADER
#include <cublasLt.h>
#endif
#endif

static void as_the_header_says(void **state)
{
#ifndef HAS_HEADER
	skip(); /* no cublasLt.h beside nvcc */
#else
	const int same[][2] = {
		{LT_SUCCESS, CUBLAS_STATUS_SUCCESS},
		{LT_INVALID_VALUE, CUBLAS_STATUS_INVALID_VALUE},
		{LT_ARCH_MISMATCH, CUBLAS_STATUS_ARCH_MISMATCH},
		{LT_EXECUTION_FAILED, CUBLAS_STATUS_EXECUTION_FAILED},
		{LT_NOT_SUPPORTED, CUBLAS_STATUS_NOT_SUPPORTED},
		{LT_R_32F, CUDA_R_32F},
		{LT_R_64F, CUDA_R_64F},
		{LT_R_16F, CUDA_R_16F},
		{LT_R_8I, CUDA_R_8I},
		{LT_R_32I, CUDA_R_32I},
		{LT_R_16BF, CUDA_R_16BF},
		{LT_R_8F_E4M3, CUDA_R_8F_E4M3},
		{LT_COMPUTE_32F, CUBLAS_COMPUTE_32F},
		{LT_COMPUTE_64F, CUBLAS_COMPUTE_64F},
		{LT_COMPUTE_32I, CUBLAS_COMPUTE_32I},
		{LT_COMPUTE_32F_TF32, CUBLAS_COMPUTE_32F_FAST_TF32},
		{LT_OP_N, CUBLAS_OP_N},
		{LT_OP_T, CUBLAS_OP_T},
		{LT_DESC_TRANSA, CUBLASLT_MATMUL_DESC_TRANSA},
		{LT_DESC_TRANSB, CUBLASLT_MATMUL_DESC_TRANSB},
		{LT_DESC_FAST_ACCUM, CUBLASLT_MATMUL_DESC_FAST_ACCUM},
		{LT_PREF_MAX_WORKSPACE_BYTES, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES},
		{LT_ALGO_ID, CUBLASLT_ALGO_CONFIG_ID},
		{LT_ALGO_TILE, CUBLASLT_ALGO_CONFIG_TILE_ID},
		{LT_ALGO_SPLITK, CUBLASLT_ALGO_CONFIG_SPLITK_NUM},
		{LT_ALGO_SWIZZLE, CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING},
		{LT_ALGO_CUSTOM, CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION},
		{LT_ALGO_STAGES, CUBLASLT_ALGO_CONFIG_STAGES_ID},
		{LT_ALGO_CLUSTER, CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID},
	};
	typedef cublasLtMatmulHeuristicResult_t theirs;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_int_equal(same[i][0], same[i][1]);
	assert_int_equal(sizeof(struct lt_algo), sizeof(cublasLtMatmulAlgo_t));
	assert_int_equal(sizeof(struct lt_heuristic), sizeof(theirs));
	assert_int_equal(offsetof(struct lt_heuristic, workspace_bytes),
			 offsetof(theirs, workspaceSize));
	assert_int_equal(offsetof(struct lt_heuristic, state), offsetof(theirs, state));
	assert_int_equal(offsetof(struct lt_heuristic, waves), offsetof(theirs, wavesCount));
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_header_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
