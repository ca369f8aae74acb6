/* The host's side of gemm_check.h. */
#include "gemm_check.h"

#include <math.h>

static double bound_of(enum compute_type type, double q, double k)
{
	if (type == COMPUTE_INT8)
		return 0;
	if (type == COMPUTE_FP8)
		return 0x1p-13 * 2 * q * (k / 32 + sqrt(k));
	return (type == COMPUTE_FP64 ? 0x1p-51 : 0x1p-22) * 6 * q * k;
}

struct gemm_want gemm_want(enum compute_type type, uint32_t seed, uint64_t row, uint64_t column,
			   int k)
{
	double sum = 0, squares = 0;
	uint64_t a = row * (uint64_t)k, b = column * (uint64_t)k;

	for (uint64_t i = 0; i < (uint64_t)k; i++) {
		double product =
			gemm_value(type, a + i, seed) * gemm_value(type, b + i, gemm_seed_b(seed));

		sum += product;
		squares += product * product;
	}
	return (struct gemm_want){sum, bound_of(type, sqrt(squares), k)};
}
