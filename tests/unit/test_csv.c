/* CSV: what is written is read back; what is broken is refused with its row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../harness/formats/csv.h"

static const char *const ab[] = {"a", "b"};

/* Collects "a|b" lines. */
static int collect(void *arg, const char *const *f, unsigned row, struct err *e)
{
	buf_printf(arg, "%u:%s|%s\n", row, f[0], f[1]);
	return 0;
}

static int read_text(const char *text, size_t len, bool torn, struct buf *out, struct err *e)
{
	return csv_read_mem("f.csv", text, len, ab, 2, torn, collect, out, e);
}

static void good_n(const char *text, size_t len, bool torn, const char *expect)
{
	struct buf out = BUF_INIT;
	struct err e = ERR_INIT;

	if (read_text(text, len, torn, &out, &e))
		fail_msg("%s:%u: %s", e.file, e.line, e.text);
	assert_string_equal(buf_str(&out), expect);
	buf_free(&out);
}

static void bad_n(const char *text, size_t len, bool torn, unsigned row, const char *why)
{
	struct buf out = BUF_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(read_text(text, len, torn, &out, &e), -EINVAL);
	assert_string_equal(e.file, "f.csv");
	if (!strstr(e.text, why) || e.line != row)
		fail_msg("row %u: \"%s\" instead of row %u: \"%s\"", e.line, e.text, row, why);
	buf_free(&out);
}

#define good(text, torn, expect)  good_n(text, sizeof(text) - 1, torn, expect)
#define bad(text, torn, row, why) bad_n(text, sizeof(text) - 1, torn, row, why)

static void reading(void **state)
{
	good("a,b\n1,2\n", false, "2:1|2\n");
	good("b,x,a\n1,2,3\n", false, "2:3|1\n");
	good("a,b\n", false, "");
	good("a,b\r\n1,2\r\n", false, "2:1|2\n");
	good("a,b\n\n1,2\n\n", false, "2:1|2\n");
	good("a,b\n,\n", false, "2:|\n");
	good("a,b\n  1 ,\t2 \n", false, "2:  1 |\t2 \n");
	good("a,b\n\"x,\"\"y\"\"\n\",\" 2 \"\n", false, "2:x,\"y\"\n| 2 \n");
	good("\"a\",\"b\"\n1,2\n3,4\n", false, "2:1|2\n3:3|4\n");
}

static void refusing(void **state)
{
	bad("", false, 1, "header row is missing");
	bad("\n\n", false, 1, "header row is missing");
	bad("a\n1\n", false, 1, "lacks the column \"b\"");
	bad("a,b,a\n", false, 1, "column \"a\" twice");
	bad("a,b,x,x\n", false, 1, "column \"x\" twice");
	bad("\xef\xbb\xbf"
	    "a,b\n",
	    false, 1, "byte-order mark");
	bad("a,b\n1,2\n1\n", false, 3, "1 field, the header has 2");
	bad("a,b\n1,2,3\n1,2\n", false, 2, "3 fields");
	bad("a,b\n1,2", false, 2, "cut off");
	bad("a,b", false, 1, "cut off");
	bad("a,b\n1,\"2\n", false, 2, "not closed");
	bad("a,b\n1,2\"\n3,4\n", false, 2, "stray quote");
	bad("a,b\n1,\"2\"x\n", false, 2, "stray quote");
	bad("a,b\n1,2\n3,\0004\n", false, 3, "NUL byte");
	bad("a,b\n1,2\n3,\0004\n", true, 3, "NUL byte");
	bad("\0", false, 1, "NUL byte");
	bad("a,b\n1,2,3\n1,2\n", true, 2, "3 fields");
	bad("a,b\n1,\"2\"x\n", true, 2, "stray quote");
}

static void torn_tails(void **state)
{
	good("", true, "");
	good("a,", true, "");
	good("a,b\n1,2\n3,4", true, "2:1|2\n");
	good("a,b\n1,2\n3", true, "2:1|2\n");
	good("a,b\n1,2\n3,\"x", true, "2:1|2\n");
	good("a,b\n1,2\n3,\"x\ny", true, "2:1|2\n");
	good("a,b\n1,2\n3,\"x\"", true, "2:1|2\n");
	good("a,b\n1,2\n3\n", true, "2:1|2\n");
	good("a,b\n1,2\r3,\"x", true, "2:1|2\n");
	good("a,b\n1,2\n\0\0\0", true, "2:1|2\n");
}

/* Wherever a file is cut, exactly the rows before the cut are read. */
static void every_cut(void **state)
{
	static const char text[] = "a,b\n1,\"x\ny\"\n2,\"\"\"\"\n3,z\n";
	static const char *const expect[] = {"", "2:1|x\ny\n", "2:1|x\ny\n3:2|\"\n",
					     "2:1|x\ny\n3:2|\"\n4:3|z\n"};
	static const size_t whole[] = {4, 12, 19, 23};

	assert_int_equal(sizeof(text) - 1, whole[3]);
	for (size_t n = 0; n < sizeof(text); n++) {
		size_t rows = 0;

		while (rows < 3 && n >= whole[rows + 1])
			rows++;
		good_n(text, n, true, expect[rows]);
	}
}

static void caps(void **state)
{
	struct buf b = BUF_INIT;
	char *big = malloc(CSV_MAX_FIELD + 2);

	memset(big, 'x', CSV_MAX_FIELD + 1);
	buf_puts(&b, "a,b\n1,2\n1,");
	buf_add(&b, big, CSV_MAX_FIELD + 1);
	buf_puts(&b, "\n");
	bad_n(b.s, b.len, false, 3, "longer than 1 MiB");
	buf_reset(&b);
	buf_puts(&b, "a,b\n1,\"");
	for (int i = 0; i < 4; i++)
		buf_add(&b, big, CSV_MAX_FIELD);
	bad_n(b.s, b.len, false, 2, "longer than 1 MiB");
	buf_reset(&b);
	buf_puts(&b, "a,b");
	for (int i = 0; i < 63; i++)
		buf_printf(&b, ",c%d", i);
	buf_puts(&b, "\n");
	bad_n(b.s, b.len, false, 1, "more than 64 fields");
	buf_reset(&b);
	buf_puts(&b, "a,b");
	for (int i = 0; i < 62; i++)
		buf_printf(&b, ",c%d", i);
	buf_puts(&b, "\n");
	good_n(b.s, b.len, false, "");
	buf_free(&b);
	free(big);
}

static int stop_at_second(void *arg, const char *const *f, unsigned row, struct err *e)
{
	++*(int *)arg;
	return row == 3 ? err_set(e, EBADMSG, "stop") : 0;
}

static void stopping(void **state)
{
	struct err e = ERR_INIT;
	int calls = 0;

	assert_int_equal(csv_read_mem("f", "a,b\n1,2\n3,4\n5,6\n", 16, ab, 2, false, stop_at_second,
				      &calls, &e),
			 -EBADMSG);
	assert_int_equal(calls, 2);
	assert_string_equal(e.text, "stop");
}

static void files(void **state)
{
	struct err e = ERR_INIT;
	struct buf out = BUF_INIT;

	assert_int_equal(csv_read_file("/nonexistent/x.csv", ab, 2, false, collect, &out, &e),
			 -ENOENT);
	assert_non_null(strstr(e.text, "No such file"));
	err_clear(&e);
	assert_int_equal(csv_read_file("/", ab, 2, false, collect, &out, &e), -EISDIR);
	buf_free(&out);
}

static void round_trip(void **state)
{
	static const char *const rows[][2] = {
		{"1", "2"},
		{"", ""},
		{" lead", "trail "},
		{"a,b", "c\"d"},
		{"line\nbreak", "cr\rlf\r\n"},
		{"\"", "\"\""},
		{"ü", "—"},
		{NULL, "x\ry"},
	};
	struct buf text = BUF_INIT, expect = BUF_INIT;

	buf_puts(&text, "a,b\n");
	for (unsigned i = 0; i < 8; i++) {
		csv_row(&text, rows[i], 2);
		buf_printf(&expect, "%u:%s|%s\n", i + 2, rows[i][0] ? rows[i][0] : "", rows[i][1]);
	}
	good_n(text.s, text.len, false, buf_str(&expect));
	buf_free(&text);
	buf_free(&expect);
}

static void quoting_only_where_needed(void **state)
{
	static const char *const f[] = {"a b", "1.5", "x,y", "", "q\"q"};
	static const char *const empty[] = {""};
	struct buf b = BUF_INIT;

	csv_row(&b, f, 5);
	csv_row(&b, empty, 1);
	assert_string_equal(buf_str(&b), "a b,1.5,\"x,y\",,\"q\"\"q\"\n\"\"\n");
	buf_free(&b);
}

static void split_ok(const char *line, size_t n, const char *const *expect)
{
	char *f[4];
	struct err e = ERR_INIT;

	assert_int_equal(csv_split(line, strlen(line), f, 4, &e), (int)n);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(f[i], expect[i]);
		free(f[i]);
	}
}

static void split_bad(const char *line, size_t len, const char *why)
{
	char *f[4];
	struct err e = ERR_INIT;

	assert_int_equal(csv_split(line, len, f, 4, &e), -EINVAL);
	assert_non_null(strstr(e.text, why));
}

static void splitting(void **state)
{
	split_ok("a,\"b,c\",,d", 4, (const char *const[]){"a", "b,c", "", "d"});
	split_ok("a\n", 1, (const char *const[]){"a"});
	split_ok("a,", 2, (const char *const[]){"a", ""});
	split_ok("", 0, NULL);
	split_bad("a,b,c,d,e", 9, "at most 4");
	split_bad("a,\"b", 4, "quote");
	split_bad("a\"b", 3, "quote");
	split_bad("a\nb", 3, "more than one");
	split_bad("a\0b", 3, "NUL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),    cmocka_unit_test(refusing),
		cmocka_unit_test(torn_tails), cmocka_unit_test(every_cut),
		cmocka_unit_test(caps),	      cmocka_unit_test(stopping),
		cmocka_unit_test(files),      cmocka_unit_test(round_trip),
		cmocka_unit_test(splitting),  cmocka_unit_test(quoting_only_where_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
