/* What is said about one series. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "../../harness/stats/stats.h"

static void close_to(double a, double b)
{
	if (!(fabs(a - b) <= 1e-12 * fabs(b)))
		fail_msg("%.17g instead of %.17g", a, b);
}

/* 1 … n in an order that is not sorted (n and 7 share no factor). */
static void series(double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = (double)(1 + i * 7 % n);
}

static void everything(void **state)
{
	double v[1000], copy[1000];
	struct summary s;

	series(v, 1000);
	memcpy(copy, v, sizeof(v));
	stats_summary(&s, v, 1000, 0.95);
	assert_memory_equal(v, copy, sizeof(v));
	assert_int_equal(s.n, 1000);
	close_to(s.median, 500.5);
	close_to(s.min, 1);
	close_to(s.p5, 50.95);
	close_to(s.p25, 250.75);
	close_to(s.p75, 750.25);
	close_to(s.p95, 950.05);
	close_to(s.p99, 990.01);
	close_to(s.mad, 1.4826 * 250);
	close_to(s.cv, sqrt(1001.0 * 1000 / 12) / 500.5);
	assert_true(s.tau >= 1);
	assert_true(s.ci_lo < s.median && s.median < s.ci_hi && s.ci_level == 0.95);
	assert_true(s.rho == stats_lag1(v, 1000) && s.tau == stats_tau(v, 1000));
}

/* Shown from the n on where five values lie beyond: 20, 100 and 500. */
static void suppressed(void **state)
{
	static const struct {
		size_t n;
		int p25, p5, p99;
	} cases[] = {{19, 0, 0, 0},  {20, 1, 0, 0},  {99, 1, 0, 0},
		     {100, 1, 1, 0}, {499, 1, 1, 0}, {500, 1, 1, 1}};
	double v[500];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct summary s;

		series(v, cases[i].n);
		stats_summary(&s, v, cases[i].n, 0.95);
		assert_int_equal(!isnan(s.p25), cases[i].p25);
		assert_int_equal(!isnan(s.p75), cases[i].p25);
		assert_int_equal(!isnan(s.p5), cases[i].p5);
		assert_int_equal(!isnan(s.p95), cases[i].p5);
		assert_int_equal(!isnan(s.p99), cases[i].p99);
	}
}

static void few(void **state)
{
	static const double one[] = {3}, flat[] = {2, 2, 2, 2}, zero[] = {-1, 1};
	struct summary s;

	stats_summary(&s, NULL, 0, 0.95);
	assert_int_equal(s.n, 0);
	assert_true(isnan(s.median) && isnan(s.ci_lo) && isnan(s.ci_hi) && isnan(s.ci_level));
	assert_true(isnan(s.min) && isnan(s.p25) && isnan(s.mad) && isnan(s.cv) && isnan(s.rho) &&
		    isnan(s.tau));
	stats_summary(&s, one, 1, 0.95);
	assert_true(s.median == 3 && s.ci_lo == 3 && s.ci_hi == 3 && s.ci_level == 0);
	assert_true(s.mad == 0 && isnan(s.cv) && s.rho == 0 && s.tau == 1);
	stats_summary(&s, flat, 4, 0.95);
	assert_true(s.mad == 0 && s.cv == 0 && s.rho == 0 && s.tau == 1);
	stats_summary(&s, zero, 2, 0.95);
	assert_true(isnan(s.cv)); /* no mean to compare with */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
		cmocka_unit_test(suppressed),
		cmocka_unit_test(few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
