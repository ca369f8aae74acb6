/*
 * The report for a terminal: the order and the numbers of the HTML one, in plain columns.
 * Rules and bars are drawn only where UTF-8 is spoken, colour only where it is asked for.
 */
#include "digest.h"
#include "findings.h"
#include "compared.h"
#include "terminal.h"
#include "text.h"
#include "view.h"
#include "../harness/base/mem.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS	  24 /* of a metric */
#define FINDINGS  12
#define REMARKS	  4
#define INDENT	  2
#define NUMBERS	  36 /* columns right of the labels: median, ±, sampling, mark */
#define CEILING	  8  /* and where one is known */
#define LABEL_MIN 14

/* The rows of a metric as a table. */
struct rows {
	struct term *t;
	const struct group *g;
	bool *shown, in[VIEW_COLUMNS], shared[VIEW_COLUMNS];
	bool ceiling; /* of any */
	size_t width; /* of the labels */
};

static void put_verdict(struct term *t, const struct report *r)
{
	const struct comparison *c = r->comparison;
	const struct outcome *o = r->outcome;
	enum exit_code exit = report_exit(r);

	if (!c) {
		term_verdict(t, exit, text_verdict_mark(exit), text_verdict(exit), o->sentence);
		return;
	}
	term_verdict(t, exit, compared_verdict_mark(c, exit), compared_verdict(c, exit),
		     c->sentence);
	if (o->exit != EXIT_PASSED)
		term_wrap(t, o->sentence, 0, 0);
}

static void put_digest(struct term *t, const struct report *r, const struct findings *f)
{
	struct digest_line line[DIGEST_LINES];
	size_t n = digest_make(line, r, f);

	buf_putc(t->out, '\n');
	for (size_t i = 0; i < n; i++) {
		term_named(t, line[i].name, buf_str(&line[i].text));
		buf_free(&line[i].text);
	}
}

static void put_finding(struct term *t, const struct finding *f)
{
	bool bad = f->status != ST_SKIP && f->status != ST_PASS;
	char *what = mem_printf("%s %s%s %s%s%s",
				f->status == ST_PASS ? "*" : text_status_mark(f->status),
				f->bench[0] ? f->bench : "a step", f->required ? " (required)" : "",
				f->untrue	       ? "gave a number that cannot be true"
				: f->status == ST_PASS ? "passed, with a remark"
						       : text_status_word(f->status),
				f->where[0] ? ": " : "", f->where);
	struct buf reason = BUF_INIT;

	if (bad)
		term_colour(t, "31");
	term_wrap(t, what, 0, 2);
	if (bad)
		term_colour(t, "0");
	term_pad(t, 4);
	text_sentence(&reason, f->reason);
	term_wrap(t, buf_str(&reason), 4, 4);
	buf_free(&reason);
	if (f->advice[0]) {
		term_pad(t, 4);
		term_wrap(t, f->advice, 4, 4);
	}
	free(what);
}

static void put_findings(struct term *t, const struct findings *f)
{
	term_heading(t, "Findings");
	if (!f->failures)
		buf_puts(t->out, f->skipped ? "Nothing that ran failed.\n"
					    : "Nothing failed, nothing was skipped.\n");
	size_t told = f->failures + f->skipped, remarks = f->n - told;

	for (size_t i = 0; i < told && i < FINDINGS; i++)
		put_finding(t, &f->f[i]);
	if (told > FINDINGS)
		buf_printf(t->out, "And %zu more: see results.csv, column status.\n",
			   told - FINDINGS);
	for (size_t i = told; i < f->n && i < told + REMARKS; i++)
		put_finding(t, &f->f[i]);
	if (remarks > REMARKS)
		buf_printf(t->out, "And %zu more remarks: see results.csv, column reason.\n",
			   remarks - REMARKS);
}

static char *percent(double share, const char *sign)
{
	char text[16];

	return isnan(share) ? mem_strdup("–")
			    : mem_printf("%s%s %%", sign, text_percent(text, sizeof(text), share));
}

static void name_row(struct buf *out, const struct rows *x, const struct result *r)
{
	view_words(out, x->g, r, x->in);
	if (!out->len)
		buf_puts(out, r->metric);
}

/* "CE, pinned, 256 MiB:", what all rows share. */
static void name_shared(struct buf *out, const struct rows *x, const struct result *r)
{
	view_words(out, x->g, r, x->shared);
	if (out->len)
		buf_putc(out, ':');
}

static void put_row(const struct rows *x, const struct result *r)
{
	struct buf sampling = BUF_INIT, words = BUF_INIT;
	struct term *t = x->t;
	char text[48];
	char *pm = percent(text_halfwidth(r), "±"), *share = percent(text_share(r), "");

	name_row(&words, x, r);
	text_sampling(&sampling, r, "×");
	term_pad(t, INDENT);
	term_label(t, buf_str(&words), x->width);
	term_cell(t, text_number(text, sizeof(text), r->s.median, &x->g->scale), 11);
	term_cell(t, pm, 11);
	term_cell(t, buf_str(&sampling), 12);
	if (x->ceiling)
		term_cell(t, share, CEILING);
	term_put(t, r->status == ST_PASS ? "" : " ✕");
	buf_putc(t->out, '\n');
	buf_free(&sampling);
	buf_free(&words);
	free(share);
	free(pm);
}

static void put_columns(const struct rows *x, const struct result *first)
{
	struct buf pm = BUF_INIT, shared = BUF_INIT;
	const struct group *g = x->g;
	struct term *t = x->t;
	char level[16];

	buf_puts(&pm, "±");
	if (!g->level && first->s.ci_level > 0)
		buf_printf(&pm, " (%s %%)", text_percent(level, sizeof(level), first->s.ci_level));
	name_shared(&shared, x, first);
	term_colour(t, "2");
	term_pad(t, INDENT);
	term_label(t, buf_str(&shared), x->width);
	term_cell(t, g->scale.name[0] ? g->scale.name : "median", 11);
	term_cell(t, buf_str(&pm), 11);
	term_cell(t, "runs × n", 12);
	if (x->ceiling)
		term_cell(t, "ceiling", CEILING);
	term_colour(t, "0");
	buf_putc(t->out, '\n');
	buf_free(&shared);
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
	term_colour(t, "1");
	term_wrap(t, title.s, 0, INDENT);
	term_colour(t, "0");
	buf_free(&title);
	buf_free(&constant);
}

static size_t max_width(size_t width, const char *text)
{
	return text_width(text) > width ? text_width(text) : width;
}

/* Columns for the labels: what the widest needs, within what the numbers leave. */
static void lay_out(struct rows *x)
{
	size_t widest = LABEL_MIN;

	view_telling(x->g, x->shown, x->in, x->shared);
	for (size_t i = 0; i < x->g->n; i++) {
		struct buf words = BUF_INIT, shared = BUF_INIT;

		if (!x->shown[i])
			continue;
		x->ceiling |= !isnan(text_share(x->g->row[i]));
		name_row(&words, x, x->g->row[i]);
		name_shared(&shared, x, x->g->row[i]);
		widest = max_width(widest, buf_str(&words));
		widest = max_width(widest, buf_str(&shared));
		buf_free(&shared);
		buf_free(&words);
	}
	size_t room = x->t->style.columns - NUMBERS - INDENT - (x->ceiling ? CEILING : 0);

	x->width = widest < room ? widest : room;
}

static void put_rows(struct term *t, const struct report *r, const struct group *g)
{
	struct rows x = {.t = t, .g = g, .shown = mem_zalloc(g->n, sizeof(*x.shown))};
	size_t n = view_pick(g, r, ROWS, x.shown), first = 0;

	lay_out(&x);
	while (!x.shown[first])
		first++;
	put_columns(&x, g->row[first]);
	for (size_t i = first; i < g->n; i++)
		if (x.shown[i])
			put_row(&x, g->row[i]);
	if (n < g->n)
		buf_printf(t->out, "  %zu of %zu rows; all are in results.csv.\n", n, g->n);
	free(x.shown);
}

static void put_metric(struct term *t, const struct report *r, const struct group *g)
{
	put_title(t, g);
	if (!term_matrix(t, r, g))
		put_rows(t, r, g);
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
	struct findings f;
	struct term t;
	struct view v;

	term_open(&t, out, style);
	view_make(&v, r);
	findings_make(&f, r);
	term_simulated(&t, r->data);
	if (r->comparison)
		term_alerts(&t, r->comparison);
	put_verdict(&t, r);
	put_digest(&t, r, &f);
	if (r->comparison)
		term_comparison(&t, r->comparison, r->differences);
	put_findings(&t, &f);
	term_heading(&t, "Measurements");
	if (!v.n)
		buf_puts(out, "No number was measured.\n");
	for (size_t i = 0; i < v.n; i++)
		put_metric(&t, r, &v.group[i]);
	if (within_process(r)) {
		buf_putc(out, '\n');
		term_wrap(&t,
			  "± of a single run speaks about that process only; it says nothing about "
			  "the next start.",
			  0, 0);
	}
	term_wiring(&t, r->data);
	findings_free(&f);
	view_free(&v);
}
