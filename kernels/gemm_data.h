/*
 * The matrices of gemm: C = A·B, where A is M rows of K numbers and B is N rows of K numbers (what
 * libraries call column-major), both with K contiguous, and C is M rows of N sums. Element `index`
 * (row · K + column) of a factor is a hash of its index and a seed, near to a normal
 * distribution (the sum of four uniform numbers; mean 0, int8: -0.5; standard deviation 1.15, int8:
 * 37), and is exactly a number of its format: zeros or coarse numbers would let a GPU save power
 * and run faster. The same function makes it on the host and on the GPU.
 */
#ifndef ASSAY_KERNELS_GEMM_DATA_H
#define ASSAY_KERNELS_GEMM_DATA_H

#include "compute.h"

#include <stdint.h>

#ifdef __CUDACC__
#define GEMM_FN static __host__ __device__ inline
#else
#define GEMM_FN static inline
#endif

/* What C holds. */
enum gemm_sum { GEMM_SUM_FP32, GEMM_SUM_FP64, GEMM_SUM_INT32 };

GEMM_FN enum gemm_sum gemm_sum_of(enum compute_type type)
{
	return type == COMPUTE_FP64   ? GEMM_SUM_FP64
	       : type == COMPUTE_INT8 ? GEMM_SUM_INT32
				      : GEMM_SUM_FP32;
}

/* Bytes of an element of C. */
GEMM_FN unsigned gemm_sum_bytes(enum compute_type type)
{
	return type == COMPUTE_FP64 ? 8 : 4;
}

/* B's seed from A's, which is the run's: neither matrix is the other's. */
GEMM_FN uint32_t gemm_seed_b(uint32_t seed)
{
	return seed ^ 0x5bd1e995u;
}

/* splitmix64's finaliser (Steele, Lea, Flood 2014), as in base/rng.c. */
GEMM_FN uint64_t gemm_hash(uint64_t index, uint32_t seed)
{
	uint64_t x = (index + 1) * 0x9e3779b97f4a7c15u + ((uint64_t)seed << 32);

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* Sum of the hash's four 16-bit parts about its mean: -131070 … 131070. */
GEMM_FN int32_t gemm_whole(uint64_t hash)
{
	return (int32_t)(hash & 0xffff) + (int32_t)(hash >> 16 & 0xffff) +
	       (int32_t)(hash >> 32 & 0xffff) + (int32_t)(hash >> 48) - 131070;
}

GEMM_FN uint32_t gemm_float_bits(float f)
{
	union {
		float f;
		uint32_t u;
	} x;

	x.f = f;
	return x.u;
}

/* With only so many of its 23 bits of fraction, towards zero. */
GEMM_FN float gemm_cut(float f, int fraction)
{
	union {
		float f;
		uint32_t u;
	} x;

	x.f = f;
	x.u &= ~((1u << (23 - fraction)) - 1);
	return x.f;
}

#define GEMM_UNIT 0x1p-15 /* of gemm_whole, in all formats but int8 */

/* The element as a number: every format's are numbers of float64. */
GEMM_FN double gemm_value(enum compute_type type, uint64_t index, uint32_t seed)
{
	uint64_t hash = gemm_hash(index, seed);
	int32_t whole = gemm_whole(hash);
	float f = (float)whole * (float)GEMM_UNIT;

	switch (type) {
	case COMPUTE_FP64: /* 32 bits more from another hash */
		return (whole + (double)(gemm_hash(hash, seed) >> 32) * 0x1p-32) * GEMM_UNIT;
	case COMPUTE_FP32: /* six bits more: 24 in all */
		return (whole + (double)(gemm_hash(hash, seed) >> 58) * 0x1p-6) * GEMM_UNIT;
	case COMPUTE_BF16:
		return gemm_cut(f, 7);
	case COMPUTE_FP8: /* e4m3: nothing below 2^-9 */
		whole -= whole % 64;
		return gemm_cut((float)whole * (float)GEMM_UNIT, 3);
	case COMPUTE_INT8:
		whole = (whole + 131072) / 1024 - 128;
		return whole;
	default: /* fp16, tf32 */
		return gemm_cut(f, 10);
	}
}

/* The bits of a number of a small format with that bias; f is one, finite. */
GEMM_FN uint32_t gemm_small(float f, int exponent, int fraction)
{
	uint32_t bits = gemm_float_bits(f), sign = bits >> 31 << (exponent + fraction);
	int bias = (1 << (exponent - 1)) - 1, e = (int)(bits >> 23 & 0xff) - 127 + bias;
	float steps = (f < 0 ? -f : f) * (float)(1 << (bias - 1)) * (float)(1 << fraction);

	if (e <= 0) /* subnormal */
		return sign | (uint32_t)steps;
	return sign | (uint32_t)e << fraction | (bits & 0x7fffff) >> (23 - fraction);
}

GEMM_FN uint64_t gemm_double_bits(double d)
{
	union {
		double d;
		uint64_t u;
	} x;

	x.d = d;
	return x.u;
}

/* The element as memory holds it, in the low compute_bytes(type) bytes. */
GEMM_FN uint64_t gemm_bits(enum compute_type type, uint64_t index, uint32_t seed)
{
	double v = gemm_value(type, index, seed);

	switch (type) {
	case COMPUTE_FP64:
		return gemm_double_bits(v);
	case COMPUTE_BF16:
		return gemm_float_bits((float)v) >> 16;
	case COMPUTE_FP16:
		return gemm_small((float)v, 5, 10);
	case COMPUTE_FP8:
		return gemm_small((float)v, 4, 3);
	case COMPUTE_INT8:
		return (uint8_t)(int8_t)v;
	default: /* fp32, tf32 */
		return gemm_float_bits((float)v);
	}
}

#endif
