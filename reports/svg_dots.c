/*
 * Dot plot: a row a key; a small ring for every process median, a filled mark for the median,
 * a bar for its interval, a tick at the physical ceiling. The axis starts at 0 unless values
 * lie close together, where it says that it does not.
 */
#include "svg.h"
#include "text.h"
#include "../harness/base/mem.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH	   680.0
#define ROW	   22.0
#define TOP	   26.0
#define NAME_BYTES 44

struct frame {
	struct axis x;
	double left, bottom;
};

/* Extent of everything that the rows draw. */
static void extent(const struct group *g, const bool *shown, double *lo, double *hi)
{
	*lo = INFINITY;
	*hi = -INFINITY;
	for (size_t i = 0; i < g->n; i++) {
		const struct result *r = g->row[i];

		if (!shown[i])
			continue;
		*lo = fmin(*lo, fmin(r->s.median, r->s.ci_lo));
		*hi = fmax(*hi, fmax(r->s.median, r->s.ci_hi));
		for (size_t k = 0; k < r->processes; k++) {
			*lo = fmin(*lo, r->process[k].median);
			*hi = fmax(*hi, r->process[k].median);
		}
		if (r->ceiling > 0 && r->ceiling < 3 * r->s.median)
			*hi = fmax(*hi, r->ceiling);
	}
}

/* A row's name, with a cross where it failed, no longer than there is room for. */
static void name_row(struct buf *out, const struct group *g, const struct result *r)
{
	struct buf words = BUF_INIT;

	view_row_words(&words, g, r);
	buf_puts(out, r->status == ST_PASS ? "" : "✕ ");
	words_cut(out, buf_str(&words), NAME_BYTES);
	buf_free(&words);
}

static double label_width(const struct group *g, const bool *shown)
{
	double widest = 0;

	for (size_t i = 0; i < g->n; i++) {
		struct buf name = BUF_INIT;

		if (!shown[i])
			continue;
		name_row(&name, g, g->row[i]);
		widest = fmax(widest, svg_text_width(name.s));
		buf_free(&name);
	}
	return widest;
}

static void draw_axis(struct buf *out, const struct frame *f, const struct group *g)
{
	char text[40];
	char *title = mem_printf("%s%s", f->x.log ? "" : g->scale.name,
				 !f->x.log && f->x.lo > 0 ? " (axis does not start at 0)" : "");

	for (size_t i = 0; i < f->x.ticks; i++) {
		double x = axis_at(&f->x, f->x.tick[i]);

		svg_line(out, "gr", x, TOP - 6, x, f->bottom);
		svg_text(out, "t m", x, f->bottom + 16,
			 axis_text(text, sizeof(text), &f->x, f->x.tick[i], g));
	}
	svg_text(out, "t", f->left, 12, title);
	free(title);
}

static void draw_row(struct buf *out, const struct frame *f, const struct group *g,
		     const struct result *r, double y)
{
	struct buf words = BUF_INIT, d = BUF_INIT;
	bool bad = r->status != ST_PASS;
	char text[40];

	name_row(&words, g, r);
	svg_text(out, "t e", f->left - 8, y + 4, buf_str(&words));
	if (r->ceiling > 0 && r->ceiling <= f->x.hi && r->ceiling >= f->x.lo)
		svg_line(out, "ce", axis_at(&f->x, r->ceiling), y - ROW / 2,
			 axis_at(&f->x, r->ceiling), y + ROW / 2);
	for (size_t k = 0; k < r->processes; k++)
		svg_marker(&d, 0, axis_at(&f->x, r->process[k].median), y, 2.5);
	html_put(out, "<path class=\"pr\" d=\"%s\"/>", buf_str(&d));
	if (isfinite(r->s.ci_lo) && isfinite(r->s.ci_hi)) {
		double lo = axis_at(&f->x, r->s.ci_lo), hi = axis_at(&f->x, r->s.ci_hi);

		html_put(out, "<path class=\"iv\" d=\"M%.1f %.1fv8m0 -4H%.1fm0 -4v8\"/>", lo, y - 4,
			 hi);
	}
	buf_reset(&d);
	svg_marker(&d, bad ? 3 : 0, axis_at(&f->x, r->s.median), y, 4);
	html_put(out, "<path class=\"mk %s\" d=\"%s\"/>", bad ? "s2" : "s1", buf_str(&d));
	svg_text(out, "t e", WIDTH - 2, y + 4,
		 text_number(text, sizeof(text), r->s.median, &g->scale));
	buf_free(&d);
	buf_free(&words);
}

static void describe(struct buf *out, const struct group *g, const bool *shown, size_t rows)
{
	const struct result **v = mem_zalloc(rows, sizeof(const struct result *));
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		if (shown[i])
			v[n++] = g->row[i];
	buf_printf(out,
		   "Dot plot of %zu rows with every process median, the median and its "
		   "interval: ",
		   rows);
	svg_range_words(out, g, v, n);
	buf_putc(out, '.');
	free(v);
}

void svg_dots(struct buf *out, const char *id, const struct group *g, const bool *shown)
{
	struct frame f = {.left = label_width(g, shown) + 12};
	struct buf desc = BUF_INIT;
	double lo, hi, y = TOP + ROW / 2;
	size_t rows = 0;

	for (size_t i = 0; i < g->n; i++)
		rows += shown[i];
	extent(g, shown, &lo, &hi);
	axis_fit(&f.x, lo, hi, lo > 0 && hi > 100 * lo, !(lo > 0.6 * hi), 5);
	f.x.from = f.left + 6;
	f.x.to = WIDTH - 64;
	f.bottom = TOP + ROW * (double)rows;
	char *title = mem_printf("%s %s", g->bench, g->metric);
	describe(&desc, g, shown, rows);
	svg_open(out, id, WIDTH, f.bottom + 24, title, buf_str(&desc));
	draw_axis(out, &f, g);
	for (size_t i = 0; i < g->n; i++) {
		if (!shown[i])
			continue;
		draw_row(out, &f, g, g->row[i], y);
		y += ROW;
	}
	svg_close(out);
	free(title);
	buf_free(&desc);
}
