/*
 * The fragments, the shared memory and the sums of tensor_probe, for every thread: what the loops
 * hand to the hardware is read as the PTX ISA says that it is read, multiplied, and must be what
 * the loops expect. The formulas of the ISA are written here format by format, as it has them.
 */
#include "../../kernels/tensor_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 77, LANES = 32 };

/* ---- the formats, by their definitions ---- */

/* Fraction and exponent of a small float: sign, exponent, fraction from the top. */
static double small_float(uint32_t bits, int exponent_bits, int fraction_bits)
{
	uint32_t sign = bits >> (exponent_bits + fraction_bits) & 1;
	int exponent = (int)(bits >> fraction_bits & ((1u << exponent_bits) - 1));
	double fraction = bits & ((1u << fraction_bits) - 1);
	int bias = (1 << (exponent_bits - 1)) - 1;

	return (sign ? -1 : 1) * ldexp(1 + ldexp(fraction, -fraction_bits), exponent - bias);
}

static double decode(enum compute_type type, uint32_t bits)
{
	switch (type) {
	case COMPUTE_TF32: /* the lower 13 bits are not looked at */
		assert_int_equal(bits & 0x1fff, 0);
		return small_float(bits, 8, 23);
	case COMPUTE_BF16:
		return small_float(bits, 8, 7);
	case COMPUTE_FP16:
		return small_float(bits, 5, 10);
	case COMPUTE_FP8:
		return small_float(bits, 4, 3);
	default:
		return (int8_t)bits;
	}
}

static const enum compute_type formats[] = {COMPUTE_TF32, COMPUTE_BF16, COMPUTE_FP16, COMPUTE_FP8,
					    COMPUTE_INT8};

static void numbers_are_what_they_say(void **state)
{
	for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
		uint32_t mask = (uint32_t)(1ull << 8 * compute_bytes(formats[f])) - 1;

		for (int v = -3; v <= 3; v++) {
			uint32_t bits = v ? tensor_encode(formats[f], v) : 0;

			assert_int_equal(bits & ~(mask ? mask : UINT32_MAX), 0);
			assert_true(!v || decode(formats[f], bits) == v);
		}
	}
}

/* All of them occur, in A and in B, and no zero. */
static void numbers_vary(void **state)
{
	int n[7] = {0};

	for (uint32_t i = 0; i < 128 * 32; i++) {
		n[tensor_a(i / 32, i % 32, SEED) + 3]++;
		n[tensor_b(i / 32, i % 32, SEED) + 3]++;
	}
	for (int v = 0; v < 7; v++)
		assert_true(v == 3 ? !n[v] : n[v] > 1000);
}

/* ---- one warp's instruction ---- */

/* PTX ISA, "Matrix Fragments for mma.m…": row and column of element i of A, of B, of C. */
struct at {
	uint32_t row, column;
};

/* "m16n8k16" of 16 bits; "m16n8k8" has the first four. */
static struct at a_16(uint32_t lane, uint32_t i)
{
	return (struct at){lane / 4 + (i < 2 || (i >= 4 && i < 6) ? 0 : 8),
			   lane % 4 * 2 + (i & 1) + (i < 4 ? 0 : 8)};
}

static struct at b_16(uint32_t lane, uint32_t i)
{
	return (struct at){lane % 4 * 2 + (i & 1) + (i < 2 ? 0 : 8), lane / 4};
}

/* "m16n8k8" of tf32 */
static struct at a_32(uint32_t lane, uint32_t i)
{
	return (struct at){lane / 4 + (i == 0 || i == 2 ? 0 : 8), lane % 4 + (i < 2 ? 0 : 4)};
}

static struct at b_32(uint32_t lane, uint32_t i)
{
	return (struct at){lane % 4 + (i == 0 ? 0 : 4), lane / 4};
}

/* "m16n8k32" of 8 bits; "m8n8k16" has the first four, of a height of 8 */
static struct at a_8(uint32_t lane, uint32_t i)
{
	return (struct at){lane / 4 + (i < 4 || (i >= 8 && i < 12) ? 0 : 8),
			   lane % 4 * 4 + (i & 3) + (i < 8 ? 0 : 16)};
}

static struct at b_8(uint32_t lane, uint32_t i)
{
	return (struct at){lane % 4 * 4 + (i & 3) + (i < 4 ? 0 : 16), lane / 4};
}

static struct at c_16x8(uint32_t lane, uint32_t i)
{
	return (struct at){lane / 4 + (i < 2 ? 0 : 8), lane % 4 * 2 + (i & 1)};
}

struct matrices {
	double a[64][32], b[32][256];
	int times_a[64][32], times_b[32][256];
};

static void put(double *v, int *times, double value)
{
	*v = value;
	++*times;
}

static void take_fragments(struct matrices *x, enum compute_type type, const struct tensor_shape *s,
			   uint32_t row, uint32_t column, int sign)
{
	struct at (*of_a)(uint32_t, uint32_t) = s->per == 1 ? a_32 : s->per == 2 ? a_16 : a_8;
	struct at (*of_b)(uint32_t, uint32_t) = s->per == 1 ? b_32 : s->per == 2 ? b_16 : b_8;
	uint32_t bits = 32 / s->per, mask = (uint32_t)((1ull << bits) - 1);

	for (uint32_t lane = 0; lane < LANES; lane++) {
		for (uint32_t i = 0; i < s->m * s->k / LANES; i++) {
			struct at at = of_a(lane, i);
			uint32_t word =
				tensor_a_word(type, s->per, row, lane, i / s->per, SEED, sign);

			put(&x->a[at.row][at.column], &x->times_a[at.row][at.column],
			    decode(type, word >> (bits * (i % s->per)) & mask));
		}
		for (uint32_t i = 0; i < s->k * 8 / LANES; i++) {
			struct at at = of_b(lane, i);
			uint32_t word = tensor_b_word(type, s->per, column + tensor_b_column(lane),
						      tensor_b_at(lane, i / s->per), SEED);

			put(&x->b[at.row][at.column], &x->times_b[at.row][at.column],
			    decode(type, word >> (bits * (i % s->per)) & mask));
		}
	}
}

static double product(const struct matrices *x, uint32_t depth, struct at at)
{
	double sum = 0;

	for (uint32_t k = 0; k < depth; k++)
		sum += x->a[at.row][k] * x->b[k][at.column];
	return sum;
}

/* Each element is of one thread; each sum is what the loop expects of that register. */
static void one_instruction(int major, int minor, enum compute_type type)
{
	const struct tensor_shape s = tensor_shape(major, minor, type);
	const uint32_t row = 3 * s.m, column = 40;
	static struct matrices plus, minus;

	memset(&plus, 0, sizeof(plus));
	memset(&minus, 0, sizeof(minus));
	take_fragments(&plus, type, &s, row, column, 1);
	take_fragments(&minus, type, &s, row, column, -1);
	for (uint32_t i = 0; i < s.m * s.k; i++)
		assert_int_equal(plus.times_a[i / s.k][i % s.k], 1);
	for (uint32_t i = 0; i < s.k * 8; i++)
		assert_int_equal(plus.times_b[i / 8][i % 8], 1);
	for (uint32_t lane = 0; lane < LANES; lane++) {
		for (uint32_t i = 0; i < s.m / 4; i++) {
			struct at at = c_16x8(lane, i);
			uint32_t y = row + tensor_c_row(lane, i);
			uint32_t x = column + tensor_c_column(lane, i);

			assert_int_equal(y, row + at.row);
			assert_int_equal(x, column + at.column);
			assert_true(product(&plus, s.k, at) ==
				    tensor_end(y, x, s.k, SEED) - tensor_start(y, x, SEED));
			assert_true(product(&minus, s.k, at) == -product(&plus, s.k, at));
		}
	}
}

static void fragments(void **state)
{
	static const int cc[][2] = {{7, 5}, {8, 0}, {8, 6}, {8, 9}, {12, 0}};

	for (size_t i = 0; i < sizeof(cc) / sizeof(cc[0]); i++) {
		for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
			if (tensor_way(cc[i][0], cc[i][1], formats[f]) == TENSOR_MMA)
				one_instruction(cc[i][0], cc[i][1], formats[f]);
		}
	}
}

/* "m8n8k4" and "m16n8k16" of .f64: a register holds one. */
static void fragments_of_doubles(void **state)
{
	for (int major = 8; major <= 9; major++) {
		const struct tensor_shape s = tensor_shape(major, 0, COMPUTE_FP64);

		for (uint32_t lane = 0; lane < LANES; lane++) {
			for (uint32_t i = 0; i < s.m * s.k / LANES; i++) {
				assert_int_equal(tensor_a_row(lane, i),
						 lane / 4 + (i % 2 == 0 ? 0 : 8));
				assert_int_equal(tensor_a_k(lane, i, 1, 0),
						 i % 2 == 0 ? i * 2 + lane % 4
							    : i * 2 - 2 + lane % 4);
			}
			for (uint32_t i = 0; i < s.k * 8 / LANES; i++)
				assert_int_equal(tensor_b_at(lane, i), i * 4 + lane % 4);
		}
		assert_int_equal(s.m, major == 8 ? 8 : 16);
	}
}

/* ---- a warpgroup's ---- */

/* "Strides" of the ISA: LBO from one core matrix to the next along K, SBO along N; both and the
 * start in bits 16, 32 and 0, of 16 bytes; bits 62 and 63: the swizzle. */
static uint32_t described(uint64_t descriptor, uint32_t column, uint32_t k_bytes)
{
	uint32_t start = (uint32_t)(descriptor & 0x3fff) << 4;
	uint32_t along_k = (uint32_t)(descriptor >> 16 & 0x3fff) << 4;
	uint32_t along_n = (uint32_t)(descriptor >> 32 & 0x3fff) << 4;

	assert_int_equal(descriptor >> 46, 0);
	return start + column / 8 * along_n + k_bytes / 16 * along_k + column % 8 * 16 +
	       k_bytes % 16;
}

static void shared_memory(void **state)
{
	static const uint32_t at[] = {0, 1024, 99 * 1024 + 128};
	static int times[TENSOR_B_BYTES];

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		memset(times, 0, sizeof(times));
		for (uint32_t b = 0; b < TENSOR_B_BYTES; b++) {
			uint32_t offset = tensor_b_offset(b / 32, b % 32);

			assert_true(offset < TENSOR_B_BYTES);
			times[offset]++;
			assert_int_equal(at[i] + offset,
					 described(tensor_b_descriptor(at[i]), b / 32, b % 32));
		}
		for (uint32_t b = 0; b < TENSOR_B_BYTES; b++)
			assert_int_equal(times[b], 1);
	}
}

/* "WGMMA .m64nNk*" fragments: warp w of the group has rows 16 w to 16 w + 15. */
static void sums_of_a_warpgroup(void **state)
{
	static int times[64][256];

	memset(times, 0, sizeof(times));
	for (uint32_t thread = 0; thread < 128; thread++) {
		for (uint32_t i = 0; i < 128; i++) {
			uint32_t row = thread / 32 * 16 + tensor_c_row(thread % 32, i);
			uint32_t column = tensor_c_column(thread % 32, i);

			assert_int_equal(row, thread / 32 * 16 + thread % 32 / 4 + i % 4 / 2 * 8);
			assert_int_equal(column, i / 4 * 8 + thread % 4 * 2 + i % 2);
			times[row][column]++;
		}
	}
	for (int i = 0; i < 64 * 256; i++)
		assert_int_equal(times[i / 256][i % 256], 1);
}

/* A of a warpgroup, by registers, is that of mma with 16 rows and 32 bytes; B by shared memory. */
static void products_of_a_warpgroup(void **state)
{
	static struct matrices x;

	for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
		const struct tensor_shape s = tensor_shape(9, 0, formats[f]);
		struct tensor_shape of_warp = s;

		of_warp.m = 16;
		assert_int_equal(s.k / s.per * 4, 32);
		memset(&x, 0, sizeof(x));
		for (uint32_t column = 0; column < s.n; column += 8) {
			take_fragments(&x, formats[f], &of_warp, 112, column, 1);
			for (uint32_t i = 0; i < 16 * 8; i++) {
				struct at at = {i / 8, i % 8};
				uint32_t row = 112 + at.row, col = column + at.column;

				assert_true(product(&x, s.k, at) ==
					    tensor_end(row, col, s.k, SEED) -
						    tensor_start(row, col, SEED));
			}
		}
	}
}

/* ---- which instructions ---- */

static void ways(void **state)
{
	static const struct {
		int major, minor;
		const char *ways; /* fp64, fp32, tf32, bf16, fp16, fp8, int8 */
	} want[] = {
		{7, 0, "-------"},  {7, 5, "----m-m"},	{8, 0, "m-mmm-m"},  {8, 6, "m-mmm-m"},
		{8, 7, "m-mmm-m"},  {8, 9, "m-mmmmm"},	{9, 0, "m-wwwww"},  {10, 0, "-------"},
		{10, 3, "-------"}, {11, 0, "-------"}, {12, 0, "m-mmmmm"}, {12, 1, "m-mmmmm"},
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		for (int t = 0; t < COMPUTE_TYPES; t++) {
			enum tensor_way way =
				tensor_way(want[i].major, want[i].minor, (enum compute_type)t);

			assert_int_equal("-mw"[way], want[i].ways[t]);
		}
	}
}

/* Sums stay exact in 8 bits and a sign, so in every format; operations counted by hand. */
static void sums_and_operations(void **state)
{
	const struct tensor_shape a100 = tensor_shape(8, 0, COMPUTE_BF16);
	const struct tensor_shape h100 = tensor_shape(9, 0, COMPUTE_BF16);

	for (uint32_t i = 0; i < 128 * 256; i++)
		assert_in_range(1000 + tensor_end(i / 256, i % 256, 32, SEED), 1000 - 320,
				1000 + 320);
	/* 8 warps with 8 sums each, one product and its opposite a turn, and one at the end */
	assert_true(tensor_flop(&a100, 10) == 4096.0 * 8 * 8 * 21);
	/* 2 warpgroups, four pairs a turn */
	assert_true(tensor_flop(&h100, 10) == 524288.0 * 2 * 81);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_what_they_say),
		cmocka_unit_test(numbers_vary),
		cmocka_unit_test(fragments),
		cmocka_unit_test(fragments_of_doubles),
		cmocka_unit_test(shared_memory),
		cmocka_unit_test(sums_of_a_warpgroup),
		cmocka_unit_test(products_of_a_warpgroup),
		cmocka_unit_test(ways),
		cmocka_unit_test(sums_and_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
