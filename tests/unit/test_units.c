/* Numbers with units: what is read, what is refused, how it is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../harness/base/rng.h"
#include "../../harness/base/units.h"

static void sizes(void **state)
{
	static const struct {
		const char *s;
		int rc;
		uint64_t v;
	} cases[] = {
		{"0", 0, 0},
		{"4", 0, 4},
		{"4B", 0, 4},
		{"4KiB", 0, 4096},
		{"1.5KiB", 0, 1536},
		{"256MiB", 0, 268435456},
		{"1GiB", 0, 1073741824},
		{"2TiB", 0, 2199023255552},
		{"4KB", -EINVAL, 0},
		{"4kiB", -EINVAL, 0},
		{"4 KiB", -EINVAL, 0},
		{"0.5B", -EINVAL, 0},
		{"-4", -EINVAL, 0},
		{"+4", -EINVAL, 0},
		{" 4", -EINVAL, 0},
		{"4x", -EINVAL, 0},
		{"0x10", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"KiB", -EINVAL, 0},
		{".", -EINVAL, 0},
		{"nan", -EINVAL, 0},
		{"inf", -EINVAL, 0},
		{"8388608TiB", -ERANGE, 0},
		{"1e400", -ERANGE, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t v = 0;

		if (units_parse_size(cases[i].s, &v) != cases[i].rc || v != cases[i].v)
			fail_msg("\"%s\": %llu", cases[i].s, (unsigned long long)v);
	}
}

static void times(void **state)
{
	static const struct {
		const char *s;
		int rc;
		double v;
	} cases[] = {
		{"250ms", 0, 0.25},  {"30s", 0, 30},	  {"5min", 0, 300},
		{"2us", 0, 2e-6},    {"1h", 0, 3600},	  {"1.5s", 0, 1.5},
		{"7ns", 0, 7e-9},    {"30", -EINVAL, 0},  {"", -EINVAL, 0},
		{"-1s", -EINVAL, 0}, {"1 s", -EINVAL, 0}, {"1sec", -EINVAL, 0},
		{"s", -EINVAL, 0},   {"1m", -EINVAL, 0},  {"1e999s", -ERANGE, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double v = 0;

		if (units_parse_time(cases[i].s, &v) != cases[i].rc ||
		    fabs(v - cases[i].v) > 1e-15 * cases[i].v)
			fail_msg("\"%s\": %g", cases[i].s, v);
	}
}

static void whole_numbers(void **state)
{
	uint64_t v;

	assert_int_equal(units_parse_u64("18446744073709551615", &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(units_parse_u64("18446744073709551616", &v), -ERANGE);
	assert_int_equal(units_parse_u64("007", &v), 0);
	assert_int_equal(v, 7);
	for (const char *const *s =
		     (const char *const[]){"", "-1", "+1", " 1", "1 ", "0x1", "1.0", NULL};
	     *s; s++)
		assert_int_equal(units_parse_u64(*s, &v), -EINVAL);
}

static void exact(void **state)
{
	struct rng r = {.state = 2};
	char s[32];

	assert_string_equal(units_exact(s, sizeof(s), 0.1), "0.1");
	assert_string_equal(units_exact(s, sizeof(s), 5.5e10), "55000000000");
	assert_string_equal(units_exact(s, sizeof(s), 3), "3");
	assert_string_equal(units_exact(s, sizeof(s), 1.0 / 3), "0.3333333333333333");
	assert_string_equal(units_exact(s, sizeof(s), -0.0), "-0");
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = rng_next(&r);
		double v;

		memcpy(&v, &bits, sizeof(v));
		if (isfinite(v))
			assert_true(strtod(units_exact(s, sizeof(s), v), NULL) == v);
	}
}

static void digits(void **state)
{
	static const struct {
		double v;
		int digits;
		const char *text;
	} cases[] = {
		{55.3123, 4, "55.31"}, {9.9996, 4, "10.00"},  {0.00012345, 4, "0.0001234"},
		{0, 4, "0.000"},       {123456, 4, "123456"}, {-55.3123, 4, "-55.31"},
		{999.96, 4, "1000"},   {1, 1, "1"},	      {1e16, 4, "1e+16"},
	};
	char s[40];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(units_digits(s, sizeof(s), cases[i].v, cases[i].digits),
				    cases[i].text);
}

static void shown(void **state)
{
	static const struct {
		double v;
		const char *unit, *text;
	} cases[] = {
		{5.53e10, "bytes/s", "55.30 GB/s"},
		{1.06e-7, "s", "106.0 ns"},
		{1.755e9, "Hz", "1.755 GHz"},
		{1e3, "Hz", "1.000 kHz"},
		{999, "Hz", "999.0 Hz"},

		{4096, "bytes", "4.000 KiB"},
		{1e-12, "s", "0.001000 ns"},
		{6.7e13, "FLOP/s", "67.00 TFLOP/s"},
		{0.6423, "1", "64.23 %"}, /* a share */
	};
	char s[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		units_show(s, sizeof(s), cases[i].v, cases[i].unit);
		if (strcmp(s, cases[i].text))
			fail_msg("%g %s: \"%s\"", cases[i].v, cases[i].unit, s);
	}
	assert_string_equal(units_size(s, sizeof(s), 4), "4 B");
	assert_string_equal(units_size(s, sizeof(s), 4096), "4 KiB");
	assert_string_equal(units_size(s, sizeof(s), 1536), "1.50 KiB");
	assert_string_equal(units_size(s, sizeof(s), 1073741824), "1 GiB");
}

static void scales(void **state)
{
	struct scale sc = units_scale("bytes/s", 5.5e10);

	assert_string_equal(sc.name, "GB/s");
	assert_true(sc.factor == 1e9);
	assert_string_equal(units_show((char[64]){0}, 64, 7.3e-13, "J/FLOP"), "0.7300 J/TFLOP");
	sc = units_scale("s", 1.06e-7);
	assert_string_equal(sc.name, "ns");
	assert_true(fabs(sc.factor / 1e-9 - 1) < 1e-15);
	assert_string_equal(units_scale("s", 0).name, "s");
	assert_string_equal(units_scale("s", NAN).name, "s");
	assert_string_equal(units_scale("furlongs", 1e9).name, "furlongs");
	assert_string_equal(units_scale("1", 0.6).name, "%"); /* a share */
}

static void shares(void **state)
{
	static const struct {
		const char *s;
		int rc;
		double v;
	} cases[] = {
		{"2%", 0, 0.02},      {"0.5%", 0, 0.005},
		{"0.03", 0, 0.03},    {"0", 0, 0},
		{"100%", -ERANGE, 0}, {"1", -ERANGE, 0},
		{"-2%", -EINVAL, 0},  {"2 %", -EINVAL, 0},
		{"", -EINVAL, 0},     {"2percent", -EINVAL, 0},
	};
	double v;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		v = -1;
		assert_int_equal(units_parse_share(cases[i].s, &v), cases[i].rc);
		assert_true(cases[i].rc ? v == -1 : fabs(v - cases[i].v) < 1e-15);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),  cmocka_unit_test(times),  cmocka_unit_test(whole_numbers),
		cmocka_unit_test(exact),  cmocka_unit_test(digits), cmocka_unit_test(shown),
		cmocka_unit_test(scales), cmocka_unit_test(shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
