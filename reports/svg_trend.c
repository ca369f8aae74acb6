/*
 * One metric over the sessions of a history: a point a session, in the order of their starts (not
 * to scale: reboots come in bursts); points of one host and one set of software are joined; where a
 * driver is met for the first time a line stands, with its version. The axis does not start at 0.
 */
#include "svg.h"
#include "text.h"
#include "../harness/base/mem.h"
#include "../harness/judge/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH  360.0
#define HEIGHT 150.0
#define LEFT   8.0
#define TOP    38.0
#define BOTTOM 122.0

struct plot {
	const struct panel *p;
	const struct cell *cell;
	struct axis y;
};

static double x_at(const struct plot *t, size_t session)
{
	return LEFT + ((double)session + 0.5) / (double)t->p->n_sessions * (WIDTH - 2 * LEFT);
}

static bool has(const struct plot *t, size_t session)
{
	return t->cell[session].k && isfinite(t->cell[session].median);
}

static size_t host_of(const struct panel *p, size_t session)
{
	size_t i = 0;

	while (strcmp(p->session[i].host, p->session[session].host) != 0)
		i++;
	return i;
}

unsigned trend_series(const struct panel *p, size_t session)
{
	size_t first = host_of(p, session);
	unsigned n = 0;

	for (size_t i = 0; i < first; i++)
		n += host_of(p, i) == i;
	return n;
}

static bool fit(struct plot *t)
{
	double lo = INFINITY, hi = -INFINITY;

	for (size_t i = 0; i < t->p->n_sessions; i++)
		if (has(t, i)) {
			lo = fmin(lo, t->cell[i].median);
			hi = fmax(hi, t->cell[i].median);
		}
	double pad = hi > lo ? 0 : fabs(hi) * 0.01 + 1e-300;

	t->y = (struct axis){.lo = lo - pad, .hi = hi + pad, .from = BOTTOM - 7, .to = TOP + 7};
	return hi >= lo;
}

/* The session before this one that it is joined with, or itself. */
static size_t joined(const struct plot *t, size_t session)
{
	const struct session *s = &t->p->session[session];

	for (size_t i = session; i-- > 0;)
		if (has(t, i) && !strcmp(t->p->session[i].host, s->host) &&
		    !strcmp(t->p->session[i].group, s->group))
			return i;
	return session;
}

static void put_points(struct buf *out, const struct plot *t)
{
	for (size_t i = 0; i < t->p->n_sessions; i++) {
		unsigned series = trend_series(t->p, i);
		struct buf d = BUF_INIT;
		size_t k;

		if (!has(t, i))
			continue;
		double x = x_at(t, i), y = axis_at(&t->y, t->cell[i].median);

		k = joined(t, i);
		if (k != i)
			html_put(out, "<path class=\"ln s%u\" d=\"M%.1f %.1fL%.1f %.1f\"/>",
				 series % 8 + 1, x_at(t, k), axis_at(&t->y, t->cell[k].median), x,
				 y);
		svg_marker(&d, series, x, y, 3.5);
		html_put(out, "<path class=\"mk s%u\" d=\"%s\"/>", series % 8 + 1, buf_str(&d));
		buf_free(&d);
	}
}

static bool first_of_driver(const struct panel *p, size_t session)
{
	for (size_t i = 0; i < session; i++)
		if (!strcmp(p->session[i].driver, p->session[session].driver))
			return false;
	return p->session[session].driver[0] != '\0';
}

/* Labels in two lines, so that neighbours do not lie on each other; those without room are left
 * out. */
static void put_drivers(struct buf *out, const struct plot *t)
{
	double free_from[2] = {0, 0};

	for (size_t i = 0; i < t->p->n_sessions; i++) {
		const char *driver = t->p->session[i].driver;
		double x = x_at(t, i) - 0.5 * (WIDTH - 2 * LEFT) / (double)t->p->n_sessions;

		if (!first_of_driver(t->p, i))
			continue;
		svg_line(out, "ce", x, TOP, x, BOTTOM);
		for (int line = 0; line < 2; line++) {
			double end = x + 3 + svg_text_width(driver);

			if (x < free_from[line] || end > WIDTH)
				continue;
			svg_text(out, "u h", x + 2, 12.0 + 14 * line, driver);
			free_from[line] = end + 6;
			break;
		}
	}
}

void svg_trend(struct buf *out, const char *id, const struct history *h,
	       const struct history_metric *m, const char *name)
{
	struct plot t = {.p = &h->panel, .cell = m->key->cell};
	char lo[48], hi[48];

	if (!fit(&t))
		return;
	units_show(lo, sizeof(lo), t.y.lo, m->key->unit);
	units_show(hi, sizeof(hi), t.y.hi, m->key->unit);
	char *desc =
		mem_printf("%u sessions in the order of time, from %s to %s.", m->sessions, lo, hi);

	svg_open(out, id, WIDTH, HEIGHT, name, desc);
	svg_line(out, "gr", LEFT, TOP, WIDTH - LEFT, TOP);
	svg_line(out, "gr", LEFT, BOTTOM, WIDTH - LEFT, BOTTOM);
	put_drivers(out, &t);
	put_points(out, &t);
	svg_text(out, "u h e", WIDTH - LEFT, TOP - 4, hi);
	svg_text(out, "u h", LEFT, HEIGHT - 14, lo);
	svg_close(out);
	free(desc);
}
