/*
 * Frames: see frame.h. Both ends. A frame's first and last line start on a line of their
 * own even where a banner before them lacks its newline, so a writer puts a newline in
 * front and a reader drops empty lines. A terminal in between may add CR to each line.
 */
#include "frame.h"
#include "csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

/* A row is one line: what would break it becomes a blank. */
static void flatten(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n' || s[i] == '\r')
			s[i] = ' ';
	}
}

void frame_begin(struct buf *out, const char *nonce)
{
	buf_printf(out, "\n#assay %d %s\n", FRAME_VERSION, nonce);
}

void frame_row(struct buf *out, const char *nonce, const char *const *fields, size_t n)
{
	buf_printf(out, "%s ", nonce);
	size_t at = out->len;
	csv_row(out, fields, n);
	flatten(out->s + at, out->len - at - 1);
}

void frame_end(struct buf *out, const char *nonce, unsigned rows, enum status status,
	       const char *reason)
{
	buf_printf(out, "\n#end %s %u %s", nonce, rows, status_name(status));
	if (reason && *reason) {
		size_t at = out->len;

		buf_printf(out, " %s", reason);
		flatten(out->s + at, out->len - at);
	}
	buf_putc(out, '\n');
}

/* ---- reading ---- */

void frame_reader_init(struct frame_reader *r, const char *nonce)
{
	memset(r, 0, sizeof(*r));
	snprintf(r->nonce, sizeof(r->nonce), "%s", nonce);
}

void frame_reader_fini(struct frame_reader *r)
{
	buf_free(&r->line);
}

/* What follows "WORD " at the start of a line, NULL where the line starts otherwise. */
static const char *after(const char *s, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(s, word, n) && s[n] == ' ' ? s + n + 1 : NULL;
}

static int begin(struct frame_reader *r, const char *version, struct err *e)
{
	char *end;
	unsigned long v = strtoul(version, &end, 10);

	if (end == version || *end != ' ' || strcmp(end + 1, r->nonce)) {
		if (r->on_text) /* another step's frame, or no frame at all */
			r->on_text(r->arg, r->line.s, r->line.len);
		return 0;
	}
	if (v != FRAME_VERSION)
		return err_set(
			e, EPROTO,
			"the step speaks version %lu of the frame, this assay version %d: both "
			"sides must be the same build",
			v, FRAME_VERSION);
	if (r->begun)
		return err_set(e, EPROTO, "the step began its output twice");
	r->begun = true;
	return 0;
}

static int row(struct frame_reader *r, const char *text, size_t len, struct err *e)
{
	char *fields[FRAME_MAX_FIELDS];
	struct err why = ERR_INIT;

	if (!r->begun)
		return err_set(e, EPROTO, "the step's output lacks its first line");
	if (r->ended)
		return err_set(e, EPROTO, "the step went on after its last line");
	int n = csv_split(text, len, fields, FRAME_MAX_FIELDS, &why);
	if (n <= 0)
		return err_set(e, EPROTO, "row %u of the step is damaged: %s", r->rows + 1,
			       n ? why.text : "it is empty");
	r->rows++;
	int rc = r->on_row ? r->on_row(r->arg, (const char *const *)fields, (size_t)n, e) : 0;
	for (int i = 0; i < n; i++)
		free(fields[i]);
	return rc;
}

/* text: "ROWS STATUS[ REASON]". */
static int end(struct frame_reader *r, const char *text, struct err *e)
{
	char name[16], *rest;
	unsigned long rows = strtoul(text, &rest, 10);
	size_t n = 0;

	if (!r->begun)
		return err_set(e, EPROTO, "the step's output lacks its first line");
	if (r->ended)
		return err_set(e, EPROTO, "the step ended its output twice");
	if (rest != text && *rest == ' ') {
		n = strcspn(++rest, " ");
		snprintf(name, sizeof(name), "%.*s", n < sizeof(name) ? (int)n : 0, rest);
	}
	if (!n || *text < '0' || *text > '9' || status_parse(name, &r->status))
		return err_set(e, EPROTO, "the step's last line is damaged: \"%.80s\"", text);
	if (rows != r->rows)
		return err_set(e, EPROTO, "the step wrote %lu rows, %u of them arrived", rows,
			       r->rows);
	r->ended = true;
	rest += n;
	snprintf(r->reason, sizeof(r->reason), "%s", rest + (*rest == ' '));
	return 0;
}

/* One whole line, in r->line. */
static int take_line(struct frame_reader *r, struct err *e)
{
	const char *s = buf_str(&r->line), *rest;
	size_t len = r->line.len;

	if (len && s[len - 1] == '\r')
		r->line.s[--len] = '\0';
	r->line.len = len;
	if (!len)
		return 0;
	if ((rest = after(s, r->nonce))) {
		if (r->too_long)
			return err_set(e, EPROTO, "row %u of the step is longer than %d bytes",
				       r->rows + 1, FRAME_MAX_LINE);
		return row(r, rest, len - (size_t)(rest - s), e);
	}
	if (!r->too_long && (rest = after(s, "#assay")))
		return begin(r, rest, e);
	if ((rest = after(s, "#end")) && (rest = after(rest, r->nonce)))
		return end(r, rest, e);
	if (r->on_text)
		r->on_text(r->arg, s, len);
	return 0;
}

int frame_feed(struct frame_reader *r, const char *data, size_t n, struct err *e)
{
	while (n) {
		const char *nl = memchr(data, '\n', n);
		size_t len = nl ? (size_t)(nl - data) : n, room = FRAME_MAX_LINE - r->line.len;

		if (len > room)
			r->too_long = true;
		buf_add(&r->line, data, len < room ? len : room);
		if (!nl)
			return 0;
		int rc = take_line(r, e);
		buf_reset(&r->line);
		r->too_long = false;
		if (rc)
			return rc;
		data += len + 1;
		n -= len + 1;
	}
	return 0;
}

int frame_finish(struct frame_reader *r, struct err *e)
{
	int rc = r->line.len ? take_line(r, e) : 0;

	buf_reset(&r->line);
	if (rc)
		return rc;
	if (!r->begun)
		return err_set(e, EPROTO, "the step wrote nothing that assay understands");
	if (!r->ended)
		return err_set(e, EPROTO,
			       "the step broke off after %u rows, its last line is missing",
			       r->rows);
	return 0;
}
