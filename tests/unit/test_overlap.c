/* The arithmetic of overlap's kernel: the closed form is what the steps give. */
#include "../../kernels/overlap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_closed_form_is_what_steps_give(void **state)
{
	uint32_t x = overlap_first(7, 42), first = x;

	for (uint64_t n = 0; n <= 5000; n++) {
		assert_int_equal(overlap_after(first, n), x);
		x = overlap_step(x);
	}
}

/* Of a congruence with full period 2^32 comes the first number again, and no earlier. */
static void the_period_is_full(void **state)
{
	assert_int_equal(overlap_after(123, (uint64_t)1 << 32), 123);
	assert_int_not_equal(overlap_after(123, (uint64_t)1 << 31), 123);
	assert_int_equal(overlap_after(123, ((uint64_t)1 << 32) + 5), overlap_after(123, 5));
}

/* The multiplier of the index is odd: no two threads begin, or end, with the same number. */
static void threads_differ(void **state)
{
	for (uint32_t i = 1; i < 200000; i++)
		assert_int_not_equal(overlap_first(i, 9), overlap_first(0, 9));
	assert_int_equal(overlap_first(5, 9) - overlap_first(4, 9),
			 overlap_first(1, 0) - overlap_first(0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_closed_form_is_what_steps_give),
		cmocka_unit_test(the_period_is_full),
		cmocka_unit_test(threads_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
