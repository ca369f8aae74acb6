/* Reproducible randomness: published values, and moments that a broken one would miss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../harness/base/rng.h"

/* First outputs of splitmix64 for the seed 1234567, as its reference code prints them. */
static void known_values(void **state)
{
	static const uint64_t want[] = {6457827717110365317u, 3203168211198807973u,
					9817491932198370423u, 4593380528125082431u,
					16408922859458223821u};
	struct rng r = {.state = 1234567};

	for (int i = 0; i < 5; i++)
		assert_true(rng_next(&r) == want[i]);
}

static void hashes_differ(void **state)
{
	uint64_t h[] = {rng_hash(0, 0),	       rng_hash(0, 1),	     rng_hash(1, 0),
			rng_hash_str(0, ""),   rng_hash_str(0, "a"), rng_hash_str(0, "ab"),
			rng_hash_str(0, "ba"), rng_hash_str(1, "ab")};

	for (int i = 0; i < 8; i++) {
		for (int j = 0; j < i; j++)
			assert_true(h[i] != h[j]);
	}
	assert_true(rng_hash_str(rng_hash_str(0, "a"), "b") != rng_hash_str(0, "ab"));
	assert_true(rng_hash_str(7, "gpu=3") == rng_hash_str(7, "gpu=3"));
}

static void moments(void **state)
{
	struct rng r = {.state = 3};
	double u = 0, u2 = 0, z = 0, z2 = 0, z4 = 0;
	int n = 200000;

	for (int i = 0; i < n; i++) {
		double x = rng_uniform(&r), y = rng_normal(&r);

		assert_true(x > 0 && x < 1);
		u += x / n;
		u2 += x * x / n;
		z += y / n;
		z2 += y * y / n;
		z4 += y * y * y * y / n;
	}
	/* five standard errors */
	assert_true(fabs(u - 0.5) < 5 * sqrt(1.0 / 12 / n));
	assert_true(fabs(u2 - 1.0 / 3) < 5 * sqrt(4.0 / 45 / n));
	assert_true(fabs(z) < 5 * sqrt(1.0 / n));
	assert_true(fabs(z2 - 1) < 5 * sqrt(2.0 / n));
	assert_true(fabs(z4 - 3) < 5 * sqrt(96.0 / n));
}

static void below(void **state)
{
	struct rng r = {.state = 9};
	int count[7] = {0};

	for (int i = 0; i < 70000; i++) {
		uint64_t x = rng_below(&r, 7);

		assert_true(x < 7);
		count[x]++;
	}
	for (int i = 0; i < 7; i++)
		assert_true(abs(count[i] - 10000) < 500);
	assert_true(rng_below(&r, 1) == 0);
}

static void shuffling(void **state)
{
	struct rng r = {.state = 1};
	size_t first[4] = {0};

	for (int k = 0; k < 4000; k++) {
		size_t v[4] = {0, 1, 2, 3}, seen = 0;

		rng_shuffle(&r, v, 4);
		for (int i = 0; i < 4; i++)
			seen |= (size_t)1 << v[i];
		assert_int_equal(seen, 15);
		first[v[0]]++;
	}
	for (int i = 0; i < 4; i++)
		assert_true(first[i] > 850 && first[i] < 1150);
	rng_shuffle(&r, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values), cmocka_unit_test(hashes_differ),
		cmocka_unit_test(moments),	cmocka_unit_test(below),
		cmocka_unit_test(shuffling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
