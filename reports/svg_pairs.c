/*
 * Both sides of one metric in the order of time: small, so that many stand side by side. A dot is
 * a path of no length with a round or square cap, a few bytes each. The axis does not start at 0:
 * what is to be seen is drift, modes and strays, not size.
 */
#include "compared.h"
#include "svg.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>

#define WIDTH  250.0
#define HEIGHT 96.0
#define LEFT   8.0
#define TOP    18.0
#define BOTTOM 80.0

struct plot {
	const struct compared *x;
	struct axis y;
	unsigned last; /* block */
};

static double x_at(const struct plot *p, unsigned block)
{
	return LEFT + (block + 0.5) / (p->last + 1.0) * (WIDTH - 2 * LEFT);
}

/* Limits of what is drawn; false where there is nothing. */
static bool fit(struct plot *p)
{
	double lo = INFINITY, hi = -INFINITY;

	for (size_t i = 0; i < p->x->pairs; i++) {
		const struct pair *q = &p->x->pair[i];

		p->last = q->block > p->last ? q->block : p->last;
		if (isfinite(q->a)) {
			lo = fmin(lo, q->a);
			hi = fmax(hi, q->a);
		}
		if (isfinite(q->b)) {
			lo = fmin(lo, q->b);
			hi = fmax(hi, q->b);
		}
	}
	if (!(hi >= lo))
		return false;
	double pad = hi > lo ? 0 : fabs(hi) * 0.01 + 1e-300;

	p->y = (struct axis){.lo = lo - pad, .hi = hi + pad, .from = BOTTOM - 6, .to = TOP + 6};
	return true;
}

static void put_dots(struct buf *out, const struct plot *p, bool b)
{
	struct buf dots = BUF_INIT, rings = BUF_INIT, lost = BUF_INIT;

	for (size_t i = 0; i < p->x->pairs; i++) {
		const struct pair *q = &p->x->pair[i];
		double v = b ? q->b : q->a, x = x_at(p, q->block) + (b ? 1.5 : -1.5);

		if (isfinite(v) && !compared_lost(q))
			html_put(&dots, "M%.1f %.1fh0", x, axis_at(&p->y, v));
		if (isfinite(v) && (b ? q->stray_b : q->stray_a))
			svg_marker(&rings, 0, x, axis_at(&p->y, v), 5);
		if (!b && compared_lost(q))
			html_put(&lost, "M%.1f %.1fl5 5m-5 0l5 -5", x - 1, BOTTOM - 4);
	}
	if (dots.len)
		html_put(out, "<path class=\"%s\" d=\"%s\"/>", b ? "dot sq s4" : "dot s1", dots.s);
	if (rings.len)
		html_put(out, "<path class=\"iv\" d=\"%s\"/>", rings.s);
	if (lost.len)
		html_put(out, "<path class=\"iv\" d=\"%s\"/>", lost.s);
	buf_free(&dots);
	buf_free(&rings);
	buf_free(&lost);
}

static void describe(struct buf *out, const struct compared *x, const char *a, const char *b)
{
	buf_printf(out, "%zu medians a side: %s ", x->pairs, a);
	compared_median(out, x, false);
	buf_printf(out, ", %s ", b);
	compared_median(out, x, true);
	buf_putc(out, '.');
}

void svg_pairs(struct buf *out, const char *id, const struct compared *x, const char *a,
	       const char *b)
{
	struct plot p = {.x = x};
	struct buf title = BUF_INIT, desc = BUF_INIT;
	char text[48];

	if (!fit(&p))
		return;
	compared_name(&title, x);
	describe(&desc, x, a, b);
	svg_open(out, id, WIDTH, HEIGHT, buf_str(&title), buf_str(&desc));
	svg_line(out, "gr", LEFT, TOP, WIDTH - LEFT, TOP);
	svg_line(out, "gr", LEFT, BOTTOM, WIDTH - LEFT, BOTTOM);
	svg_text(out, "u h", LEFT, 12, units_show(text, sizeof(text), p.y.hi, x->unit));
	svg_text(out, "u h", LEFT, HEIGHT - 3, units_show(text, sizeof(text), p.y.lo, x->unit));
	put_dots(out, &p, false);
	put_dots(out, &p, true);
	svg_close(out);
	buf_free(&title);
	buf_free(&desc);
}
