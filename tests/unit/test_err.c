/* Errors as values: the first one wins and is printed whole. Statuses have names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../harness/base/err.h"
#include "../../harness/base/status.h"

static void printed(const struct err *e, const char *prefix, const char *expect)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	err_print(e, prefix, f);
	fclose(f);
	assert_string_equal(text, expect);
	free(text);
}

static void the_first_wins(void **state)
{
	struct err e = ERR_INIT;

	assert_int_equal(err_at(&e, EINVAL, "a.ini", 7, "%s is %d", "x", 3), -EINVAL);
	assert_int_equal(err_set(&e, ENOENT, "later"), -ENOENT);
	assert_int_equal(e.code, EINVAL);
	printed(&e, NULL, "a.ini:7: x is 3\n");
	printed(&e, "assay", "assay: a.ini:7: x is 3\n");
	err_clear(&e);
	assert_int_equal(e.code, 0);
	assert_int_equal(err_at(&e, EIO, "dir", 0, "gone"), -EIO);
	printed(&e, NULL, "dir: gone\n");
	err_clear(&e);
	err_set(&e, EIO, "gone");
	printed(&e, NULL, "gone\n");
	assert_int_equal(err_set(NULL, EIO, "nobody asks"), -EIO);
}

static void long_texts_are_cut(void **state)
{
	struct err e = ERR_INIT;
	char text[2000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	err_at(&e, EINVAL, text, 1, "%s", text);
	assert_int_equal(strlen(e.file), sizeof(e.file) - 1);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
}

static void statuses(void **state)
{
	for (int i = 0; i < ST_N; i++) {
		enum status s;

		assert_int_equal(status_parse(status_name((enum status)i), &s), 0);
		assert_int_equal(s, i);
	}
	enum status s;
	assert_int_equal(status_parse("PASSED", &s), -EINVAL);
	assert_int_equal(status_parse("", &s), -EINVAL);
	assert_string_equal(status_name(ST_N), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_wins),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
