/* The arithmetic of clients that share a GPU, against examples computed by hand. */
#include "../../kernels/mps_figures.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define NEAR(a, b) assert_true((a) > (b)-1e-9 && (a) < (b) + 1e-9)

/* ends, in seconds, of a client that begins at `begin` */
static struct mps_round made(uint64_t *end_ns, double begin, unsigned n, const double *end)
{
	for (unsigned i = 0; i < n; i++)
		end_ns[i] = (uint64_t)(end[i] * 1e9);
	return (struct mps_round){(uint64_t)(begin * 1e9), end_ns, n};
}

static void test_done(void **state)
{
	uint64_t ns[3];
	struct mps_round r = made(ns, 10, 3, (double[]){12, 13, 17});

	(void)state;
	NEAR(mps_done(&r, 9e9), 0);
	NEAR(mps_done(&r, 11e9), 0.5);
	NEAR(mps_done(&r, 12e9), 1);
	NEAR(mps_done(&r, 15e9), 2.5);
	NEAR(mps_done(&r, 99e9), 3);
	NEAR(mps_launch_s(&r), 7.0 / 3);
}

static void test_one_alone(void **state)
{
	uint64_t ns[2];
	struct mps_round r = made(ns, 5, 2, (double[]){6, 7});
	struct mps_figures f;

	(void)state;
	assert_int_equal(mps_figures(&r, 1, 1, &f), 0);
	NEAR(f.stp, 1);
	NEAR(f.antt, 1);
	NEAR(f.overlap, 1);
	NEAR(f.fairness, 1);
	NEAR(f.launches_s, 1);
}

/* Side by side without loss, and one after the other, launch by launch. */
static void test_two(void **state)
{
	uint64_t a[4], b[4];
	struct mps_round r[2] = {made(a, 0, 4, (double[]){1, 2, 3, 4}),
				 made(b, 0, 4, (double[]){1, 2, 3, 4})};
	struct mps_figures f;

	(void)state;
	assert_int_equal(mps_figures(r, 2, 1, &f), 0);
	NEAR(f.stp, 2);
	NEAR(f.antt, 1);
	NEAR(f.overlap, 2);
	NEAR(f.launches_s, 2);
	r[0] = made(a, 0, 4, (double[]){2, 4, 6, 8});
	r[1] = made(b, 0, 4, (double[]){2, 4, 6, 8});
	assert_int_equal(mps_figures(r, 2, 1, &f), 0);
	NEAR(f.stp, 1);
	NEAR(f.antt, 2);
	NEAR(f.overlap, 1);
}

/*
 * The first client is three times as fast and then gone: what the second does alone afterwards
 * counts for overlap only. While both work, in 4 s, they do 3 and 1 launches of 1 s.
 */
static void test_unequal(void **state)
{
	uint64_t a[3], b[3];
	struct mps_round r[2] = {made(a, 0, 3, (double[]){4.0 / 3, 8.0 / 3, 4}),
				 made(b, 0, 3, (double[]){4, 5, 6})};
	struct mps_figures f;

	(void)state;
	assert_int_equal(mps_figures(r, 2, 1, &f), 0);
	NEAR(f.stp, 0.75 + 0.25);
	NEAR(f.antt, (4.0 / 3 + 4) / 2);
	NEAR(f.fairness, 1.0 / 3);
	NEAR(f.launches_s, 1);
	NEAR(f.overlap, 2 * 3.0 / 6);
}

/* One begins late: what the first did before does not count. */
static void test_late(void **state)
{
	uint64_t a[4], b[4];
	struct mps_round r[2] = {made(a, 0, 4, (double[]){1, 2, 4, 6}),
				 made(b, 2, 4, (double[]){4, 6, 7, 8})};
	struct mps_figures f;

	(void)state;
	assert_int_equal(mps_figures(r, 2, 1, &f), 0);
	NEAR(f.stp, 1);
	NEAR(f.fairness, 1);
	NEAR(f.overlap, 2 * 4.0 / 8);
}

static void test_never_together(void **state)
{
	uint64_t a[2], b[2];
	struct mps_round r[2] = {made(a, 0, 2, (double[]){1, 2}), made(b, 2, 2, (double[]){3, 4})};
	struct mps_figures f;

	(void)state;
	assert_int_equal(mps_figures(r, 2, 1, &f), -EDOM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_done), cmocka_unit_test(test_one_alone),
		cmocka_unit_test(test_two),  cmocka_unit_test(test_unequal),
		cmocka_unit_test(test_late), cmocka_unit_test(test_never_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
