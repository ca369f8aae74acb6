/*
 * The report for a terminal: the order and the numbers of the HTML one, in plain columns.
 * Rules and bars are drawn only where UTF-8 is spoken, colour only where it is asked for.
 */
#include "digest.h"
#include "findings.h"
#include "text.h"
#include "view.h"
#include "../harness/base/mem.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS	   24 /* of a metric */
#define FINDINGS   12
#define INDENT	   2
#define NUMBERS	   44 /* columns right of the labels: median, ±, sampling, share, mark */
#define LABEL_MIN  14
#define NAME_WIDTH 14 /* of the digest */

struct term {
	struct buf *out;
	const struct report *r;
	const struct terminal_style *style;
};

/* What ASCII terminals get in place of the marks. */
static const char *const plain[][2] = {
	{"●", "+"}, {"✕", "x"}, {"–", "-"},   {"◌", "?"}, {"·", "|"},
	{"×", "x"}, {"±", "~"}, {"…", "..."}, {"’", "'"}, {"µ", "u"},
};

/* Text as this terminal can show it: controls out, marks in ASCII where that is all there is. */
static void put(struct term *t, const char *s)
{
	struct buf clean = BUF_INIT;

	text_plain(&clean, s);
	for (const char *p = buf_str(&clean); *p;) {
		size_t n = text_char(p), i = 0, known = sizeof(plain) / sizeof(plain[0]);

		while (i < known && strncmp(p, plain[i][0], n) != 0)
			i++;
		if (t->style->utf8 || n == 1)
			buf_add(t->out, p, n);
		else
			buf_puts(t->out, i < known ? plain[i][1] : "?");
		p += n;
	}
	buf_free(&clean);
}

static void colour(struct term *t, const char *code)
{
	if (t->style->colour)
		buf_printf(t->out, "\033[%sm", code);
}

static void pad(struct term *t, size_t n)
{
	while (n--)
		buf_putc(t->out, ' ');
}

/* Text in words, broken at spaces; later lines start at indent. at: column of the first. */
static void wrap(struct term *t, const char *s, size_t at, size_t indent)
{
	char *copy = mem_strdup(s), *save = NULL;
	bool first = true;

	for (char *w = strtok_r(copy, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		size_t width = text_width(w);

		if (!first && at + 1 + width > t->style->columns) {
			buf_putc(t->out, '\n');
			pad(t, indent);
			at = indent;
			first = true;
		}
		if (!first) {
			buf_putc(t->out, ' ');
			at++;
		}
		put(t, w);
		at += width;
		first = false;
	}
	buf_putc(t->out, '\n');
	free(copy);
}

static void heading(struct term *t, const char *text)
{
	buf_putc(t->out, '\n');
	colour(t, "1");
	put(t, text);
	colour(t, "0");
	buf_putc(t->out, '\n');
	for (size_t i = 0; i < t->style->columns; i++)
		buf_puts(t->out, t->style->utf8 ? "─" : "-");
	buf_putc(t->out, '\n');
}

static void put_banner(struct term *t)
{
	const char *simulated = bundle_value(t->r->data, NULL, "simulated");

	if (!simulated)
		return;
	char *line = mem_printf("SIMULATED: %s. No number here says anything about a machine.",
				simulated);
	colour(t, "1;33");
	wrap(t, line, 0, 0);
	colour(t, "0");
	buf_putc(t->out, '\n');
	free(line);
}

static void put_verdict(struct term *t)
{
	const struct outcome *o = t->r->outcome;
	char *word = mem_printf("%s %s.", text_verdict_mark(o->exit), text_verdict(o->exit));

	colour(t, o->exit == EXIT_PASSED ? "1;32" : o->exit == EXIT_FAILED ? "1;31" : "1;33");
	put(t, word);
	colour(t, "0");
	buf_putc(t->out, ' ');
	wrap(t, o->sentence, text_width(word) + 1, 0);
	free(word);
}

static void put_digest(struct term *t, const struct findings *f)
{
	struct digest_line line[DIGEST_LINES];
	size_t n = digest_make(line, t->r, f);

	buf_putc(t->out, '\n');
	for (size_t i = 0; i < n; i++) {
		put(t, line[i].name);
		pad(t, NAME_WIDTH - text_width(line[i].name));
		wrap(t, buf_str(&line[i].text), NAME_WIDTH, NAME_WIDTH);
		buf_free(&line[i].text);
	}
}

static void put_finding(struct term *t, const struct finding *f)
{
	char *what = mem_printf("%s %s%s %s%s%s", text_status_mark(f->status),
				f->bench[0] ? f->bench : "a step", f->required ? " (required)" : "",
				f->untrue ? "gave a number that cannot be true"
					  : text_status_word(f->status),
				f->where[0] ? ": " : "", f->where);

	if (f->status != ST_SKIP)
		colour(t, "31");
	wrap(t, what, 0, 2);
	if (f->status != ST_SKIP)
		colour(t, "0");
	pad(t, 4);
	wrap(t, f->reason, 4, 4);
	if (f->advice[0]) {
		pad(t, 4);
		wrap(t, f->advice, 4, 4);
	}
	free(what);
}

static void put_findings(struct term *t, const struct findings *f)
{
	heading(t, "Findings");
	if (!f->failures)
		buf_puts(t->out, f->n ? "Nothing that ran failed.\n"
				      : "Nothing failed, nothing was skipped.\n");
	for (size_t i = 0; i < f->n && i < FINDINGS; i++)
		put_finding(t, &f->f[i]);
	if (f->n > FINDINGS)
		buf_printf(t->out, "And %zu more: see results.csv, column status.\n",
			   f->n - FINDINGS);
}

/* Right-aligned in its column. Each mark that cells hold is one column wide in ASCII too. */
static void cell(struct term *t, const char *text, size_t width)
{
	size_t w = text_width(text);

	pad(t, w < width ? width - w : 0);
	put(t, text);
}

static char *percent(double share, const char *sign)
{
	char text[16];

	return isnan(share) ? mem_strdup("–")
			    : mem_printf("%s%s %%", sign, text_percent(text, sizeof(text), share));
}

/* Left-aligned, cut with a mark where the column is too narrow. */
static void put_label(struct term *t, const char *text, size_t width)
{
	struct buf clean = BUF_INIT;
	size_t w = 0;

	text_plain(&clean, text);
	const char *s = buf_str(&clean);
	bool cut = text_width(s) > width;
	for (; *s && w + cut < width; w++) {
		char one[5] = "";

		memcpy(one, s, text_char(s));
		put(t, one);
		s += strlen(one);
	}
	if (cut)
		buf_puts(t->out, t->style->utf8 ? "…" : "~");
	pad(t, width - w - cut);
	buf_free(&clean);
}

static void put_row(struct term *t, const struct group *g, const struct result *r, size_t width)
{
	struct buf sampling = BUF_INIT, words = BUF_INIT;
	char text[48];
	char *pm = percent(text_halfwidth(r), "±"), *share = percent(text_share(r), "");

	view_row_words(&words, g, r);
	text_sampling(&sampling, r, "×");
	pad(t, INDENT);
	put_label(t, buf_str(&words), width);
	cell(t, text_number(text, sizeof(text), r->s.median, &g->scale), 11);
	cell(t, pm, 11);
	cell(t, buf_str(&sampling), 12);
	cell(t, share, 8);
	put(t, r->status == ST_PASS ? "" : " ✕");
	buf_putc(t->out, '\n');
	buf_free(&sampling);
	buf_free(&words);
	free(share);
	free(pm);
}

static void put_columns(struct term *t, const struct group *g, size_t width)
{
	struct buf pm = BUF_INIT;
	char level[16];

	buf_puts(&pm, "±");
	if (!g->level)
		buf_printf(&pm, " (%s %%)",
			   text_percent(level, sizeof(level), g->row[0]->s.ci_level));
	colour(t, "2");
	pad(t, INDENT + width);
	cell(t, g->scale.name[0] ? g->scale.name : "median", 11);
	cell(t, buf_str(&pm), 11);
	cell(t, "runs × n", 12);
	cell(t, "ceiling", 8);
	colour(t, "0");
	buf_putc(t->out, '\n');
	buf_free(&pm);
}

static void put_title(struct term *t, const struct group *g)
{
	struct buf title = BUF_INIT, constant = BUF_INIT;

	view_constants(&constant, g);
	buf_printf(&title, "%s %s", g->bench, g->metric);
	if (!strcmp(g->better, "higher") || !strcmp(g->better, "lower"))
		buf_printf(&title, ", %s is better", g->better);
	if (constant.len)
		buf_printf(&title, " (%s)", constant.s);
	buf_putc(t->out, '\n');
	colour(t, "1");
	wrap(t, title.s, 0, INDENT);
	colour(t, "0");
	buf_free(&title);
	buf_free(&constant);
}

/* Columns for the labels: what the widest needs, within what the numbers leave. */
static size_t label_width(const struct term *t, const struct group *g, const bool *shown)
{
	size_t room = t->style->columns - NUMBERS - INDENT, widest = LABEL_MIN;

	for (size_t i = 0; i < g->n; i++) {
		struct buf words = BUF_INIT;

		if (!shown[i])
			continue;
		view_row_words(&words, g, g->row[i]);
		if (text_width(buf_str(&words)) > widest)
			widest = text_width(words.s);
		buf_free(&words);
	}
	return widest < room ? widest : room;
}

static void put_metric(struct term *t, const struct group *g)
{
	bool *shown = mem_zalloc(g->n, sizeof(*shown));
	size_t n = view_pick(g, t->r, ROWS, shown), width = label_width(t, g, shown);

	put_title(t, g);
	put_columns(t, g, width);
	for (size_t i = 0; i < g->n; i++)
		if (shown[i])
			put_row(t, g, g->row[i], width);
	if (n < g->n)
		buf_printf(t->out, "  %zu of %zu rows; all are in results.csv.\n", n, g->n);
	free(shown);
}

static bool within_process(const struct report *r)
{
	for (size_t i = 0; i < r->results->n; i++)
		if (r->results->r[i].s.n && r->results->r[i].processes_valid == 1)
			return true;
	return false;
}

void report_terminal(struct buf *out, const struct report *r, const struct terminal_style *style)
{
	struct terminal_style usable = *style;
	struct term t = {.out = out, .r = r, .style = &usable};
	struct findings f;
	struct view v;

	usable.columns = style->columns < 60 ? 60 : style->columns > 120 ? 120 : style->columns;
	view_make(&v, r);
	findings_make(&f, r);
	put_banner(&t);
	put_verdict(&t);
	put_digest(&t, &f);
	put_findings(&t, &f);
	heading(&t, "Measurements");
	if (!v.n)
		buf_puts(out, "No number was measured.\n");
	for (size_t i = 0; i < v.n; i++)
		put_metric(&t, &v.group[i]);
	if (within_process(r)) {
		buf_putc(out, '\n');
		wrap(&t,
		     "± of a single run speaks about that process only; it says nothing about the "
		     "next start.",
		     0, 0);
	}
	findings_free(&f);
	view_free(&v);
}
