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

static void put_plot(struct page *p, const struct compared *x, size_t number)
{
	const struct comparison *c = p->comparison;
	struct buf name = BUF_INIT;
	char id[32];

	snprintf(id, sizeof(id), "pairs-%zu", number);
	compared_name(&name, x);
	html_put(p->out, "<div><p><span aria-hidden=\"true\">%s</span> %s</p>\n",
		 standing_mark(compared_standing(x)), buf_str(&name));
	svg_pairs(p->out, id, x, c->a, c->b);
	buf_puts(p->out, "</div>\n");
	buf_free(&name);
}

static void put_side(struct page *p, const struct compared *x, bool b)
{
	struct scale sc = units_scale(x->unit, fmax(x->a, x->b));
	struct buf name = BUF_INIT;
	char text[48];

	compared_name(&name, x);
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

static void put_data(struct page *p, const struct compared *const *row, size_t n)
{
	buf_puts(p->out, "<details><summary>Data of these charts</summary>\n");
	html_scroll(p, "Medians of both sides");
	buf_puts(p->out,
		 "<table><thead><tr><th scope=\"col\" class=\"l\">metric</th>"
		 "<th scope=\"col\" class=\"l\">side</th><th scope=\"col\" class=\"l\">medians "
		 "in the order of time</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < n; i++) {
		put_side(p, row[i], false);
		put_side(p, row[i], true);
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
	size_t all, n = 0;
	const struct compared **row = compared_rows(c, ROLE_GATE, &all);

	for (size_t i = 0; i < all && n < PLOTS; i++)
		if (has_number(row[i]))
			row[n++] = row[i];
	if (n) {
		html_put(p->out,
			 "<h3 id=\"pairs\">%s by %s</h3>\n<figure>\n<div class=\"panels mini\">\n",
			 noun[c->kind], compared_noun(c));
		for (size_t i = 0; i < n; i++)
			put_plot(p, row[i], i);
		buf_puts(p->out, "</div>\n");
		put_caption(p, n, all);
		put_data(p, row, n);
		buf_puts(p->out, "</figure>\n");
	}
	free(row);
}
