/*
 * Axis, frame and marks. Ticks of a linear axis are 1, 2, 2.5 or 5 times a power of ten; those
 * of a log axis are powers of ten (every second where there are many).
 */
#include "svg.h"
#include "text.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double round_step(double span, unsigned about)
{
	double raw = span / about, mag = pow(10, floor(log10(raw)));
	static const double nice[] = {1, 2, 2.5, 5, 10};

	for (size_t i = 0; i < 5; i++)
		if (nice[i] * mag >= raw * (1 - 1e-9))
			return nice[i] * mag;
	return 10 * mag;
}

/* The data's own limits with a little room; whole decades only where fewer than two lie inside. */
static void fit_log(struct axis *a, unsigned about)
{
	double room = pow(a->hi / a->lo, 0.04);
	int from = (int)ceil(log10(a->lo / room) - 1e-9),
	    to = (int)floor(log10(a->hi * room) + 1e-9);

	if (to > from) {
		a->lo /= room;
		a->hi *= room;
	} else {
		from = (int)floor(log10(a->lo) + 1e-9);
		to = (int)ceil(log10(a->hi) - 1e-9);
		to += to == from;
		a->lo = pow(10, from);
		a->hi = pow(10, to);
	}
	int step = (to - from + (int)about - 1) / (int)about;
	for (int e = from; e <= to && a->ticks < SVG_TICKS; e += step)
		a->tick[a->ticks++] = pow(10, e);
}

void axis_fit(struct axis *a, double lo, double hi, bool log, bool zero, unsigned about)
{
	a->ticks = 0;
	a->log = log;
	a->lo = zero && !log ? fmin(lo, 0) : lo;
	a->hi = hi;
	if (!(a->hi > a->lo)) {
		double pad = a->lo != 0 ? fabs(a->lo) * 0.05 : 1;

		a->hi += pad;
		a->lo -= log ? 0 : pad;
	}
	if (log) {
		fit_log(a, about);
		return;
	}
	double step = round_step(a->hi - a->lo, about);
	double first = floor(a->lo / step + 1e-9), last = ceil(a->hi / step - 1e-9);

	a->lo = first * step;
	a->hi = last * step;
	for (double k = first; k <= last && a->ticks < SVG_TICKS; k++)
		a->tick[a->ticks++] = k * step;
}

double axis_at(const struct axis *a, double v)
{
	double t = a->log ? log10(v / a->lo) / log10(a->hi / a->lo) : (v - a->lo) / (a->hi - a->lo);

	return a->from + t * (a->to - a->from);
}

const char *axis_text(char *out, size_t n, const struct axis *a, double v, const struct group *g)
{
	struct scale own = units_scale(g->unit, v);

	if (a->log)
		snprintf(out, n, "%.3g%s%s", v / own.factor, own.name[0] ? " " : "", own.name);
	else
		snprintf(out, n, "%.6g", v / g->scale.factor);
	return out;
}

double svg_text_width(const char *s)
{
	return 6.9 * (double)text_width(s);
}

double svg_names_width(const struct column *c)
{
	double widest = 0;

	for (size_t i = 0; i < c->n; i++) {
		struct buf name = BUF_INIT;

		words_label(&name, c->name, c->values[i]);
		widest = fmax(widest, svg_text_width(buf_str(&name)));
		buf_free(&name);
	}
	return widest + 14;
}

bool svg_label_fits(double (*at)[2], size_t *n, double x, double y, double width, double height)
{
	for (size_t i = 0; i < *n; i++)
		if (fabs(at[i][0] - x) <= width && fabs(at[i][1] - y) <= height)
			return false;
	at[*n][0] = x;
	at[(*n)++][1] = y;
	return true;
}

void svg_open(struct buf *out, const char *id, double width, double height, const char *title,
	      const char *desc)
{
	html_put(out,
		 "<svg role=\"img\" aria-labelledby=\"%s-t %s-d\" width=\"%.0f\" height=\"%.0f\" "
		 "viewBox=\"0 0 %.0f %.0f\"><title id=\"%s-t\">%s</title><desc "
		 "id=\"%s-d\">%s</desc>",
		 id, id, width, height, width, height, id, title, id, desc);
}

void svg_close(struct buf *out)
{
	buf_puts(out, "</svg>\n");
}

void svg_line(struct buf *out, const char *cls, double x1, double y1, double x2, double y2)
{
	html_put(out, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>", cls, x1, y1, x2, y2);
}

void svg_text(struct buf *out, const char *cls, double x, double y, const char *text)
{
	html_put(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>", cls, x, y, text);
}

void svg_marker(struct buf *d, unsigned shape, double x, double y, double r)
{
	switch (shape % 6) {
	case 0:
		html_put(d, "M%.1f %.1fa%.1f %.1f 0 1 0 %.1f 0a%.1f %.1f 0 1 0 %.1f 0z", x - r, y,
			 r, r, 2 * r, r, r, -2 * r);
		break;
	case 1:
		r *= 0.9;
		html_put(d, "M%.1f %.1fh%.1fv%.1fh%.1fz", x - r, y - r, 2 * r, 2 * r, -2 * r);
		break;
	case 2:
		r *= 1.15;
		html_put(d, "M%.1f %.1fL%.1f %.1fh%.1fz", x, y - r, x + r, y + 0.8 * r, -2 * r);
		break;
	case 3:
		r *= 1.25;
		html_put(d, "M%.1f %.1fl%.1f %.1fl%.1f %.1fl%.1f %.1fz", x, y - r, r, r, -r, r, -r,
			 -r);
		break;
	case 4:
		r *= 1.15;
		html_put(d, "M%.1f %.1fL%.1f %.1fh%.1fz", x, y + r, x + r, y - 0.8 * r, -2 * r);
		break;
	default: /* plus */
		html_put(d, "M%.1f %.1fh%.1fv%.1fh%.1fv%.1fh%.1fv%.1fh%.1fv%.1fh%.1fz", x - r,
			 y - 1, r - 1, 1 - r, 2.0, r - 1, r - 1, 2.0, 1 - r, r - 1, -2.0);
		break;
	}
}

void svg_range_words(struct buf *out, const struct group *g, const struct result *const *row,
		     size_t n)
{
	const struct result *end[2] = {row[0], row[0]};
	char text[40];

	for (size_t i = 1; i < n; i++) {
		if (row[i]->s.median < end[0]->s.median)
			end[0] = row[i];
		if (row[i]->s.median > end[1]->s.median)
			end[1] = row[i];
	}
	for (int i = 0; i < 2; i++) {
		buf_printf(out, i ? ", highest %s" : "lowest %s",
			   units_show(text, sizeof(text), end[i]->s.median, g->unit));
		buf_puts(out, " (");
		view_row_words(out, g, end[i]);
		buf_putc(out, ')');
	}
}
