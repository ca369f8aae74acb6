/*
 * What gemm_wgmma_loop.h needs of the hardware, played by threads on the CPU: one a warpgroup.
 * Barriers count arrivals and bytes and flip their phase; a bulk copy swizzles a box into shared
 * memory; an instruction reads its operands through descriptors. Written from the PTX ISA, not from
 * the kernel. Each breach of a rule is counted as a fault: a stage overwritten before it was freed,
 * bytes beyond what was expected, an instruction that reads what a copy is still to bring. Included
 * by test_gemm_wgmma.c alone.
 */
#ifndef ASSAY_TESTS_WGMMA_HW_H
#define ASSAY_TESTS_WGMMA_HW_H

#include "../../harness/base/clock.h"
#include "../../kernels/gemm_wgmma_map.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HW	 static inline
#define BARRIERS (2 * WGMMA_STAGES)

/* An mbarrier: a phase ends when nobody and no byte is awaited. */
struct bar {
	uint32_t count, pending, phase;
	long bytes;
	int *readers; /* "full": whose turn it is then */
};

struct block {
	uint8_t *memory; /* WGMMA_BARRIERS bytes at a multiple of WGMMA_ALIGN */
	struct bar bar[BARRIERS];
	int readers[WGMMA_STAGES]; /* warps that may still read it */
};

struct matrix {
	const uint8_t *p;
	uint32_t rows, k, element; /* k in elements of so many bytes */
};

/* One lock for all: what matters is the order, not the speed. */
struct cluster {
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct block block[WGMMA_CLUSTER];
	struct matrix a, b;
	uint32_t *c; /* job->m × job->n, UNWRITTEN before */
	const struct wgmma_job *job;
	int faults;
	double patience_s;
	bool gave_up;	      /* a wait was not answered in that time */
	uint32_t lose, frees; /* put in: the arrival of that number is forgotten; 0: none */
};

struct instruction {
	uint64_t a, b;
	bool keep;
};

/* A warpgroup of a block; the first one only loads. */
struct wgmma_hw {
	struct cluster *cl;
	uint32_t rank, group, cluster;
	uint64_t descriptor;
	int32_t sum[64][WGMMA_TILE_N];
	struct instruction queue[16];
	uint32_t queued, committed;
};

#define UNWRITTEN 0x80000000u
#define SHARED	  0x2400u /* where shared memory begins in its window */

/* ---- barriers ---- */

static struct bar *bar_of(struct block *b, uint32_t barrier)
{
	return &b->bar[(barrier - WGMMA_BARRIERS) / 8];
}

static void settle(struct cluster *cl, struct bar *b)
{
	if (b->pending || b->bytes)
		return;
	b->phase ^= 1;
	b->pending = b->count;
	if (b->readers)
		*b->readers = WGMMA_WARPS;
	pthread_cond_broadcast(&cl->change);
}

/* Until the phase of that parity is over. */
HW void hw_wait(struct wgmma_hw *hw, uint32_t barrier, uint32_t phase)
{
	struct cluster *cl = hw->cl;
	struct bar *b = bar_of(&cl->block[hw->rank], barrier);
	uint64_t until = clock_wall_ns() + (uint64_t)(cl->patience_s * 1e9);
	struct timespec t = {(time_t)(until / 1000000000), (long)(until % 1000000000)};

	pthread_mutex_lock(&cl->lock);
	while (b->phase == phase && !cl->gave_up) {
		if (pthread_cond_timedwait(&cl->change, &cl->lock, &t))
			cl->gave_up = true;
	}
	pthread_mutex_unlock(&cl->lock);
}

HW void hw_expect(struct wgmma_hw *hw, uint32_t barrier, uint32_t bytes)
{
	struct bar *b = bar_of(&hw->cl->block[hw->rank], barrier);

	pthread_mutex_lock(&hw->cl->lock);
	b->bytes += bytes;
	b->pending--;
	settle(hw->cl, b);
	pthread_mutex_unlock(&hw->cl->lock);
}

/* The four warps of the group, each in both blocks. */
HW void hw_free(struct wgmma_hw *hw, uint32_t barrier)
{
	struct cluster *cl = hw->cl;

	pthread_mutex_lock(&cl->lock);
	for (uint32_t warp = 0; warp < WGMMA_GROUP / 32; warp++) {
		cl->block[hw->rank].readers[(barrier - wgmma_empty(0)) / 8]--;
		for (uint32_t r = 0; r < WGMMA_CLUSTER; r++) {
			struct bar *b = bar_of(&cl->block[r], barrier);

			if (++cl->frees == cl->lose)
				continue;
			cl->faults += b->pending == 0;
			b->pending--;
			settle(cl, b);
		}
	}
	pthread_mutex_unlock(&cl->lock);
}

/* ---- bulk copies ---- */

/* Bits 4–6 of an address, turned by bits 7–9. */
static uint32_t swizzled(uint32_t address)
{
	return address ^ (address >> 7 & 7) << 4;
}

/* A box of 128 rows by 128 bytes; what lies beyond the matrix is zero. */
static void box(struct block *b, const struct matrix *m, uint32_t to, uint32_t k, uint32_t row)
{
	for (uint32_t y = 0; y < WGMMA_BOX_ROWS; y++) {
		for (uint32_t x = 0; x < WGMMA_ROW_BYTES; x++) {
			uint64_t at = (uint64_t)k * m->element + x;
			bool in = row + y < m->rows && at < (uint64_t)m->k * m->element;

			b->memory[swizzled(SHARED + to + y * WGMMA_ROW_BYTES + x) - SHARED] =
				in ? m->p[(uint64_t)(row + y) * m->k * m->element + at] : 0;
		}
	}
}

static void load(struct wgmma_hw *hw, uint32_t rank, const struct matrix *m, uint32_t to,
		 uint32_t k, uint32_t row, uint32_t barrier)
{
	struct cluster *cl = hw->cl;
	struct block *b = &cl->block[rank];

	pthread_mutex_lock(&cl->lock);
	cl->faults += b->readers[to / WGMMA_STAGE_BYTES] != 0;
	box(b, m, to, k, row);
	bar_of(b, barrier)->bytes -= WGMMA_BOX_BYTES;
	settle(cl, bar_of(b, barrier));
	pthread_mutex_unlock(&cl->lock);
}

HW void hw_load_a(struct wgmma_hw *hw, uint32_t to, uint32_t k, uint32_t row, uint32_t barrier)
{
	load(hw, hw->rank, &hw->cl->a, to, k, row, barrier);
}

HW void hw_load_b(struct wgmma_hw *hw, uint32_t to, uint32_t k, uint32_t row, uint32_t barrier)
{
	for (uint32_t r = 0; r < WGMMA_CLUSTER; r++)
		load(hw, r, &hw->cl->b, to, k, row, barrier);
}

/* ---- multiplication: done as late as it may be, when it is waited for ---- */

HW void hw_mma_begin(struct wgmma_hw *hw)
{
}

HW void hw_mma(struct wgmma_hw *hw, uint32_t a, uint32_t b, bool keep)
{
	hw->queue[hw->queued++] =
		(struct instruction){hw->descriptor + (a >> 4), hw->descriptor + (b >> 4), keep};
}

HW void hw_mma_end(struct wgmma_hw *hw)
{
	hw->committed = hw->queued;
}

/* Element `i` of what lies there: int8, bf16 or fp32; whole numbers all. */
static int32_t element(const uint8_t *p, uint32_t bytes, uint32_t i)
{
	uint32_t bits = 0;
	float f;

	if (bytes == 1)
		return (int8_t)p[i];
	memcpy((uint8_t *)&bits + 4 - bytes, p + bytes * i, bytes);
	memcpy(&f, &bits, sizeof(f));
	return (int32_t)f;
}

/* Rows of 32 bytes that a descriptor names: to[row][element]. False: it names something else. */
static bool operand(const struct wgmma_hw *hw, uint64_t d, uint32_t rows, uint32_t bytes,
		    int32_t to[][WGMMA_STEP_BYTES])
{
	const struct block *b = &hw->cl->block[hw->rank];
	uint32_t start = (uint32_t)(d & 0x3fff) << 4, eight = (uint32_t)(d >> 32 & 0x3fff) << 4;
	uint8_t row[WGMMA_STEP_BYTES];

	if (d >> 62 != 1 || d >> 49 & 7)
		return false;
	for (uint32_t y = 0; y < rows; y++) {
		for (uint32_t x = 0; x < WGMMA_STEP_BYTES; x++)
			row[x] = b->memory[swizzled(start + y / 8 * eight +
						    y % 8 * WGMMA_ROW_BYTES + x) -
					   SHARED];
		for (uint32_t i = 0; i < WGMMA_STEP_BYTES / bytes; i++)
			to[y][i] = element(row, bytes, i);
	}
	return b->readers[(start - SHARED) / WGMMA_STAGE_BYTES] > 0;
}

static void multiply(struct wgmma_hw *hw, const struct instruction *in)
{
	const uint32_t bytes = hw->cl->a.element;
	int32_t a[64][WGMMA_STEP_BYTES] = {{0}}, b[WGMMA_TILE_N][WGMMA_STEP_BYTES] = {{0}};

	pthread_mutex_lock(&hw->cl->lock);
	hw->cl->faults +=
		!operand(hw, in->a, 64, bytes, a) || !operand(hw, in->b, WGMMA_TILE_N, bytes, b);
	pthread_mutex_unlock(&hw->cl->lock);
	for (uint32_t y = 0; y < 64; y++) {
		for (uint32_t x = 0; x < WGMMA_TILE_N; x++) {
			int32_t sum = in->keep ? hw->sum[y][x] : 0;

			for (uint32_t i = 0; i < WGMMA_STEP_BYTES / bytes; i++)
				sum += a[y][i] * b[x][i];
			hw->sum[y][x] = sum;
		}
	}
}

/* Does the oldest, so that no more than `left` stay under way. */
static void do_all_but(struct wgmma_hw *hw, uint32_t left)
{
	uint32_t n = hw->committed > left ? hw->committed - left : 0;

	for (uint32_t i = 0; i < n; i++)
		multiply(hw, &hw->queue[i]);
	memmove(hw->queue, hw->queue + n, (hw->queued - n) * sizeof(hw->queue[0]));
	hw->queued -= n;
	hw->committed -= n;
}

HW void hw_mma_wait_but_last(struct wgmma_hw *hw)
{
	do_all_but(hw, WGMMA_ROW_BYTES / WGMMA_STEP_BYTES);
}

HW void hw_mma_wait(struct wgmma_hw *hw)
{
	do_all_but(hw, 0);
}

/* ---- the end of a tile ---- */

/* A pair is written once, and to a multiple of eight bytes. */
HW void hw_put(uint32_t *to, uint32_t left, uint32_t right)
{
	if ((uintptr_t)to % 8 || to[0] != UNWRITTEN || to[1] != UNWRITTEN)
		abort();
	to[0] = left;
	to[1] = right;
}

HW void hw_store(struct wgmma_hw *hw, uint32_t row, uint32_t column);

#include "../../kernels/gemm_wgmma_loop.h"

/* Of each thread its registers: a warp has 16 rows, as tiles of 8 × 8 in the order of `reg`. */
HW void hw_store(struct wgmma_hw *hw, uint32_t row, uint32_t column)
{
	uint32_t reg[WGMMA_REGISTERS];

	for (uint32_t t = 0; t < WGMMA_GROUP; t++) {
		const uint32_t warp = t / 32, lane = t % 32;
		uint32_t *r = reg;

		for (uint32_t x = 0; x < WGMMA_TILE_N; x += 8) {
			for (uint32_t y = 0; y < 16; y += 8) {
				const int32_t *from = hw->sum[16 * warp + y + lane / 4];

				*r++ = (uint32_t)from[x + lane % 4 * 2];
				*r++ = (uint32_t)from[x + lane % 4 * 2 + 1];
			}
		}
		wgmma_store(reg, hw->cl->c, hw->cl->job, t, row, column);
	}
}

#endif
