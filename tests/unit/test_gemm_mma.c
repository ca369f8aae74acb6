/*
 * The index maps of the portable matrix product, run on the CPU for every thread: one block
 * computes its tile through the very maps that the kernel uses, with ldmatrix and mma as in
 * mma_hw.h, and every sum must be that of float64.
 */
#include "../../kernels/gemm_check.h"
#include "../../kernels/gemm_mma.h"
#include "../gpu/gemm_tiles.h"
#include "mma_hw.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 42, POISON = 0x5a };

static const int archs[] = {75, 80, 86, 87, 89, 90, 100, 103, 110, 120};
enum { ARCHS = sizeof(archs) / sizeof(archs[0]) };

/* ---- tiles ---- */

static void each_tile_once(int rows, int columns)
{
	char *seen = calloc((size_t)rows, (size_t)columns);

	for (int b = 0; b < rows * columns; b++) {
		struct gemm_place p = gemm_tile(b, rows, columns);

		assert_in_range(p.row, 0, rows - 1);
		assert_in_range(p.column, 0, columns - 1);
		assert_int_equal(seen[p.row * columns + p.column]++, 0);
	}
	free(seen);
}

static void every_tile(void **state)
{
	each_tile_once(64, 32);
	each_tile_once(8, 1);
	each_tile_once(1, 7);
	each_tile_once(13, 5); /* the last band has five rows */
}

/* ---- shared memory ---- */

/* The eight chunks of 16 bytes that are moved in a clock lie in the eight groups of four banks. */
static void assert_all_banks(const int at[8])
{
	unsigned banks = 0;

	for (int i = 0; i < 8; i++)
		banks |= 1u << at[i] / 16 % 8;
	assert_int_equal(banks, 0xff);
}

static void banks_of_copies(struct gemm_shape s)
{
	int at[8];

	for (int t = 0; t < gemm_threads(s); t++) {
		struct gemm_place p = gemm_copied(s, t);

		at[t % 8] = gemm_shared(s.slice, p.row, p.column);
		if (t % 8 == 7)
			assert_all_banks(at);
	}
}

/* ldmatrix takes the rows that eight lanes point at together. */
static void banks_of_parts(struct gemm_shape s)
{
	for (int step = 0; step < s.slice / GEMM_STEP; step++) {
		for (int i = 0; i < s.warp_columns / 16; i++) {
			int a[32], b[32];

			for (int lane = 0; lane < 32; lane++) {
				a[lane] = (int)gemm_part(
					s.slice, (uint32_t)gemm_first_a(s.slice, lane), i, step);
				b[lane] = (int)gemm_part(
					s.slice, (uint32_t)gemm_first_b(s.slice, lane), i, step);
			}
			for (int lane = 0; lane < 32; lane += 8) {
				assert_all_banks(a + lane);
				assert_all_banks(b + lane);
			}
		}
	}
}

static void no_bank_conflicts(void **state)
{
	for (int v = 0; v < GEMM_TILES; v++) {
		banks_of_copies(gemm_tiles(v));
		banks_of_parts(gemm_tiles(v));
	}
	for (int a = 0; a < ARCHS; a++) {
		for (int t = 0; t < COMPUTE_TYPES; t++)
			banks_of_copies(gemm_shape((enum compute_type)t, archs[a]));
		banks_of_parts(gemm_shape(COMPUTE_BF16, archs[a]));
	}
	for (int step = 0; step < 2; step++) { /* fp64: a quarter of a warp reads at once */
		int at[32], slice = gemm_shape(COMPUTE_FP64, 80).slice;

		for (int lane = 0; lane < 32; lane++)
			at[lane] = (int)gemm_part_fp64(
				slice, (uint32_t)gemm_first_fp64(slice, lane), 3, step);
		for (int lane = 0; lane < 32; lane += 8)
			assert_all_banks(at + lane);
	}
}

/* ---- one block ---- */

struct block {
	enum compute_type type;
	int arch, k, n; /* n: columns of all of C */
	struct gemm_shape shape;
	struct gemm_place tile;
	unsigned char *shared; /* one slice: rows of A, then of B */
	double *sums;	       /* of each thread, sums_of_thread() */
	double *c;	       /* the tile, as the threads wrote it */
	int *wrote;	       /* how often */
};

static int numbers_in(const struct block *b, int bytes)
{
	return bytes / (int)compute_bytes(b->type);
}

static int sums_of_thread(const struct block *b)
{
	return b->shape.warp_rows * b->shape.warp_columns / 32;
}

static double *sums_of(const struct block *b, int thread)
{
	return b->sums + thread * sums_of_thread(b);
}

/* The i-th chunk that a thread copies of a slice: of A, then of B, as Copier of gemm_mma_loop.h. */
static void copy_one(const struct block *b, int thread, int i, int slice)
{
	struct gemm_shape s = b->shape;
	struct gemm_place p = gemm_copied(s, thread);
	int at_once = gemm_rows_at_once(s), per_chunk = numbers_in(b, GEMM_CHUNK),
	    of_a = s.rows / at_once;
	unsigned char *to =
		b->shared + gemm_shared(s.slice, p.row, p.column) + i * at_once * s.slice;
	bool is_a = i < of_a;
	uint64_t row =
		(uint64_t)(p.row + (is_a ? b->tile.row * s.rows + i * at_once
					 : b->tile.column * s.columns + (i - of_a) * at_once));
	uint64_t index = row * (uint64_t)b->k +
			 (uint64_t)(slice * numbers_in(b, s.slice) + p.column * per_chunk);
	size_t bytes = compute_bytes(b->type);

	for (int j = 0; j < GEMM_CHUNK; j++)
		assert_int_equal(to[j], POISON); /* copied once */
	for (int j = 0; j < per_chunk; j++) {
		uint64_t bits =
			gemm_bits(b->type, index + (uint64_t)j, is_a ? SEED : gemm_seed_b(SEED));

		memcpy(to + (size_t)j * bytes, &bits, bytes);
	}
}

static void copy_slice(const struct block *b, int slice, int parts)
{
	struct gemm_shape s = b->shape;
	int all = (s.rows + s.columns) / gemm_rows_at_once(s);

	memset(b->shared, POISON, (size_t)gemm_stage_bytes(s));
	for (int part = 0; part < parts; part++) {
		for (int t = 0; t < gemm_threads(s); t++) {
			for (int i = gemm_copies_before(s, all, part, parts);
			     i < gemm_copies_before(s, all, part + 1, parts); i++)
				copy_one(b, t, i, slice);
		}
	}
}

/* The i-th fragments of a warp whose rows begin at `own`. */
static void load(const struct block *b, const unsigned char *own, int (*first)(int, int), int i,
		 int step, unsigned char out[32][4][4])
{
	const unsigned char *address[32];
	uint32_t at = (uint32_t)(own - b->shared);

	for (int lane = 0; lane < 32; lane++)
		address[lane] =
			b->shared + gemm_part(b->shape.slice,
					      at + (uint32_t)first(b->shape.slice, lane), i, step);
	load_parts(out, address);
}

/* As Matrix of gemm_mma_loop.h: sums i, j, r of a lane. */
static void multiply_matrix(const struct block *b, int warp)
{
	struct gemm_shape s = b->shape;
	struct gemm_place p = gemm_warp(s, warp);
	double *c = sums_of(b, warp * 32);

	for (int step = 0; step < s.slice / GEMM_STEP; step++) {
		static unsigned char fa[8][32][4][4], fb[8][32][4][4];
		int rows = s.warp_rows / 16, columns = s.warp_columns / 8;

		for (int i = 0; i < rows; i++)
			load(b, b->shared + p.row * s.slice, gemm_first_a, i, step, fa[i]);
		for (int j = 0; j < columns / 2; j++)
			load(b, b->shared + (s.rows + p.column) * s.slice, gemm_first_b, j, step,
			     fb[j]);
		for (int i = 0; i < rows; i++) {
			for (int j = 0; j < columns; j++)
				mma(b->type, fa[i], fb[j / 2], j % 2 * 2, c + (i * columns + j) * 4,
				    sums_of_thread(b));
		}
	}
}

/* What a lane reads of the i-th 8 rows of a warp, which begin at `own`: two numbers. */
static void load_fp64(const struct block *b, int own, int i, int step, double out[2][32])
{
	int slice = b->shape.slice;

	for (int lane = 0; lane < 32; lane++) {
		uint32_t first = (uint32_t)(own + gemm_first_fp64(slice, lane));

		for (int half = 0; half < 2; half++)
			memcpy(&out[half][lane],
			       b->shared + gemm_part_fp64(slice, first, i, step) + half * 8, 8);
	}
}

/* As Matrix64. */
static void multiply_fp64(const struct block *b, int warp)
{
	struct gemm_shape s = b->shape;
	struct gemm_place p = gemm_warp(s, warp);
	double *c = sums_of(b, warp * 32), fa[4][2][32], fb[4][2][32];

	for (int step = 0; step < s.slice / 64; step++) {
		for (int i = 0; i < 4; i++) {
			load_fp64(b, p.row * s.slice, i, step, fa[i]);
			load_fp64(b, (s.rows + p.column) * s.slice, i, step, fb[i]);
		}
		for (int ij = 0; ij < 8 * 2; ij++) { /* two halves of each product */
			int i = ij / 8, j = ij / 2 % 4, half = ij % 2;

			mma_fp64(fa[2 * i][half], fb[j][half], c + ij / 2 * 4, 0);
			mma_fp64(fa[2 * i + 1][half], fb[j][half], c + ij / 2 * 4, 2);
		}
	}
}

static int wide(const struct block *b)
{
	return b->shape.warp_columns / 8;
}

/* As Plain: sums i, j of a lane. */
static void multiply_plain(const struct block *b, int warp)
{
	struct gemm_place p = gemm_warp(b->shape, warp);
	const unsigned char *own_a = b->shared + p.row * b->shape.slice;
	const unsigned char *own_b = b->shared + (b->shape.rows + p.column) * b->shape.slice;

	for (int lane = 0; lane < 32; lane++) {
		double *c = sums_of(b, warp * 32 + lane);

		for (int step = 0; step < 8; step++) {
			for (int ij = 0; ij < 8 * wide(b); ij++) {
				int row = gemm_row_plain(lane, ij / wide(b)),
				    column = gemm_column_plain(lane, ij % wide(b));

				c[ij] += dot(b->type, own_a + gemm_part_plain(row, step),
					     own_b + gemm_part_plain(column, step), 8);
			}
		}
	}
}

static bool is_plain(const struct block *b)
{
	return b->type == COMPUTE_FP32 || (b->type == COMPUTE_FP64 && b->arch < 80);
}

static void write_sum(const struct block *b, struct gemm_place warp, struct gemm_place p, double v)
{
	int at = (warp.row + p.row) * b->shape.columns + warp.column + p.column;

	assert_in_range(warp.row + p.row, 0, b->shape.rows - 1);
	assert_in_range(warp.column + p.column, 0, b->shape.columns - 1);
	b->c[at] = v;
	b->wrote[at]++;
}

static void store(const struct block *b, int thread)
{
	struct gemm_place warp = gemm_warp(b->shape, thread / 32);
	int lane = thread % 32, across = b->shape.warp_columns / 8, n = sums_of_thread(b);

	for (int i = 0; i < n; i++) {
		struct gemm_place p = {gemm_row_plain(lane, i / wide(b)),
				       gemm_column_plain(lane, i % wide(b))};

		if (!is_plain(b))
			p = gemm_sum(lane, i / 4 / across, i / 4 % across, i % 4);
		write_sum(b, warp, p, sums_of(b, thread)[i]);
	}
}

static void check(const struct block *b)
{
	for (int i = 0; i < b->shape.rows * b->shape.columns; i++)
		assert_int_equal(b->wrote[i], 1);
	for (int i = 0; i < 4000; i++) { /* of up to 32768 */
		int row = i * 7919 % b->shape.rows, column = i * 104729 % b->shape.columns;
		int of_c = b->tile.row * b->shape.rows + row,
		    across = b->tile.column * b->shape.columns + column;
		struct gemm_want w =
			gemm_want(b->type, SEED, (uint64_t)of_c, (uint64_t)across, b->k);

		if (!(fabs(b->c[row * b->shape.columns + column] - w.sum) <= 1e-9))
			fail_msg("%s, row %d, column %d: %g, not %g", compute_name(b->type), row,
				 column, b->c[row * b->shape.columns + column], w.sum);
	}
}

static void block_of(enum compute_type type, int arch, struct gemm_shape s)
{
	struct block b = {.type = type, .arch = arch, .shape = s};
	size_t sums = (size_t)s.rows * (size_t)s.columns;

	b.k = numbers_in(&b, 2 * s.slice);
	b.tile = gemm_tile(9, 3, 4);
	b.shared = malloc((size_t)gemm_stage_bytes(s));
	b.sums = calloc(sums, sizeof(*b.sums));
	b.c = calloc(sums, sizeof(*b.c));
	b.wrote = calloc(sums, sizeof(*b.wrote));
	for (int slice = 0; slice < 2; slice++) {
		copy_slice(&b, slice, s.slice / GEMM_STEP);
		for (int w = 0; w < gemm_threads(s) / 32; w++) {
			if (is_plain(&b))
				multiply_plain(&b, w);
			else if (type == COMPUTE_FP64)
				multiply_fp64(&b, w);
			else
				multiply_matrix(&b, w);
		}
	}
	for (int t = 0; t < gemm_threads(s); t++)
		store(&b, t);
	check(&b);
	free(b.wrote);
	free(b.c);
	free(b.sums);
	free(b.shared);
}

static void whole_blocks(void **state)
{
	static const int different[] = {75, 80, 86, 90};

	for (int a = 0; a < 4; a++)
		block_of(COMPUTE_BF16, different[a], gemm_shape(COMPUTE_BF16, different[a]));
	for (int t = 0; t < COMPUTE_TYPES; t++)
		block_of((enum compute_type)t, 90, gemm_shape((enum compute_type)t, 90));
	block_of(COMPUTE_FP64, 75, gemm_shape(COMPUTE_FP64, 75));
	for (int v = 0; v < GEMM_TILES; v++)
		block_of(COMPUTE_BF16, 90, gemm_tiles(v));
}

/* The warps make up the tile, the copies of all threads the slice; tiles cut what gemm measures. */
static void whole_shape(struct gemm_shape s, int most)
{
	assert_true(gemm_shared_bytes(s) * s.blocks_of_sm <= most);
	assert_int_equal(s.rows * s.columns, gemm_threads(s) / 32 * s.warp_rows * s.warp_columns);
	assert_int_equal(s.rows % gemm_rows_at_once(s), 0);
	assert_int_equal(s.columns % gemm_rows_at_once(s), 0);
	assert_int_equal(gemm_rows_at_once(s) % 8, 0);	  /* gemm_shared() begins anew */
	assert_int_equal(s.warp_rows * s.slice % 128, 0); /* gemm_part() asks for that */
	assert_int_equal(s.warp_columns * s.slice % 128, 0);
	assert_int_equal(2048 % s.rows, 0);
	assert_int_equal(2048 % s.columns, 0);
}

/* What a block keeps in shared memory fits on each architecture. */
static void shapes(void **state)
{
	for (int a = 0; a < ARCHS; a++) {
		int most = archs[a] == 75		      ? 64
			   : archs[a] == 80 || archs[a] == 87 ? 163
			   : archs[a] >= 90 && archs[a] < 120 ? 227
							      : 99;

		for (int t = 0; t < COMPUTE_TYPES; t++)
			whole_shape(gemm_shape((enum compute_type)t, archs[a]), most << 10);
	}
	for (int v = 0; v < GEMM_TILES; v++)
		whole_shape(gemm_tiles(v), 227 << 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tile),
		cmocka_unit_test(no_bank_conflicts),
		cmocka_unit_test(shapes),
		cmocka_unit_test(whole_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
