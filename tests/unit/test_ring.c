/* The ring that a GPU writes into its memory: one cycle through all lines, and far from in order.
 */
#include "../../kernels/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

static void one_cycle(unsigned bits, uint32_t seed)
{
	uint32_t lines = 1u << bits, line = 0;
	bool *seen = calloc(lines, sizeof(*seen));

	for (uint32_t i = 0; i < lines; i++) {
		assert_in_range(line, 0, lines - 1);
		assert_false(seen[line]);
		seen[line] = true;
		line = ring_next(line, bits, seed);
	}
	assert_int_equal(line, 0);
	free(seen);
}

static void every_line_once(void **state)
{
	static const uint32_t seeds[] = {0, 1, 42, 0x80000001, UINT32_MAX};

	for (unsigned bits = 2; bits <= 18; bits++) {
		for (int i = 0; i < 5; i++)
			one_cycle(bits, seeds[i]);
	}
	one_cycle(22, 42);
}

/* No stride that a prefetcher could learn, and no bit of the line's number in a short cycle. */
static void looks_random(void **state)
{
	enum { BITS = 14, STEPS = 1 << BITS };
	size_t near = 0, equal[BITS] = {0};
	uint32_t line = 0, step = 0, repeated = 0;

	for (int i = 0; i < STEPS; i++) {
		uint32_t next = ring_next(line, BITS, 42), differs = line ^ next;

		near += next - line + 8 < 16;
		repeated += next - line == step;
		for (int b = 0; b < BITS; b++)
			equal[b] += !(differs >> b & 1);
		step = next - line;
		line = next;
	}
	assert_true(near < STEPS / 256 && repeated < STEPS / 64);
	for (int b = 0; b < BITS; b++)
		assert_in_range(equal[b], STEPS * 15 / 32, STEPS * 17 / 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_once),
		cmocka_unit_test(looks_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
