/*
 * The index maps of the portable matrix product, for host and GPU alike: which tile a block
 * computes, what a thread copies and where it lies in shared memory, which bytes a lane hands to a
 * matrix instruction and which sums it gets. All formats share them, because they count in bytes: a
 * block goes along K in slices of 64 or 128 bytes, chunks of 16, and an instruction takes 32 bytes
 * of each row, whether these are 8 numbers (tf32), 16 or 32.
 *
 * How large all this is stands in a struct gemm_shape, which the kernel takes as a constant.
 */
#ifndef ASSAY_KERNELS_GEMM_MMA_H
#define ASSAY_KERNELS_GEMM_MMA_H

#include "gemm_data.h"

#ifdef __cplusplus
#define GEMM_MMA_CONST GEMM_FN constexpr /* decides what is compiled at all */
#else
#define GEMM_MMA_CONST GEMM_FN
#endif

enum {
	GEMM_CHUNK = 16, /* bytes that are copied at once */
	GEMM_STEP = 32,	 /* bytes of K that an instruction takes */
	GEMM_BAND = 8,	 /* rows of tiles that are computed together */
};

/* ---- shapes ---- */

struct gemm_shape {
	int rows, columns;	     /* of the tile of C that a block computes */
	int warp_rows, warp_columns; /* of the part of one of its warps */
	int slice;		     /* bytes of K that are copied together: 64 or 128 */
	int stages;		     /* slices in shared memory or on the way */
	int blocks_of_sm;	     /* that shall be on an SM at once */
	int spread;		     /* copies go out in all steps of a slice: 1; in its first: 0 */
};

/*
 * Of the code for an architecture such as 75, 80, 90. Lines of 128 bytes where shared memory has
 * room for several slices of them: 227 KiB a block on 90, 100 and 103, 163 on 80, 99 on most
 * others. 75 has 64 and no copies beside the work.
 */
GEMM_MMA_CONST struct gemm_shape gemm_shape(enum compute_type type, int arch)
{
	const int most = arch == 90 || arch == 100 || arch == 103, stages = arch >= 80 ? 4 : 2;
	const struct gemm_shape matrix_128 = {128, 256, 64, 64, 128, most ? 4 : 3, 1, 1},
				matrix_64 = {128, 256, 64, 64, 64, stages, 1, arch >= 80},
				fp64 = {64, 128, 32, 32, 128, 4, 1, 1},
				plain = {128, 128, 32, 64, 64, stages, 1, arch >= 80},
				plain64 = {128, 64, 32, 32, 64, stages, 1, 0};

	return type == COMPUTE_FP32   ? plain
	       : type == COMPUTE_FP64 ? (arch >= 80 ? fp64 : plain64)
	       : most || arch == 80   ? matrix_128
				      : matrix_64;
}

GEMM_MMA_CONST int gemm_threads(struct gemm_shape s)
{
	return s.rows / s.warp_rows * (s.columns / s.warp_columns) * 32;
}

/* What a slice takes of shared memory: rows of A, then rows of B, which are columns of C. */
GEMM_MMA_CONST int gemm_stage_bytes(struct gemm_shape s)
{
	return (s.rows + s.columns) * s.slice;
}

GEMM_MMA_CONST int gemm_shared_bytes(struct gemm_shape s)
{
	return s.stages * gemm_stage_bytes(s);
}

/* Rows of which all threads of a block together copy a chunk each. */
GEMM_MMA_CONST int gemm_rows_at_once(struct gemm_shape s)
{
	return gemm_threads(s) / (s.slice / GEMM_CHUNK);
}

/* Which of the `n` copies of a slice go out before part `part` of `parts`, from 0 on. */
GEMM_MMA_CONST int gemm_copies_before(struct gemm_shape s, int n, int part, int parts)
{
	return s.spread ? n * part / parts : part ? n : 0;
}

/* ---- indices ---- */

struct gemm_place {
	int row, column; /* column: of tiles, of chunks or of sums */
};

/*
 * The tile of a block. Blocks that run at the same time share rows of A and B in the cache: they
 * go through a band of rows of tiles column by column. The last band may be narrower.
 */
GEMM_FN struct gemm_place gemm_tile(int block, int tile_rows, int tile_columns)
{
	int first = block / (GEMM_BAND * tile_columns) * GEMM_BAND;
	int high = tile_rows - first < GEMM_BAND ? tile_rows - first : GEMM_BAND;
	int in = block - first * tile_columns;
	struct gemm_place p = {first + in % high, in / high};

	return p;
}

/* The first chunk that a thread copies of a slice; the others lie gemm_rows_at_once further on. */
GEMM_FN struct gemm_place gemm_copied(struct gemm_shape s, int thread)
{
	int chunks = s.slice / GEMM_CHUNK;
	struct gemm_place p = {thread / chunks, thread % chunks};

	return p;
}

/*
 * Where a chunk of a slice lies in shared memory, in bytes. One row or two fill the 32 banks.
 * Chunks change places so that the same chunk of eight rows that follow each other lies in eight
 * different ones, and so do four chunks each of an even row and the next. Every eight rows this
 * begins anew: what lies 8 i rows further on in memory lies 8 i · slice bytes further on here.
 */
GEMM_FN int gemm_shared(int slice, int row, int chunk)
{
	int other = (row >> 1 & 3) + (slice == 128 ? (row & 1) * 4 : 0);

	return row * slice + (chunk ^ other) * GEMM_CHUNK;
}

/*
 * Where in a slice, from the first row of its warp on, a lane points ldmatrix.x4 at 16 bytes: of
 * the first 16 rows for step 0, which is the first 32 bytes of K. Of A the upper and lower eight
 * of the left 16 bytes, then of the right ones. Of B, whose rows are columns of C: left and right
 * of the first eight, then of the others.
 */
GEMM_FN int gemm_first_a(int slice, int lane)
{
	return gemm_shared(slice, lane & 15, lane >> 4);
}

GEMM_FN int gemm_first_b(int slice, int lane)
{
	return gemm_shared(slice, (lane & 7) + (lane >> 4) * 8, lane >> 3 & 1);
}

/*
 * The same of the i-th 16 rows for another step, when `first` may have been moved by whole rows of
 * the banks, 128 bytes: chunks change places by an exclusive or, and so do steps.
 */
GEMM_FN uint32_t gemm_part(int slice, uint32_t first, int i, int step)
{
	return (first ^ (uint32_t)(step * GEMM_STEP)) + (uint32_t)(i * 16 * slice);
}

/*
 * fp64: a lane reads one whole chunk of a row, two numbers, of which each is for an instruction of
 * its own, so that a step is 64 bytes; A and B are permuted along K in the same way, which no sum
 * notices. Of the first 8 rows for step 0; then of the i-th 8 rows for another, as above.
 */
GEMM_FN int gemm_first_fp64(int slice, int lane)
{
	return gemm_shared(slice, lane >> 2, lane & 3);
}

GEMM_FN uint32_t gemm_part_fp64(int slice, uint32_t first, int i, int step)
{
	return (first ^ (uint32_t)(step * 2 * GEMM_STEP)) + (uint32_t)(i * 8 * slice);
}

/*
 * The r-th of a lane's four sums of the i-th 16 rows and j-th 8 columns of its warp: two
 * neighbours, and two more eight rows below.
 */
GEMM_FN struct gemm_place gemm_sum(int lane, int i, int j, int r)
{
	struct gemm_place p = {i * 16 + (lane >> 2) + r / 2 * 8, j * 8 + (lane & 3) * 2 + r % 2};

	return p;
}

/*
 * Without matrix instructions a lane has the sums of the rows and columns i: rows of A, rows of B,
 * which are columns of C. Its 8 bytes of them for steps 0 to 7. Slices of 64 bytes.
 */
GEMM_FN int gemm_row_plain(int lane, int i)
{
	return i * 4 + (lane >> 3);
}

GEMM_FN int gemm_column_plain(int lane, int i)
{
	return i * 8 + (lane & 7);
}

GEMM_FN int gemm_part_plain(int row, int step)
{
	return gemm_shared(64, row, step / 2) + step % 2 * 8;
}

/* Where a warp's part of the tile begins. */
GEMM_FN struct gemm_place gemm_warp(struct gemm_shape s, int warp)
{
	int across = s.columns / s.warp_columns;
	struct gemm_place p = {warp / across * s.warp_rows, warp % across * s.warp_columns};

	return p;
}

/*
 * Whether there is code of the format for an architecture. mma.sync of fp8 is real on 89 and from
 * 120 on; 90 to 110 would turn each number into fp16 first, which is no yardstick.
 */
GEMM_MMA_CONST int gemm_mma_has(enum compute_type type, int arch)
{
	return type == COMPUTE_FP8			      ? arch == 89 || arch >= 120
	       : type == COMPUTE_BF16 || type == COMPUTE_TF32 ? arch >= 80
							      : 1;
}

#ifdef __cplusplus
extern "C" {
#endif

struct CUstream_st;
struct gemm_job;

/*
 * For which architecture the kernel was compiled that the current GPU would run: 75, 80 …, and,
 * once a process and GPU, leave to use shared memory. Both return a cudaError_t.
 */
int gemm_mma_prepare(enum compute_type type, int *arch);
int gemm_mma_launch(const struct gemm_job *job, int arch, struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif
