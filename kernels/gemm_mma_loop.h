/*
 * What a block and its warps do for one tile of the portable matrix product, as templates: WORK
 * says what a warp does with a slice and has all numbers of the tile in its shape(). Slices of A
 * and B along K go to shared memory several ahead of the work; each warp keeps its sums in
 * registers and asks for the fragments of the next step before it multiplies those of this one,
 * and for copies only then: instructions of a warp start in the order in which they stand, and
 * what multiplies must not wait for what has just been asked for. Needs gemm_mma_code.h's
 * instructions, or others of the same names.
 */
#ifndef ASSAY_KERNELS_GEMM_MMA_LOOP_H
#define ASSAY_KERNELS_GEMM_MMA_LOOP_H

#include "gemm_mma.h"

/* The shape that gemm_shape() gives to the code for an architecture. */
template <enum compute_type TYPE, int OF> struct Shipped {
	GEMM_MMA_CONST struct gemm_shape shape(void)
	{
		return gemm_shape(TYPE, OF);
	}
};

/* ---- what a warp does with a slice ---- */

/* The sums of I × J instructions, of 16 rows and 8 columns each. */
template <int I, int J, class SUM>
CODE void store_sums(SUM *to, int n, int lane, const SUM (&c)[I][J][4])
{
#pragma unroll
	for (int i = 0; i < I; i++) {
#pragma unroll
		for (int j = 0; j < J; j++) {
#pragma unroll
			for (int r = 0; r < 4; r++) {
				const struct gemm_place p = gemm_sum(lane, i, j, r);

				to[(size_t)p.row * n + p.column] = c[i][j][r];
			}
		}
	}
}

/* Matrix instructions with sums of 32 bits. SHAPE has a function shape(). */
template <class FORMAT, class SHAPE> struct Matrix : SHAPE {
	typedef typename FORMAT::sum sum;
	static constexpr int I = SHAPE::shape().warp_rows / 16, J = SHAPE::shape().warp_columns / 8,
			     SLICE = SHAPE::shape().slice, STEPS = SLICE / GEMM_STEP;
	struct fragment {
		uint32_t a[I][4], b[J / 2][4];
	};
	sum c[I][J][4];

	__device__ void load(fragment &f, uint32_t a, uint32_t b, int lane, int step) const
	{
		a += gemm_first_a(SLICE, lane);
		b += gemm_first_b(SLICE, lane);
#pragma unroll
		for (int i = 0; i < I; i++)
			load_parts(f.a[i], gemm_part(SLICE, a, i, step));
#pragma unroll
		for (int j = 0; j < J / 2; j++)
			load_parts(f.b[j], gemm_part(SLICE, b, j, step));
	}

	__device__ void multiply(const fragment &f)
	{
#pragma unroll
		for (int i = 0; i < I; i++) {
#pragma unroll
			for (int j = 0; j < J; j++)
				FORMAT::mma(c[i][j], f.a[i], &f.b[j / 2][j % 2 * 2]);
		}
	}

	__device__ void store(sum *to, int n, int lane) const
	{
		store_sums<I, J>(to, n, lane, c);
	}
};

/* fp64 by matrix instructions: 32 × 32 sums a warp, 64 bytes a step. */
template <class SHAPE> struct Matrix64 : SHAPE {
	typedef double sum;
	static constexpr int SLICE = SHAPE::shape().slice, STEPS = SLICE / 64;
	struct fragment {
		double2 a[4], b[4];
	};
	double c[2][4][4];

	__device__ void load(fragment &f, uint32_t a, uint32_t b, int lane, int step) const
	{
		a += gemm_first_fp64(SLICE, lane);
		b += gemm_first_fp64(SLICE, lane);
#pragma unroll
		for (int i = 0; i < 4; i++) {
			load_number(f.a[i], gemm_part_fp64(SLICE, a, i, step));
			load_number(f.b[i], gemm_part_fp64(SLICE, b, i, step));
		}
	}

	__device__ void multiply(const fragment &f)
	{
#pragma unroll
		for (int i = 0; i < 2; i++) {
#pragma unroll
			for (int j = 0; j < 4; j++)
				mma_fp64(c[i][j], f.a[2 * i], f.a[2 * i + 1], f.b[j]);
		}
	}

	__device__ void store(double *to, int n, int lane) const
	{
		store_sums<2, 4>(to, n, lane, c);
	}
};

CODE void multiply_add(float &c, float2 a, float2 b)
{
	c = fmaf(a.x, b.x, c);
	c = fmaf(a.y, b.y, c);
}

template <class SUM> CODE void multiply_add(SUM &c, SUM a, SUM b)
{
	c = fma(a, b, c);
}

/* Without matrix instructions: 8 × WIDE sums a thread, 8 bytes of K a step, read as one PAIR. */
template <class SUM, class PAIR, class SHAPE> struct Plain : SHAPE {
	typedef SUM sum;
	static constexpr int WIDE = SHAPE::shape().warp_columns / 8, STEPS = 8;
	struct fragment {
		PAIR a[8], b[WIDE];
	};
	SUM c[8][WIDE];

	__device__ void load(fragment &f, uint32_t a, uint32_t b, int lane, int step) const
	{
#pragma unroll
		for (int i = 0; i < 8; i++) {
			load_number(f.a[i], a + gemm_part_plain(gemm_row_plain(lane, i), step));
			if (i < WIDE)
				load_number(f.b[i],
					    b + gemm_part_plain(gemm_column_plain(lane, i), step));
		}
	}

	__device__ void multiply(const fragment &f)
	{
#pragma unroll
		for (int i = 0; i < 8; i++) {
#pragma unroll
			for (int j = 0; j < WIDE; j++)
				multiply_add(c[i][j], f.a[i], f.b[j]);
		}
	}

	__device__ void store(SUM *to, int n, int lane) const
	{
#pragma unroll
		for (int i = 0; i < 8; i++) {
#pragma unroll
			for (int j = 0; j < WIDE; j++)
				to[(size_t)gemm_row_plain(lane, i) * n +
				   gemm_column_plain(lane, j)] = c[i][j];
		}
	}
};

/* ---- what a block does ---- */

/*
 * What a thread copies of each slice, at the same place of every stage: rows of A, then of B, which
 * follow each other in shared memory. It goes along K with its two addresses.
 */
template <class WORK> struct Copier {
	static constexpr struct gemm_shape S = WORK::shape();
	static constexpr int AT_ONCE = gemm_rows_at_once(S), OF_A = S.rows / AT_ONCE,
			     ALL = (S.rows + S.columns) / AT_ONCE;
	const char *a, *b;
	size_t apart;	 /* bytes of AT_ONCE rows in memory */
	uint32_t shared; /* of stage 0 */
	int left;	 /* slices */

	__device__ Copier(const char *from_a, const char *from_b, uint32_t stages, size_t k_bytes)
	    : apart(AT_ONCE * k_bytes), left((int)(k_bytes / S.slice))
	{
		const struct gemm_place p = gemm_copied(S, (int)threadIdx.x);

		a = from_a + p.row * k_bytes + p.column * GEMM_CHUNK;
		b = from_b + p.row * k_bytes + p.column * GEMM_CHUNK;
		shared = stages + gemm_shared(S.slice, p.row, p.column);
	}

	/* Part `part` of the slice, into the stage that begins `at` bytes further on. */
	__device__ void copy(uint32_t at, int part, int parts)
	{
#pragma unroll
		for (int i = gemm_copies_before(S, ALL, part, parts);
		     i < gemm_copies_before(S, ALL, part + 1, parts); i++) {
			if (left > 0)
				copy_chunk(shared + at + i * AT_ONCE * S.slice,
					   i < OF_A ? a + i * apart : b + (i - OF_A) * apart);
		}
	}

	__device__ void end(void)
	{
		a += S.slice;
		b += S.slice;
		left--;
		end_of_slice();
	}
};

/*
 * A slice's last step begins when the next slice has come and all warps have read this one: then
 * its stage is free, and the copies of a later slice begin to go there.
 */
template <class WORK>
CODE void product(const char *a, const char *b, typename WORK::sum *c, int m, int n, int k_bytes)
{
	extern __shared__ __align__(128) unsigned char memory[];
	constexpr struct gemm_shape S = WORK::shape();
	constexpr int STEPS = WORK::STEPS, BYTES = gemm_stage_bytes(S);
	const struct gemm_place tile = gemm_tile((int)blockIdx.x, m / S.rows, n / S.columns);
	const struct gemm_place warp = gemm_warp(S, (int)threadIdx.x / 32);
	const int lane = (int)threadIdx.x % 32, slices = k_bytes / S.slice;
	const uint32_t shared = (uint32_t)__cvta_generic_to_shared(memory);
	const uint32_t own_a = shared + warp.row * S.slice,
		       own_b = shared + (S.rows + warp.column) * S.slice;
	Copier<WORK> copier(a + (size_t)tile.row * S.rows * k_bytes,
			    b + (size_t)tile.column * S.columns * k_bytes, shared, k_bytes);
	typename WORK::fragment f[2];
	uint32_t at = 0, free = (S.stages - 1) * BYTES; /* stages: worked on, copied to */
	WORK work = {};

	static_assert(STEPS % 2 == 0, "a slice begins with fragments 0");
	for (int s = 0; s < S.stages - 1; s++) {
#pragma unroll
		for (int part = 0; part < STEPS; part++)
			copier.copy(s * BYTES, part, STEPS);
		copier.end();
	}
	wait_for_slices<S.stages - 2>();
	__syncthreads();
	work.load(f[0], own_a, own_b, lane, 0);
	copier.copy(free, 0, STEPS);
	for (int slice = 0; slice < slices; slice++) {
#pragma unroll
		for (int step = 0; step < STEPS; step++) {
			const int next = (step + 1) % STEPS;

			if (next == 0) {
				copier.end();
				wait_for_slices<S.stages - 2>();
				__syncthreads();
				free = at;
				at = at == (S.stages - 1) * BYTES ? 0 : at + BYTES;
			}
			work.load(f[(step + 1) % 2], own_a + at, own_b + at, lane, next);
			copier.copy(free, next, STEPS);
			work.multiply(f[step % 2]);
		}
	}
	work.store(c + (size_t)(tile.row * S.rows + warp.row) * n + tile.column * S.columns +
			   warp.column,
		   n, lane);
}

#endif
