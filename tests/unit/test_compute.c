/* Rates of matrix products: beside peaks that NVIDIA publishes for whole GPUs, and names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../kernels/compute.h"

#include <math.h>
#include <string.h>

/* Data sheets: dense TFLOPS at that boost clock, to their last digit. */
static void test_data_sheets(void **state)
{
	static const struct {
		const char *gpu;
		int major, minor, sms;
		double hz;
		enum compute_type type;
		double tflops, digit;
	} sheet[] = {
		{"A100", 8, 0, 108, 1.41e9, COMPUTE_BF16, 312, 1},
		{"A100", 8, 0, 108, 1.41e9, COMPUTE_TF32, 156, 1},
		{"A100", 8, 0, 108, 1.41e9, COMPUTE_INT8, 624, 1},
		{"A100", 8, 0, 108, 1.41e9, COMPUTE_FP64, 19.5, 0.1},
		{"A100", 8, 0, 108, 1.41e9, COMPUTE_FP32, 19.5, 0.1},
		{"H100 SXM", 9, 0, 132, 1.83e9, COMPUTE_FP16, 989, 1},
		{"H100 SXM", 9, 0, 132, 1.83e9, COMPUTE_FP8, 1979, 1},
		{"H100 SXM", 9, 0, 132, 1.83e9, COMPUTE_TF32, 494.7, 0.1},
		{"H100 SXM", 9, 0, 132, 1.98e9, COMPUTE_FP64, 66.9, 0.1},
		{"L40S", 8, 9, 142, 2.52e9, COMPUTE_BF16, 366, 1},
		{"L40S", 8, 9, 142, 2.52e9, COMPUTE_FP8, 733, 1},
		{"T4", 7, 5, 40, 1.59e9, COMPUTE_FP16, 65, 1},
		{"T4", 7, 5, 40, 1.59e9, COMPUTE_INT8, 130, 1},
	};

	for (size_t i = 0; i < sizeof(sheet) / sizeof(sheet[0]); i++) {
		double peak = compute_rate(sheet[i].major, sheet[i].minor, sheet[i].type) *
			      sheet[i].sms * sheet[i].hz * 1e-12;

		if (fabs(peak - sheet[i].tflops) > sheet[i].digit)
			fail_msg("%s %s: %.1f, data sheet %g", sheet[i].gpu,
				 compute_name(sheet[i].type), peak, sheet[i].tflops);
	}
}

static void test_what_is_not_there(void **state)
{
	assert_true(compute_rate(7, 5, COMPUTE_BF16) == 0);
	assert_true(compute_rate(8, 0, COMPUTE_FP8) == 0);
	assert_true(compute_rate(6, 1, COMPUTE_FP32) == 0);
	assert_true(compute_rate(11, 0, COMPUTE_FP16) == 0);
}

static void test_geforce(void **state)
{
	assert_true(compute_card_rate("NVIDIA GeForce RTX 4090", 8, 9, COMPUTE_BF16) == 512);
	assert_true(compute_card_rate("NVIDIA GeForce RTX 4090", 8, 9, COMPUTE_FP8) == 1024);
	assert_true(compute_card_rate("NVIDIA GeForce RTX 4090", 8, 9, COMPUTE_INT8) == 2048);
	assert_true(compute_card_rate("NVIDIA GeForce RTX 4090", 8, 9, COMPUTE_FP32) == 256);
	assert_true(compute_card_rate("NVIDIA L40S", 8, 9, COMPUTE_BF16) == 1024);
}

static void test_names(void **state)
{
	char choices[] = COMPUTE_CHOICES, *save = NULL;
	int n = 0;

	for (char *s = strtok_r(choices, "|", &save); s; s = strtok_r(NULL, "|", &save)) {
		assert_int_equal(compute_type_of(s), n);
		assert_string_equal(compute_name((enum compute_type)n), s);
		assert_true(compute_bytes((enum compute_type)n) >= 1);
		n++;
	}
	assert_int_equal(n, COMPUTE_TYPES);
	assert_int_equal(compute_type_of("fp4"), COMPUTE_TYPES);
	assert_int_equal(compute_type_of(""), COMPUTE_TYPES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data_sheets),
		cmocka_unit_test(test_what_is_not_there),
		cmocka_unit_test(test_geforce),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
