/*
 * Forest plot: the shift of each metric with its interval, zero marked and the margin shaded. All
 * rows share one axis; it ends a few margins out, so that one large shift does not flatten the
 * others: what lies beyond is an arrow, and the figure stands in the cell beside it.
 */
#include "compared.h"
#include "svg.h"
#include "text.h"

#include <math.h>
#include <stdio.h>

#define WIDTH	226.0
#define HEIGHT	26.0 /* of a row */
#define BEYOND	99.0 /* what runs through is drawn so far; the cell cuts it off */
#define HEAD	40.0
#define EDGE	14.0 /* room for an arrow on each side */
#define MARGINS 5.0  /* the axis ends there at most */

static double x_at(const struct forest *f, double share)
{
	return WIDTH / 2 + share / f->limit * (WIDTH / 2 - EDGE);
}

void forest_fit(struct forest *f, const struct compared *const *row, size_t n)
{
	double far = 0, margin = 0;

	for (size_t i = 0; i < n; i++) {
		margin = fmax(margin, row[i]->margin);
		if (isfinite(row[i]->lo) && isfinite(row[i]->hi))
			far = fmax(far, fmax(fabs(row[i]->lo), fabs(row[i]->hi)));
	}
	margin = margin > 0 ? margin : 0.01;
	f->limit = fmin(fmax(far * 1.05, 1.6 * margin), MARGINS * margin);
	f->step = margin * (f->limit > 2.5 * margin ? 2 : 1);
}

/* Through the whole cell, however tall it is. */
static void vertical(struct buf *out, const char *cls, double x)
{
	html_put(out, "<path class=\"%s\" d=\"M%.1f %.0fV%.0f\"/>", cls, x, -BEYOND, BEYOND);
}

static void open_hidden(struct buf *out, double height)
{
	html_put(out,
		 "<svg aria-hidden=\"true\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f "
		 "%.0f\">",
		 WIDTH, height, WIDTH, height);
}

void svg_forest_head(struct buf *out, const struct forest *f)
{
	char label[24];

	open_hidden(out, HEAD);
	svg_text(out, "t", 2, 13, "← better");
	svg_text(out, "t e", WIDTH - 2, 13, "worse →");
	for (unsigned i = 0; i * f->step <= f->limit; i++) {
		double v = i * f->step;

		snprintf(label, sizeof(label), "%.3g %%", v * 100);
		svg_text(out, "u m", x_at(f, v), HEAD - 6, v > 0 ? label : "0");
		if (v > 0)
			svg_text(out, "u m", x_at(f, -v), HEAD - 6, label);
	}
	svg_close(out);
}

static const char *series(enum standing s)
{
	return s == STANDING_WORSE    ? "s2"
	       : s == STANDING_BETTER ? "s3"
	       : s == STANDING_SAME   ? "s1"
				      : "s8";
}

/* Circle, triangle down or up; a ring where nothing is decided. */
static void put_mark(struct buf *out, enum standing s, double x, double y)
{
	struct buf d = BUF_INIT;
	bool open = s == STANDING_OPEN || s == STANDING_NOT_WORSE;

	svg_marker(&d, s == STANDING_WORSE ? 4 : s == STANDING_BETTER ? 2 : 0, x, y, 5);
	html_put(out, "<path class=\"%s %s\" d=\"%s\"/>", open ? "op" : "mk", series(s),
		 buf_str(&d));
	buf_free(&d);
}

static void put_arrow(struct buf *out, enum standing s, bool right, double y)
{
	double x = right ? WIDTH - 2 : 2, back = right ? -8 : 8;

	html_put(out, "<path class=\"mk %s\" d=\"M%.1f %.1fl%.1f -5v10z\"/>", series(s), x, y,
		 back);
}

void svg_forest_row(struct buf *out, const struct forest *f, const struct compared *x)
{
	enum standing s = compared_standing(x);
	double y = HEIGHT / 2, from = x_at(f, expm1(-log1p(x->margin))), to = x_at(f, x->margin);

	open_hidden(out, HEIGHT);
	html_put(out, "<path class=\"mg\" d=\"M%.1f %.0fH%.1fV%.0fH%.1fz\"/>", from, -BEYOND, to,
		 BEYOND, from);
	for (unsigned i = 1; i * f->step <= f->limit; i++) {
		vertical(out, "gr", x_at(f, i * f->step));
		vertical(out, "gr", x_at(f, -(i * f->step)));
	}
	vertical(out, "zr", x_at(f, 0));
	if (isfinite(x->lo) && isfinite(x->hi) && isfinite(x->ratio)) {
		double lo = fmin(fmax(x->lo, -f->limit), f->limit),
		       hi = fmin(fmax(x->hi, -f->limit), f->limit);

		html_put(out, "<path class=\"iv\" d=\"M%.1f %.1fH%.1f\"/>",
			 x->lo < -f->limit ? 6 : x_at(f, lo), y,
			 x->hi > f->limit ? WIDTH - 6 : x_at(f, hi));
		if (x->lo < -f->limit)
			put_arrow(out, s, false, y);
		if (x->hi > f->limit)
			put_arrow(out, s, true, y);
	}
	if (fabs(x->ratio) <= f->limit)
		put_mark(out, s, x_at(f, x->ratio), y);
	else if (isnan(x->lo) && isfinite(x->ratio))
		put_arrow(out, s, x->ratio > 0, y);
	svg_close(out);
}
