/* The text buffer, and the memory below it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../harness/base/buf.h"
#include "../../harness/base/mem.h"

static void adding(void **state)
{
	struct buf b = BUF_INIT;

	assert_string_equal(buf_str(&b), "");
	buf_puts(&b, "a");
	buf_putc(&b, 'b');
	buf_add(&b, "cde", 2);
	buf_printf(&b, "%d%s", 42, "!");
	assert_string_equal(buf_str(&b), "abcd42!");
	assert_int_equal(b.len, 7);
	buf_reset(&b);
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(b.len, 0);
	buf_printf(&b, "%s", "");
	assert_int_equal(b.len, 0);
	buf_add(&b, "x\0y", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.s, "x\0y", 4);
	buf_free(&b);
	assert_null(b.s);
}

static void growing(void **state)
{
	struct buf b = BUF_INIT;

	for (int i = 0; i < 100000; i++)
		buf_printf(&b, "%06d", i);
	assert_int_equal(b.len, 600000);
	assert_true(b.cap > b.len);
	assert_memory_equal(b.s + 6 * 77777, "077777", 6);
	assert_int_equal(b.s[b.len], '\0');
	buf_free(&b);
}

static void stealing(void **state)
{
	struct buf b = BUF_INIT;
	char *s = buf_steal(&b);

	assert_string_equal(s, "");
	free(s);
	buf_puts(&b, "mine");
	s = buf_steal(&b);
	assert_string_equal(s, "mine");
	assert_string_equal(buf_str(&b), "");
	free(s);
	buf_free(&b);
}

static void arrays(void **state)
{
	struct item {
		int a, b;
	} *v = NULL;
	size_t cap = 0;

	for (size_t i = 0; i < 1000; i++) {
		v = mem_grow(v, i, &cap, sizeof(*v));
		assert_true(cap > i);
		assert_int_equal(v[i].a, 0); /* new space is zero */
		v[i].a = (int)i + 1;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(v[i].a, i + 1);
	free(v);
}

static void strings(void **state)
{
	char *a = mem_strdup("abc"), *b = mem_strndup("abcdef", 3),
	     *c = mem_printf("%s-%d", "x", 7);

	assert_string_equal(a, b);
	assert_string_equal(c, "x-7");
	free(a);
	free(b);
	free(c);
	free(mem_zalloc(0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adding), cmocka_unit_test(growing), cmocka_unit_test(stealing),
		cmocka_unit_test(arrays), cmocka_unit_test(strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
