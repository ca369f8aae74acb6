/*
 * Shapes of the portable matrix product that tests/gpu/gemm-tiles runs beside each other, for host
 * and GPU: tests/unit/test_gemm_mma.c runs the index maps of each on the CPU. What each is to show
 * stands beside it; shared memory moves 128 bytes a clock, and mma.sync of bf16 on sm_90 takes 384
 * clocks for the 32 bytes of K of 128 × 256 sums.
 */
#ifndef ASSAY_TESTS_GEMM_TILES_H
#define ASSAY_TESTS_GEMM_TILES_H

#include "../../kernels/gemm_mma.h"

enum { GEMM_TILES = 11 };

GEMM_MMA_CONST struct gemm_shape gemm_tiles(int i)
{
	const struct gemm_shape all[GEMM_TILES] = {
		{128, 256, 64, 64, 128, 4, 1, 1}, /* as shipped for 90 */
		{128, 256, 64, 64, 128, 4, 1, 0}, /* what spreading the copies is worth */
		{128, 256, 64, 64, 128, 3, 1, 1}, /* as shipped for 80: is memory far? */
		{128, 256, 64, 64, 128, 2, 1, 1}, /* the same; 96 KiB, as others have */
		{128, 256, 64, 64, 64, 4, 1, 1},  /* as shipped for others */
		{128, 256, 64, 64, 64, 4, 1, 0},  /* what was measured at 44 %, loads first */
		{128, 256, 64, 64, 64, 8, 1, 1},  /* as many bytes under way as the first */
		{256, 128, 64, 64, 128, 4, 1, 1}, /* the same traffic, other rows of tiles */
		/* two blocks wait apart, one stores while the other works; 384 clocks of shared */
		{128, 128, 64, 64, 128, 3, 2, 1},
		{128, 128, 64, 64, 64, 6, 2, 1},
		/* sixteen warps, but 512 clocks of shared memory: half of the peak at most */
		{128, 128, 64, 32, 64, 6, 2, 1},
	};

	return all[i];
}

#ifdef __cplusplus
/* One of them, for gemm_mma_loop.h. */
template <int I> struct Tile {
	GEMM_MMA_CONST struct gemm_shape shape(void)
	{
		return gemm_tiles(I);
	}
};
#endif

#endif
