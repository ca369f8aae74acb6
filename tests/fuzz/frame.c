/* Any bytes in a step's pipe: in one piece or in many, rows, text and verdict are the same. */
#include "fuzz.h"
#include "../../harness/formats/csv.h"
#include "../../harness/formats/frame.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct seen {
	struct buf rows, text;
	int rc;
	struct err e;
};

static int on_row(void *arg, const char *const *f, size_t n, struct err *e)
{
	struct seen *s = arg;

	must(n > 0 && n <= FRAME_MAX_FIELDS);
	csv_row(&s->rows, f, n);
	return !strcmp(f[0], "stop") ? err_set(e, ECANCELED, "stop") : 0;
}

static void on_text(void *arg, const char *line, size_t n)
{
	struct seen *s = arg;

	must(n <= FRAME_MAX_LINE && !memchr(line, '\n', n));
	buf_add(&s->text, line, n);
	buf_putc(&s->text, '\n');
}

static struct seen feed(const char *data, size_t n, size_t piece)
{
	struct seen s = {.rc = 0};
	struct frame_reader r;

	frame_reader_init(&r, "N");
	r.on_row = on_row;
	r.on_text = on_text;
	r.arg = &s;
	for (size_t at = 0; at < n && !s.rc; at += piece)
		s.rc = frame_feed(&r, data + at, n - at < piece ? n - at : piece, &s.e);
	if (!s.rc)
		s.rc = frame_finish(&r, &s.e);
	must(s.rc ? s.e.code : r.begun && r.ended);
	frame_reader_fini(&r);
	return s;
}

static bool same(struct buf *a, struct buf *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->s, b->s, a->len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	size_t piece = size ? data[size - 1] % 40 + 1u : 1;
	struct seen a = feed(text, size, size + 1), b = feed(text, size, piece);

	must(a.rc == b.rc && !strcmp(a.e.text, b.e.text));
	must(same(&a.rows, &b.rows) && same(&a.text, &b.text));
	buf_free(&a.rows);
	buf_free(&a.text);
	buf_free(&b.rows);
	buf_free(&b.text);
	return 0;
}
