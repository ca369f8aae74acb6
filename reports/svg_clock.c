/*
 * A rate against the SM clock under which it came about: a point a GPU, and the ray on which lies
 * who does the same in a clock as the median of them. Further down along the ray is a clock that
 * was held down, below it a GPU that does less in a clock. Neither axis starts at 0.
 */
#include "svg.h"
#include "text.h"
#include "../harness/base/mem.h"
#include "../harness/judge/words.h"
#include "../harness/stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH  336.0
#define HEIGHT 216.0
#define TOP    34.0
#define LEFT   52.0
#define RIGHT  (WIDTH - 22) /* half of a tick's name fits beside it */
#define BOTTOM (HEIGHT - 40)

struct point {
	const struct result *r, *clock;
};

struct panel {
	const struct group *g, *clock;
	struct point *point;
	size_t n;
	struct axis x, y;
};

const struct result *view_clock(const struct group *clock, const struct result *r)
{
	for (size_t i = 0; i < clock->n; i++)
		if (!strcmp(clock->row[i]->labels, r->labels) &&
		    !strcmp(clock->row[i]->arm, r->arm) && clock->row[i]->s.median > 0)
			return clock->row[i];
	return NULL;
}

static void fit(struct axis *a, double lo, double hi, double from, double to)
{
	double room = hi > lo ? (hi - lo) * 0.08 : hi * 0.02;

	*a = (struct axis){.from = from, .to = to};
	axis_fit(a, lo - room, hi + room, false, false, 3);
}

static void fit_axes(struct panel *p)
{
	double x_lo = INFINITY, x_hi = 0, y_lo = INFINITY, y_hi = 0;

	for (size_t i = 0; i < p->n; i++) {
		x_lo = fmin(x_lo, p->point[i].clock->s.median);
		x_hi = fmax(x_hi, p->point[i].clock->s.median);
		y_lo = fmin(y_lo, p->point[i].r->s.median);
		y_hi = fmax(y_hi, p->point[i].r->s.median);
	}
	fit(&p->x, x_lo, x_hi, LEFT, RIGHT);
	fit(&p->y, y_lo, y_hi, BOTTOM, TOP);
}

static void draw_axes(struct buf *out, const struct panel *p, const char *heading)
{
	char text[40];

	for (size_t i = 0; i < p->y.ticks; i++) {
		double y = axis_at(&p->y, p->y.tick[i]);

		svg_line(out, "gr", LEFT, y, RIGHT, y);
		svg_text(out, "t e", LEFT - 6, y + 4,
			 axis_text(text, sizeof(text), &p->y, p->y.tick[i], p->g));
	}
	for (size_t i = 0; i < p->x.ticks; i++) {
		double x = axis_at(&p->x, p->x.tick[i]);

		svg_line(out, "gr", x, BOTTOM, x, BOTTOM + 4);
		svg_text(out, "t m", x, BOTTOM + 17,
			 axis_text(text, sizeof(text), &p->x, p->x.tick[i], p->clock));
	}
	svg_text(out, "t u", 0, TOP - 22, p->g->scale.name);
	svg_text(out, "t b", LEFT + 24, TOP - 22, heading);
	svg_text(out, "t e u", RIGHT, BOTTOM + 34, p->clock->scale.name);
}

/* The ray, as far as it is inside the axes. */
static void draw_ray(struct buf *out, const struct panel *p)
{
	double *v = mem_zalloc(p->n, sizeof(*v));

	for (size_t i = 0; i < p->n; i++)
		v[i] = p->point[i].r->s.median / p->point[i].clock->s.median;
	stats_sort(v, p->n);
	double slope = stats_median(v, p->n);
	double from = fmax(p->x.lo, p->y.lo / slope), to = fmin(p->x.hi, p->y.hi / slope);

	if (to > from)
		svg_line(out, "ce", axis_at(&p->x, from), axis_at(&p->y, from * slope),
			 axis_at(&p->x, to), axis_at(&p->y, to * slope));
	free(v);
}

/* The points, and the name of each that touches no other name. */
static void draw_points(struct buf *out, const struct panel *p, const struct spread *s)
{
	double(*at)[2] = mem_zalloc(p->n, sizeof(*at));
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct result *r = p->point[i].r;
		double x = axis_at(&p->x, p->point[i].clock->s.median);
		double y = axis_at(&p->y, r->s.median);
		bool bad = view_worse(r), left = x > RIGHT - 52;
		struct buf d = BUF_INIT, name = BUF_INIT;

		svg_marker(&d, bad ? 3 : 0, x, y, 4);
		html_put(out, "<path class=\"mk %s\" d=\"%s\"/>", bad ? "s2" : "s1", buf_str(&d));
		spread_words(&name, s, p->g, r, false);
		if (svg_label_fits(at, &n, x, y, 54, 13))
			svg_text(out, left ? "t h e k" : "t h k", left ? x - 7 : x + 7, y + 4,
				 buf_str(&name));
		buf_free(&d);
		buf_free(&name);
	}
	free(at);
}

static void draw(struct buf *out, const struct panel *p, const struct spread *s, const char *id,
		 const char *heading)
{
	char *title = mem_printf("%s %s against the SM clock%s%s", p->g->bench, p->g->metric,
				 heading[0] ? ", " : "", heading);
	const struct result **row = mem_zalloc(p->n, sizeof(const struct result *));
	struct buf desc = BUF_INIT;

	for (size_t i = 0; i < p->n; i++)
		row[i] = p->point[i].r;
	buf_printf(&desc, "%zu points: ", p->n);
	svg_range_words(&desc, p->g, row, p->n);
	buf_putc(&desc, '.');
	svg_open(out, id, WIDTH, HEIGHT, title, buf_str(&desc));
	draw_axes(out, p, heading);
	draw_ray(out, p);
	draw_points(out, p, s);
	svg_close(out);
	buf_free(&desc);
	free(row);
	free(title);
}

void svg_clock(struct buf *out, const char *id, const struct group *g, const struct group *clock,
	       const struct spread *s, size_t max_panels)
{
	struct panel p = {.g = g, .clock = clock};

	p.point = mem_zalloc(s->n, sizeof(*p.point));
	for (size_t i = 0, end; i < s->n && s->row[i].panel < max_panels; i = end) {
		struct buf heading = BUF_INIT;

		end = spread_panel_end(s, i);
		p.n = 0;
		for (size_t k = i; k < end; k++) {
			p.point[p.n] = (struct point){s->row[k].r, view_clock(clock, s->row[k].r)};
			p.n += p.point[p.n].clock != NULL;
		}
		if (!p.n)
			continue;
		fit_axes(&p);
		spread_words(&heading, s, g, s->row[i].r, true);
		char *panel_id = mem_printf("%s-%zu", id, s->row[i].panel);
		draw(out, &p, s, panel_id, buf_str(&heading));
		free(panel_id);
		buf_free(&heading);
	}
	free(p.point);
}
