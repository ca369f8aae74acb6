/*
 * What two sides came to: counts, a row a gate with its forest plot, the screens that were measured
 * again in the same form, then what stands around them (promise, controls, strays, lost blocks).
 */
#include "compared.h"
#include "html.h"
#include "svg.h"
#include "../harness/base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS	100 /* of a table; verdicts.csv has all */
#define COLUMNS 7   /* of a table without those of struct table */

static const char *row_class(enum standing s)
{
	return s == STANDING_WORSE || s == STANDING_FAILED ? " class=\"bad\"" : "";
}

static void put_counts(struct page *p)
{
	buf_puts(p->out, "<ul class=\"counts\">\n");
	for (int s = 0; s < STANDING_N; s++) {
		unsigned n = compared_count(p->comparison, (enum standing)s);

		if (n)
			html_put(p->out,
				 "<li class=\"v%d\"><span aria-hidden=\"true\">%s</span> "
				 "<b>%u</b> %s</li>\n",
				 s, standing_mark((enum standing)s), n,
				 standing_word((enum standing)s));
	}
	buf_puts(p->out, "</ul>\n");
}

/* Whether the rows have one margin, which the caption tells then. */
static bool one_margin(const struct compared *const *row, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (row[i]->margin != row[0]->margin)
			return false;
	return n > 0;
}

/* A table's rows, what they share, and which columns that leaves. */
struct table {
	const struct compared *const *row;
	size_t n;
	struct forest forest;
	bool margins; /* each row has its own */
	bool blocks;  /* rows were decided after different numbers of blocks */
};

static void put_columns(struct page *p, const struct table *t)
{
	const struct comparison *c = p->comparison;

	html_put(p->out,
		 "<thead><tr><th scope=\"col\" class=\"l\">verdict</th>"
		 "<th scope=\"col\" class=\"l\">metric</th>"
		 "<th scope=\"col\" class=\"fp\">%s against %s",
		 c->b, c->a);
	svg_forest_head(p->out, &t->forest);
	html_put(p->out,
		 "</th><th scope=\"col\" class=\"l\">%s is</th>"
		 "<th scope=\"col\" class=\"l\">interval</th>",
		 c->b);
	buf_puts(p->out, t->margins ? "<th scope=\"col\">margin</th>" : "");
	html_put(p->out, "<th scope=\"col\">%s</th><th scope=\"col\">%s</th>", c->a, c->b);
	buf_puts(p->out, t->blocks ? "<th scope=\"col\">blocks</th>" : "");
	buf_puts(p->out, "</tr></thead>\n");
}

static void put_cell(struct page *p, const char *tag, const struct compared *x,
		     void (*make)(struct buf *out, const struct compared *x))
{
	struct buf text = BUF_INIT;

	make(&text, x);
	buf_puts(p->out, tag);
	html_put(p->out, "%s", buf_str(&text));
	buf_free(&text);
}

static void put_medians(struct page *p, const struct compared *x)
{
	for (int b = 0; b < 2; b++) {
		struct buf text = BUF_INIT;

		compared_median(&text, x, b);
		html_put(p->out, "<td>%s</td>", buf_str(&text));
		buf_free(&text);
	}
}

/* What the rows of each metric have in common, and their names leave out. */
static void put_shared(struct page *p, const struct table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct buf line = BUF_INIT;

		compared_shared(&line, t->row, t->n, i);
		if (line.len)
			html_put(p->out, "<br>%s.", line.s);
		buf_free(&line);
	}
}

static void put_row(struct page *p, const struct table *t, size_t i)
{
	const struct compared *x = t->row[i];
	const char *remark = compared_remark(t->row, i);
	enum standing s = compared_standing(x);
	struct buf name = BUF_INIT;

	buf_printf(p->out, "<tr%s>", row_class(s));
	html_put(p->out, "<td class=\"l v%d\"><span aria-hidden=\"true\">%s</span> %s</td>", (int)s,
		 standing_mark(s), standing_word(s));
	compared_short(&name, x, t->row, t->n);
	html_put(p->out, "<th scope=\"row\" class=\"name\">%s</th><td class=\"fp\">",
		 buf_str(&name));
	buf_free(&name);
	svg_forest_row(p->out, &t->forest, x);
	put_cell(p, "</td><td class=\"l\"><b>", x, compared_change);
	put_cell(p, "</b></td><td class=\"l\">", x, compared_interval);
	if (t->margins)
		html_put(p->out, "</td><td>%.2f&#8239;%%", x->margin * 100);
	buf_puts(p->out, "</td>");
	put_medians(p, x);
	if (t->blocks)
		html_put(p->out, "<td>%u</td>", x->decision.look.k);
	buf_puts(p->out, "</tr>\n");
	if (remark[0])
		html_put(p->out,
			 "<tr class=\"why\"><td></td><td class=\"l\" colspan=\"%d\">%s</td></tr>\n",
			 COLUMNS - 1 + t->margins + t->blocks, remark);
}

static void put_table(struct page *p, const struct compared *const *row, size_t n,
		      const char *label)
{
	struct table t = {.row = row,
			  .n = n,
			  .margins = !one_margin(row, n),
			  .blocks = p->comparison->kind == COMPARE_BLOCKS};

	forest_fit(&t.forest, row, n);
	buf_puts(p->out, "<figure>\n");
	html_scroll(p, label);
	buf_puts(p->out, "<table class=\"forest\">\n");
	put_columns(p, &t);
	buf_puts(p->out, "<tbody>\n");
	for (size_t i = 0; i < n && i < ROWS; i++)
		put_row(p, &t, i);
	buf_puts(p->out, "</tbody></table>\n");
	html_scroll_end(p);
	buf_puts(p->out, "<figcaption>Line: interval of the shift. Shaded: the margin");
	if (!t.margins)
		html_put(p->out, " of %.2f&#8239;%%", row[0]->margin * 100);
	buf_puts(p->out, ". An arrow points to what lies beyond the axis.");
	if (n > ROWS)
		html_put(p->out, " The worst %d of %zu rows; all are in verdicts.csv.", ROWS, n);
	put_shared(p, &t);
	buf_puts(p->out, "</figcaption>\n</figure>\n");
}

static void put_gates(struct page *p)
{
	size_t n;
	const struct compared **row = compared_rows(p->comparison, ROLE_GATE, &n);

	buf_puts(p->out,
		 "<h3 id=\"gates\">Gates <small>the metrics that the verdict is about, worst "
		 "first</small></h3>\n");
	if (n)
		put_table(p, row, n, "Gates");
	else
		buf_puts(p->out, "<p>No gate was compared.</p>\n");
	free(row);
}

static void put_screens(struct page *p)
{
	size_t n;
	const struct compared **row = compared_rows(p->comparison, ROLE_SCREEN, &n);

	if (n) {
		html_put(p->out,
			 "<h3 id=\"screens\">Other metrics with a large shift "
			 "<small>%s</small></h3>\n",
			 p->comparison->kind == COMPARE_BLOCKS ? "measured again in fresh blocks"
							       : "to be looked at: nothing is "
								 "promised for them");
		put_table(p, row, n, "Other metrics with a large shift");
	}
	free(row);
}

static void put_notes(struct page *p)
{
	struct compared_note note[COMPARED_NOTES];
	size_t n = compared_notes(note, p->comparison);

	buf_puts(p->out, "<dl class=\"digest\">\n");
	for (size_t i = 0; i < n; i++) {
		html_put(p->out, "<div><dt>%s</dt><dd>%s</dd></div>\n", note[i].name,
			 buf_str(&note[i].text));
		buf_free(&note[i].text);
	}
	buf_puts(p->out, "</dl>\n");
}

void html_comparison(struct page *p)
{
	html_put(p->out, "<section id=\"comparison\">\n<h2>Comparison: %s against %s</h2>\n",
		 p->comparison->b, p->comparison->a);
	put_counts(p);
	put_gates(p);
	put_screens(p);
	put_notes(p);
	html_multiples(p);
	buf_puts(p->out, "</section>\n");
}
