/* The loops of kernels/gemm_mma_loop.h on the CPU (gemm_loop.cc), for test_gemm_loop.c. */
#ifndef ASSAY_TESTS_GEMM_LOOP_H
#define ASSAY_TESTS_GEMM_LOOP_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Runs one block of case i four times: copies that land at once and as late as they may, warps in
 * both orders. How many of the looked-at sums are wrong, its shape into `what`; -1: no such case.
 */
int gemm_loop_wrong(int i, char *what, size_t size);

#ifdef __cplusplus
}
#endif

#endif
