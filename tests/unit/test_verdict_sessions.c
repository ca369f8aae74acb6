/* Sessions and nodes, by hand: intervals from printed tables of Student's t, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "../../harness/judge/verdict.h"

/* M such that alpha / (2 M) is one of the columns of a table: .04/(2*4) = .005, .04/(2*2) = .01 */
#define TWO_SIDED_1 4
#define TWO_SIDED_2 2

static void near(double got, double want, double absolute)
{
	if (!(fabs(got - want) <= absolute))
		fail_msg("%.17g instead of %.17g", got, want);
}

static void session_interval(void **state)
{
	struct look l;

	/* t_{20, .995} = 2.845; se = .0016 sqrt(1/2 + 1/2) */
	verdict_sessions(&l, 0.001, 2, 2, 0.0016 * 0.0016, 20, TWO_SIDED_1, 0.01);
	assert_int_equal(l.k, 4);
	near(l.t, 2.845, 5e-4);
	near(l.half, 2.845 * 0.0016, 1e-6);
	near(l.detectable, log(1.01) + (2.845 + 1.28) * 0.0016, 1e-6);
	assert_int_equal(l.verdict, VERDICT_EQUIVALENT);
	/* t_{40, .99} = 2.423; 1/1 + 1/3 */
	verdict_sessions(&l, -0.001, 1, 3, 0.001 * 0.001, 40, TWO_SIDED_2, 0.01);
	near(l.half, 2.423 * 0.001 * sqrt(4.0 / 3), 1e-6);
	near(l.mean, -0.001, 0);
}

static struct look session(double mean, double sd, double nu)
{
	struct look l;

	verdict_sessions(&l, mean, 2, 2, sd * sd, nu, TWO_SIDED_1, 0.01);
	return l;
}

static void session_verdicts(void **state)
{
	double half = session(0, 0.001, 20).half, m = log(1.01), e = 1e-9;

	assert_int_equal(session(m + half + e, 0.001, 20).verdict, VERDICT_REGRESSED);
	assert_int_equal(session(m + half - e, 0.001, 20).why, UNRESOLVED_WIDE);
	assert_int_equal(session(m - half - e, 0.001, 20).verdict, VERDICT_EQUIVALENT);
	assert_int_equal(session(-m - half - e, 0.001, 20).verdict, VERDICT_IMPROVED);
	assert_int_equal(session(-m, 0.001, 20).why, UNRESOLVED_NOT_WORSE);
	assert_int_equal(session(0.5, 0, 20).why, UNRESOLVED_FLAT);
	assert_int_equal(session(0.5, 0, 20).verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(session(0.5, NAN, 20).verdict, VERDICT_INCONCLUSIVE);
}

/* Without a library nothing is decided, however clear it looks. */
static void no_library(void **state)
{
	struct look l = session(0.5, 0.001, 19.9);

	assert_int_equal(l.verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(l.why, UNRESOLVED_LIBRARY);
	assert_true(l.half > 0 && l.mean == 0.5);
	assert_int_equal(session(0, 0.001, 4).why, UNRESOLVED_LIBRARY);
	assert_int_equal(session(0, 0.001, 0).why, UNRESOLVED_LIBRARY);
	assert_true(isnan(session(0, 0.001, 0).half));
	assert_int_equal(session(0, 0.001, NAN).why, UNRESOLVED_LIBRARY);
	verdict_sessions(&l, 0.5, 0, 3, 1e-6, 40, 1, 0.01);
	assert_int_equal(l.why, UNRESOLVED_FEW);
	assert_int_equal(l.k, 0);
}

/* R sessions find what R - 1 do not. */
static void sessions_needed(void **state)
{
	double v = 0.0015 * 0.0015;
	unsigned r = verdict_sessions_needed(0.02, v, 40, 200, 0.01);
	struct look l;

	assert_true(r >= 2 && r <= 4);
	verdict_sessions(&l, 0, r, r, v, 40, 200, 0.01);
	assert_true(l.detectable <= log(1.02));
	verdict_sessions(&l, 0, r - 1, r - 1, v, 40, 200, 0.01);
	assert_true(l.detectable > log(1.02));
	/* se needed: (ln 1.02 - ln 1.01) / (t + 1.28), by hand with t_{40, .9999} = 4.094 */
	near(r, ceil(2 * v / pow((log(1.02) - log(1.01)) / (4.094 + 1.28), 2)), 0);
	assert_true(verdict_sessions_needed(0.015, v, 40, 200, 0.01) > r);
	assert_true(verdict_sessions_needed(0.02, 4 * v, 40, 200, 0.01) > r);
	assert_int_equal(verdict_sessions_needed(0.01, v, 40, 200, 0.01), 0);
	assert_int_equal(verdict_sessions_needed(0.0101, v, 40, 200, 0.01), 0);
	assert_int_equal(verdict_sessions_needed(0.02, v, 19, 200, 0.01), 0);
	assert_int_equal(verdict_sessions_needed(0.02, 0, 40, 200, 0.01), 0);
	assert_int_equal(verdict_sessions_needed(0.02, NAN, 40, 200, 0.01), 0);
}

/* Four nodes without control: mean .003, sd .001826, t_{3, .995} = 5.841. */
static void nodes_alone(void **state)
{
	static const double d[] = {0.001, 0.002, 0.004, 0.005};
	struct look l;

	verdict_nodes(&l, d, 4, NULL, 0, TWO_SIDED_1, 0.01);
	assert_int_equal(l.k, 4);
	near(l.mean, 0.003, 1e-15);
	near(l.half, 5.841 * sqrt(1e-5 / 3) / 2, 1e-6);
	assert_int_equal(l.verdict, VERDICT_EQUIVALENT);
}

/* Welch by hand: v = 1e-5/3/4, v_c = 8e-6/2/3: nu = 4.19 */
static void nodes_with_control(void **state)
{
	static const double d[] = {0.031, 0.032, 0.034, 0.035};
	static const double control[] = {0.003, 0.005, 0.007};
	double v = 1e-5 / 12, v_c = 8e-6 / 6;
	double nu = (v + v_c) * (v + v_c) / (v * v / 3 + v_c * v_c / 2);
	struct look l;

	verdict_nodes(&l, d, 4, control, 3, TWO_SIDED_2, 0.01);
	near(l.mean, 0.028, 1e-15);
	near(nu, 4.2, 0.1);
	/* t_{4, .99} = 3.747 and t_{5, .99} = 3.365 enclose it */
	assert_true(l.t < 3.747 && l.t > 3.365);
	near(l.half, l.t * sqrt(v + v_c), 1e-12);
	assert_int_equal(l.verdict, VERDICT_REGRESSED);
	/* what the untouched nodes share is no change */
	verdict_nodes(&l, control, 3, control, 3, TWO_SIDED_2, 0.05);
	assert_true(l.mean == 0);
	assert_int_equal(l.verdict, VERDICT_EQUIVALENT);
}

static void too_few_nodes(void **state)
{
	static const double d[] = {0.031, 0.032, 0.034}, same[] = {0.1, 0.1, 0.1};
	struct look l;

	verdict_nodes(&l, d, 1, NULL, 0, 1, 0.01);
	assert_int_equal(l.why, UNRESOLVED_FEW);
	assert_int_equal(l.k, 0);
	verdict_nodes(&l, d, 0, NULL, 0, 1, 0.01);
	assert_int_equal(l.why, UNRESOLVED_FEW);
	verdict_nodes(&l, d, 3, d, 1, 1, 0.01);
	assert_int_equal(l.why, UNRESOLVED_FEW);
	verdict_nodes(&l, same, 3, NULL, 0, 1, 0.01);
	assert_int_equal(l.why, UNRESOLVED_FLAT);
	verdict_nodes(&l, same, 3, same, 2, 1, 0.01);
	assert_int_equal(l.why, UNRESOLVED_FLAT);
	verdict_nodes(&l, same, 3, d, 3, 1, 0.01);
	assert_int_equal(l.verdict, VERDICT_REGRESSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(session_interval), cmocka_unit_test(session_verdicts),
		cmocka_unit_test(no_library),	    cmocka_unit_test(sessions_needed),
		cmocka_unit_test(nodes_alone),	    cmocka_unit_test(nodes_with_control),
		cmocka_unit_test(too_few_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
