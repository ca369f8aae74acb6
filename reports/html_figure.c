/* A chart in its figure: the drawing, a caption that says how to read it, its data folded. */
#include "html.h"
#include "svg.h"
#include "../harness/base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PANELS	  16
#define AB_PANELS 4 /* where the comparison is what the page is about */
#define DOT_ROWS  40
#define MAX_LINES 8

static void cell(struct page *p, const struct group *g, double v)
{
	char text[48];

	html_put(p->out, "<td>%s</td>",
		 isnan(v) ? "–" : text_number(text, sizeof(text), v, &g->scale));
}

static size_t panels(const struct page *p)
{
	return p->comparison ? AB_PANELS : PANELS;
}

static void fold(struct page *p)
{
	buf_puts(p->out, "<details><summary>Data of this chart</summary>\n");
}

/* ---- dot plot: every process median ---- */

static void dots_data(struct page *p, const struct group *g, const bool *shown)
{
	struct buf words = BUF_INIT;

	fold(p);
	html_scroll(p, "Data of the dot plot");
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
		cell(p, g, r->s.ci_lo);
		cell(p, g, r->s.median);
		cell(p, g, r->s.ci_hi);
		buf_puts(p->out, "<td class=\"l\">");
		for (size_t k = 0; k < r->processes && k < 64; k++)
			html_put(p->out, "%s%s%s", k ? ", " : "",
				 text_number(text, sizeof(text), r->process[k].median, &g->scale),
				 r->process[k].valid ? "" : " (left out)");
		buf_puts(p->out, "</td></tr>\n");
	}
	buf_puts(p->out, "</tbody></table>\n");
	html_scroll_end(p);
	buf_puts(p->out, "</details>\n");
	buf_free(&words);
}

static void dots(struct page *p, const struct group *g, const bool *picked, const char *id)
{
	bool *shown = mem_zalloc(g->n, sizeof(*shown));
	char *label = mem_printf("Chart: %s %s", g->bench, g->metric);
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++) {
		shown[i] = picked[i] && n < DOT_ROWS;
		n += shown[i];
	}
	html_scroll(p, label);
	svg_dots(p->out, id, g, shown);
	html_scroll_end(p);
	buf_puts(p->out, "<figcaption>Ring: one process. Filled: median, with its interval. "
			 "Dashed: physical ceiling.</figcaption>\n");
	dots_data(p, g, shown);
	free(label);
	free(shown);
}

/* ---- sweep: medians by size, a column a line ---- */

static void sweep_table(struct page *p, const struct group *g, const struct spread *s,
			const struct spread_row *row, size_t n)
{
	const struct column *size = view_column(g, "size");
	struct buf words = BUF_INIT;
	size_t lines = row[n - 1].line + 1;
	double *median = mem_zalloc(size->n * lines, sizeof(*median));
	char text[40];

	for (size_t i = 0; i < size->n * lines; i++)
		median[i] = NAN; /* not measured */
	for (size_t i = 0; i < n; i++)
		median[view_index(size, row[i].r) * lines + row[i].line] = row[i].r->s.median;
	spread_words(&words, s, g, row->r, true);
	html_put(p->out, "<table><caption>%s%s%s</caption><thead><tr><th scope=\"col\">size</th>",
		 buf_str(&words), words.len ? ", " : "", g->scale.name);
	for (size_t i = 0; i < n; i++) {
		if (i && row[i].line == row[i - 1].line)
			continue;
		buf_reset(&words);
		spread_words(&words, s, g, row[i].r, false);
		html_put(p->out, "<th scope=\"col\">%s</th>", words.len ? words.s : "median");
	}
	buf_puts(p->out, "</tr></thead><tbody>\n");
	for (size_t k = 0; k < size->n; k += view_stride(g)) {
		html_put(p->out, "<tr><th scope=\"row\">%s</th>",
			 units_size(text, sizeof(text), strtod(size->values[k], NULL)));
		for (size_t l = 0; l < lines; l++)
			cell(p, g, median[k * lines + l]);
		buf_puts(p->out, "</tr>\n");
	}
	buf_puts(p->out, "</tbody></table>\n");
	free(median);
	buf_free(&words);
}

static bool has_tails(const struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (!isfinite(g->row[i]->s.p5) || !isfinite(g->row[i]->s.p95))
			return false;
	return true;
}

static void sweep(struct page *p, const struct group *g, const char *id)
{
	char *label = mem_printf("Chart: %s %s over size", g->bench, g->metric);
	struct spread s;

	spread_make(&s, g, (const char *const[]){"size"}, 1, MAX_LINES);
	html_scroll(p, label);
	buf_puts(p->out, "<div class=\"panels\">\n");
	svg_sweep(p->out, id, g, &s, panels(p));
	buf_puts(p->out, "</div>\n");
	html_scroll_end(p);
	html_put(p->out,
		 "<figcaption>Median over size in bytes. Band: %s of the samples%s. Dashed: "
		 "physical "
		 "ceiling.",
		 has_tails(g) ? "p5 to p95" : "p5 to p95 (p25 to p75 where the tails are too few)",
		 "; none where the samples are too few");
	if (view_stride(g) > 1)
		html_put(p->out, " 1 in %zu sizes is drawn; all are in results.csv.",
			 view_stride(g));
	if (s.panels > panels(p))
		html_put(p->out, " %zu of %zu panels; the others are in results.csv.", panels(p),
			 s.panels);
	buf_puts(p->out, "</figcaption>\n");
	fold(p);
	html_scroll(p, "Data of the sweep");
	for (size_t i = 0, end; i < s.n && s.row[i].panel < panels(p); i = end) {
		for (end = i + 1; end < s.n && s.row[end].panel == s.row[i].panel; end++)
			;
		sweep_table(p, g, &s, s.row + i, end - i);
	}
	html_scroll_end(p);
	buf_puts(p->out, "</details>\n");
	spread_free(&s);
	free(label);
}

/* ---- heat map ---- */

static void heat_table(struct page *p, const struct group *g, const struct spread *s,
		       const struct spread_row *row, size_t n)
{
	const struct column *cpu = view_column(g, "cpu_node"), *node = view_column(g, "node");
	struct buf words = BUF_INIT;

	spread_words(&words, s, g, row->r, true);
	html_put(p->out,
		 "<table><caption>%s%s%s</caption><thead><tr><th scope=\"col\">CPU node</th>",
		 buf_str(&words), words.len ? ", " : "", g->scale.name);
	for (size_t k = 0; k < node->n; k++)
		html_put(p->out, "<th scope=\"col\">memory node %s</th>", node->values[k]);
	buf_puts(p->out, "</tr></thead><tbody>\n");
	for (size_t c = 0; c < cpu->n; c++) {
		html_put(p->out, "<tr><th scope=\"row\">%s</th>", cpu->values[c]);
		for (size_t k = 0; k < node->n; k++) {
			double v = NAN;

			for (size_t i = 0; i < n; i++)
				if (view_index(cpu, row[i].r) == c &&
				    view_index(node, row[i].r) == k)
					v = row[i].r->s.median;
			cell(p, g, v);
		}
		buf_puts(p->out, "</tr>\n");
	}
	buf_puts(p->out, "</tbody></table>\n");
	buf_free(&words);
}

/* Names the outlined cells, the first few. */
static void name_outliers(struct page *p, const struct group *g, const struct spread *s)
{
	size_t told = 0;

	for (size_t i = 0, end; i < s->n; i = end) {
		for (end = i + 1; end < s->n && s->row[end].panel == s->row[i].panel; end++)
			;
		for (size_t k = i; k < end; k++) {
			struct buf words = BUF_INIT;
			char percent[16], value[48];
			double off;

			if (!heat_stands_out(s->row + i, end - i, k - i, &off) || told == 6)
				continue;
			view_row_words(&words, g, s->row[k].r);
			html_put(p->out,
				 " Outlined: %s, %s, %s&#8239;%% %s the median of its kind.",
				 buf_str(&words),
				 units_show(value, sizeof(value), s->row[k].r->s.median, g->unit),
				 text_percent(percent, sizeof(percent), off),
				 off > 0 ? "above" : "below");
			told++;
			buf_free(&words);
		}
	}
}

static void heat(struct page *p, const struct group *g, const char *id)
{
	char *label = mem_printf("Chart: %s %s by node", g->bench, g->metric);
	struct spread s;

	spread_make(&s, g, (const char *const[]){"cpu_node", "node"}, 2, 1);
	html_scroll(p, label);
	buf_puts(p->out, "<div class=\"panels\">\n");
	svg_heat(p->out, id, g, &s, panels(p));
	buf_puts(p->out, "</div>\n");
	html_scroll_end(p);
	buf_puts(p->out, "<figcaption>Median in each cell; darker is more.");
	name_outliers(p, g, &s);
	if (s.panels > panels(p))
		html_put(p->out, " %zu of %zu panels; the others are in results.csv.", panels(p),
			 s.panels);
	buf_puts(p->out, "</figcaption>\n");
	fold(p);
	html_scroll(p, "Data of the heat map");
	for (size_t i = 0, end; i < s.n && s.row[i].panel < panels(p); i = end) {
		for (end = i + 1; end < s.n && s.row[end].panel == s.row[i].panel; end++)
			;
		heat_table(p, g, &s, s.row + i, end - i);
	}
	html_scroll_end(p);
	buf_puts(p->out, "</details>\n");
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
		heat(p, g, id);
	buf_puts(p->out, "</figure>\n");
}
