/* A part a benchmark: for each metric its table and its chart. */
#include "html.h"
#include "../harness/base/mem.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS	64 /* of a table; beyond that it shows a choice */
#define AB_ROWS 24 /* where the comparison is what the page is about */

static size_t rows_of(const struct page *p)
{
	return p->comparison ? AB_ROWS : ROWS;
}

/* What the columns of a table must hold. */
struct needs {
	bool ceiling;
	unsigned columns;
};

/* A label that follows the GPU (its node) says nothing that the GPU does not. */
static bool is_column(const struct column *c)
{
	return c->n > 1 && !c->follows_gpu;
}

static struct needs needs_of(const struct group *g, const bool *shown)
{
	struct needs n = {.columns = 4};

	for (size_t i = 0; i < g->n; i++)
		n.ceiling |= shown[i] && g->row[i]->ceiling > 0;
	for (size_t i = 0; i < g->columns; i++)
		n.columns += is_column(&g->column[i]);
	n.columns += n.ceiling;
	return n;
}

/* "± (95 %)": the level that most rows reach; the others say theirs in the cell. */
static void interval_name(struct buf *out, const struct group *g)
{
	char level[16];

	if (!g->level && !(g->row[0]->s.ci_level > 0)) /* nobody has one */
		buf_puts(out, "±");
	else
		buf_printf(out, "± (%s&#8239;%%)",
			   g->level ? "95"
				    : text_percent(level, sizeof(level), g->row[0]->s.ci_level));
}

static void put_columns(struct page *p, const struct group *g, struct needs n)
{
	struct buf interval = BUF_INIT, name = BUF_INIT;

	buf_puts(p->out, "<thead><tr>");
	for (size_t i = 0; i < g->columns; i++) {
		if (!is_column(&g->column[i]))
			continue;
		buf_reset(&name);
		words_name(&name, g->column[i].name);
		html_put(p->out, "<th scope=\"col\" class=\"l\">%s</th>", buf_str(&name));
	}
	interval_name(&interval, g);
	html_put(p->out, "<th scope=\"col\">median%s%s</th>", g->scale.name[0] ? ", " : "",
		 g->scale.name);
	buf_printf(p->out,
		   "<th scope=\"col\">%s</th><th scope=\"col\">processes × samples</th>"
		   "<th scope=\"col\">spread (MAD)</th>",
		   interval.s);
	if (n.ceiling)
		buf_puts(p->out, "<th scope=\"col\">of the ceiling</th>");
	buf_puts(p->out, "</tr></thead>\n");
	buf_free(&interval);
	buf_free(&name);
}

/* A bar and its figure; what is above the ceiling carries a cross. */
static void put_share(struct page *p, double share, bool above)
{
	char text[16];

	if (isnan(share)) {
		buf_puts(p->out, "<td>–</td>");
		return;
	}
	html_put(p->out, "<td class=\"bar\"><i style=\"--p:%.1f%%\"></i>%s%s&#8239;%%</td>",
		 fmin(share * 100, 100), above ? "✕ " : "",
		 text_percent(text, sizeof(text), share));
}

static void put_percent(struct page *p, double share, const char *sign)
{
	char text[16];

	if (isnan(share))
		buf_puts(p->out, "<td>–</td>");
	else
		html_put(p->out, "<td>%s%s&#8239;%%</td>", sign,
			 text_percent(text, sizeof(text), share));
}

/* The half-width, and the level where it is lower than what the column's head says. */
static void put_interval(struct page *p, const struct group *g, const struct result *r)
{
	double half = text_halfwidth(r);
	char text[16];

	if (isnan(half)) {
		buf_puts(p->out, "<td>–</td>");
		return;
	}
	html_put(p->out, "<td>± %s&#8239;%%", text_percent(text, sizeof(text), half));
	if (g->level && r->s.ci_level < 0.945)
		html_put(p->out, " <small>(%s&#8239;%%)</small>",
			 text_percent(text, sizeof(text), r->s.ci_level));
	buf_puts(p->out, "</td>");
}

/* The varying labels; the first is the row's head. */
static void put_labels(struct page *p, const struct group *g, const struct result *r)
{
	bool first = true;

	for (size_t i = 0; i < g->columns; i++) {
		struct buf words = BUF_INIT;

		if (!is_column(&g->column[i]))
			continue;
		char *v = view_value(&g->column[i], r);
		words_value(&words, g->column[i].name, v);
		bool size = !strcmp(g->column[i].name, "size"); /* number and unit stay together */
		html_put(p->out,
			 first	? "<th scope=\"row\">%s</th>"
			 : size ? "<td class=\"l n\">%s</td>"
				: "<td class=\"l\">%s</td>",
			 buf_str(&words));
		first = false;
		free(v);
		buf_free(&words);
	}
}

/* "": nothing is said of this row. */
static const char *remark_mark(const struct result *r)
{
	return r->status != ST_PASS ? "✕" : r->reason[0] ? "*" : "";
}

/* What judge says of the rows that follow; they carry the same mark. */
static void put_remark(struct page *p, const struct result *r, unsigned columns)
{
	struct buf words = BUF_INIT;

	words_text(&words, r->above_ceiling ? "above the ceiling" : r->reason, false);
	buf_printf(p->out, "<tr class=\"%swhy\"><td class=\"l\" colspan=\"%u\">",
		   r->status == ST_PASS ? "" : "bad ", columns);
	html_put(p->out, "%s %s:</td></tr>\n", remark_mark(r), words.s);
	buf_free(&words);
}

static bool same_remark(const struct result *a, const struct result *b)
{
	return a && a->status == b->status && a->above_ceiling == b->above_ceiling &&
	       !strcmp(a->reason, b->reason);
}

static void put_row(struct page *p, const struct group *g, const struct result *r, struct needs n)
{
	struct buf sampling = BUF_INIT;
	char text[48];

	buf_printf(p->out, "<tr%s>", r->status == ST_PASS ? "" : " class=\"bad\"");
	put_labels(p, g, r);
	text_sampling(&sampling, r, "×");
	html_put(p->out, "<td>%s%s<b>%s</b></td>", remark_mark(r), remark_mark(r)[0] ? " " : "",
		 text_number(text, sizeof(text), r->s.median, &g->scale));
	put_interval(p, g, r);
	html_put(p->out, "<td>%s</td>", buf_str(&sampling));
	put_percent(p, text_spread(r), "");
	if (n.ceiling)
		put_share(p, text_share(r), r->above_ceiling);
	buf_puts(p->out, "</tr>\n");
	buf_free(&sampling);
}

static bool within_process(const struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->row[i]->processes_valid == 1 && g->row[i]->s.n > 1)
			return true;
	return false;
}

static void put_caption(struct page *p, const struct group *g, size_t shown)
{
	bool swept = view_chart(g) == CHART_SWEEP;
	struct buf constant = BUF_INIT;

	view_constants(&constant, g);
	buf_puts(p->out, "<caption>");
	if (shown == rows_of(p) && g->n > shown)
		html_put(p->out, "As many as fit here: ");
	if (shown < g->n)
		html_put(p->out,
			 "%zu of %zu rows: what failed, the suite’s gates and %s; all are in "
			 "results.csv. ",
			 shown, g->n,
			 swept ? "the largest of each line" : "the lowest and highest");
	if (constant.len)
		html_put(p->out, "All with %s. ", constant.s);
	buf_puts(p->out, within_process(g) ? "± within one process." : "");
	buf_puts(p->out, "</caption>\n");
	buf_free(&constant);
}

static void put_table(struct page *p, const struct group *g, const bool *shown, size_t n)
{
	struct needs needs = needs_of(g, shown);
	char *label = mem_printf("Table: %s %s", g->bench, g->metric);
	const struct result *above = NULL;
	bool varies = false;

	for (size_t i = 0; i < g->columns; i++)
		varies |= g->column[i].n > 1;
	html_scroll(p, label);
	buf_printf(p->out, "<table%s>\n", varies ? "" : " class=\"single\"");
	put_caption(p, g, n);
	put_columns(p, g, needs);
	buf_puts(p->out, "<tbody>\n");
	for (size_t i = 0; i < g->n; i++) {
		if (!shown[i])
			continue;
		if (remark_mark(g->row[i])[0] && !same_remark(above, g->row[i]))
			put_remark(p, g->row[i], needs.columns);
		put_row(p, g, g->row[i], needs);
		above = g->row[i];
	}
	buf_puts(p->out, "</tbody></table>\n");
	html_scroll_end(p);
	free(label);
}

static void put_figures(struct page *p, const struct group *g, const bool *shown, size_t number)
{
	if (view_chart(g) == CHART_SWEEP)
		html_gates(p, g, number);
	html_figure(p, g, shown, number);
	html_clock(p, g, number);
}

static void put_metric(struct page *p, const struct group *g, size_t number)
{
	bool *shown = mem_zalloc(g->n, sizeof(*shown));
	const char *better = !strcmp(g->better, "higher")  ? ", higher is better"
			     : !strcmp(g->better, "lower") ? ", lower is better"
							   : "";
	size_t n = view_pick(g, p->r, rows_of(p), shown);
	bool second = !strcmp(g->metric, "rate_wall"); /* beside a metric of its own */
	bool fold = second || view_is_info(g) ||
		    view_chart(g) == CHART_HEAT; /* whose cells say it already */

	html_put(p->out, "<h4 id=\"m-%s-%s\">%s <small>%s%s%s</small></h4>\n", g->bench, g->metric,
		 g->metric, g->scale.name[0] ? g->scale.name : "no unit", better,
		 second ? ": all work by wall time, stalls included" : "");
	if (!second && !view_is_info(g))
		put_figures(p, g, shown, number);
	if (fold)
		buf_puts(p->out, "<details><summary>Numbers</summary>\n");
	put_table(p, g, shown, n);
	buf_puts(p->out, fold ? "</details>\n" : "");
	free(shown);
}

static void put_bench(struct page *p, const char *bench, size_t from, size_t to)
{
	char *key = mem_printf("bench.%s.summary", bench);
	const char *summary = bundle_value(p->r->data, NULL, key);

	html_put(p->out, "<section id=\"bench-%s\">\n<h3>%s</h3>\n", bench, bench);
	if (summary)
		html_put(p->out, "<p>%s</p>\n", summary);
	for (size_t i = from; i < to; i++)
		put_metric(p, &p->view.group[i], i);
	buf_puts(p->out, "</section>\n");
	free(key);
}

void html_measurements(struct page *p)
{
	buf_puts(p->out, "<section id=\"measurements\">\n<h2>Measurements</h2>\n");
	if (!p->view.n)
		buf_puts(p->out, "<p>No number was measured.</p>\n");
	html_each_bench(p, put_bench);
	buf_puts(p->out, "</section>\n");
}
