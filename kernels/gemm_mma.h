/*
 * The index maps of the portable matrix product, for host and GPU alike: which tile a block
 * computes, what a thread copies and where it lies in shared memory, which bytes a lane hands to a
 * matrix instruction and which sums it gets. All formats share them, because they count in bytes: a
 * block goes along K in slices of 64 bytes, four chunks of 16, and an instruction takes 32 bytes
 * of each row, whether these are 8 numbers (tf32), 16 or 32.
 *
 * C of a block is 128 × 256 for matrix instructions with sums of 32 bits, 64 × 128 for fp64, and
 * 128 × 128 (fp64: 64) where there are none and each thread multiplies and adds by itself.
 */
#ifndef ASSAY_KERNELS_GEMM_MMA_H
#define ASSAY_KERNELS_GEMM_MMA_H

#include "gemm_data.h"

#ifdef __CUDACC__
#define GEMM_MMA_CONST GEMM_FN constexpr /* decides what is compiled at all */
#else
#define GEMM_MMA_CONST GEMM_FN
#endif

enum {
	GEMM_THREADS = 256, /* of a block: eight warps */
	GEMM_SLICE = 64,    /* bytes of K */
	GEMM_CHUNK = 16,    /* bytes that are copied at once */
	GEMM_CHUNKS = GEMM_SLICE / GEMM_CHUNK,
	GEMM_BAND = 8, /* rows of tiles that are computed together */
};

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

/* What a thread copies of a slice as its i-th chunk: 64 rows are copied at a time. */
GEMM_FN struct gemm_place gemm_copied(int thread, int i)
{
	struct gemm_place p = {thread / GEMM_CHUNKS + i * (GEMM_THREADS / GEMM_CHUNKS),
			       thread % GEMM_CHUNKS};

	return p;
}

/*
 * Where a chunk of a slice lies in shared memory, in bytes. Two rows fill the 32 banks; chunks
 * change places so that the same chunk of eight rows that follow each other lies in eight
 * different ones.
 */
GEMM_FN int gemm_shared(int row, int chunk)
{
	return row * GEMM_SLICE + (chunk ^ (row >> 1 & (GEMM_CHUNKS - 1))) * GEMM_CHUNK;
}

/*
 * Where in a slice, from the first row of its warp on, a lane points ldmatrix.x4 at 16 bytes, for
 * step 0 or 1 (the 32 bytes of K). Of A the i-th 16 rows: the upper and lower eight of the left 16
 * bytes, then of the right ones. Of B the i-th 16 rows, which are columns of C: left and right of
 * the first eight, then of the others.
 */
GEMM_FN int gemm_part_a(int lane, int i, int step)
{
	return gemm_shared(i * 16 + (lane & 15), step * 2 + (lane >> 4));
}

GEMM_FN int gemm_part_b(int lane, int i, int step)
{
	return gemm_shared(i * 16 + (lane & 7) + (lane >> 4) * 8, step * 2 + (lane >> 3 & 1));
}

/*
 * fp64: a lane reads one whole chunk of a row, two numbers, of which each is for an instruction of
 * its own; A and B are permuted along K in the same way, which no sum notices. i: the i-th 8 rows.
 */
GEMM_FN int gemm_part_fp64(int lane, int i)
{
	return gemm_shared(i * 8 + (lane >> 2), lane & 3);
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
 * which are columns of C. Its 8 bytes of them for steps 0 to 7.
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
	return gemm_shared(row, step / 2) + step % 2 * 8;
}

/* Rows and columns of the tile of one block, and of one of its warps. */
struct gemm_shape {
	int rows, columns, warp_rows, warp_columns;
};

/* Of the code for an architecture such as 75, 80, 90. */
GEMM_FN struct gemm_shape gemm_shape(enum compute_type type, int arch)
{
	const struct gemm_shape matrix = {128, 256, 64, 64}, fp64 = {64, 128, 32, 32},
				plain = {128, 128, 32, 64}, plain64 = {128, 64, 32, 32};

	return type == COMPUTE_FP32   ? plain
	       : type != COMPUTE_FP64 ? matrix
	       : arch >= 80	      ? fp64
				      : plain64;
}

/* Where a warp's part of the tile begins. */
GEMM_FN struct gemm_place gemm_warp(struct gemm_shape s, int warp)
{
	int across = s.columns / s.warp_columns;
	struct gemm_place p = {warp / across * s.warp_rows, warp % across * s.warp_columns};

	return p;
}

/* Slices that are in shared memory or on the way: as many as memory is slow to bring. */
GEMM_FN int gemm_stages(int arch)
{
	return arch >= 80 ? 4 : 2; /* 75 has no copies beside the work, and 64 KiB */
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
