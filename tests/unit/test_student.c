/*
 * Normal and Student quantiles against references of 19 digits (tests/data/normal.csv,
 * student_t.csv: computed with mpmath at 40 digits for exactly these doubles of p).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../harness/formats/csv.h"
#include "../../harness/stats/stats.h"

static void close_to(double got, double want, double relative, const char *what, double p,
		     double nu)
{
	if (!(fabs(got - want) <= relative * fabs(want)))
		fail_msg("%s p %g nu %g: %.17g instead of %.17g", what, p, nu, got, want);
}

static int normal_row(void *arg, const char *const *f, unsigned row, struct err *e)
{
	double p = strtod(f[0], NULL), z = strtod(f[1], NULL);

	close_to(stats_normal_quantile(p), z, p == 0.5 ? 0 : 1e-15, "normal", p, 0);
	++*(unsigned *)arg;
	return 0;
}

static void normal(void **state)
{
	static const char *const columns[] = {"p", "z"};
	struct err e = ERR_INIT;
	unsigned n = 0;

	assert_int_equal(
		csv_read_file("tests/data/normal.csv", columns, 2, false, normal_row, &n, &e), 0);
	assert_true(n >= 25);
}

static int student_row(void *arg, const char *const *f, unsigned row, struct err *e)
{
	double p = strtod(f[0], NULL), nu = strtod(f[1], NULL), t = strtod(f[2], NULL);

	close_to(stats_t_quantile(p, nu), t, 1e-12, "quantile", p, nu);
	/* t was rounded to a double, which moves a tail of 1e-8 by at most t^2 2^-53 */
	close_to(stats_t_cdf(t, nu), p, 1e-13, "cdf", p, nu);
	++*(unsigned *)arg;
	return 0;
}

static void student(void **state)
{
	static const char *const columns[] = {"p", "nu", "t"};
	struct err e = ERR_INIT;
	unsigned n = 0;

	assert_int_equal(
		csv_read_file("tests/data/student_t.csv", columns, 3, false, student_row, &n, &e),
		0);
	assert_true(n >= 200);
}

/* Known in closed form: one degree of freedom is Cauchy's, two an algebraic function. */
static void closed_forms(void **state)
{
	for (double t = -50; t <= 50; t += 0.37) {
		close_to(stats_t_cdf(t, 1), t < 0 ? atan2(1, -t) / M_PI : 0.5 + atan(t) / M_PI,
			 1e-13, "cdf", t, 1);
		double tail = 1 / (sqrt(2 + t * t) * (sqrt(2 + t * t) + fabs(t)));
		close_to(stats_t_cdf(t, 2), t < 0 ? tail : 1 - tail, 1e-13, "cdf", t, 2);
	}
	assert_true(stats_t_cdf(0, 3.5) == 0.5);
	assert_true(stats_t_quantile(0.5, 3.5) == 0);
	assert_true(stats_t_cdf(1e300, 4) == 1);
	assert_true(stats_t_cdf(-1e300, 4) >= 0);
}

/* Every p comes back through t, over the whole range that is promised. */
static void inverse(void **state)
{
	for (double nu = 1; nu <= 1e6; nu *= 1.9) {
		for (double p = 1e-8; p < 0.5; p *= 1.31) {
			close_to(stats_t_cdf(stats_t_quantile(p, nu), nu), p, 1e-12, "inverse", p,
				 nu);
			close_to(stats_t_quantile(1 - p, nu), -stats_t_quantile(1 - (1 - p), nu),
				 1e-12, "symmetry", p, nu);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(normal),
		cmocka_unit_test(student),
		cmocka_unit_test(closed_forms),
		cmocka_unit_test(inverse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
