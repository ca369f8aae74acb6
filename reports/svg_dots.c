/*
 * Dot plot: a row a key; a small ring for every process median, a filled mark for the median,
 * a bar for its interval, a tick at the physical ceiling. The axis starts at 0 unless values
 * lie close together, where it says that it does not. GPUs that did the same stand below each
 * other under a heading that says what: they are meant to be alike. Where the ceilings of the rows
 * are far apart (number formats), all are drawn as shares of their own, with a bar up to the
 * median.
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
#define APART	   1.5 /* ceilings */

struct frame {
	struct axis x;
	double left, bottom;
};

/* The rows in the order in which they are drawn, and which columns name a row and its block. */
struct plot {
	const struct group *g;
	const struct result **row;
	size_t n, blocks;
	bool shares; /* of each row's ceiling */
	bool in_row[VIEW_COLUMNS], in_block[VIEW_COLUMNS], shared[VIEW_COLUMNS];
};

/* ---- rows ---- */

static bool same_block(const struct plot *p, const struct result *a, const struct result *b)
{
	for (size_t i = 0; i < p->g->columns; i++)
		if (p->in_block[i] &&
		    view_index(&p->g->column[i], a) != view_index(&p->g->column[i], b))
			return false;
	return true;
}

/* The shown rows, those of a block together, blocks in the order of their first rows. */
static void take_rows(struct plot *p, const bool *shown)
{
	bool *taken = mem_zalloc(p->g->n, sizeof(*taken));

	p->n = p->blocks = 0;
	for (size_t i = 0; i < p->g->n; i++) {
		p->blocks += shown[i] && !taken[i];
		for (size_t k = i; shown[i] && !taken[i] && k < p->g->n; k++) {
			if (k > i &&
			    (!shown[k] || taken[k] || !same_block(p, p->g->row[i], p->g->row[k])))
				continue;
			taken[k] = k > i;
			p->row[p->n++] = p->g->row[k];
		}
	}
	free(taken);
}

static bool any(const bool *flag, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (flag[i])
			return true;
	return false;
}

static bool apart(const struct plot *p)
{
	double lo = INFINITY, hi = 0;

	for (size_t i = 0; i < p->n; i++) {
		lo = fmin(lo, p->row[i]->ceiling);
		hi = fmax(hi, p->row[i]->ceiling);
	}
	return lo > 0 && hi > APART * lo && !strcmp(p->g->better, "higher");
}

/* Blocks where GPUs, or members of a set, differ in what else the rows say, and repeat. */
static void arrange(struct plot *p, const struct group *g, const bool *shown)
{
	*p = (struct plot){.g = g, .row = mem_zalloc(g->n, sizeof(const struct result *))};
	view_telling(g, shown, p->in_block, p->shared);
	for (size_t i = 0; i < g->columns; i++) {
		const char *name = g->column[i].name;

		p->in_row[i] = p->in_block[i] && (!strcmp(name, "gpu") || !strcmp(name, "member"));
		p->in_block[i] &= !p->in_row[i];
	}
	take_rows(p, shown);
	if (any(p->in_row, g->columns) && p->blocks > 1 && p->blocks < p->n)
		return;
	p->blocks = 0;
	for (size_t i = 0; i < g->columns; i++) {
		p->in_row[i] |= p->in_block[i];
		p->in_block[i] = false;
	}
	p->n = 0;
	for (size_t i = 0; i < g->n; i++)
		if (shown[i])
			p->row[p->n++] = g->row[i];
}

static void plot_make(struct plot *p, const struct group *g, const bool *shown)
{
	arrange(p, g, shown);
	p->shares = apart(p);
}

/* A row's name, with a cross where it failed, no longer than there is room for. */
static void name_row(struct buf *out, const struct plot *p, const struct result *r)
{
	struct buf words = BUF_INIT;

	view_words(&words, p->g, r, p->in_row);
	buf_puts(out, r->status == ST_PASS ? "" : "✕ ");
	words_cut(out, words.len ? words.s : r->metric, NAME_BYTES);
	buf_free(&words);
}

/* ---- drawing ---- */

/* What a value of that row is on the axis. */
static double drawn(const struct plot *p, const struct result *r, double v)
{
	return p->shares ? v / r->ceiling : v;
}

/* Extent of everything that the rows draw. */
static void extent(const struct plot *p, double *lo, double *hi)
{
	*lo = INFINITY;
	*hi = p->shares ? 1 : -INFINITY;
	for (size_t i = 0; i < p->n; i++) {
		const struct result *r = p->row[i];

		*lo = fmin(*lo, drawn(p, r, fmin(r->s.median, r->s.ci_lo)));
		*hi = fmax(*hi, drawn(p, r, fmax(r->s.median, r->s.ci_hi)));
		for (size_t k = 0; k < r->processes; k++) {
			*lo = fmin(*lo, drawn(p, r, r->process[k].median));
			*hi = fmax(*hi, drawn(p, r, r->process[k].median));
		}
		if (!p->shares && r->ceiling > 0 && r->ceiling < 3 * r->s.median)
			*hi = fmax(*hi, r->ceiling);
	}
}

static double label_width(const struct plot *p)
{
	double widest = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct buf name = BUF_INIT;

		name_row(&name, p, p->row[i]);
		widest = fmax(widest, svg_text_width(name.s));
		buf_free(&name);
	}
	return widest;
}

/* The number beside a row: of shares each with its own prefix, where its unit takes one. */
static const char *number(char *out, size_t n, const struct plot *p, const struct result *r)
{
	struct scale own = units_scale(p->g->unit, r->s.median);

	if (p->shares && strcmp(own.name, p->g->unit) != 0)
		return units_show(out, n, r->s.median, p->g->unit);
	return text_number(out, n, r->s.median, &p->g->scale);
}

static double number_width(const struct plot *p)
{
	double widest = 0;
	char text[40];

	for (size_t i = 0; i < p->n; i++)
		widest = fmax(widest, svg_text_width(number(text, sizeof(text), p, p->row[i])));
	return widest;
}

/* "CE, pinned, 256 MiB, GB/s": what all rows share, and the unit. */
static void draw_axis(struct buf *out, const struct frame *f, const struct plot *p)
{
	const char *unit = p->shares ? "% of each one’s ceiling" : f->x.log ? "" : p->g->scale.name;
	struct buf title = BUF_INIT;
	char text[40];

	for (size_t i = 0; i < f->x.ticks; i++) {
		double x = axis_at(&f->x, f->x.tick[i]);

		svg_line(out, "gr", x, TOP - 6, x, f->bottom);
		if (p->shares)
			snprintf(text, sizeof(text), "%.6g", 100 * f->x.tick[i]);
		else
			axis_text(text, sizeof(text), &f->x, f->x.tick[i], p->g);
		svg_text(out, "t m", x, f->bottom + 16, text);
	}
	view_words(&title, p->g, p->row[0], p->shared);
	buf_printf(&title, "%s%s%s", title.len && unit[0] ? ", " : "", unit,
		   !f->x.log && f->x.lo > 0 ? " (axis does not start at 0)" : "");
	svg_text(out, "t", f->left, 12, buf_str(&title));
	buf_free(&title);
}

static double at(const struct frame *f, const struct plot *p, const struct result *r, double v)
{
	return axis_at(&f->x, drawn(p, r, v));
}

static void draw_marks(struct buf *out, const struct frame *f, const struct plot *p,
		       const struct result *r, double y)
{
	bool bad = r->status != ST_PASS;
	struct buf d = BUF_INIT;

	if (p->shares)
		html_put(out, "<path class=\"br %s\" d=\"M%.1f %.1fH%.1f\"/>", bad ? "s2" : "s1",
			 f->x.from, y, at(f, p, r, r->s.median));
	if (r->ceiling > 0 && drawn(p, r, r->ceiling) <= f->x.hi &&
	    drawn(p, r, r->ceiling) >= f->x.lo)
		svg_line(out, "ce", at(f, p, r, r->ceiling), y - ROW / 2, at(f, p, r, r->ceiling),
			 y + ROW / 2);
	for (size_t k = 0; k < r->processes; k++)
		svg_marker(&d, 0, at(f, p, r, r->process[k].median), y, 2.5);
	html_put(out, "<path class=\"pr\" d=\"%s\"/>", buf_str(&d));
	if (isfinite(r->s.ci_lo) && isfinite(r->s.ci_hi)) {
		double lo = at(f, p, r, r->s.ci_lo), hi = at(f, p, r, r->s.ci_hi);

		html_put(out, "<path class=\"iv\" d=\"M%.1f %.1fv8m0 -4H%.1fm0 -4v8\"/>", lo, y - 4,
			 hi);
	}
	buf_reset(&d);
	svg_marker(&d, bad ? 3 : 0, at(f, p, r, r->s.median), y, 4);
	html_put(out, "<path class=\"mk %s\" d=\"%s\"/>", bad ? "s2" : "s1", buf_str(&d));
	buf_free(&d);
}

/* Returns where the next row goes; y is the middle of this one. */
static double draw_row(struct buf *out, const struct frame *f, const struct plot *p, size_t i,
		       double y)
{
	const struct result *r = p->row[i];
	struct buf words = BUF_INIT;
	char text[40];

	if (p->blocks && (!i || !same_block(p, p->row[i - 1], r))) {
		view_words(&words, p->g, r, p->in_block);
		svg_text(out, "t b k", 0, y + 4, buf_str(&words));
		buf_reset(&words);
		y += ROW;
	}
	name_row(&words, p, r);
	svg_text(out, "t e", f->left - 8, y + 4, buf_str(&words));
	draw_marks(out, f, p, r, y);
	svg_text(out, "t e", WIDTH - 2, y + 4, number(text, sizeof(text), p, r));
	buf_free(&words);
	return y + ROW;
}

void svg_dots(struct buf *out, const char *id, const struct group *g, const bool *shown)
{
	struct buf desc = BUF_INIT;
	struct plot p;
	double lo, hi, y = TOP + ROW / 2;

	plot_make(&p, g, shown);
	struct frame f = {.left = label_width(&p) + 12};

	extent(&p, &lo, &hi);
	axis_fit(&f.x, lo, hi, !p.shares && lo > 0 && hi > 100 * lo, p.shares || !(lo > 0.6 * hi),
		 5);
	f.x.from = f.left + 6;
	f.x.to = WIDTH - fmax(64, number_width(&p) + 14);
	f.bottom = TOP + ROW * (double)(p.n + p.blocks);
	char *title = mem_printf("%s %s", g->bench, g->metric);
	buf_printf(&desc, "%s of %zu rows with every process median, the median and its interval: ",
		   p.shares ? "Shares of the ceiling" : "Dot plot", p.n);
	svg_range_words(&desc, g, p.row, p.n);
	buf_putc(&desc, '.');
	svg_open(out, id, WIDTH, f.bottom + 24, title, buf_str(&desc));
	draw_axis(out, &f, &p);
	for (size_t i = 0; i < p.n; i++)
		y = draw_row(out, &f, &p, i, y);
	svg_close(out);
	free(title);
	free(p.row);
	buf_free(&desc);
}
