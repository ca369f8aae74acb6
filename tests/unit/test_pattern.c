/* pattern: what is lost, moved or changed is found, at its byte. */
#include "../../kernels/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 99 };

static void every_length_is_filled_and_checked(void **state)
{
	uint8_t *p = malloc(20000);

	for (size_t n = 0; n < 20000; n += n < 40 ? 1 : 997) {
		memset(p, 0xa5, 20000);
		pattern_fill(p, n, SEED);
		assert_int_equal(pattern_check(p, n, SEED).first, PATTERN_NONE);
		for (size_t i = n; i < 20000; i++)
			assert_int_equal(p[i], 0xa5); /* nothing behind the end */
	}
	free(p);
}

static void any_byte_is_found(void **state)
{
	enum { N = 9001 };
	uint8_t *p = malloc(N);

	pattern_fill(p, N, SEED);
	for (size_t i = 0; i < N; i += i < 5000 ? 61 : 1) {
		p[i] ^= 0x10;
		struct pattern_diff d = pattern_check(p, N, SEED);
		assert_int_equal(d.first, i);
		assert_int_equal(d.bytes, 1);
		p[i] ^= 0x10;
	}
	p[4097] ^= 1;
	p[8999] ^= 0x80;
	assert_int_equal(pattern_check(p, N, SEED).first, 4097);
	assert_int_equal(pattern_check(p, N, SEED).bytes, 2);
	free(p);
}

static void moved_repeated_and_missing_data_is_found(void **state)
{
	enum { N = 1 << 16 };
	uint8_t *p = malloc(N);

	pattern_fill(p, N, SEED);
	memmove(p + 4096, p, 4096); /* a page twice */
	assert_in_range(pattern_check(p, N, SEED).first, 4096, 4100);
	pattern_fill(p, N, SEED);
	memset(p + 64, 0, 4); /* a word that never came */
	assert_in_range(pattern_check(p, N, SEED).first, 64, 67);
	pattern_fill(p, N, SEED + 1); /* somebody else's buffer */
	assert_true(pattern_check(p, N, SEED).bytes > N / 2);
	memset(p, 0xa5, N); /* the poison */
	assert_true(pattern_check(p, N, SEED).bytes > N / 10 * 9);
	free(p);
}

static void no_word_is_zero_and_few_are_equal(void **state)
{
	enum { N = 1 << 20 };
	uint32_t ones = 0;

	for (uint32_t i = 0; i < N; i++) {
		assert_int_not_equal(pattern_word(i, SEED), 0);
		assert_int_not_equal(pattern_word(i, SEED), pattern_word(i + 1, SEED));
		ones += (uint32_t)__builtin_popcount(pattern_word(i, SEED));
	}
	assert_in_range(ones / (N / 1000), 16000, 17000); /* 16.5 of 32: bit 0 is always set */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_is_filled_and_checked),
		cmocka_unit_test(any_byte_is_found),
		cmocka_unit_test(moved_repeated_and_missing_data_is_found),
		cmocka_unit_test(no_word_is_zero_and_few_are_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
