/*
 * Where everything lies in the matrix product by warpgroup instructions (gemm_wgmma_sm90a.cu):
 * tiles of the product, stages and barriers in shared memory, operand descriptors, accumulators. By
 * bytes, so that all formats have the same: a stage holds 128 bytes of K of 128 rows of A and of
 * 256 rows of B. Compiles for the host as well, where tests run it for every thread. The facts
 * about the hardware are from the PTX ISA
 * ("Asynchronous Warpgroup Level Matrix Instructions", "Tensors": swizzle modes).
 */
#ifndef ASSAY_KERNELS_GEMM_WGMMA_MAP_H
#define ASSAY_KERNELS_GEMM_WGMMA_MAP_H

#include <stdint.h>

#ifdef __CUDACC__
#define WGMMA_FN     static __host__ __device__ __forceinline__
#define WGMMA_UNROLL _Pragma("unroll")
#else
#define WGMMA_FN static inline
#define WGMMA_UNROLL
#endif

/*
 * A cluster of two blocks makes two tiles, one below the other. Both need the same rows of B: each
 * loads half of them and the copy engine writes that half into both.
 */
#define WGMMA_CLUSTER	2u
#define WGMMA_TILE_M	128u
#define WGMMA_TILE_N	256u
#define WGMMA_CONSUMERS 2u   /* warpgroups that multiply, each 64 rows of the tile */
#define WGMMA_GROUP	128u /* threads of a warpgroup */
#define WGMMA_THREADS	((1 + WGMMA_CONSUMERS) * WGMMA_GROUP) /* the first warpgroup loads */
#define WGMMA_WARPS	(WGMMA_CONSUMERS * WGMMA_GROUP / 32)  /* that multiply */

#define WGMMA_ROW_BYTES	  128u /* of K in a stage: one row of the 128-byte swizzle */
#define WGMMA_STEP_BYTES  32u  /* of K in one instruction, whatever the format */
#define WGMMA_BOX_ROWS	  128u /* that one bulk copy brings: all of A, a half of B */
#define WGMMA_BOX_BYTES	  (WGMMA_BOX_ROWS * WGMMA_ROW_BYTES)
#define WGMMA_A_BYTES	  (WGMMA_TILE_M * WGMMA_ROW_BYTES)
#define WGMMA_STAGE_BYTES (WGMMA_A_BYTES + WGMMA_TILE_N * WGMMA_ROW_BYTES)
#define WGMMA_STAGES	  4u
#define WGMMA_ALIGN	  1024u /* the swizzle repeats after eight rows */
/* Stages, then their barriers: "full" of each, "empty" of each. */
#define WGMMA_BARRIERS	   (WGMMA_STAGES * WGMMA_STAGE_BYTES)
#define WGMMA_SHARED_BYTES (WGMMA_BARRIERS + 2 * WGMMA_STAGES * 8 + WGMMA_ALIGN)
/* Arrivals that free a stage: every multiplying warp of every block of the cluster. */
#define WGMMA_FREES (WGMMA_CLUSTER * WGMMA_WARPS)

#define WGMMA_REGISTERS 128u /* accumulators of a thread: 64 x 256 of 128 threads */

WGMMA_FN uint32_t wgmma_full(uint32_t stage)
{
	return WGMMA_BARRIERS + 8 * stage;
}

WGMMA_FN uint32_t wgmma_empty(uint32_t stage)
{
	return WGMMA_BARRIERS + 8 * (WGMMA_STAGES + stage);
}

/* ---- whose turn it is: stages go round, and a barrier's phase flips each time round ---- */

struct wgmma_turn {
	uint32_t stage, phase;
};

WGMMA_FN void wgmma_next(struct wgmma_turn *t)
{
	if (++t->stage == WGMMA_STAGES) {
		t->stage = 0;
		t->phase ^= 1;
	}
}

/* ---- which tile comes when ---- */

/* A launch, as all its threads see it. Elements, not bytes. */
struct wgmma_job {
	uint32_t m, n, k;
	uint32_t stage_k;  /* of K in a stage: 128 bytes */
	uint32_t clusters; /* that the launch has; each does every clusters-th piece of work */
};

/* Corner of the tiles of one cluster. */
struct wgmma_place {
	uint32_t row, column;
};

WGMMA_FN uint32_t wgmma_parts(uint32_t whole, uint32_t part)
{
	return (whole + part - 1) / part;
}

WGMMA_FN uint32_t wgmma_works(const struct wgmma_job *j)
{
	return wgmma_parts(j->m, WGMMA_CLUSTER * WGMMA_TILE_M) * wgmma_parts(j->n, WGMMA_TILE_N);
}

/*
 * Column by column through bands of eight clusters' height: what runs at one time is about square,
 * so that its rows of A and of B are few and stay in the L2.
 */
#define WGMMA_BAND 8u
WGMMA_FN struct wgmma_place wgmma_place(const struct wgmma_job *j, uint32_t work)
{
	uint32_t rows = wgmma_parts(j->m, WGMMA_CLUSTER * WGMMA_TILE_M);
	uint32_t of_band = WGMMA_BAND * wgmma_parts(j->n, WGMMA_TILE_N);
	uint32_t first = work / of_band * WGMMA_BAND, within = work % of_band;
	uint32_t height = rows - first < WGMMA_BAND ? rows - first : WGMMA_BAND;
	struct wgmma_place p = {(first + within % height) * WGMMA_CLUSTER * WGMMA_TILE_M,
				within / height * WGMMA_TILE_N};

	return p;
}

/* ---- operands and accumulators ---- */

/*
 * Descriptor of an operand in shared memory, K contiguous, 128-byte swizzle (1 in the top bits):
 * start address and, from eight rows to the next, 1024 bytes, both in units of 16. An offset of n
 * bytes is n / 16 more; within a swizzled row too, since the hardware swizzles the address that it
 * computes.
 */
WGMMA_FN uint64_t wgmma_descriptor(uint32_t shared_address)
{
	return (uint64_t)(shared_address >> 4 & 0x3fff) | (uint64_t)1 << 16 |
	       (uint64_t)(8 * WGMMA_ROW_BYTES >> 4) << 32 | (uint64_t)1 << 62;
}

/* Row and column of register `reg` of `thread` in the 64 x 256 that a warpgroup multiplies. */
WGMMA_FN uint32_t wgmma_row(uint32_t thread, uint32_t reg)
{
	return thread / 32 * 16 + thread % 32 / 4 + (reg & 2) * 4;
}

WGMMA_FN uint32_t wgmma_column(uint32_t thread, uint32_t reg)
{
	return reg / 4 * 8 + thread % 4 * 2 + (reg & 1);
}

#endif
