/* A chart in its figure: the drawing, a caption that says how to read it, its data folded. */
#include "html.h"
#include "svg.h"
#include "../harness/base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PANELS	   16
#define GPU_PANELS 8 /* a panel a GPU up to so many; beyond, a line stands for all of them */
#define AB_PANELS  4 /* where the comparison is what the page is about */
#define DOT_ROWS   40
#define MAX_LINES  8

void html_cell(struct page *p, const struct group *g, double v)
{
	char text[48];

	html_put(p->out, "<td>%s</td>",
		 isnan(v) ? "–" : text_number(text, sizeof(text), v, &g->scale));
}

size_t html_panels(const struct page *p)
{
	return p->comparison ? AB_PANELS : PANELS;
}

void html_fold(struct page *p, const char *label)
{
	buf_puts(p->out, "<details><summary>Data of this chart</summary>\n");
	html_scroll(p, label);
}

void html_fold_end(struct page *p)
{
	html_scroll_end(p);
	buf_puts(p->out, "</details>\n");
}

/* ---- dot plot: every process median ---- */

static void dots_data(struct page *p, const struct group *g, const bool *shown)
{
	struct buf words = BUF_INIT;

	html_fold(p, "Data of the dot plot");
	html_put(p->out,
		 "<table><thead><tr><th scope=\"col\" class=\"l\">row</th>"
		 "<th scope=\"col\">low</th><th scope=\"col\">median, %s</th>"
		 "<th scope=\"col\">high</th><th scope=\"col\" class=\"l\">process medians</th>"
		 "</tr></thead>\n<tbody>\n",
		 g->scale.name);
	for (size_t i = 0; i < g->n; i++) {
		const struct result *r = g->row[i];
		char text[48];

		if (!shown[i])
			continue;
		buf_reset(&words);
		view_row_words(&words, g, r);
		html_put(p->out, "<tr><th scope=\"row\">%s</th>", buf_str(&words));
		html_cell(p, g, r->s.ci_lo);
		html_cell(p, g, r->s.median);
		html_cell(p, g, r->s.ci_hi);
		buf_puts(p->out, "<td class=\"l\">");
		for (size_t k = 0; k < r->processes && k < 64; k++)
			html_put(p->out, "%s%s%s", k ? ", " : "",
				 text_number(text, sizeof(text), r->process[k].median, &g->scale),
				 r->process[k].valid ? "" : " (left out)");
		buf_puts(p->out, "</td></tr>\n");
	}
	buf_puts(p->out, "</tbody></table>\n");
	html_fold_end(p);
	buf_free(&words);
}

static void dots(struct page *p, const struct group *g, const bool *picked, const char *id)
{
	bool *shown = mem_zalloc(g->n, sizeof(*shown));
	char *label = mem_printf("Chart: %s %s", g->bench, g->metric);
	bool ceiling = false;
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++) {
		shown[i] = picked[i] && n < DOT_ROWS;
		n += shown[i];
		ceiling |= shown[i] && g->row[i]->ceiling > 0;
	}
	html_scroll(p, label);
	svg_dots(p->out, id, g, shown);
	html_scroll_end(p);
	html_put(p->out,
		 "<figcaption>Ring: one process. Filled: median, with its "
		 "interval.%s</figcaption>\n",
		 ceiling ? " Dashed: physical ceiling." : "");
	dots_data(p, g, shown);
	free(label);
	free(shown);
}

/* ---- sweep: medians along what is swept, a column a line ---- */

/* What one value of one line came to, over all GPUs where a line stands for them. */
struct extent {
	double lo, hi; /* NaN: not measured */
};

static void extent_add(struct extent *x, double v)
{
	x->lo = isnan(x->lo) ? v : fmin(x->lo, v);
	x->hi = isnan(x->hi) ? v : fmax(x->hi, v);
}

static void extent_cell(struct page *p, const struct group *g, const struct extent *x)
{
	char lo[48], hi[48];

	text_number(lo, sizeof(lo), x->lo, &g->scale);
	text_number(hi, sizeof(hi), x->hi, &g->scale);
	if (isnan(x->lo) || !strcmp(lo, hi))
		html_cell(p, g, x->lo);
	else
		html_put(p->out, "<td>%s–%s</td>", lo, hi);
}

static void sweep_heads(struct page *p, const struct group *g, const struct spread *s,
			const struct spread_row *row, size_t n)
{
	struct buf words = BUF_INIT;

	spread_words(&words, s, g, row->r, true);
	html_put(p->out, "<table><caption>%s%s%s</caption><thead><tr><th scope=\"col\">%s</th>",
		 buf_str(&words), words.len ? ", " : "", g->scale.name, view_swept(g)->name);
	for (size_t i = 0; i < n; i++) {
		if (i && row[i].line == row[i - 1].line)
			continue;
		buf_reset(&words);
		spread_words(&words, s, g, row[i].r, false);
		html_put(p->out, "<th scope=\"col\">%s</th>", words.len ? words.s : "median");
	}
	buf_puts(p->out, "</tr></thead><tbody>\n");
	buf_free(&words);
}

static void sweep_table(struct page *p, const struct group *g, const struct spread *s,
			const struct spread_row *row, size_t n)
{
	const struct column *swept = view_swept(g);
	size_t lines = row[n - 1].line + 1;
	struct extent *x = mem_zalloc(swept->n * lines, sizeof(*x));
	char text[40];

	for (size_t i = 0; i < swept->n * lines; i++)
		x[i] = (struct extent){NAN, NAN};
	for (size_t i = 0; i < n; i++)
		extent_add(&x[view_index(swept, row[i].r) * lines + row[i].line],
			   row[i].r->s.median);
	sweep_heads(p, g, s, row, n);
	for (size_t k = 0; k < swept->n; k += view_stride(g)) {
		html_put(
			p->out, "<tr><th scope=\"row\">%s</th>",
			view_swept_text(text, sizeof(text), swept, strtod(swept->values[k], NULL)));
		for (size_t l = 0; l < lines; l++)
			extent_cell(p, g, &x[k * lines + l]);
		buf_puts(p->out, "</tr>\n");
	}
	buf_puts(p->out, "</tbody></table>\n");
	free(x);
}

static bool has_tails(const struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (!isfinite(g->row[i]->s.p5) || !isfinite(g->row[i]->s.p95))
			return false;
	return true;
}

static void sweep_caption(struct page *p, const struct group *g, const struct spread *s)
{
	const char *name = view_swept(g)->name;
	bool ceiling = false;

	for (size_t i = 0; i < g->n; i++)
		ceiling |= g->row[i]->ceiling > 0;
	html_put(p->out, "<figcaption>Median over %s%s. ", name,
		 strcmp(name, "size") ? "" : " in bytes");
	if (s->over_gpus)
		buf_puts(p->out,
			 "A line a GPU, the first with marks; named: one that is worse than "
			 "it should be. ");
	else
		html_put(p->out, "Band: %s of the samples; none where the samples are too few. ",
			 has_tails(g) ? "p5 to p95"
				      : "p5 to p95 (p25 to p75 where the tails are too few)");
	if (ceiling)
		buf_puts(p->out, "Dashed: physical ceiling.");
	if (view_stride(g) > 1)
		html_put(p->out, " 1 in %zu points is drawn; all are in results.csv.",
			 view_stride(g));
	if (s->panels > html_panels(p))
		html_put(p->out, " %zu of %zu panels; the others are in results.csv.",
			 html_panels(p), s->panels);
	buf_puts(p->out, "</figcaption>\n");
}

static void sweep(struct page *p, const struct group *g, const char *id)
{
	char *label = mem_printf("Chart: %s %s over %s", g->bench, g->metric, view_swept(g)->name);
	struct spread s;

	spread_sweep(&s, g, MAX_LINES, GPU_PANELS);
	html_scroll(p, label);
	buf_puts(p->out, "<div class=\"panels\">\n");
	svg_sweep(p->out, id, g, &s, html_panels(p));
	buf_puts(p->out, "</div>\n");
	html_scroll_end(p);
	sweep_caption(p, g, &s);
	html_fold(p, "Data of the sweep");
	for (size_t i = 0, end; i < s.n && s.row[i].panel < html_panels(p); i = end) {
		end = spread_panel_end(&s, i);
		sweep_table(p, g, &s, s.row + i, end - i);
	}
	html_fold_end(p);
	spread_free(&s);
	free(label);
}

void html_gates(struct page *p, const struct group *g, size_t number)
{
	bool *shown = mem_zalloc(g->n, sizeof(*shown));
	size_t n = p->comparison ? 0 : view_gates(g, p->r, DOT_ROWS, shown);
	char id[32];

	snprintf(id, sizeof(id), "gates-%zu", number);
	if (n > 1 && n < g->n) {
		buf_puts(p->out, "<figure>\n<p>The suite’s gates:</p>\n");
		dots(p, g, shown, id);
		buf_puts(p->out, "</figure>\n");
	}
	free(shown);
}

void html_figure(struct page *p, const struct group *g, const bool *shown, size_t number)
{
	enum chart chart = view_chart(g);
	char id[32];

	/* the processes of two arms are drawn with their comparison */
	if (chart == CHART_NONE || (chart == CHART_DOTS && p->comparison))
		return;
	snprintf(id, sizeof(id), "chart-%zu", number);
	buf_puts(p->out, "<figure>\n");
	if (chart == CHART_DOTS)
		dots(p, g, shown, id);
	else if (chart == CHART_SWEEP)
		sweep(p, g, id);
	else
		html_matrix(p, g, id);
	buf_puts(p->out, "</figure>\n");
}
