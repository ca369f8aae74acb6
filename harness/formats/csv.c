/*
 * CSV: see csv.h. libcsv takes the text apart; what it lacks stands here: the header,
 * the same width in each row, caps on fields, no NUL bytes, no byte-order mark, and a
 * last row that a killed run left half written. Its stripping of blanks is turned off.
 * It ends a row at CR, at LF and at both, and skips empty lines.
 */
#include "csv.h"
#include "../base/mem.h"
#include "slurp.h"

#include <csv.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK	65536
#define NO_USE	SIZE_MAX
#define OPTIONS (CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL)

/* ---- writing ---- */

static void add_field(struct buf *out, const char *s)
{
	if (!s[strcspn(s, ",\"\r\n")]) {
		buf_puts(out, s);
		return;
	}
	buf_putc(out, '"');
	for (const char *q; (q = strchr(s, '"')); s = q + 1) {
		buf_add(out, s, (size_t)(q - s) + 1);
		buf_putc(out, '"');
	}
	buf_puts(out, s);
	buf_putc(out, '"');
}

void csv_row(struct buf *out, const char *const *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_putc(out, ',');
		if (fields[i])
			add_field(out, fields[i]);
	}
	/* a single empty field would be an empty line, which readers skip */
	if (n == 1 && (!fields[0] || !*fields[0]))
		buf_puts(out, "\"\"");
	buf_putc(out, '\n');
}

/* ---- one row, as libcsv hands it over field by field ---- */

struct row {
	struct buf text; /* the fields, each with its NUL */
	size_t at[CSV_MAX_FIELDS];
	size_t n; /* fields seen, kept or not */
};

static void row_reset(struct row *r)
{
	buf_reset(&r->text);
	r->n = 0;
}

static void row_add(struct row *r, const void *s, size_t len)
{
	if (r->n < CSV_MAX_FIELDS && len <= CSV_MAX_FIELD) {
		r->at[r->n] = r->text.len;
		buf_add(&r->text, s, len);
		buf_putc(&r->text, '\0');
	}
	r->n++;
}

static int no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static int parser_init(struct csv_parser *p)
{
	if (csv_init(p, OPTIONS))
		return -ENOMEM;
	csv_set_space_func(p, no_space);
	csv_set_blk_size(p, 4096);
	return 0;
}

/* ---- a file ---- */

struct reader {
	const char *name;
	const char *const *columns;
	size_t n;
	bool torn_tail;
	csv_fn *fn;
	void *arg;
	struct err *e;

	struct row row;
	unsigned rows;		    /* whole rows so far, the header among them */
	size_t width;		    /* fields of the header */
	size_t use[CSV_MAX_FIELDS]; /* field -> wanted column, or NO_USE */
	const char **fields;	    /* n of them, handed to fn */
	size_t short_row; /* with torn_tail: width of a bad row that may yet be the last */
	int rc;
};

static int fail(struct reader *r, unsigned row, const char *what)
{
	r->rc = err_at(r->e, EINVAL, r->name, row, "%s", what);
	return r->rc;
}

static void take_header(struct reader *r)
{
	const char *text = buf_str(&r->row.text);

	r->width = r->row.n;
	for (size_t i = 0; i < r->width; i++) {
		const char *name = text + r->row.at[i];

		r->use[i] = NO_USE;
		for (size_t j = 0; j < i; j++) {
			if (!strcmp(name, text + r->row.at[j])) {
				r->rc = err_at(r->e, EINVAL, r->name, 1,
					       "the header names the column \"%s\" twice", name);
				return;
			}
		}
		for (size_t j = 0; j < r->n; j++) {
			if (!strcmp(name, r->columns[j]))
				r->use[i] = j;
		}
	}
	for (size_t j = 0; j < r->n; j++) {
		size_t i = 0;

		while (i < r->width && r->use[i] != j)
			i++;
		if (i < r->width)
			continue;
		r->rc = err_at(r->e, EINVAL, r->name, 1, "the header lacks the column \"%s\"",
			       r->columns[j]);
		return;
	}
}

static void take_row(struct reader *r)
{
	for (size_t i = 0; i < r->width; i++) {
		if (r->use[i] != NO_USE)
			r->fields[r->use[i]] = r->row.text.s + r->row.at[i];
	}
	r->rc = r->fn(r->arg, r->fields, r->rows, r->e);
}

static int wrong_width(struct reader *r, unsigned row, size_t n)
{
	r->rc = err_at(r->e, EINVAL, r->name, row, "the row has %zu field%s, the header has %zu", n,
		       n == 1 ? "" : "s", r->width);
	return r->rc;
}

static void on_field(void *s, size_t len, void *arg)
{
	struct reader *r = arg;

	if (r->rc)
		return;
	if (r->short_row) {
		wrong_width(r, r->rows, r->short_row);
		return;
	}
	if (len > CSV_MAX_FIELD)
		fail(r, r->rows + 1, "a field is longer than 1 MiB");
	else if (r->row.n == CSV_MAX_FIELDS)
		fail(r, r->rows + 1, "the row has more than 64 fields");
	else
		row_add(&r->row, s, len);
}

/* end: the character that ended the row, -1 at the end of the file. */
static void on_row(int end, void *arg)
{
	struct reader *r = arg;

	if (r->rc)
		return;
	if (end < 0) {
		if (!r->torn_tail)
			fail(r, r->rows + 1, "the last row is cut off (no newline at its end)");
		return;
	}
	r->rows++;
	if (r->rows == 1)
		take_header(r);
	else if (r->row.n == r->width)
		take_row(r);
	else if (r->torn_tail)
		r->short_row = r->row.n;
	else
		wrong_width(r, r->rows, r->row.n);
	row_reset(&r->row);
}

static void parse(struct reader *r, struct csv_parser *p, const char *data, size_t len)
{
	for (size_t at = 0; at < len && !r->rc; at += CHUNK) {
		size_t n = len - at < CHUNK ? len - at : CHUNK;

		if (csv_parse(p, data + at, n, on_field, on_row, r) != n && !r->rc)
			fail(r, r->rows + 1,
			     "a stray quote: a field that holds \" must be quoted as a "
			     "whole, its quotes doubled");
		if (csv_get_buffer_size(p) > CSV_MAX_FIELD + CHUNK)
			fail(r, r->rows + 1, "a field is longer than 1 MiB");
	}
	if (!r->rc && csv_fini(p, on_field, on_row, r) && !r->rc && !r->torn_tail)
		fail(r, r->rows + 1, "a quoted field is not closed");
}

int csv_read_mem(const char *name, const void *data, size_t len, const char *const *columns,
		 size_t n, bool torn_tail, csv_fn *fn, void *arg, struct err *e)
{
	struct reader r = {.name = name, .columns = columns, .n = n, .torn_tail = torn_tail};
	struct csv_parser p;

	r.fn = fn;
	r.arg = arg;
	r.e = e;
	if (len >= 3 && !memcmp(data, "\xef\xbb\xbf", 3))
		return fail(&r, 1, "starts with a byte-order mark; save it as UTF-8 without one");
	const char *text = data;
	while (torn_tail && len && text[len - 1] != '\n' && text[len - 1] != '\r')
		len--;
	if (parser_init(&p))
		return err_at(e, ENOMEM, name, 0, "out of memory");
	r.fields = mem_zalloc(n, sizeof(*r.fields));

	const char *nul = len ? memchr(data, '\0', len) : NULL;
	if (nul) {
		r.torn_tail = true; /* what stands before it need not end whole */
		parse(&r, &p, data, (size_t)(nul - (const char *)data));
		if (!r.rc)
			fail(&r, r.rows + 1,
			     "holds a NUL byte: it is no text file, or was damaged");
	} else {
		parse(&r, &p, data, len);
		if (!r.rc && !r.rows && !torn_tail)
			fail(&r, 1, "is empty: the header row is missing");
	}
	csv_free(&p);
	buf_free(&r.row.text);
	free(r.fields);
	return r.rc;
}

int csv_read_file(const char *path, const char *const *columns, size_t n, bool torn_tail,
		  csv_fn *fn, void *arg, struct err *e)
{
	struct buf text = BUF_INIT;
	int rc = slurp(&text, path, SIZE_MAX, e);

	if (!rc)
		rc = csv_read_mem(path, text.s, text.len, columns, n, torn_tail, fn, arg, e);
	buf_free(&text);
	return rc;
}

/* ---- a single row ---- */

struct single {
	struct row row;
	bool too_long;
	unsigned rows;
};

static void split_field(void *s, size_t len, void *arg)
{
	struct single *one = arg;

	one->too_long |= len > CSV_MAX_FIELD;
	row_add(&one->row, s, len);
}

static void split_row(int end, void *arg)
{
	struct single *one = arg;

	(void)end;
	one->rows++;
}

int csv_split(const char *line, size_t len, char **fields, size_t max, struct err *e)
{
	struct single one = {.rows = 0};
	struct csv_parser p;
	int rc = 0;

	if (len && memchr(line, '\0', len))
		return err_set(e, EINVAL, "the row holds a NUL byte");
	if (parser_init(&p))
		return err_set(e, ENOMEM, "out of memory");
	if (csv_parse(&p, line, len, split_field, split_row, &one) != len ||
	    csv_fini(&p, split_field, split_row, &one))
		rc = err_set(e, EINVAL, "the row has a stray or an open quote");
	else if (one.rows > 1)
		rc = err_set(e, EINVAL, "there is more than one row");
	else if (one.too_long)
		rc = err_set(e, EINVAL, "a field is longer than 1 MiB");
	else if (one.row.n > max || one.row.n > CSV_MAX_FIELDS)
		rc = err_set(e, EINVAL, "the row has %zu fields, at most %zu are known", one.row.n,
			     max);
	for (size_t i = 0; !rc && i < one.row.n; i++)
		fields[i] = mem_strdup(one.row.text.s + one.row.at[i]);
	csv_free(&p);
	buf_free(&one.row.text);
	return rc ? rc : (int)one.row.n;
}
