/* What MPS clients compute: many steps at once, every thread of a launch, and that errors show. */
#include "../../kernels/mps_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEED 7

static void test_jump(void **state)
{
	uint32_t x = 12345;

	(void)state;
	for (uint64_t n = 0; n < 3000; n++) {
		struct mps_jump j = mps_jump(n);

		assert_int_equal(j.mul * 12345u + j.add, x);
		x = MPS_MUL * x + MPS_ADD;
	}
	/* a whole cycle comes back to where it began, and half of one does not */
	assert_int_equal(mps_jump(1ull << 32).mul, 1);
	assert_int_equal(mps_jump(1ull << 32).add, 0);
	assert_int_not_equal(mps_jump(1ull << 31).add, 0);
}

/* A launch as the GPU does it: every thread of every block. */
static void launch(struct mps_vector *x, const struct mps_shape *s, uint64_t threads)
{
	for (uint64_t t = 0; t < s->blocks * threads; t++)
		mps_part(x, s, MPS_MUL, MPS_ADD, t, s->blocks * threads);
}

static uint64_t wrong(const struct mps_vector *x, uint64_t n, uint64_t steps)
{
	struct mps_jump j = mps_jump(steps);
	uint64_t bad = 0;

	for (uint64_t i = 0; i < 4 * n; i++)
		bad += x[i / 4].word[i % 4] != mps_word(i, SEED, j);
	return bad;
}

static void test_all_threads(void **state)
{
	static const struct mps_shape shapes[] = {
		{.n = 1, .blocks = 3, .passes = 1, .rounds = 5},
		{.n = 3 * MPS_THREADS, .blocks = 3, .passes = 1, .rounds = 17},
		{.n = 100003, .blocks = 4, .passes = 3, .rounds = 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct mps_shape *s = &shapes[i];
		struct mps_vector *x = calloc(s->n + 1, sizeof(*x));
		uint64_t steps = 2ull * s->passes * s->rounds;

		pattern_fill(x, s->n * sizeof(*x), SEED);
		memset(&x[s->n], 0x5a, sizeof(*x)); /* behind the end */
		assert_int_equal(wrong(x, s->n, 0), 0);
		launch(x, s, MPS_THREADS);
		launch(x, s, MPS_THREADS);
		assert_int_equal(wrong(x, s->n, steps), 0);
		assert_int_equal(x[s->n].word[3], 0x5a5a5a5a);
		x[s->n / 2].word[1] ^= 1; /* one bit shows, also many steps later */
		assert_int_equal(wrong(x, s->n, steps), 1);
		launch(x, s, MPS_THREADS);
		assert_int_equal(wrong(x, s->n, steps * 3 / 2), 1);
		assert_int_equal(wrong(x, s->n, steps), 4 * s->n); /* a launch too many */
		free(x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jump),
		cmocka_unit_test(test_all_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
