/*
 * ldmatrix and mma.sync on the CPU, for all lanes of a warp at once, as the PTX manual describes
 * them: which lane holds which part of a factor and of the sums. Sums are of float64.
 */
#ifndef ASSAY_TESTS_MMA_HW_H
#define ASSAY_TESTS_MMA_HW_H

#include "../../kernels/compute.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The bits at p as a number. */
static inline double number(enum compute_type type, const unsigned char *p)
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
static inline double dot(enum compute_type type, const unsigned char *a, const unsigned char *b,
			 int bytes)
{
	double sum = 0;

	for (int i = 0; i < bytes; i += (int)compute_bytes(type))
		sum += number(type, a + i) * number(type, b + i);
	return sum;
}

/* ldmatrix.x4: part p of a lane holds 4 bytes of row lane / 4 that lane 8 p + lane / 4 pointed at.
 */
static inline void load_parts(unsigned char out[32][4][4], const unsigned char *const address[32])
{
	for (int lane = 0; lane < 32; lane++) {
		for (int p = 0; p < 4; p++)
			memcpy(out[lane][p], address[8 * p + lane / 4] + lane % 4 * 4, 4);
	}
}

/*
 * mma m16n8 along 32 bytes, by the manual: of A a lane has rows lane / 4 and eight below, bytes
 * lane % 4 · 4 of the left and the right 16; of B column lane / 4, the same bytes; of C rows as of
 * A, columns lane % 4 · 2 and the next. The sums of a lane lie `apart` after those of the one
 * before.
 */
static inline void mma(enum compute_type type, unsigned char (*a)[4][4],
		       unsigned char (*cols)[4][4], int part, double *c, int apart)
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
			c[lane * apart + r] += dot(type, row_of_a[lane / 4 + r / 2 * 8],
						   row_of_b[lane % 4 * 2 + r % 2], 32);
	}
}

/* mma of fp64, m8n8k4, by the manual: A has row lane / 4, number lane % 4, B likewise by columns.
 */
static inline void mma_fp64(const double *a, const double *cols, double *c, int r)
{
	for (int lane = 0; lane < 32; lane++) {
		for (int k = 0; k < 4; k++) {
			for (int x = 0; x < 2; x++)
				c[lane * 32 + r + x] +=
					a[lane / 4 * 4 + k] * cols[(lane % 4 * 2 + x) * 4 + k];
		}
	}
}

#endif
