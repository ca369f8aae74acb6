/*
 * What each warpgroup of the product does, in its order. The includer defines HW (what a function
 * is), struct wgmma_hw and the hw_* that are used here: gemm_wgmma_sm90a.cu as instructions, a test
 * as threads that play the barriers, the copy engine and the multiplier. So what is tested without
 * a GPU is what runs on one.
 *
 * No wait lasts for ever. Stage s is filled for the i-th time only after all warps of the cluster
 * have freed it i times, and it is waited for only where that fill was ordered by the same loop
 * over the same work; what still does not come is given up by hw_wait.
 */
#ifndef ASSAY_KERNELS_GEMM_WGMMA_LOOP_H
#define ASSAY_KERNELS_GEMM_WGMMA_LOOP_H

#include "gemm_wgmma_map.h"

/* One thread of a block loads: its rows of A, and its half of B into both blocks. */
HW void wgmma_produce(struct wgmma_hw *hw, const struct wgmma_job *j, uint32_t cluster,
		      uint32_t rank)
{
	const uint32_t part = WGMMA_TILE_N / WGMMA_CLUSTER;
	const uint32_t b = WGMMA_A_BYTES + rank * part * WGMMA_ROW_BYTES;
	struct wgmma_turn t = {0, 0};

	for (uint32_t work = cluster; work < wgmma_works(j); work += j->clusters) {
		struct wgmma_place p = wgmma_place(j, work);

		for (uint32_t k = 0; k < j->k; k += j->stage_k, wgmma_next(&t)) {
			const uint32_t stage = t.stage * WGMMA_STAGE_BYTES,
				       full = wgmma_full(t.stage);

			/* the other parity: at first all stages are free */
			hw_wait(hw, wgmma_empty(t.stage), t.phase ^ 1);
			hw_expect(hw, full, WGMMA_STAGE_BYTES);
			hw_load_a(hw, stage, k, p.row + rank * WGMMA_TILE_M, full);
			hw_load_b(hw, stage + b, k, p.column + rank * part, full);
		}
	}
}

/* One stage: four instructions along K. first: of a tile, which forgets what was there. */
HW void wgmma_multiply(struct wgmma_hw *hw, uint32_t a, uint32_t b, bool first)
{
	hw_mma_begin(hw);
	WGMMA_UNROLL
	for (uint32_t step = 0; step < WGMMA_ROW_BYTES; step += WGMMA_STEP_BYTES)
		hw_mma(hw, a + step, b + step, !first || step);
	hw_mma_end(hw);
}

/* A warpgroup multiplies 64 rows; the instructions of one stage are always under way. */
HW void wgmma_consume(struct wgmma_hw *hw, const struct wgmma_job *j, uint32_t cluster,
		      uint32_t rank, uint32_t group)
{
	const uint32_t rows = WGMMA_TILE_M / WGMMA_CONSUMERS;
	struct wgmma_turn t = {0, 0};
	uint32_t before = 0;

	for (uint32_t work = cluster; work < wgmma_works(j); work += j->clusters) {
		struct wgmma_place p = wgmma_place(j, work);

		for (uint32_t k = 0; k < j->k; k += j->stage_k, wgmma_next(&t)) {
			const uint32_t stage = t.stage * WGMMA_STAGE_BYTES;

			hw_wait(hw, wgmma_full(t.stage), t.phase);
			wgmma_multiply(hw, stage + group * rows * WGMMA_ROW_BYTES,
				       stage + WGMMA_A_BYTES, !k);
			hw_mma_wait_but_last(hw);
			if (k)
				hw_free(hw, wgmma_empty(before));
			before = t.stage;
		}
		hw_mma_wait(hw);
		hw_free(hw, wgmma_empty(before));
		hw_store(hw, p.row + rank * WGMMA_TILE_M + group * rows, p.column);
	}
}

/*
 * A thread's accumulators go to C (row-major, n columns, 4 bytes each; n is even): two neighbours
 * at once, of four threads 32 bytes in a row. What lies beyond the edges is left out.
 */
HW void wgmma_store(const uint32_t *reg, uint32_t *c, const struct wgmma_job *j, uint32_t thread,
		    uint32_t row, uint32_t column)
{
	WGMMA_UNROLL
	for (uint32_t r = 0; r < WGMMA_REGISTERS; r += 2) {
		const uint32_t y = row + wgmma_row(thread, r), x = column + wgmma_column(thread, r);

		if (y < j->m && x < j->n)
			hw_put(c + (uint64_t)y * j->n + x, reg[r], reg[r + 1]);
	}
}

#endif
