/*
 * The index maps of the portable matrix product, run on the CPU for every thread: one block
 * computes its tile through the very maps that the kernel uses, with copies, ldmatrix and mma done
 * as the PTX manual describes them, and every sum must be that of float64.
 */
#include "../../kernels/gemm_check.h"
#include "../../kernels/gemm_mma.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 42, WARPS = GEMM_THREADS / 32, POISON = 0x5a };

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

/* Chunks that are read at the same time lie in different groups of four banks. */
static void no_bank_conflicts(void **state)
{
	for (int first = 0; first < 128; first += 8) {
		for (int chunk = 0; chunk < GEMM_CHUNKS; chunk++) {
			unsigned banks = 0;

			for (int r = 0; r < 8; r++)
				banks |= 1u << gemm_shared(first + r, chunk) / 16 % 8;
			assert_int_equal(banks, 0xff);
		}
	}
	for (int i = 0; i < 4; i++) { /* fp64: a quarter of a warp reads at once */
		for (int quarter = 0; quarter < 4; quarter++) {
			unsigned banks = 0;

			for (int lane = quarter * 8; lane < quarter * 8 + 8; lane++)
				banks |= 1u << gemm_part_fp64(lane, i) / 16 % 8;
			assert_int_equal(banks, 0xff);
		}
	}
}

/* ---- one block ---- */

struct block {
	enum compute_type type;
	int arch, k, n; /* n: columns of all of C */
	struct gemm_shape shape;
	struct gemm_place tile;
	unsigned char *shared; /* one slice: rows of A, then of B */
	double *sums;	       /* of each thread, 128 */
	double *c;	       /* the tile, as the threads wrote it */
	int *wrote;	       /* how often */
};

static int numbers_in(const struct block *b, int bytes)
{
	return bytes / (int)compute_bytes(b->type);
}

/* What thread copies of `rows` rows that begin at `first` of A (or B). */
static void copy_part(const struct block *b, int thread, int rows, int at, int first, int slice,
		      uint32_t seed)
{
	size_t bytes = compute_bytes(b->type);
	int per_chunk = numbers_in(b, GEMM_CHUNK);

	for (int i = 0; i < rows * GEMM_CHUNKS / GEMM_THREADS; i++) {
		struct gemm_place p = gemm_copied(thread, i);
		unsigned char *to = b->shared + at + gemm_shared(p.row, p.column);
		uint64_t index =
			(uint64_t)(first + p.row) * (uint64_t)b->k +
			(uint64_t)(slice * numbers_in(b, GEMM_SLICE) + p.column * per_chunk);

		for (int j = 0; j < GEMM_CHUNK; j++)
			assert_int_equal(to[j], POISON); /* copied once */
		for (int j = 0; j < per_chunk; j++) {
			uint64_t bits = gemm_bits(b->type, index + (uint64_t)j, seed);

			memcpy(to + (size_t)j * bytes, &bits, bytes);
		}
	}
}

static void copy_slice(const struct block *b, int slice)
{
	memset(b->shared, POISON, (size_t)(b->shape.rows + b->shape.columns) * GEMM_SLICE);
	for (int t = 0; t < GEMM_THREADS; t++) {
		copy_part(b, t, b->shape.rows, 0, b->tile.row * b->shape.rows, slice, SEED);
		copy_part(b, t, b->shape.columns, b->shape.rows * GEMM_SLICE,
			  b->tile.column * b->shape.columns, slice, gemm_seed_b(SEED));
	}
}

/* The bits at p as a number. */
static double number(enum compute_type type, const unsigned char *p)
{
	uint64_t bits = 0;
	double d;
	float f;
	uint32_t low;
	int exponent = type == COMPUTE_FP8 ? 4 : 5, fraction = type == COMPUTE_FP8 ? 3 : 10, e;

	memcpy(&bits, p, compute_bytes(type));
	if (type == COMPUTE_FP64) {
		memcpy(&d, &bits, sizeof(d));
		return d;
	}
	if (type == COMPUTE_INT8)
		return (int8_t)bits;
	if (type == COMPUTE_FP16 || type == COMPUTE_FP8) {
		e = (int)(bits >> fraction) & ((1 << exponent) - 1);
		d = (double)(bits & ((1u << fraction) - 1)) / (1 << fraction);
		d = ldexp(e ? 1 + d : d, (e ? e : 1) - (1 << (exponent - 1)) + 1);
		return bits >> (exponent + fraction) & 1 ? -d : d;
	}
	low = (uint32_t)bits << (type == COMPUTE_BF16 ? 16 : 0);
	memcpy(&f, &low, sizeof(f));
	return f;
}

/* Product of numbers in `bytes` bytes of two rows. */
static double dot(enum compute_type type, const unsigned char *a, const unsigned char *b, int bytes)
{
	double sum = 0;

	for (int i = 0; i < bytes; i += (int)compute_bytes(type))
		sum += number(type, a + i) * number(type, b + i);
	return sum;
}

/* ldmatrix.x4: part p of a lane holds 4 bytes of row lane / 4 that lane 8 p + lane / 4 pointed at.
 */
static void load_parts(unsigned char out[32][4][4], const unsigned char *const address[32])
{
	for (int lane = 0; lane < 32; lane++) {
		for (int p = 0; p < 4; p++)
			memcpy(out[lane][p], address[8 * p + lane / 4] + lane % 4 * 4, 4);
	}
}

/*
 * mma m16n8 along 32 bytes, by the manual: of A a lane has rows lane / 4 and eight below, bytes
 * lane % 4 · 4 of the left and the right 16; of B column lane / 4, the same bytes; of C rows as of
 * A, columns lane % 4 · 2 and the next.
 */
static void mma(const struct block *b, unsigned char (*a)[4][4], unsigned char (*cols)[4][4],
		int part, double *c)
{
	unsigned char row_of_a[16][32], row_of_b[8][32];

	for (int lane = 0; lane < 32; lane++) {
		for (int r = 0; r < 4; r++)
			memcpy(row_of_a[lane / 4 + r % 2 * 8] + r / 2 * 16 + lane % 4 * 4,
			       a[lane][r], 4);
		for (int r = 0; r < 2; r++)
			memcpy(row_of_b[lane / 4] + r * 16 + lane % 4 * 4, cols[lane][part + r], 4);
	}
	for (int lane = 0; lane < 32; lane++) {
		for (int r = 0; r < 4; r++)
			c[lane * 128 + r] += dot(b->type, row_of_a[lane / 4 + r / 2 * 8],
						 row_of_b[lane % 4 * 2 + r % 2], 32);
	}
}

/* As Matrix of gemm_mma.cu: sums i, j, r of a lane. */
static void multiply_matrix(const struct block *b, int warp)
{
	struct gemm_place p = gemm_warp(b->shape, warp);
	const unsigned char *own_a = b->shared + p.row * GEMM_SLICE;
	const unsigned char *own_b = b->shared + (b->shape.rows + p.column) * GEMM_SLICE;
	double *c = b->sums + warp * 32 * 128;

	for (int step = 0; step < 2; step++) {
		static unsigned char fa[4][32][4][4], fb[4][32][4][4];
		const unsigned char *address[32];

		for (int i = 0; i < 4; i++) {
			for (int lane = 0; lane < 32; lane++)
				address[lane] = own_a + gemm_part_a(lane, i, step);
			load_parts(fa[i], address);
			for (int lane = 0; lane < 32; lane++)
				address[lane] = own_b + gemm_part_b(lane, i, step);
			load_parts(fb[i], address);
		}
		for (int i = 0; i < 4; i++) {
			for (int j = 0; j < 8; j++)
				mma(b, fa[i], fb[j / 2], j % 2 * 2, c + (i * 8 + j) * 4);
		}
	}
}

/* mma of fp64, m8n8k4, by the manual: A has row lane / 4, number lane % 4, B likewise by columns.
 */
static void mma_fp64(const double *a, const double *cols, double *c, int r)
{
	for (int lane = 0; lane < 32; lane++) {
		for (int k = 0; k < 4; k++) {
			for (int x = 0; x < 2; x++)
				c[lane * 128 + r + x] +=
					a[lane / 4 * 4 + k] * cols[(lane % 4 * 2 + x) * 4 + k];
		}
	}
}

/* As Matrix64. */
static void multiply_fp64(const struct block *b, int warp)
{
	struct gemm_place p = gemm_warp(b->shape, warp);
	const unsigned char *own_a = b->shared + p.row * GEMM_SLICE;
	const unsigned char *own_b = b->shared + (b->shape.rows + p.column) * GEMM_SLICE;
	double *c = b->sums + warp * 32 * 128, fa[4][2][32], fb[4][2][32];

	for (int i = 0; i < 4; i++) {
		for (int lane = 0; lane < 32; lane++) {
			for (int half = 0; half < 2; half++) {
				memcpy(&fa[i][half][lane],
				       own_a + gemm_part_fp64(lane, i) + half * 8, 8);
				memcpy(&fb[i][half][lane],
				       own_b + gemm_part_fp64(lane, i) + half * 8, 8);
			}
		}
	}
	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 4; j++) {
			for (int half = 0; half < 2; half++) {
				double *at = c + (i * 4 + j) * 4;

				mma_fp64(fa[2 * i][half], fb[j][half], at, 0);
				mma_fp64(fa[2 * i + 1][half], fb[j][half], at, 2);
			}
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
	const unsigned char *own_a = b->shared + p.row * GEMM_SLICE;
	const unsigned char *own_b = b->shared + (b->shape.rows + p.column) * GEMM_SLICE;

	for (int lane = 0; lane < 32; lane++) {
		double *c = b->sums + (warp * 32 + lane) * 128;

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
	int lane = thread % 32, across = b->shape.warp_columns / 8,
	    n = is_plain(b) ? 8 * wide(b) : b->shape.warp_rows / 16 * across * 4;

	for (int i = 0; i < n; i++) {
		struct gemm_place p = {gemm_row_plain(lane, i / wide(b)),
				       gemm_column_plain(lane, i % wide(b))};

		if (!is_plain(b))
			p = gemm_sum(lane, i / 4 / across, i / 4 % across, i % 4);
		write_sum(b, warp, p, b->sums[thread * 128 + i]);
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

static void block_of(enum compute_type type, int arch)
{
	struct block b = {.type = type, .arch = arch, .shape = gemm_shape(type, arch)};
	size_t sums = (size_t)b.shape.rows * (size_t)b.shape.columns;

	b.k = numbers_in(&b, 2 * GEMM_SLICE);
	b.tile = gemm_tile(9, 3, 4);
	b.shared = malloc((size_t)(b.shape.rows + b.shape.columns) * GEMM_SLICE);
	b.sums = calloc(GEMM_THREADS * 128, sizeof(*b.sums));
	b.c = calloc(sums, sizeof(*b.c));
	b.wrote = calloc(sums, sizeof(*b.wrote));
	for (int slice = 0; slice < 2; slice++) {
		copy_slice(&b, slice);
		for (int w = 0; w < WARPS; w++) {
			if (is_plain(&b))
				multiply_plain(&b, w);
			else if (type == COMPUTE_FP64)
				multiply_fp64(&b, w);
			else
				multiply_matrix(&b, w);
		}
	}
	for (int t = 0; t < GEMM_THREADS; t++)
		store(&b, t);
	check(&b);
	free(b.wrote);
	free(b.c);
	free(b.sums);
	free(b.shared);
}

static void whole_blocks(void **state)
{
	for (int t = 0; t < COMPUTE_TYPES; t++)
		block_of((enum compute_type)t, 90);
	block_of(COMPUTE_FP64, 75);
}

/* What a block keeps in shared memory fits on each architecture, and its warps make up its tile. */
static void shapes(void **state)
{
	static const struct {
		int arch, most;
	} has[] = {{75, 64 << 10}, {80, 163 << 10}, {86, 99 << 10}, {90, 227 << 10}};

	for (int a = 0; a < 4; a++) {
		for (int t = 0; t < COMPUTE_TYPES; t++) {
			struct gemm_shape s = gemm_shape((enum compute_type)t, has[a].arch);

			assert_true(gemm_stages(has[a].arch) * (s.rows + s.columns) * GEMM_SLICE <=
				    has[a].most);
			assert_int_equal(s.rows * s.columns, WARPS * s.warp_rows * s.warp_columns);
			assert_int_equal(s.rows * GEMM_CHUNKS % GEMM_THREADS, 0);
			assert_int_equal(s.columns * GEMM_CHUNKS % GEMM_THREADS, 0);
		}
	}
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
