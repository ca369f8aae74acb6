/* The figure of a rate against the SM clock: reports/svg_clock.c draws it. */
#include "html.h"
#include "svg.h"
#include "../harness/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The clock that the benchmark measured beside the rate. */
static const struct group *clock_beside(const struct page *p, const struct group *g)
{
	for (size_t i = 0; i < p->view.n; i++) {
		const struct group *c = &p->view.group[i];

		if (!strcmp(c->bench, g->bench) && !strcmp(c->metric, "clock") &&
		    !strcmp(c->unit, "Hz"))
			return c;
	}
	return NULL;
}

static bool is_rate(const struct group *g)
{
	size_t n = strlen(g->unit);

	return n > 2 && !strcmp(g->unit + n - 2, "/s") && !strcmp(g->better, "higher");
}

/* Whether some panel compares GPUs. */
static bool compares(const struct spread *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->row[i].line > 0)
			return true;
	return false;
}

static void put_data(struct page *p, const struct group *g, const struct group *clock)
{
	struct buf words = BUF_INIT;
	struct scale each = units_scale("1/s", 1);

	html_fold(p, "Data against the SM clock");
	html_put(p->out,
		 "<table><thead><tr><th scope=\"col\" class=\"l\">row</th><th scope=\"col\">SM "
		 "clock, %s</th><th scope=\"col\">%s, %s</th><th scope=\"col\">in each clock</th>"
		 "</tr></thead>\n<tbody>\n",
		 clock->scale.name, g->metric, g->scale.name);
	for (size_t i = 0; i < g->n; i++) {
		const struct result *c = view_clock(clock, g->row[i]);
		char text[48];

		if (!c)
			continue;
		buf_reset(&words);
		view_row_words(&words, g, g->row[i]);
		html_put(p->out, "<tr><th scope=\"row\">%s</th>", buf_str(&words));
		html_cell(p, clock, c->s.median);
		html_cell(p, g, g->row[i]->s.median);
		html_put(p->out, "<td>%s</td></tr>\n",
			 text_number(text, sizeof(text), g->row[i]->s.median / c->s.median, &each));
	}
	buf_puts(p->out, "</tbody></table>\n");
	html_fold_end(p);
	buf_free(&words);
}

void html_clock(struct page *p, const struct group *g, size_t number)
{
	const struct group *clock = is_rate(g) && !p->comparison ? clock_beside(p, g) : NULL;
	struct spread s;
	char id[32];

	if (!clock)
		return;
	spread_gpus(&s, g);
	if (compares(&s)) {
		char *label = mem_printf("Chart: %s %s against the SM clock", g->bench, g->metric);

		snprintf(id, sizeof(id), "clock-%zu", number);
		buf_puts(p->out, "<figure>\n");
		html_scroll(p, label);
		buf_puts(p->out, "<div class=\"panels\">\n");
		svg_clock(p->out, id, g, clock, &s, html_panels(p));
		buf_puts(p->out, "</div>\n");
		html_scroll_end(p);
		buf_puts(
			p->out,
			"<figcaption>Against the SM clock, a point a GPU; its numbers are in the "
			"tables. "
			"On the dashed line: as much in a clock as the median GPU. Along it to the "
			"left: a clock that was held down. Below it: less done in each clock. The "
			"axes do "
			"not start at 0.</figcaption>\n");
		put_data(p, g, clock);
		buf_puts(p->out, "</figure>\n");
		free(label);
	}
	spread_free(&s);
}
