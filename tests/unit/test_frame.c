/* Frames: rows come through whatever else is written to the pipe, or it is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../harness/formats/frame.h"

#define NONCE "f00dfeed"

struct seen {
	struct buf rows, text;
	int stop_at;
};

static int on_row(void *arg, const char *const *f, size_t n, struct err *e)
{
	struct seen *s = arg;

	for (size_t i = 0; i < n; i++)
		buf_printf(&s->rows, "%s%s", i ? "|" : "", f[i]);
	buf_putc(&s->rows, '\n');
	return s->stop_at && !--s->stop_at ? err_set(e, ENOSPC, "full") : 0;
}

static void on_text(void *arg, const char *line, size_t n)
{
	struct seen *s = arg;

	buf_add(&s->text, line, n);
	buf_putc(&s->text, '\n');
}

static void open_reader(struct frame_reader *r, struct seen *s)
{
	memset(s, 0, sizeof(*s));
	frame_reader_init(r, NONCE);
	r->on_row = on_row;
	r->on_text = on_text;
	r->arg = s;
}

static void close_reader(struct frame_reader *r, struct seen *s)
{
	frame_reader_fini(r);
	buf_free(&s->rows);
	buf_free(&s->text);
}

/* Feeds text in pieces of every size; rows and other text must always be the same. */
static void good_n(const char *text, size_t len, const char *rows, const char *other)
{
	for (size_t piece = 1; piece <= len; piece += piece < 64 ? 1 : len / 7) {
		struct frame_reader r;
		struct seen s;
		struct err e = ERR_INIT;

		open_reader(&r, &s);
		for (size_t at = 0; at < len; at += piece)
			assert_int_equal(
				frame_feed(&r, text + at, len - at < piece ? len - at : piece, &e),
				0);
		if (frame_finish(&r, &e))
			fail_msg("%s", e.text);
		assert_string_equal(buf_str(&s.rows), rows);
		assert_string_equal(buf_str(&s.text), other);
		close_reader(&r, &s);
	}
}

static void bad_n(const char *text, size_t len, const char *why)
{
	struct frame_reader r;
	struct seen s;
	struct err e = ERR_INIT;

	open_reader(&r, &s);
	int rc = frame_feed(&r, text, len, &e);
	if (!rc)
		rc = frame_finish(&r, &e);
	assert_int_equal(rc, -EPROTO);
	if (!strstr(e.text, why))
		fail_msg("\"%s\" instead of \"%s\"", e.text, why);
	close_reader(&r, &s);
}

#define good(text, rows, other) good_n(text, sizeof(text) - 1, rows, other)
#define bad(text, why)		bad_n(text, sizeof(text) - 1, why)

static void round_trip(void **state)
{
	static const char *const one[] = {"sample", "bandwidth", "dir=h2d,gpu=0", "5.5e10", ""};
	static const char *const two[] = {"log", "a\nb\r\"c\""};
	struct buf b = BUF_INIT;
	struct frame_reader r;
	struct seen s;
	struct err e = ERR_INIT;

	frame_begin(&b, NONCE);
	frame_row(&b, NONCE, one, 5);
	frame_row(&b, NONCE, two, 2);
	frame_end(&b, NONCE, 2, ST_SKIP, "no\nGPU");
	good_n(b.s, b.len, "sample|bandwidth|dir=h2d,gpu=0|5.5e10|\nlog|a b \"c\"\n", "");

	open_reader(&r, &s);
	assert_int_equal(frame_feed(&r, b.s, b.len, &e), 0);
	assert_int_equal(frame_finish(&r, &e), 0);
	assert_int_equal(r.rows, 2);
	assert_int_equal(r.status, ST_SKIP);
	assert_string_equal(r.reason, "no GPU");
	close_reader(&r, &s);
	buf_free(&b);
}

static void text_between(void **state)
{
	good("Welcome\n#assay 1 " NONCE "\n" NONCE " a,1\nwarning: x\n" NONCE " b\n#end " NONCE
	     " 2 PASS\nbye\n",
	     "a|1\nb\n", "Welcome\nwarning: x\nbye\n");
	/* a terminal's line ends, and a last line without any */
	good("#assay 1 " NONCE "\r\n" NONCE " a,1\r\n#end " NONCE " 1 FAIL why not\r\nlast",
	     "a|1\n", "last\n");
	/* somebody else's frame, or what looks like one */
	good("#assay 1 " NONCE "\n#assay 1 other\nother a\n#end other 7 PASS\n" NONCE
	     "x a\n#assay\n"
	     "#assay x " NONCE "\n#end\nassay step --nonce=" NONCE " gpu=0\n#end " NONCE " 0 PASS",
	     "",
	     "#assay 1 other\nother a\n#end other 7 PASS\n" NONCE "x a\n#assay\n#assay x " NONCE
	     "\n#end\nassay step --nonce=" NONCE " gpu=0\n");
	/* a banner that lacks its newline */
	struct buf b = BUF_INIT;
	buf_puts(&b, "banner");
	frame_begin(&b, NONCE);
	buf_puts(&b, "more");
	frame_end(&b, NONCE, 0, ST_PASS, NULL);
	good_n(b.s, b.len, "", "banner\nmore\n");
	buf_free(&b);
	good("a\0b\n#assay 1 " NONCE "\n#end " NONCE " 0 PASS\n", "", "a");
}

static void broken(void **state)
{
	bad("", "nothing that assay understands");
	bad("exec: not found\n", "nothing that assay understands");
	bad("#assay 1 other\n#end other 0 PASS\n", "nothing that assay understands");
	bad("#assay 2 " NONCE "\n", "version 2");
	bad("#assay 1 " NONCE "\n#assay 1 " NONCE "\n", "began its output twice");
	bad(NONCE " a\n", "lacks its first line");
	bad("#end " NONCE " 0 PASS\n", "lacks its first line");
	bad("#assay 1 " NONCE "\n" NONCE " a\n", "broke off after 1 rows");
	bad("#assay 1 " NONCE "\n" NONCE " a\n#end " NONCE " 2 PASS\n", "wrote 2 rows, 1 of them");
	bad("#assay 1 " NONCE "\n" NONCE " a\n#end " NONCE " 0 PASS\n", "wrote 0 rows, 1 of them");
	bad("#assay 1 " NONCE "\n#end " NONCE " 0 PASS\n" NONCE " a\n", "after its last line");
	bad("#assay 1 " NONCE "\n#end " NONCE " 0 PASS\n#end " NONCE " 0 PASS\n",
	    "ended its output twice");
	bad("#assay 1 " NONCE "\n#end " NONCE " 0 PASSED\n", "last line is damaged");
	bad("#assay 1 " NONCE "\n#end " NONCE " 0 \n", "last line is damaged");
	bad("#assay 1 " NONCE "\n#end " NONCE " -0 PASS\n", "last line is damaged");
	bad("#assay 1 " NONCE "\n#end " NONCE " x PASS\n", "last line is damaged");
	bad("#assay 1 " NONCE "\n#end " NONCE " 0 TIMEOUTTIMEOUTTIMEOUT\n", "last line is damaged");
	bad("#assay 1 " NONCE "\n" NONCE " \"a\n", "row 1 of the step is damaged");
	bad("#assay 1 " NONCE "\n" NONCE " \n", "row 1 of the step is damaged: it is empty");
	bad("#assay 1 " NONCE "\n" NONCE " a\0b\n", "NUL");
	bad("#assay 1 " NONCE "\n" NONCE " 1,2,3,4,5,6,7,8,9,10,11,12,13\n", "13 fields");
}

static void long_lines(void **state)
{
	struct buf b = BUF_INIT, text = BUF_INIT;
	char *big = malloc(200000);

	memset(big, 'x', 200000);
	buf_add(&b, big, 200000);
	frame_begin(&b, NONCE);
	frame_end(&b, NONCE, 0, ST_PASS, "");
	buf_add(&text, big, FRAME_MAX_LINE);
	buf_putc(&text, '\n');
	good_n(b.s, b.len, "", text.s);

	buf_reset(&b);
	frame_begin(&b, NONCE);
	buf_puts(&b, NONCE " ");
	buf_add(&b, big, FRAME_MAX_LINE);
	buf_putc(&b, '\n');
	bad_n(b.s, b.len, "longer than 65536 bytes");
	buf_free(&b);
	buf_free(&text);
	free(big);
}

static void long_reason(void **state)
{
	struct buf b = BUF_INIT;
	struct frame_reader r;
	struct seen s;
	struct err e = ERR_INIT;
	char reason[2000];

	memset(reason, 'r', sizeof(reason));
	reason[sizeof(reason) - 1] = '\0';
	frame_begin(&b, NONCE);
	frame_end(&b, NONCE, 0, ST_ERROR, reason);
	open_reader(&r, &s);
	assert_int_equal(frame_feed(&r, b.s, b.len, &e), 0);
	assert_int_equal(frame_finish(&r, &e), 0);
	assert_int_equal(strlen(r.reason), sizeof(r.reason) - 1);
	close_reader(&r, &s);
	buf_free(&b);
}

static void callback_stops(void **state)
{
	static const char text[] = "#assay 1 " NONCE "\n" NONCE " a\n" NONCE " b\n" NONCE " c\n";
	struct frame_reader r;
	struct seen s;
	struct err e = ERR_INIT;

	open_reader(&r, &s);
	s.stop_at = 2;
	assert_int_equal(frame_feed(&r, text, sizeof(text) - 1, &e), -ENOSPC);
	assert_string_equal(buf_str(&s.rows), "a\nb\n");
	close_reader(&r, &s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),  cmocka_unit_test(text_between),
		cmocka_unit_test(broken),      cmocka_unit_test(long_lines),
		cmocka_unit_test(long_reason), cmocka_unit_test(callback_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
