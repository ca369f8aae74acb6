/* Small multiples: the medians of both sides in the order of time, a plot a gate, worst first. */
#include "compared.h"
#include "html.h"
#include "svg.h"
#include "../harness/base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLOTS 24 /* the page stays small */

static bool has_number(const struct compared *x)
{
	for (size_t i = 0; i < x->pairs; i++)
		if (isfinite(x->pair[i].a) || isfinite(x->pair[i].b))
			return true;
	return false;
}

struct gates {
	const struct compared **row,
		**all; /* those that are drawn; names leave out what all share */
	size_t n, n_all;
};

static void put_plot(struct page *p, const struct gates *g, size_t number)
{
	const struct comparison *c = p->comparison;
	const struct compared *x = g->row[number];
	struct buf name = BUF_INIT;
	char id[32];

	snprintf(id, sizeof(id), "pairs-%zu", number);
	compared_short(&name, x, g->all, g->n_all);
	html_put(p->out, "<div><p><span aria-hidden=\"true\">%s</span> %s</p>\n",
		 standing_mark(compared_standing(x)), buf_str(&name));
	svg_pairs(p->out, id, x, c->a, c->b);
	buf_puts(p->out, "</div>\n");
	buf_free(&name);
}

static void put_side(struct page *p, const struct gates *g, size_t number, bool b)
{
	const struct compared *x = g->row[number];
	struct scale sc = units_scale(x->unit, fmax(x->a, x->b));
	struct buf name = BUF_INIT;
	char text[48];

	compared_short(&name, x, g->all, g->n_all);
	html_put(p->out, "<tr><th scope=\"row\">%s</th><td class=\"l\">%s</td><td class=\"l\">",
		 buf_str(&name), b ? p->comparison->b : p->comparison->a);
	for (size_t i = 0; i < x->pairs; i++) {
		const struct pair *q = &x->pair[i];
		double v = b ? q->b : q->a;

		html_put(p->out, "%s%s%s%s%s", i ? ", " : "", q->node ? q->node : "",
			 q->node ? " " : "",
			 isfinite(v) ? text_number(text, sizeof(text), v, &sc) : "–",
			 compared_lost(q)		  ? " (lost)"
			 : !strcmp(q->cause, "untouched") ? " (untouched)"
							  : "");
	}
	html_put(p->out, "%s%s</td></tr>\n", sc.name[0] ? " " : "", sc.name);
	buf_free(&name);
}

static void put_data(struct page *p, const struct gates *g)
{
	buf_puts(p->out, "<details><summary>Data of these charts</summary>\n");
	html_scroll(p, "Medians of both sides");
	buf_puts(p->out,
		 "<table><thead><tr><th scope=\"col\" class=\"l\">metric</th>"
		 "<th scope=\"col\" class=\"l\">side</th><th scope=\"col\" class=\"l\">medians "
		 "in the order of time</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < g->n; i++) {
		put_side(p, g, i, false);
		put_side(p, g, i, true);
	}
	buf_puts(p->out, "</tbody></table>\n");
	html_scroll_end(p);
	buf_puts(p->out, "</details>\n");
}

/* A dot as the charts have it, in a line of text. */
static void put_dot(struct page *p, const char *cls, const char *name, const char *after)
{
	html_put(p->out,
		 "<svg aria-hidden=\"true\" width=\"12\" height=\"12\"><path class=\"%s\" "
		 "d=\"M6 6h0\"/></svg> %s%s",
		 cls, name, after);
}

static void put_caption(struct page *p, size_t n, size_t all)
{
	const struct comparison *c = p->comparison;

	buf_puts(p->out, "<figcaption>");
	put_dot(p, "dot s1", c->a, ", ");
	put_dot(p, "dot sq s4", c->b, ": ");
	buf_puts(p->out, c->kind == COMPARE_NODES ? "a median each, a place a node."
						  : "a median each, in the order of time.");
	buf_puts(p->out, " Ringed: strays. Crossed: lost. The axes do not start at 0.");
	if (n < all)
		html_put(p->out, " %zu of %zu gates.", n, all);
	buf_puts(p->out, "</figcaption>\n");
}

void html_multiples(struct page *p)
{
	static const char *const noun[] = {"Block", "Session", "Node"};
	const struct comparison *c = p->comparison;
	struct gates g = {.n = 0};

	g.all = compared_rows(c, ROLE_GATE, &g.n_all);
	g.row = mem_zalloc(g.n_all + 1, sizeof(*g.row));
	for (size_t i = 0; i < g.n_all && g.n < PLOTS; i++)
		if (has_number(g.all[i]))
			g.row[g.n++] = g.all[i];
	if (g.n) {
		html_put(p->out,
			 "<h3 id=\"pairs\">%s by %s</h3>\n<figure>\n<div class=\"panels mini\">\n",
			 noun[c->kind], compared_noun(c));
		for (size_t i = 0; i < g.n; i++)
			put_plot(p, &g, i);
		buf_puts(p->out, "</div>\n");
		put_caption(p, g.n, g.n_all);
		put_data(p, &g);
		buf_puts(p->out, "</figure>\n");
	}
	free(g.all);
	free(g.row);
}
