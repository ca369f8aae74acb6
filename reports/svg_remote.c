/*
 * Local against remote memory: a row a GPU, a filled dot for its own node, hollow squares for the
 * fastest and the slowest other one (one square with two nodes), joined by a line; beside it what
 * the slowest loses. The axis starts at 0 unless values lie close together, where it says so.
 */
#include "matrix.h"
#include "svg.h"
#include "text.h"
#include "../harness/base/mem.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 420.0
#define ROW   22.0
#define TOP   48.0
#define SHARE 62.0 /* pixels at the right for the loss in words */

struct panel {
	struct buf *out;
	const struct group *g;
	const struct matrix *m;
	struct axis x;
	double left, bottom;
	const struct remote *row;
	size_t n;
};

/* One axis for all panels, so that they compare. */
static bool fit(struct axis *x, const struct spread *s, const struct matrix *m,
		const struct report *r)
{
	struct remote *v = mem_zalloc(m->down->n, sizeof(*v));
	double lo = INFINITY, hi = -INFINITY;

	for (size_t i = 0, end; i < s->n; i = end) {
		end = spread_panel_end(s, i);
		size_t n = matrix_remote(v, m, r, s->row + i, end - i);

		for (size_t k = 0; k < n; k++) {
			double a = v[k].local->s.median, b = v[k].best->s.median,
			       c = v[k].worst->s.median;

			lo = fmin(lo, fmin(a, fmin(b, c)));
			hi = fmax(hi, fmax(a, fmax(b, c)));
		}
	}
	free(v);
	if (!(hi >= lo))
		return false;
	axis_fit(x, lo, hi, lo > 0 && hi > 100 * lo, !(lo > 0.6 * hi), 4);
	return true;
}

static void draw_axis(const struct panel *p, const char *heading)
{
	char text[40];
	char *title = mem_printf("%s%s", p->x.log ? "" : p->g->scale.name,
				 !p->x.log && p->x.lo > 0 ? " (axis does not start at 0)" : "");

	svg_text(p->out, "t b", 0, 14, heading);
	svg_text(p->out, "u", p->left, TOP - 16, title);
	for (size_t i = 0; i < p->x.ticks; i++) {
		double x = axis_at(&p->x, p->x.tick[i]);

		svg_line(p->out, "gr", x, TOP - 6, x, p->bottom);
		svg_text(p->out, "t m", x, p->bottom + 16,
			 axis_text(text, sizeof(text), &p->x, p->x.tick[i], p->g));
	}
	free(title);
}

static void draw_row(const struct panel *p, const struct remote *v, double y)
{
	double local = axis_at(&p->x, v->local->s.median), best = axis_at(&p->x, v->best->s.median),
	       worst = axis_at(&p->x, v->worst->s.median);
	double share = remote_share(v, v->worst);
	char *gpu = view_value(p->m->down, v->local), percent[16];
	struct buf name = BUF_INIT, d = BUF_INIT;

	words_label(&name, p->m->down->name, gpu);
	svg_text(p->out, "t e", p->left - 8, y + 4, buf_str(&name));
	svg_line(p->out, "iv", fmin(local, fmin(best, worst)), y, fmax(local, fmax(best, worst)),
		 y);
	svg_marker(&d, 1, worst, y, 5);
	if (v->best != v->worst)
		svg_marker(&d, 1, best, y, 5);
	html_put(p->out, "<path class=\"op s2\" d=\"%s\"/>", buf_str(&d));
	buf_reset(&d);
	svg_marker(&d, 0, local, y, 5);
	html_put(p->out, "<path class=\"mk s1\" d=\"%s\"/>", buf_str(&d));
	buf_reset(&name);
	buf_printf(&name, "%s%s %%", share < 0 ? "−" : "+",
		   text_percent(percent, sizeof(percent), share));
	svg_text(p->out, "t e", WIDTH - 2, y + 4, buf_str(&name));
	buf_free(&name);
	buf_free(&d);
	free(gpu);
}

static void describe(struct buf *out, const struct panel *p)
{
	const struct remote *far = &p->row[0];
	char percent[16];

	for (size_t i = 1; i < p->n; i++)
		if (fabs(remote_share(&p->row[i], p->row[i].worst)) >
		    fabs(remote_share(far, far->worst)))
			far = &p->row[i];
	double share = remote_share(far, far->worst);

	buf_printf(out,
		   "%zu GPU%s, own node against the others; the largest difference is %s%s %%: ",
		   p->n, p->n == 1 ? "" : "s", share < 0 ? "−" : "+",
		   text_percent(percent, sizeof(percent), share));
	view_row_words(out, p->g, far->worst);
	buf_putc(out, '.');
}

static void draw_panel(const struct panel *p, const char *id, const char *heading)
{
	struct buf desc = BUF_INIT;
	char *title = mem_printf("%s %s, local against remote memory%s%s", p->g->bench,
				 p->g->metric, heading[0] ? ", " : "", heading);

	describe(&desc, p);
	svg_open(p->out, id, WIDTH, p->bottom + 24, title, buf_str(&desc));
	draw_axis(p, heading);
	for (size_t i = 0; i < p->n; i++)
		draw_row(p, &p->row[i], TOP + ROW * ((double)i + 0.5));
	svg_close(p->out);
	buf_free(&desc);
	free(title);
}

void svg_remote(struct buf *out, const char *id, const struct group *g, const struct spread *s,
		const struct matrix *m, const struct report *r, size_t max_panels)
{
	struct remote *v = mem_zalloc(m->down->n, sizeof(*v));
	struct panel p = {.out = out, .g = g, .m = m, .row = v, .left = svg_names_width(m->down)};
	bool any = fit(&p.x, s, m, r);

	p.x.from = p.left + 4;
	p.x.to = WIDTH - SHARE;
	for (size_t i = 0, end; any && i < s->n && s->row[i].panel < max_panels; i = end) {
		struct buf heading = BUF_INIT;

		end = spread_panel_end(s, i);
		p.n = matrix_remote(v, m, r, s->row + i, end - i);
		p.bottom = TOP + ROW * (double)p.n;
		spread_words(&heading, s, g, s->row[i].r, true);
		char *panel_id = mem_printf("%s-%zu", id, s->row[i].panel);
		if (p.n)
			draw_panel(&p, panel_id, buf_str(&heading));
		free(panel_id);
		buf_free(&heading);
	}
	free(v);
}
