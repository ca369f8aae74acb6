/*
 * The syntax of suite files: see suite.h. Our reader looks at each line first and hands
 * inih only what both understand the same way: "[section]" and "name = value" lines,
 * without indentation. What inih then reports belongs to the line that it was just handed.
 *
 * A comment is a line that starts with ; or #, or what follows blank and ; on a line.
 * " #" inside a line is refused, because many would mean a comment by it.
 */
#include "suite.h"
#include "../base/mem.h"
#include "key.h"
#include "slurp.h"
#include "utf8.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE    (4u << 20)
#define MAX_SECTION 49 /* bytes of a section's name that inih keeps */
#define BLANK	    " \t"

struct reader {
	struct suite *s;
	const char *at, *end;
	unsigned line;
	struct suite_section *section; /* the last header, NULL before the first */
	struct err *e;
	int rc;
};

static int fail(struct reader *r, const char *what)
{
	r->rc = err_at(r->e, EINVAL, r->s->path, r->line, "%s", what);
	return r->rc;
}

/* ---- sections ---- */

static void section_name(char *out, size_t n, const struct suite_section *s)
{
	snprintf(out, n, "%s%s%s", s->bench, *s->label ? ":" : "", s->label);
}

static bool valid_label(const char *s)
{
	return key_valid_value(s) && !strchr(s, ':');
}

static const struct suite_section *same_section(const struct suite *s, const char *bench,
						const char *label)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!strcmp(s->sections[i].bench, bench) && !strcmp(s->sections[i].label, label))
			return &s->sections[i];
	}
	return NULL;
}

static void open_section(struct reader *r, struct suite_section *s, const char *bench,
			 const char *label)
{
	s->bench = mem_strdup(bench);
	s->label = mem_strdup(label);
	s->line = r->line;
	r->section = s;
}

/* name: what stands between the brackets; is written to. */
static int add_section(struct reader *r, char *name)
{
	struct suite *s = r->s;
	char *label = strchr(name, ':');

	if (strlen(name) > MAX_SECTION)
		return fail(r, "a section's name has at most 49 characters");
	if (label)
		*label++ = '\0';
	if (!key_valid_name(name))
		return r->rc = err_at(r->e, EINVAL, s->path, r->line,
				      "[%s] should be [benchmark] or [benchmark:label]; a "
				      "benchmark's name "
				      "has a-z, 0-9 and _ only",
				      name);
	if (label && !valid_label(label))
		return r->rc = err_at(
			       r->e, EINVAL, s->path, r->line,
			       "the label \"%s\" should have letters, digits and _ . + - only",
			       label);
	if (!strcmp(name, "suite")) {
		if (label)
			return fail(r, "[suite] has no label");
		if (s->head.bench)
			return r->rc = err_at(r->e, EINVAL, s->path, r->line,
					      "[suite] stands in line %u already", s->head.line);
		open_section(r, &s->head, name, "");
		return 0;
	}
	const struct suite_section *old = same_section(s, name, label ? label : "");
	if (old)
		return r->rc = err_at(r->e, EINVAL, s->path, r->line,
				      "section [%s%s%s] stands in line %u already; give this one a "
				      "label of "
				      "its own: [%s:LABEL]",
				      name, label ? ":" : "", label ? label : "", old->line, name);
	s->sections = mem_grow(s->sections, s->n, &s->cap, sizeof(*s->sections));
	open_section(r, &s->sections[s->n++], name, label ? label : "");
	return 0;
}

/* ---- lines ---- */

/* Bytes of the line before a comment at its end and the blanks before that. */
static size_t without_comment(const char *s, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (s[i] == ';' && strchr(BLANK, s[i - 1])) {
			n = i;
			break;
		}
	}
	while (n && strchr(BLANK, s[n - 1]))
		n--;
	return n;
}

static int check_header(struct reader *r, const char *text, size_t n)
{
	const char *close = memchr(text, ']', n);

	if (!close)
		return fail(r, "the section's closing ] is missing");
	if (close + 1 != text + n)
		return fail(r, "text after the section's closing ]");
	char *name = mem_strndup(text + 1, n - 2);
	add_section(r, name);
	free(name);
	return r->rc;
}

static int check_pair(struct reader *r, const char *text, size_t n)
{
	const char *eq = memchr(text, '=', n), *colon = memchr(text, ':', n);

	if (!eq || (colon && colon < eq))
		return r->rc = err_at(r->e, EINVAL, r->s->path, r->line,
				      "\"%.*s\" should be NAME = VALUE or [benchmark]",
				      n < 60 ? (int)n : 60, text);
	if (!r->section)
		return fail(r, "stands before the first section; the file begins with [suite]");
	if (eq + 1 == text + n) {
		size_t name = (size_t)(eq - text);

		while (name && strchr(BLANK, text[name - 1]))
			name--;
		return r->rc = err_at(r->e, EINVAL, r->s->path, r->line,
				      "%.*s has no value; leave the line out for the default",
				      (int)name, text);
	}
	for (size_t i = 1; i < n; i++) {
		if (text[i] == '#' && strchr(BLANK, text[i - 1]))
			return fail(
				r,
				"\" #\" inside a line; a comment after a value starts with \" ;\"");
	}
	return 0;
}

static int check_bytes(struct reader *r, const char *text, size_t n)
{
	if (memchr(text, '\0', n))
		return fail(r, "holds a NUL byte; is this a text file?");
	if (r->line == 1 && n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		return fail(r, "starts with a byte-order mark; save it as UTF-8 without one");
	if (utf8_valid(text, n) != n)
		return fail(r, "is not UTF-8");
	for (size_t i = 0; i < n; i++) {
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
			return fail(r, "holds a control character");
	}
	return 0;
}

/* Takes the next line; its text without line end, comment and blanks around it. */
static int next_line(struct reader *r, size_t max, const char **text, size_t *len)
{
	const char *s = r->at, *nl = memchr(s, '\n', (size_t)(r->end - s));
	size_t n = (size_t)((nl ? nl : r->end) - s);

	r->line++;
	r->at = nl ? nl + 1 : r->end;
	if (n && s[n - 1] == '\r')
		n--;
	if (check_bytes(r, s, n))
		return r->rc;
	size_t indent = 0;
	while (indent < n && strchr(BLANK, s[indent]))
		indent++;
	*text = s + indent;
	*len = 0;
	if (indent == n || s[indent] == ';' || s[indent] == '#')
		return 0;
	if (indent)
		return fail(r, "starts with a blank; a line cannot be continued on the next one");
	*len = without_comment(s, n);
	if (*len > max)
		return r->rc = err_at(
			       r->e, EINVAL, r->s->path, r->line,
			       "the line has %zu bytes, at most %zu are read; a list of sizes "
			       "can be a range (4KiB..1GiB*4)",
			       *len, max);
	return *s == '[' ? check_header(r, s, *len) : check_pair(r, s, *len);
}

/* Like fgets, as inih wants it. A comment is handed over as an empty line. */
static char *read_line(char *out, int size, void *arg)
{
	struct reader *r = arg;
	const char *text = "";
	size_t len = 0;

	if (r->rc || r->at == r->end || next_line(r, (size_t)size - 3, &text, &len))
		return NULL;
	memcpy(out, text, len);
	out[len] = '\n';
	out[len + 1] = '\0';
	return out;
}

/* ---- what inih makes of them ---- */

/* Returns 1 for success, as inih wants it. */
static int take_pair(void *arg, const char *section, const char *name, const char *value)
{
	struct reader *r = arg;
	char want[MAX_SECTION + 2];

	if (r->rc)
		return 0;
	section_name(want, sizeof(want), r->section);
	if (!name || !value || strcmp(section, want)) {
		fail(r, "is not understood");
		return 0;
	}
	if (!key_valid_name(name)) {
		r->rc = err_at(r->e, EINVAL, r->s->path, r->line,
			       "\"%s\" is no name of a parameter (a-z, 0-9 and _)", name);
		return 0;
	}
	const struct suite_key *old = suite_find(r->section, name);
	if (old) {
		r->rc = err_at(r->e, EINVAL, r->s->path, r->line,
			       "%s stands in line %u already; a list is written %s = A,B", name,
			       old->line, name);
		return 0;
	}
	struct suite_section *s = r->section;
	s->keys = mem_grow(s->keys, s->n, &s->cap, sizeof(*s->keys));
	s->keys[s->n++] = (struct suite_key){mem_strdup(name), mem_strdup(value), r->line};
	return 1;
}

static int check_whole(struct reader *r)
{
	struct suite *s = r->s;

	r->line = 0;
	if (!s->head.bench && !s->n)
		return fail(r,
			    "is empty; a suite has a section [suite] and one for each benchmark");
	if (!s->head.bench)
		return fail(r, "has no section [suite]");
	if (!s->n)
		return fail(r, "names no benchmark: there is no section but [suite]");
	return 0;
}

int suite_parse(struct suite *s, const char *path, const void *data, size_t len, struct err *e)
{
	struct reader r = {.s = s, .at = data, .end = (const char *)data + len, .e = e};
	const char *base = strrchr(path, '/');

	memset(s, 0, sizeof(*s));
	base = base ? base + 1 : path;
	size_t n = strlen(base);
	if (n > 4 && !strcmp(base + n - 4, ".ini"))
		n -= 4;
	s->path = mem_strdup(path);
	s->name = mem_strndup(base, n);
	int line = ini_parse_stream(read_line, &r, take_pair, &r);
	if (!r.rc && line)
		r.rc = err_at(e, line == -2 ? ENOMEM : EINVAL, path, line > 0 ? (unsigned)line : 0,
			      "is not understood");
	if (!r.rc)
		check_whole(&r);
	if (r.rc)
		suite_free(s);
	return r.rc;
}

int suite_load(struct suite *s, const char *path, struct err *e)
{
	struct buf text = BUF_INIT;

	memset(s, 0, sizeof(*s));
	int rc = slurp(&text, path, MAX_FILE, e);
	if (!rc)
		rc = suite_parse(s, path, buf_str(&text), text.len, e);
	buf_free(&text);
	return rc;
}

static void free_section(struct suite_section *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->keys[i].name);
		free(s->keys[i].value);
	}
	free(s->keys);
	free(s->bench);
	free(s->label);
}

void suite_free(struct suite *s)
{
	for (size_t i = 0; i < s->n; i++)
		free_section(&s->sections[i]);
	free_section(&s->head);
	free(s->sections);
	free(s->path);
	free(s->name);
	memset(s, 0, sizeof(*s));
}

const struct suite_key *suite_find(const struct suite_section *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!strcmp(s->keys[i].name, name))
			return &s->keys[i];
	}
	return NULL;
}
