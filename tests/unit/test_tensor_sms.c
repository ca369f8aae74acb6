/* What is made of that which the SMs told: medians, missing and slow ones, wrong sums, by name. */
#include "../../kernels/tensor_sms.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SMS = 132, CLOCKS = 8000000, NS = 4040404 };

static void healthy(struct tensor_sm *told)
{
	for (uint32_t i = 0; i < SMS; i++)
		told[i] = (struct tensor_sm){.sm = (i * 7) % SMS, .clocks = CLOCKS, .ns = NS};
}

/* The last launch is the slowest: a slow SM is one that is slow in its best. */
static void take(struct tensor_sms *s, struct tensor_sm *told, struct tensor_medians *m)
{
	struct err e = ERR_INIT;

	tensor_sms_open(s, SMS);
	for (int i = 0; i < 3; i++)
		assert_int_equal(tensor_sms_take(s, told, m, &e), 0);
	told[5].ns *= 2;
	assert_int_equal(tensor_sms_take(s, told, m, &e), 0);
}

static void a_healthy_gpu(void **state)
{
	struct tensor_sm told[SMS];
	struct tensor_medians m;
	struct tensor_sms s;
	struct err e = ERR_INIT;
	char text[300];

	healthy(told);
	take(&s, told, &m);
	assert_true(m.clocks == CLOCKS);
	assert_true(m.hz > 1.97999e9 && m.hz < 1.98001e9);
	assert_true(m.slowest == 0.5);
	assert_string_equal(tensor_sms_answered(&s, text, sizeof(text)), "132");
	assert_string_equal(tensor_sms_speed(&s, text, sizeof(text)), TENSOR_ALL_ALIKE);
	assert_int_equal(tensor_sms_check(&s, "gpu 3, bf16", &e), 0);
	tensor_sms_close(&s);
}

static void a_slow_sm(void **state)
{
	struct tensor_sm told[SMS];
	struct tensor_medians m;
	struct tensor_sms s;
	char text[300];

	healthy(told);
	for (int i = 0; i < SMS; i++) {
		if (told[i].sm == 17)
			told[i].ns = (uint64_t)(NS / 0.81);
		if (told[i].sm == 90)
			told[i].ns = (uint64_t)(NS / 0.985); /* within what healthy ones may */
	}
	take(&s, told, &m);
	assert_string_equal(tensor_sms_speed(&s, text, sizeof(text)),
			    "SM 17 at 81 % of the others");
	assert_string_equal(tensor_sms_answered(&s, text, sizeof(text)), "132");
	tensor_sms_close(&s);
}

static void a_missing_sm(void **state)
{
	struct tensor_sm told[SMS];
	struct tensor_medians m;
	struct tensor_sms s;
	char text[300];

	healthy(told);
	for (int i = 0; i < SMS; i++) {
		if (told[i].sm == 40 || told[i].sm == 131)
			told[i].sm = 3;
	}
	take(&s, told, &m);
	assert_string_equal(tensor_sms_answered(&s, text, sizeof(text)), "130 (not SM 40, SM 131)");
	tensor_sms_close(&s);
}

/* Of a part of a GPU the numbers have gaps: who is missing then has no name. */
static void numbers_with_gaps(void **state)
{
	struct tensor_sm told[SMS];
	struct tensor_medians m;
	struct tensor_sms s;
	char text[300];

	healthy(told);
	for (int i = 0; i < SMS; i++)
		told[i].sm *= 2;
	take(&s, told, &m);
	assert_string_equal(tensor_sms_answered(&s, text, sizeof(text)), "132");
	tensor_sms_close(&s);
	told[9].sm = told[10].sm;
	take(&s, told, &m);
	assert_string_equal(tensor_sms_answered(&s, text, sizeof(text)), "131");
	tensor_sms_close(&s);
}

static void many_are_counted(void **state)
{
	struct tensor_sm told[SMS];
	struct tensor_medians m;
	struct tensor_sms s;
	char text[300];

	healthy(told);
	for (int i = 0; i < SMS; i++)
		told[i].sm %= SMS - 20;
	take(&s, told, &m);
	assert_string_equal(tensor_sms_answered(&s, text, sizeof(text)),
			    "112 (not SM 112, SM 113, SM 114, SM 115, SM 116, SM 117, SM 118, "
			    "SM 119 and 12 more)");
	tensor_sms_close(&s);
}

static void wrong_sums(void **state)
{
	struct tensor_sm told[SMS];
	struct tensor_medians m;
	struct tensor_sms s;
	struct err e = ERR_INIT;

	healthy(told);
	told[11].wrong = 3;
	take(&s, told, &m);
	assert_int_equal(tensor_sms_check(&s, "gpu 3, bf16", &e), -EBADMSG);
	assert_non_null(strstr(e.text, "gpu 3, bf16: 12 sums of SM 77 are wrong"));
	tensor_sms_forget(&s);
	assert_int_equal(tensor_sms_check(&s, "gpu 3, bf16", &e), 0);
	tensor_sms_close(&s);
}

/* Where a block wrote nothing, its record is what was there before. */
static void a_silent_block(void **state)
{
	struct tensor_sm told[SMS];
	struct tensor_medians m;
	struct tensor_sms s;
	struct err e = ERR_INIT;

	healthy(told);
	memset(&told[7], 0xff, sizeof(told[7]));
	tensor_sms_open(&s, SMS);
	assert_int_equal(tensor_sms_take(&s, told, &m, &e), -EIO);
	tensor_sms_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_gpu),    cmocka_unit_test(a_slow_sm),
		cmocka_unit_test(a_missing_sm),	    cmocka_unit_test(numbers_with_gaps),
		cmocka_unit_test(many_are_counted), cmocka_unit_test(wrong_sums),
		cmocka_unit_test(a_silent_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
