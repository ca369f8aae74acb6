/* Order statistics and autocorrelation of samples whose answers are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "../../harness/base/rng.h"
#include "../../harness/stats/stats.h"

static void close_to(double a, double b)
{
	if (!(fabs(a - b) <= 1e-13 * fabs(b) + 1e-300))
		fail_msg("%.17g instead of %.17g", a, b);
}

static void sorting(void **state)
{
	double v[] = {3, -1, 2, 2, -INFINITY, 1e300, 0};
	static const double want[] = {-INFINITY, -1, 0, 2, 2, 3, 1e300};

	stats_sort(v, 7);
	for (int i = 0; i < 7; i++)
		assert_true(v[i] == want[i]);
	stats_sort(v, 0);
}

static void quantiles(void **state)
{
	static const double v[] = {1, 2, 4, 8, 16};

	close_to(stats_quantile(v, 5, 0), 1);
	close_to(stats_quantile(v, 5, 1), 16);
	close_to(stats_quantile(v, 5, 0.5), 4);
	close_to(stats_quantile(v, 5, 0.25), 2);
	close_to(stats_quantile(v, 5, 0.1), 1.4);
	close_to(stats_quantile(v, 5, 0.9), 12.8);
	close_to(stats_quantile(v, 1, 0.3), 1);
	close_to(stats_median(v, 4), 3);
	close_to(stats_median(v, 2), 1.5);
}

static void lag1(void **state)
{
	static const double up[] = {1, 2, 3, 4, 5}, zigzag[] = {1, -1, 1, -1}, flat[] = {7, 7, 7};

	close_to(stats_lag1(up, 5), 0.4); /* (2 + 0 + 0 + 2) / 10 */
	close_to(stats_lag1(zigzag, 4), -0.75);
	assert_true(stats_lag1(flat, 3) == 0);
	assert_true(stats_lag1(up, 1) == 0);
	assert_true(stats_lag1(up, 0) == 0);
}

static void tau_by_hand(void **state)
{
	/* signs 0 0 0 0 1 1 1 1 about the mean 1/2: the sum of products at lag k is (8 - 3k)/4 for
	 * k <= 4, so rho = 1, 5/8, 2/8, -1/8, -4/8: pairs 13/8, 1/8, then negative */
	static const double halves[] = {1, 1, 1, 1, 2, 2, 2, 2};
	/* and 0 1 0 1 …: the first pair is 1 - 7/8, the second 6/8 - 5/8 …: tau would be below 1 */
	static const double zigzag[] = {1, 2, 1, 2, 1, 2, 1, 2};
	static const double flat[] = {5, 5, 5, 5};

	close_to(stats_tau(halves, 8), -1 + 2 * (13.0 / 8 + 1.0 / 8));
	assert_true(stats_tau(zigzag, 8) == 1);
	assert_true(stats_tau(flat, 4) == 1);
	assert_true(stats_tau(flat, 1) == 1);
	assert_true(stats_tau(flat, 0) == 1);
}

/* The sign series of a Gaussian AR(1) has rho_k = (2/pi) asin(phi^k), so tau is known. */
static void tau_of_ar1(void **state)
{
	static const double phis[] = {0, 0.3, 0.6, 0.9};
	struct rng r = {.state = 5};
	size_t n = 20000;
	double *v = malloc(n * sizeof(*v));

	for (int j = 0; j < 4; j++) {
		double phi = phis[j], x = rng_normal(&r), want = 1;

		for (int k = 1; k < 400; k++)
			want += 2 * (2 / M_PI) * asin(pow(phi, k));
		for (size_t i = 0; i < n; i++) {
			v[i] = x;
			x = phi * x + sqrt(1 - phi * phi) * rng_normal(&r);
		}
		double got = stats_tau(v, n);
		if (fabs(got / want - 1) > 0.1)
			fail_msg("phi %g: tau %g instead of %g", phi, got, want);
		assert_true(fabs(stats_lag1(v, n) - phi) < 0.03);
	}
	free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorting),     cmocka_unit_test(quantiles),  cmocka_unit_test(lag1),
		cmocka_unit_test(tau_by_hand), cmocka_unit_test(tau_of_ar1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
