/*
 * The numbers that matrices of gemm hold: of their format to the bit, normal, of both signs; their
 * digest; and how far from float64 a sum may be, against sums taken as GPUs do.
 */
#include "../../kernels/gemm_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 42, MANY = 1 << 16 };

/* A number of a format with so many bits of exponent and fraction, from its bits. */
static double decoded(uint64_t bits, int exponent, int fraction)
{
	int bias = (1 << (exponent - 1)) - 1;
	int e = (int)(bits >> fraction) & ((1 << exponent) - 1);
	double f = (double)(bits & ((1u << fraction) - 1)) / (1 << fraction);
	double v = e ? ldexp(1 + f, e - bias) : ldexp(f, 1 - bias);

	return bits >> (exponent + fraction) & 1 ? -v : v;
}

static double read_back(enum compute_type type, uint64_t bits)
{
	uint32_t low = (uint32_t)bits;
	float f;
	double d;

	switch (type) {
	case COMPUTE_FP64:
		memcpy(&d, &bits, sizeof(d));
		return d;
	case COMPUTE_BF16:
		return decoded(bits, 8, 7);
	case COMPUTE_FP16:
		return decoded(bits, 5, 10);
	case COMPUTE_FP8:
		return decoded(bits, 4, 3);
	case COMPUTE_INT8:
		return (int8_t)bits;
	default:
		memcpy(&f, &low, sizeof(f));
		return f;
	}
}

/* Matrix instructions read only 10 bits of fraction of a tf32: there are no more. */
static void are_of_their_format(void **state)
{
	for (int t = 0; t < COMPUTE_TYPES; t++) {
		for (uint64_t i = 0; i < MANY; i++) {
			double v = gemm_value((enum compute_type)t, i, SEED);
			uint64_t bits = gemm_bits((enum compute_type)t, i, SEED);

			assert_true(read_back((enum compute_type)t, bits) == v);
			assert_true(t == COMPUTE_FP64 ||
				    bits >> (8 * compute_bytes((enum compute_type)t)) == 0);
			if (t == COMPUTE_TF32)
				assert_int_equal(bits & 0x1fff, 0);
		}
	}
}

/* fp8 and int8 are cut, which takes a little off. */
static void are_normal(void **state)
{
	for (int t = 0; t < COMPUTE_TYPES; t++) {
		double sum = 0, squares = 0, fourth = 0, one = t == COMPUTE_INT8 ? 32 : 1;
		int zeros = 0;

		for (uint64_t i = 0; i < MANY; i++) {
			double v = gemm_value((enum compute_type)t, i, SEED) / one;

			sum += v;
			squares += v * v;
			fourth += v * v * v * v;
			zeros += v == 0;
			assert_true(fabs(v) <= 4);
		}
		assert_true(fabs(sum / MANY) < 0.02);
		assert_in_range((int)(1000 * sqrt(squares / MANY)), 1080, 1170);
		/* kurtosis of a sum of four uniform numbers: 2.7; of one: 1.8 */
		assert_in_range((int)(100 * fourth * MANY / squares / squares), 255, 285);
		assert_true(zeros < MANY / 50);
	}
}

static void differ_by_seed(void **state)
{
	int same = 0;

	for (uint64_t i = 0; i < MANY; i++)
		same += gemm_bits(COMPUTE_FP32, i, SEED) ==
			gemm_bits(COMPUTE_FP32, i, gemm_seed_b(SEED));
	assert_true(same < 8);
}

/* ---- digest ---- */

static uint64_t digest(const uint32_t *w, uint64_t n)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < n; i++)
		sum += gemm_digest_word(i, w[i]);
	return sum;
}

static void one_bit_changes_the_digest(void **state)
{
	uint32_t w[64] = {0}, swap;
	uint64_t was = digest(w, 64);

	for (int bit = 0; bit < 64 * 32; bit++) {
		w[bit / 32] ^= 1u << bit % 32;
		assert_true(digest(w, 64) != was);
		w[bit / 32] ^= 1u << bit % 32;
	}
	for (unsigned i = 0; i < 64; i++)
		w[i] = i;
	was = digest(w, 64);
	swap = w[3];
	w[3] = w[4];
	w[4] = swap;
	assert_true(digest(w, 64) != was); /* what moved shows */
}

static uint32_t bits_of(float f)
{
	return gemm_float_bits(f);
}

static void broken_numbers(void **state)
{
	uint64_t inf = gemm_double_bits(INFINITY);

	assert_true(gemm_is_broken(GEMM_SUM_FP32, 0, bits_of(INFINITY)));
	assert_true(gemm_is_broken(GEMM_SUM_FP32, 1, bits_of(-INFINITY)));
	assert_true(gemm_is_broken(GEMM_SUM_FP32, 2, bits_of(NAN)));
	assert_false(gemm_is_broken(GEMM_SUM_FP32, 2, bits_of(3.4e38f)));
	assert_false(gemm_is_broken(GEMM_SUM_FP32, 2, 0));
	assert_true(gemm_is_broken(GEMM_SUM_FP64, 1, (uint32_t)(inf >> 32)));
	assert_false(gemm_is_broken(GEMM_SUM_FP64, 0, ~0u)); /* the lower half */
	assert_false(gemm_is_broken(GEMM_SUM_INT32, 0, bits_of(NAN)));
}

/* ---- bounds ---- */

/* As fp32 with a fused multiply-add each; every `slice` products may be left out once. */
static double in_fp32(enum compute_type type, uint64_t row, uint64_t column, int k, int left_out,
		      int slice)
{
	float sum = 0;

	for (int i = 0; i < k; i++) {
		if (i < left_out || i >= left_out + slice)
			sum = fmaf((float)gemm_value(type, row * (uint64_t)k + (uint64_t)i, SEED),
				   (float)gemm_value(type, column * (uint64_t)k + (uint64_t)i,
						     gemm_seed_b(SEED)),
				   sum);
	}
	return sum;
}

static void fp32_is_within(void **state)
{
	static const int ks[] = {64, 1024, 8192};
	static const enum compute_type types[] = {COMPUTE_FP32, COMPUTE_TF32, COMPUTE_BF16,
						  COMPUTE_FP16};

	for (int i = 0; i < 3; i++) {
		for (int t = 0; t < 4; t++) {
			int missed = 0;

			for (uint64_t r = 0; r < 16; r++) {
				struct gemm_want w = gemm_want(types[t], SEED, r, 3 * r, ks[i]);
				double slice = in_fp32(types[t], r, 3 * r, ks[i], ks[i] / 2, 16);

				assert_true(w.bound > 0);
				assert_true(fabs(in_fp32(types[t], r, 3 * r, ks[i], 0, 0) -
						 w.sum) <= w.bound);
				missed += fabs(slice - w.sum) <= w.bound;
			}
			assert_true(missed <= 4); /* a forgotten slice is seen by nearly all */
		}
	}
}

/*
 * As the matrix instructions of sm_90 do fp8: 32 products and the sum, each cut at 13 bits below
 * the largest of them.
 */
static double in_fp8(uint64_t row, uint64_t column, int k)
{
	double sum = 0;

	for (int i = 0; i < k; i += 32) {
		double term[33], most = 0, unit;
		int e;

		for (int j = 0; j < 32; j++) {
			uint64_t at = (uint64_t)i + (uint64_t)j;

			term[j] = gemm_value(COMPUTE_FP8, row * (uint64_t)k + at, SEED) *
				  gemm_value(COMPUTE_FP8, column * (uint64_t)k + at,
					     gemm_seed_b(SEED));
		}
		term[32] = sum;
		for (int j = 0; j <= 32; j++)
			most = fmax(most, fabs(term[j]));
		frexp(most, &e);
		unit = ldexp(1, e - 1 - 13);
		sum = 0;
		for (int j = 0; j <= 32; j++)
			sum += trunc(term[j] / unit) * unit;
	}
	return sum;
}

static void fp8_is_within(void **state)
{
	static const int ks[] = {256, 2048, 8192};
	double worst = 0;

	for (int i = 0; i < 3; i++) {
		for (uint64_t r = 0; r < 64; r++) {
			struct gemm_want w = gemm_want(COMPUTE_FP8, SEED, r, 3 * r, ks[i]);

			worst = fmax(worst, fabs(in_fp8(r, 3 * r, ks[i]) - w.sum) / w.bound);
		}
	}
	assert_true(worst < 1);
	assert_true(worst > 0.02); /* or the bound says nothing */
}

/* Whole numbers are exact, and 4095² of them would still fit. */
static void int8_is_exact(void **state)
{
	struct gemm_want w = gemm_want(COMPUTE_INT8, SEED, 5, 7, 16384);
	int32_t sum = 0;

	for (uint64_t i = 0; i < 16384; i++)
		sum += (int8_t)gemm_bits(COMPUTE_INT8, 5 * 16384 + i, SEED) *
		       (int8_t)gemm_bits(COMPUTE_INT8, 7 * 16384 + i, gemm_seed_b(SEED));
	assert_true(w.sum == sum);
	assert_true(w.bound == 0);
}

static void fp64_is_within(void **state)
{
	double fused = 0;
	struct gemm_want w = gemm_want(COMPUTE_FP64, SEED, 1, 2, 4096);

	for (uint64_t i = 0; i < 4096; i++)
		fused = fma(gemm_value(COMPUTE_FP64, 4096 + i, SEED),
			    gemm_value(COMPUTE_FP64, 8192 + i, gemm_seed_b(SEED)), fused);
	assert_true(fabs(fused - w.sum) <= w.bound);
	assert_true(w.bound < 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_of_their_format), cmocka_unit_test(are_normal),
		cmocka_unit_test(differ_by_seed),      cmocka_unit_test(one_bit_changes_the_digest),
		cmocka_unit_test(broken_numbers),      cmocka_unit_test(fp32_is_within),
		cmocka_unit_test(fp8_is_within),       cmocka_unit_test(int8_is_exact),
		cmocka_unit_test(fp64_is_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
