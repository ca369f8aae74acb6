/* What is made of that which the SMs told: medians, missing and slow ones, wrong sums, by name. */
#include "../../kernels/tensor_sms.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SMS = 132, CLOCKS = 8000000, NS = 4040404 };

/* What the SMs of the last launches told, and what is made of it. */
static struct tensor_sm told[SMS];
static struct tensor_medians m;
static struct tensor_sms s;
static struct err e;

/* Before each test: of a healthy GPU. */
static int healthy(void **state)
{
	e = (struct err)ERR_INIT;
	for (uint32_t i = 0; i < SMS; i++)
		told[i] = (struct tensor_sm){.sm = (i * 7) % SMS, .clocks = CLOCKS, .ns = NS};
	tensor_sms_open(&s, SMS);
	return 0;
}

static int end(void **state)
{
	tensor_sms_close(&s);
	return 0;
}

/* The last launch is the slowest: a slow SM is one that is slow in its best. */
static void take(void)
{
	for (int i = 0; i < 3; i++)
		assert_int_equal(tensor_sms_take(&s, told, &m, &e), 0);
	told[5].ns *= 2;
	assert_int_equal(tensor_sms_take(&s, told, &m, &e), 0);
}

static const char *answered(void)
{
	static char text[300];

	return tensor_sms_answered(&s, text, sizeof(text));
}

static const char *speed(void)
{
	static char text[300];

	return tensor_sms_speed(&s, text, sizeof(text));
}

static void a_healthy_gpu(void **state)
{
	take();
	assert_true(m.clocks == CLOCKS);
	assert_true(m.hz > 1.97999e9 && m.hz < 1.98001e9);
	assert_true(m.slowest == 0.5);
	assert_string_equal(answered(), "132");
	assert_string_equal(speed(), TENSOR_ALL_ALIKE);
	assert_int_equal(tensor_sms_check(&s, "gpu 3, bf16", &e), 0);
}

static void a_slow_sm(void **state)
{
	for (int i = 0; i < SMS; i++) {
		if (told[i].sm == 17)
			told[i].ns = (uint64_t)(NS / 0.81);
		if (told[i].sm == 90)
			told[i].ns = (uint64_t)(NS / 0.985); /* within what healthy ones may */
	}
	take();
	assert_string_equal(speed(), "SM 17 at 81 % of the others");
	assert_string_equal(answered(), "132");
}

static void a_missing_sm(void **state)
{
	for (int i = 0; i < SMS; i++) {
		if (told[i].sm == 40 || told[i].sm == 131)
			told[i].sm = 3;
	}
	take();
	assert_string_equal(answered(), "130 (not SM 40, SM 131)");
}

/* Of a part of a GPU the numbers have gaps: who is missing then has no name. */
static void numbers_with_gaps(void **state)
{
	for (int i = 0; i < SMS; i++)
		told[i].sm *= 2;
	take();
	assert_string_equal(answered(), "132");
	end(state);
	tensor_sms_open(&s, SMS);
	told[9].sm = told[10].sm;
	take();
	assert_string_equal(answered(), "131");
}

static void many_are_counted(void **state)
{
	for (int i = 0; i < SMS; i++)
		told[i].sm %= SMS - 20;
	take();
	assert_string_equal(answered(),
			    "112 (not SM 112, SM 113, SM 114, SM 115, SM 116, SM 117, SM 118, "
			    "SM 119 and 12 more)");
}

static void wrong_sums(void **state)
{
	told[11].wrong = 3;
	take();
	assert_int_equal(tensor_sms_check(&s, "gpu 3, bf16", &e), -EBADMSG);
	assert_non_null(strstr(e.text, "gpu 3, bf16: 12 sums of SM 77 are wrong"));
	tensor_sms_forget(&s);
	assert_int_equal(tensor_sms_check(&s, "gpu 3, bf16", &e), 0);
}

/* Where a block wrote nothing, its record is what was there before. */
static void a_silent_block(void **state)
{
	memset(&told[7], 0xff, sizeof(told[7]));
	assert_int_equal(tensor_sms_take(&s, told, &m, &e), -EIO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, healthy, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_healthy_gpu),	 TEST(a_slow_sm),	 TEST(a_missing_sm),
		TEST(numbers_with_gaps), TEST(many_are_counted), TEST(wrong_sums),
		TEST(a_silent_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
