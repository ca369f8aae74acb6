/*
 * history.html: how much each metric differs from session to session of an unchanged machine, and
 * how it went: a chart a gate over the sessions, with the drivers as marks.
 */
#include "html.h"
#include "svg.h"
#include "../harness/base/mem.h"
#include "../harness/judge/history.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHARTS 24
#define ROWS   200 /* history.csv has all */

static void metric_name(struct buf *out, const struct history_metric *m)
{
	struct compared x = {
		.bench = m->key->bench, .metric = m->key->metric, .labels = m->key->labels};

	compared_name(out, &x);
}

/* Gates come first; where a history has none, all count. */
static size_t gates(const struct history *h)
{
	size_t n = 0;

	while (n < h->n && h->metric[n].gate)
		n++;
	return n ? n : h->n;
}

static size_t different(const struct panel *p, const char *(*field)(const struct session *s))
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_sessions; i++) {
		size_t k = 0;

		while (strcmp(field(&p->session[k]), field(&p->session[i])) != 0)
			k++;
		n += k == i;
	}
	return n;
}

static const char *host(const struct session *s)
{
	return s->host;
}

static const char *driver(const struct session *s)
{
	return s->driver;
}

/* ---- the head ---- */

static void put_head(struct page *p, const struct history *h)
{
	const struct panel *n = &h->panel;
	size_t hosts = different(n, host), enough = 0, of = gates(h);
	char *title = mem_printf("History: %zu session%s of %s", n->n_sessions,
				 n->n_sessions == 1 ? "" : "s",
				 hosts == 1 ? n->session[0].host : "several machines");

	for (size_t i = 0; i < of; i++)
		enough += h->metric[i].enough;
	html_open(p, title);
	html_put(p->out,
		 "<header>\n<p class=\"kicker\">assay history</p>\n<h1>%s</h1>\n<p class=\"lead\">"
		 "%zu of %zu metrics are known well enough to compare sessions by (%d degrees of "
		 "freedom). Each further session of an unchanged machine, one a boot, adds one; a "
		 "new driver, kernel or VBIOS starts anew.</p>\n<dl class=\"digest\">\n",
		 title, enough, of, VERDICT_LIBRARY);
	html_put(p->out, "<div><dt>Machines</dt><dd>%zu</dd></div>\n", hosts);
	html_put(p->out, "<div><dt>Drivers</dt><dd>%zu</dd></div>\n", different(n, driver));
	if (n->n_sessions)
		html_put(p->out, "<div><dt>From, to</dt><dd>%s, %s</dd></div>\n",
			 n->session[0].start, n->session[n->n_sessions - 1].start);
	if (h->n_left_out)
		html_put(p->out,
			 "<div><dt>Left out</dt><dd>%zu folders; the first: %s (%s)</dd></div>\n",
			 h->n_left_out, h->left_out[0].dir, h->left_out[0].why);
	buf_puts(p->out, "</dl>\n</header>\n<main id=\"main\">\n");
	free(title);
}

/* ---- charts ---- */

static void put_data(struct page *p, const struct history *h, size_t n)
{
	buf_puts(p->out, "<details><summary>Data of these charts</summary>\n");
	html_scroll(p, "Sessions");
	buf_puts(p->out, "<table><thead><tr><th scope=\"col\" class=\"l\">session</th>"
			 "<th scope=\"col\" class=\"l\">machine</th>"
			 "<th scope=\"col\" class=\"l\">driver</th>"
			 "<th scope=\"col\" class=\"l\">kernel</th>");
	for (size_t i = 0; i < n; i++) {
		struct buf name = BUF_INIT;

		metric_name(&name, &h->metric[i]);
		html_put(p->out, "<th scope=\"col\">%s</th>", buf_str(&name));
		buf_free(&name);
	}
	buf_puts(p->out, "</tr></thead>\n<tbody>\n");
	for (size_t k = 0; k < h->panel.n_sessions && k < ROWS; k++) {
		const struct session *s = &h->panel.session[k];

		html_put(p->out,
			 "<tr><th scope=\"row\">%s</th><td class=\"l\">%s</td><td "
			 "class=\"l\">%s</td>"
			 "<td class=\"l\">%s</td>",
			 s->start, s->host, s->driver, s->kernel);
		for (size_t i = 0; i < n; i++) {
			double v = h->metric[i].key->cell[k].median;
			char text[48];

			html_put(p->out, "<td>%s</td>",
				 isfinite(v)
					 ? units_show(text, sizeof(text), v, h->metric[i].key->unit)
					 : "–");
		}
		buf_puts(p->out, "</tr>\n");
	}
	buf_puts(p->out, "</tbody></table>\n");
	html_scroll_end(p);
	buf_puts(p->out, "</details>\n");
}

static void put_chart(struct page *p, const struct history *h, size_t i)
{
	const struct history_metric *m = &h->metric[i];
	struct buf name = BUF_INIT;
	char id[32], text[16];

	snprintf(id, sizeof(id), "trend-%zu", i);
	metric_name(&name, m);
	html_put(p->out, "<div><p>%s <small>%s", buf_str(&name),
		 !strcmp(m->key->better, "higher")  ? "higher is better"
		 : !strcmp(m->key->better, "lower") ? "lower is better"
						    : "");
	if (m->nu)
		html_put(p->out, ", sessions differ by %s&#8239;%%",
			 text_percent(text, sizeof(text), expm1(sqrt(m->v))));
	buf_puts(p->out, "</small></p>\n");
	svg_trend(p->out, id, h, m, buf_str(&name));
	buf_puts(p->out, "</div>\n");
	buf_free(&name);
}

/* Which mark is which machine, as long as each has a colour of its own. */
static void put_legend(struct page *p, const struct panel *n)
{
	size_t hosts = different(n, host);

	for (size_t i = 0; i < n->n_sessions && hosts > 1 && hosts <= 8; i++) {
		unsigned series = trend_series(n, i);
		struct buf mark = BUF_INIT;
		size_t k = 0;

		while (strcmp(n->session[k].host, n->session[i].host) != 0)
			k++;
		if (k < i)
			continue;
		svg_marker(&mark, series, 6, 6, 4);
		html_put(p->out,
			 " <svg aria-hidden=\"true\" width=\"12\" height=\"12\"><path class=\"mk "
			 "s%u\" d=\"%s\"/></svg> %s.",
			 series + 1, buf_str(&mark), n->session[i].host);
		buf_free(&mark);
	}
}

static void put_charts(struct page *p, const struct history *h)
{
	size_t all = gates(h), n = all < CHARTS ? all : CHARTS;

	buf_puts(p->out, "<section id=\"trends\">\n<h2>Session by session</h2>\n<figure>\n"
			 "<div class=\"panels trends\">\n");
	for (size_t i = 0; i < n; i++)
		put_chart(p, h, i);
	buf_puts(p->out,
		 "</div>\n<figcaption>A point a session, in the order of their starts; one "
		 "colour and shape a machine; joined where machine and software are the same. "
		 "Dashed: the first session with a driver, and its version. The axes do not "
		 "start at 0.");
	put_legend(p, &h->panel);
	if (n < all)
		html_put(p->out, " %zu of %zu gates; all are in history.csv.", n, all);
	buf_puts(p->out, "</figcaption>\n");
	put_data(p, h, n);
	buf_puts(p->out, "</figure>\n</section>\n");
}

/* ---- the table ---- */

static void put_row(struct page *p, const struct history_metric *m)
{
	struct buf name = BUF_INIT;
	char text[16];

	metric_name(&name, m);
	html_put(p->out, "<tr><th scope=\"row\">%s</th><td>%u</td><td>%u</td><td>%s%s</td>",
		 buf_str(&name), m->sessions, m->nu,
		 m->nu ? text_percent(text, sizeof(text), expm1(sqrt(m->v))) : "–",
		 m->nu ? " %" : "");
	html_put(p->out, "<td class=\"l\">%s</td></tr>\n", m->enough ? "● yes" : "◌ not yet");
	buf_free(&name);
}

static void put_table(struct page *p, const struct history *h)
{
	size_t all = gates(h);

	buf_puts(p->out, "<section id=\"spread\">\n<h2>How much sessions differ</h2>\n");
	html_scroll(p, "Spread between sessions");
	buf_puts(p->out,
		 "<table><thead><tr><th scope=\"col\" class=\"l\">metric</th><th "
		 "scope=\"col\">sessions</th><th scope=\"col\">degrees of freedom</th>"
		 "<th scope=\"col\">standard deviation</th><th scope=\"col\" class=\"l\">suffices"
		 "</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < all && i < ROWS; i++)
		put_row(p, &h->metric[i]);
	buf_puts(p->out, "</tbody></table>\n");
	html_scroll_end(p);
	if (all > ROWS)
		html_put(p->out, "<p>And %zu more: see history.csv.</p>\n", all - ROWS);
	buf_puts(p->out, "</section>\n");
}

void report_history_html(struct buf *out, const struct history *h)
{
	struct page p = {.out = out};

	for (size_t i = 0; i < h->panel.n_sessions && !p.simulated; i++)
		p.simulated = bundle_value(h->panel.session[i].head, NULL, "simulated");
	put_head(&p, h);
	put_charts(&p, h);
	put_table(&p, h);
	html_close(&p);
}
