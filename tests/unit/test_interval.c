/* The median's interval: its ranks, and that it covers the truth as often as it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "../../harness/base/rng.h"
#include "../../harness/stats/stats.h"

/* For the values 1 … n the interval is its ranks. */
static void ranks(size_t n, double tau, double level, double lo, double hi, double reached)
{
	double v[1000], a, b, r;

	for (size_t i = 0; i < n; i++)
		v[i] = (double)(i + 1);
	stats_median_interval(v, n, tau, level, &a, &b, &r);
	if (a != lo || b != hi || fabs(r - reached) > 1e-12)
		fail_msg("n %zu: %g..%g at %g instead of %g..%g at %g", n, a, b, r, lo, hi,
			 reached);
	stats_median_interval(v, n, tau, level, &a, &b, NULL);
}

static void known_ranks(void **state)
{
	ranks(100, 1, 0.95, 40, 61, 0.95);    /* (100 -+ 19.6)/2 = 40.2, 60.8 */
	ranks(200, 4, 0.95, 72, 129, 0.95);   /* (200 -+ 55.4)/2 = 72.3, 128.7 */
	ranks(1000, 1, 0.99, 459, 542, 0.99); /* (1000 -+ 81.5)/2 = 459.3, 541.7 */
	ranks(9, 1, 0.95, 1, 9, 0.95);	      /* 1.56, 8.44 */
}

static void clamped(void **state)
{
	ranks(8, 1, 0.95, 1, 8, 0.95); /* 1.23: still inside */
	ranks(7, 1, 0.95, 1, 7, 1 - 2.0 / 128);
	ranks(5, 1, 0.95, 1, 5, 1 - 2.0 / 32);
	ranks(2, 1, 0.95, 1, 2, 0.5);
	ranks(1, 1, 0.95, 1, 1, 0);
	ranks(10, 5, 0.95, 1, 10, 0.5);
	ranks(10, 20, 0.95, 1, 10, 0);
}

static void nothing(void **state)
{
	double a, b, r;

	stats_median_interval(NULL, 0, 1, 0.95, &a, &b, &r);
	assert_true(isnan(a) && isnan(b) && isnan(r));
}

/* Share of AR(1) series whose interval holds the true median, 0. */
static double coverage(double phi, size_t n, unsigned replicates, uint64_t seed)
{
	struct rng r = {.state = seed};
	double v[200];
	unsigned hit = 0;

	for (unsigned k = 0; k < replicates; k++) {
		double x = rng_normal(&r);
		struct summary s;

		for (size_t i = 0; i < n; i++) {
			v[i] = x;
			x = phi * x + sqrt(1 - phi * phi) * rng_normal(&r);
		}
		stats_summary(&s, v, n, 0.95);
		hit += s.ci_lo <= 0 && 0 <= s.ci_hi;
	}
	return hit / (double)replicates;
}

/* Promised (facts on statistics): at least 93 % for n = 200 and phi up to 0.6. */
static void covers(void **state)
{
	static const double phis[] = {0, 0.3, 0.6};

	for (int i = 0; i < 3; i++) {
		double c = coverage(phis[i], 200, 2000, 11);

		print_message("coverage at phi %.1f: %.1f %%\n", phis[i], 100 * c);
		assert_true(c >= 0.93);
		assert_true(c <= 0.99);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_ranks),
		cmocka_unit_test(clamped),
		cmocka_unit_test(nothing),
		cmocka_unit_test(covers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
