/*
 * The rule that decides, by hand: differences of ± a about a shift have a mean and a standard
 * deviation in closed form, so that a is chosen to put the interval's end where a test wants it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../harness/base/rng.h"
#include "../../harness/formats/csv.h"
#include "../../harness/judge/verdict.h"

static const struct verdict_family one = {.alpha = 0.05, .metrics = 1, .looks = 1};
static const struct verdict_family three = {.alpha = 0.04, .metrics = 1, .looks = 3};

static void near(double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * fabs(want)))
		fail_msg("%.17g instead of %.17g", got, want);
}

/* ---- quantiles ---- */

/* Two-sided 5 %, 1 % and 0.1 % points as printed in any table of Student's t. */
static void t_by_table(void **state)
{
	static const double alpha[] = {0.05, 0.01, 0.001};
	static const double table[][3] = {
		{2.365, 3.499, 5.408}, /* 7 degrees of freedom */
		{2.160, 3.012, 4.221}, /* 13 */
		{2.060, 2.787, 3.725}, /* 25 */
	};

	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++) {
			struct verdict_family f = {.alpha = alpha[j], .metrics = 1, .looks = 1};

			assert_true(fabs(verdict_t(verdict_blocks[i], &f) - table[i][j]) < 5.1e-4);
		}
	}
}

static int scipy_row(void *arg, const char *const *f, unsigned row, struct err *e)
{
	struct verdict_family family = {
		.alpha = strtod(f[1], NULL),
		.metrics = (unsigned)atoi(f[2]),
		.looks = (unsigned)atoi(f[3]),
	};

	near(verdict_t((unsigned)atoi(f[0]), &family), strtod(f[4], NULL), 1e-12);
	++*(unsigned *)arg;
	return 0;
}

/* tests/data/verdict_t.csv: scipy.stats.t.isf(alpha / (2 M L), k - 2 g - 1) */
static void t_by_scipy(void **state)
{
	static const char *const columns[] = {"k", "alpha", "metrics", "looks", "t"};
	struct err e = ERR_INIT;
	unsigned n = 0;

	assert_int_equal(
		csv_read_file("tests/data/verdict_t.csv", columns, 5, false, scipy_row, &n, &e), 0);
	assert_int_equal(n, 192);
}

static void families(void **state)
{
	struct verdict_family f = verdict_family_gates(38, 2, 0, 3);

	assert_true(f.alpha == 0.04 && f.metrics == 40 && f.looks == 3);
	f = verdict_family_gates(38, 2, 1, 1);
	assert_true(f.alpha == 0.03 && f.metrics == 40 && f.looks == 1);
	f = verdict_family_screens(3);
	assert_true(f.alpha == 0.01 && f.metrics == 16 && f.looks == 3);
	struct verdict_family zero = {.alpha = 0.04}, single = {0.04, 1, 1};
	assert_true(verdict_t(8, &zero) == verdict_t(8, &single));
}

/* ---- one look ---- */

/* k differences: shift ± a in turns, the g first and last of them replaced by shift ± far. */
static void fill(double *d, unsigned k, double shift, double a, double far)
{
	unsigned g = k == 32 ? 3 : k == 16 ? 1 : 0;

	for (unsigned i = 0; i < k; i++) {
		double size = i / 2 < g ? far : a;

		d[i] = shift + (i % 2 ? -size : size);
	}
}

/* h of fill() without q, by hand: all winsorised values are ± a. */
static double half_of(unsigned k, double a, double t)
{
	switch (k) {
	case 8:
		return t * a * sqrt(8.0 / 7) / sqrt(8);
	case 16:
		return t * a * sqrt(16.0 / 15) / (14.0 / 16 * 4);
	default:
		return t * a * sqrt(32.0 / 31) / (26.0 / 32 * sqrt(32));
	}
}

static void mean_and_half(void **state)
{
	for (int i = 0; i < VERDICT_LOOKS; i++) {
		unsigned k = verdict_blocks[i];
		double d[VERDICT_MOST], t = 3.25, q = 0.0007, a = 0.004;
		struct look l;

		fill(d, k, 0.001, a, 5);
		verdict_look(&l, d, k, 0.02, q, t);
		assert_int_equal(l.k, k);
		assert_true(l.t == t);
		near(l.mean, 0.001, 1e-9);
		near(l.half, half_of(k, a, t) + q, 1e-12);
		near(l.detectable, log(1.02) + l.half + 1.28 * half_of(k, a, 1), 1e-12);
	}
}

/* Ten numbers by hand: 8 differences, mean .0045, sum of squares about it 4.2e-5. */
static void by_hand(void **state)
{
	static const double d[8] = {0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008};
	struct look l;

	verdict_look(&l, d, 8, 0.01, 0, 2);
	near(l.mean, 0.0045, 1e-12);
	near(l.half, 2 * sqrt(4.2e-5 / 7) / sqrt(8), 1e-12); /* 0.0017320508 */
	assert_int_equal(l.verdict, VERDICT_EQUIVALENT);
}

/* The verdict where the interval is mean ± half, m = ln 1.02 = 0.0198. */
static struct look look_at(unsigned k, double mean, double half)
{
	double d[VERDICT_MOST], t = 2.5;
	struct look l;

	fill(d, k, mean, half / half_of(k, 1, t), 3);
	verdict_look(&l, d, k, 0.02, 0, t);
	return l;
}

static void expect(double mean, double half, enum verdict v, enum unresolved why)
{
	for (int i = 0; i < VERDICT_LOOKS; i++) {
		struct look l = look_at(verdict_blocks[i], mean, half);

		if (l.verdict != v || l.why != why)
			fail_msg("k %u, %g ± %g: %s, %d", l.k, mean, half, verdict_name(l.verdict),
				 (int)l.why);
	}
}

static void each_verdict(void **state)
{
	double m = log(1.02), e = 1e-9;

	expect(0.03, 0.005, VERDICT_REGRESSED, UNRESOLVED_NO);
	expect(-0.03, 0.005, VERDICT_IMPROVED, UNRESOLVED_NO);
	expect(0.001, 0.005, VERDICT_EQUIVALENT, UNRESOLVED_NO);
	expect(0.001, 0.1, VERDICT_INCONCLUSIVE, UNRESOLVED_WIDE);
	expect(-m, 0.005, VERDICT_INCONCLUSIVE, UNRESOLVED_NOT_WORSE);
	expect(m, 0.005, VERDICT_INCONCLUSIVE, UNRESOLVED_WIDE);
	/* both sides of each boundary */
	expect(m + 0.005 + e, 0.005, VERDICT_REGRESSED, UNRESOLVED_NO);
	expect(m + 0.005 - e, 0.005, VERDICT_INCONCLUSIVE, UNRESOLVED_WIDE);
	expect(m - 0.005 - e, 0.005, VERDICT_EQUIVALENT, UNRESOLVED_NO);
	expect(m - 0.005 + e, 0.005, VERDICT_INCONCLUSIVE, UNRESOLVED_WIDE);
	expect(-m + 0.005 + e, 0.005, VERDICT_EQUIVALENT, UNRESOLVED_NO);
	expect(-m + 0.005 - e, 0.005, VERDICT_INCONCLUSIVE, UNRESOLVED_NOT_WORSE);
	expect(-m - 0.005 + e, 0.005, VERDICT_INCONCLUSIVE, UNRESOLVED_NOT_WORSE);
	expect(-m - 0.005 - e, 0.005, VERDICT_IMPROVED, UNRESOLVED_NO);
	/* an interval as wide as the band holds nothing inside */
	expect(0, m - e, VERDICT_EQUIVALENT, UNRESOLVED_NO);
	expect(0, m + e, VERDICT_INCONCLUSIVE, UNRESOLVED_WIDE);
}

static void no_margin(void **state)
{
	double d[8];
	struct look l;

	fill(d, 8, 0.001, 0.0001, 0);
	verdict_look(&l, d, 8, 0, 0, 2.5);
	assert_int_equal(l.verdict, VERDICT_REGRESSED);
	fill(d, 8, 0, 0.0001, 0);
	verdict_look(&l, d, 8, 0, 0, 2.5);
	assert_int_equal(l.verdict, VERDICT_INCONCLUSIVE);
}

static void flat(void **state)
{
	static const double shifts[] = {0, 0.1, -0.1, 1.0 / 3};

	for (int i = 0; i < VERDICT_LOOKS; i++) {
		for (int s = 0; s < 4; s++) {
			double d[VERDICT_MOST];
			struct look l;

			/* three strays are trimmed away; what is left has no spread */
			fill(d, verdict_blocks[i], shifts[s], 0, 1);
			verdict_look(&l, d, verdict_blocks[i], 0.02, 0.001, 3);
			assert_int_equal(l.verdict, VERDICT_INCONCLUSIVE);
			assert_int_equal(l.why, UNRESOLVED_FLAT);
		}
	}
}

/* An infinite difference is none of ours, and is never a verdict. */
static void infinite(void **state)
{
	double d[8] = {0, 1e-4, -1e-4, 2e-4, 0, 1e-4, 3e-4, INFINITY};
	struct look l;

	verdict_look(&l, d, 8, 0.02, 0, 3);
	assert_int_equal(l.verdict, VERDICT_INCONCLUSIVE);
}

/* Worse data are never judged better, and mirrored data get the mirrored verdict. */
static void monotone(void **state)
{
	struct rng r = {.state = 5};

	for (int n = 0; n < 3000; n++) {
		unsigned k = verdict_blocks[n % 3];
		double d[VERDICT_MOST], other[VERDICT_MOST], by = 0.01 * rng_uniform(&r);
		struct look l, worse, mirror;

		for (unsigned i = 0; i < k; i++)
			d[i] = 0.03 * (rng_uniform(&r) - 0.5) + 0.01 * rng_normal(&r);
		verdict_look(&l, d, k, 0.02, 0, 2);
		for (unsigned i = 0; i < k; i++)
			other[i] = d[i] + by;
		verdict_look(&worse, other, k, 0.02, 0, 2);
		near(worse.mean, l.mean + by, 1e-9);
		assert_false(l.verdict == VERDICT_REGRESSED && worse.verdict != VERDICT_REGRESSED);
		assert_false(l.verdict != VERDICT_IMPROVED && worse.verdict == VERDICT_IMPROVED);
		for (unsigned i = 0; i < k; i++)
			other[k - 1 - i] = -d[i];
		verdict_look(&mirror, other, k, 0.02, 0, 2);
		assert_int_equal(mirror.verdict, l.verdict == VERDICT_REGRESSED	 ? VERDICT_IMPROVED
						 : l.verdict == VERDICT_IMPROVED ? VERDICT_REGRESSED
										 : l.verdict);
	}
}

/* ---- looks one after the other ---- */

static struct decision decide(const double *d, size_t n, bool lopsided,
			      const struct verdict_family *f)
{
	struct verdict_series s = {.d = d, .n = n, .margin = 0.02, .lopsided = lopsided};
	struct decision out;

	verdict_decide(&out, &s, f);
	return out;
}

static void waits(void **state)
{
	double d[64];
	struct decision x;

	for (size_t n = 0; n <= 64; n++) {
		for (size_t i = 0; i < n; i++)
			d[i] = i % 2 ? 0.1 : -0.1;
		x = decide(d, n, false, &three);
		assert_int_equal(x.look.k, n < 8 ? 0 : n < 16 ? 8 : n < 32 ? 16 : 32);
		assert_int_equal(x.wants, n < 8 ? 8 : n < 16 ? 16 : n < 32 ? 32 : 0);
		assert_int_equal(x.look.why, n < 8 ? UNRESOLVED_FEW : UNRESOLVED_WIDE);
		assert_int_equal(isnan(x.look.mean), n < 8);
		assert_true(n < 8 || x.look.t == verdict_t(x.look.k, &three));
		x = decide(d, n, false, &one);
		assert_int_equal(x.wants, n < 8 ? 8 : 0);
		assert_int_equal(x.look.k, n < 8 ? 0 : 8);
	}
}

/* What comes after a verdict changes nothing. */
static void first_stands(void **state)
{
	double d[32];
	struct decision x;

	fill(d, 8, 0.001, 0.0005, 0);
	for (int i = 8; i < 32; i++)
		d[i] = 0.5 + 0.001 * i;
	x = decide(d, 32, false, &three);
	assert_int_equal(x.look.verdict, VERDICT_EQUIVALENT);
	assert_int_equal(x.look.k, 8);
	assert_int_equal(x.wants, 0);
	/* undecided at 8, regressed at 16 */
	for (int i = 0; i < 8; i++)
		d[i] = i % 2 ? 0.5 : 0.54;
	d[0] = -0.9;
	for (int i = 8; i < 16; i++)
		d[i] = 0.51 + 0.001 * i;
	x = decide(d, 16, false, &three);
	assert_int_equal(x.look.verdict, VERDICT_REGRESSED);
	assert_int_equal(x.look.k, 16);
}

static void lopsided(void **state)
{
	double d[32];
	struct decision x;

	fill(d, 8, 0.001, 0.0005, 0);
	x = decide(d, 8, true, &three);
	assert_int_equal(x.look.verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(x.look.why, UNRESOLVED_LOPSIDED);
	assert_int_equal(x.wants, 0); /* more blocks do not mend it */
	fill(d, 8, -0.1, 0.0005, 0);
	assert_int_equal(decide(d, 8, true, &three).look.why, UNRESOLVED_LOPSIDED);
	fill(d, 8, 0.1, 0.0005, 0);
	assert_int_equal(decide(d, 8, true, &three).look.verdict, VERDICT_REGRESSED);
	fill(d, 8, -0.02, 0.003, 0);
	assert_int_equal(decide(d, 8, false, &three).look.why, UNRESOLVED_NOT_WORSE);
	x = decide(d, 8, true, &three);
	assert_int_equal(x.look.why, UNRESOLVED_LOPSIDED);
	assert_int_equal(x.wants, 16);
	fill(d, 8, 0, 0.5, 0);
	assert_int_equal(decide(d, 8, true, &three).look.why, UNRESOLVED_WIDE);
}

/* More metrics never give a verdict that fewer would not. */
static void more_metrics(void **state)
{
	struct rng r = {.state = 9};

	for (int n = 0; n < 2000; n++) {
		double d[32];
		struct verdict_family many = three;

		for (int i = 0; i < 32; i++)
			d[i] = 0.01 + 0.012 * rng_normal(&r);
		many.metrics = 40;
		struct decision a = decide(d, 8, false, &three), b = decide(d, 8, false, &many);
		assert_true(b.look.half > a.look.half);
		assert_true(!b.look.verdict || b.look.verdict == a.look.verdict);
	}
}

static void strays(void **state)
{
	static const double d[] = {0.00, 0.01, 0.02, 0.03, 0.09, 0.01, 0.02};

	/* median .02; distances 0 0 .01 .01 .01 .02 .07 */
	near(verdict_stray_limit(d, 7, 0.01), 0.06, 1e-9);
	near(verdict_stray_limit(d, 7, 0.05), 3 * log(1.05), 1e-12);
	near(verdict_stray_limit(d, 1, 0.05), 3 * log(1.05), 1e-12);
}

static void candidates(void **state)
{
	double mean[40], margin[40];
	size_t chosen[VERDICT_CANDIDATES], dropped;

	for (size_t i = 0; i < 40; i++) {
		margin[i] = 0.01;
		mean[i] = (i % 2 ? -1 : 1) * 0.009; /* within */
	}
	assert_int_equal(verdict_candidates(chosen, &dropped, mean, margin, 40), 0);
	assert_int_equal(dropped, 0);
	mean[7] = 0.03;
	mean[3] = -0.05;
	mean[5] = NAN;
	mean[20] = 0.06; /* the largest, but by the least beyond its margin */
	margin[20] = 0.055;
	assert_int_equal(verdict_candidates(chosen, &dropped, mean, margin, 40), 3);
	assert_int_equal(chosen[0], 3);
	assert_int_equal(chosen[1], 7);
	assert_int_equal(chosen[2], 20);
	for (size_t i = 0; i < 40; i++) {
		margin[i] = 0.01;
		mean[i] = 0.02 + 0.001 * (double)(i % 20);
	}
	assert_int_equal(verdict_candidates(chosen, &dropped, mean, margin, 40), 16);
	assert_int_equal(dropped, 24);
	for (size_t i = 0; i < 16; i++) /* pairs of equals from 19 down to 12 */
		assert_int_equal(chosen[i], 19 - i / 2 + (i % 2 ? 20 : 0));
	for (size_t i = 0; i < 40; i++)
		mean[i] = 0.02; /* all equal: the first ones, also at the cut */
	assert_int_equal(verdict_candidates(chosen, &dropped, mean, margin, 40), 16);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(chosen[i], i);
	assert_int_equal(verdict_candidates(chosen, &dropped, mean, margin, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_by_table), cmocka_unit_test(t_by_scipy),
		cmocka_unit_test(families),   cmocka_unit_test(mean_and_half),
		cmocka_unit_test(by_hand),    cmocka_unit_test(each_verdict),
		cmocka_unit_test(no_margin),  cmocka_unit_test(flat),
		cmocka_unit_test(infinite),   cmocka_unit_test(monotone),
		cmocka_unit_test(waits),      cmocka_unit_test(first_stands),
		cmocka_unit_test(lopsided),   cmocka_unit_test(more_metrics),
		cmocka_unit_test(strays),     cmocka_unit_test(candidates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
