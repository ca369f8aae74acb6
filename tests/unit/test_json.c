/* JSON: order kept, odd text repaired, what is no number is null. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../harness/formats/json.h"
#include "../../harness/formats/utf8.h"

static void prints(struct json *v, const char *expect)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_int_equal(json_print(v, f), 0);
	fclose(f);
	assert_string_equal(text, expect);
	free(text);
}

static void values(void **state)
{
	struct json *o = json_object_new(), *a = json_array_new();

	json_str(o, "z", "a \"b\"\n\\");
	json_num(o, "a", 5.5e10);
	json_num(o, "nan", NAN);
	json_num(o, "inf", -INFINITY);
	json_int(o, "i", -9007199254740993);
	json_flag(o, "yes", true);
	json_flag(o, "no", false);
	json_str(o, "none", NULL);
	json_push(a, json_str(json_object_new(), "k", "v"));
	json_push(a, json_array_new());
	assert_ptr_equal(json_put(o, "list", a), o);
	prints(o,
	       "{\n  \"z\": \"a \\\"b\\\"\\n\\\\\",\n  \"a\": 55000000000.0,\n  \"nan\": null,\n"
	       "  \"inf\": null,\n  \"i\": -9007199254740993,\n  \"yes\": true,\n  \"no\": false,\n"
	       "  \"none\": null,\n  \"list\": [\n    {\n      \"k\": \"v\"\n    },\n    []\n  "
	       "]\n}\n");
}

static void setting_again_replaces(void **state)
{
	prints(json_int(json_int(json_object_new(), "a", 1), "a", 2), "{\n  \"a\": 2\n}\n");
}

static void odd_text(void **state)
{
	struct json *o = json_object_new();

	json_str(o, "k\xff",
		 "gr\xf6\xdf"
		 "e \xe2\x82\xac \xed\xa0\x80|");
	prints(o, "{\n  \"k\xef\xbf\xbd\": \"gr\xef\xbf\xbd\xef\xbf\xbd"
		  "e \xe2\x82\xac \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|\"\n}\n");
}

static void full_disk(void **state)
{
	FILE *f = fopen("/dev/full", "w");

	assert_non_null(f);
	assert_true(json_print(json_object_new(), f) < 0);
	fclose(f);
}

static void utf8(void **state)
{
	static const struct {
		const char *s;
		size_t valid;
	} cases[] = {
		{"", 0},
		{"abc", 3},
		{"\xc2\x80", 2},
		{"\xdf\xbf", 2},
		{"\xc0\x80", 0}, /* over-long */
		{"\xc1\xbf", 0},
		{"\xe0\xa0\x80", 3},
		{"\xe0\x9f\xbf", 0},
		{"\xed\x9f\xbf", 3},
		{"\xed\xa0\x80", 0}, /* a surrogate */
		{"\xee\x80\x80", 3},
		{"\xf0\x90\x80\x80", 4},
		{"\xf0\x8f\xbf\xbf", 0},
		{"\xf4\x8f\xbf\xbf", 4},
		{"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
		{"\xf5\x80\x80\x80", 0},
		{"a\x80", 1},
		{"a\xe2\x82", 1},
		{"a\xe2\x28\xa1", 1},
		{"\xff", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(utf8_valid(cases[i].s, strlen(cases[i].s)), cases[i].valid);
	assert_int_equal(utf8_valid("a\0b", 3), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),   cmocka_unit_test(setting_again_replaces),
		cmocka_unit_test(odd_text), cmocka_unit_test(full_disk),
		cmocka_unit_test(utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
