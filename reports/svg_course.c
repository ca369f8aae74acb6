/*
 * The run over time: above, a row a GPU with where it was read and what held its clocks down;
 * below, a panel each for clock, power and temperature, a line a GPU. All share the axis of time.
 */
#include "course.h"
#include "svg.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH  680.0
#define LEFT   64.0
#define RIGHT  (WIDTH - 70)
#define ROW    16.0
#define TOP    22.0
#define PANEL  96.0
#define GAP    30.0
#define STEADY 0.02 /* a memory clock that varies by less is not drawn */

/* Whether that panel tells anything. */
static bool tells(const struct course *c, size_t f)
{
	const struct course_field *x = &c->field[f];

	return x->there && (f < COURSE_FIELDS - 1 || x->hi > x->lo * (1 + STEADY));
}

static double x_of(const struct course *c, double piece)
{
	return LEFT + piece / (double)c->pieces * (RIGHT - LEFT);
}

/* ---- the strip ---- */

/* From piece `from` on: how far the same goes. */
static size_t run(const uint8_t *v, const bool *seen, size_t from, size_t n)
{
	size_t k = from;

	while (k < n && v[k] == v[from] && seen[k] == seen[from])
		k++;
	return k;
}

static void strip_row(struct buf *out, const struct course *c, size_t row, double y)
{
	const uint8_t *v = c->events + row * c->pieces;
	const bool *seen = c->seen + row * c->pieces;
	char name[24];

	snprintf(name, sizeof(name), "GPU %d", c->gpu[row]);
	svg_text(out, "t e", LEFT - 8, y + 4, name);
	for (size_t i = 0, end; i < c->pieces; i = end) {
		bool fault = v[i] & (COURSE_HEAT | COURSE_BRAKE);

		end = run(v, seen, i, c->pieces);
		if (!seen[i])
			continue;
		svg_line(out,
			 fault	? "ev s2"
			 : v[i] ? "ev pw s6"
				: "zr",
			 x_of(c, (double)i), y, x_of(c, (double)end), y);
	}
}

/* ---- panels ---- */

static void draw_line(struct buf *out, const struct course *c, const struct course_field *f,
		      size_t row, const struct axis *y)
{
	const double *v = f->value + row * c->pieces;
	struct buf d = BUF_INIT;
	bool pen = false;

	for (size_t i = 0; i < c->pieces; i++) {
		bool same = pen && i + 1 < c->pieces && v[i] == v[i - 1] && v[i + 1] == v[i];

		if (!isnan(v[i]) && !same)
			html_put(&d, "%s%.1f %.1f", pen ? "L" : "M", x_of(c, (double)i + 0.5),
				 axis_at(y, v[i]));
		pen = !isnan(v[i]);
	}
	if (d.len)
		html_put(out, "<path class=\"ln s%u\" d=\"%s\"/>", (unsigned)(row % 8) + 1,
			 buf_str(&d));
	buf_free(&d);
}

/* Where a GPU was last read, its name beside it, unless another's stands there. */
static void draw_names(struct buf *out, const struct course *c, const struct course_field *f,
		       const struct axis *y)
{
	double at[COURSE_GPUS][2];
	size_t n = 0;

	for (size_t g = 0; g < c->gpus; g++) {
		const double *v = f->value + g * c->pieces;
		size_t i = c->pieces;
		char name[24];

		while (i > 0 && isnan(v[i - 1]))
			i--;
		if (!i)
			continue;
		double px = x_of(c, (double)i), py = axis_at(y, v[i - 1]);

		snprintf(name, sizeof(name), "GPU %d", c->gpu[g]);
		if (svg_label_fits(at, &n, px, py, 44, 12))
			svg_text(out, "t h k", px + 3, py + 4, name);
	}
}

static void draw_panel(struct buf *out, const struct course *c, const struct course_field *f,
		       double top)
{
	struct axis y = {.from = top + PANEL, .to = top};
	struct scale sc = units_scale(f->unit, f->hi);
	char text[48];

	axis_fit(&y, f->lo, f->hi, false, strcmp(f->unit, "°C") != 0, 3);
	for (size_t i = 0; i < y.ticks; i++) {
		double at = axis_at(&y, y.tick[i]);

		svg_line(out, "gr", LEFT, at, RIGHT, at);
		snprintf(text, sizeof(text), "%.6g", y.tick[i] / sc.factor);
		svg_text(out, "t e", LEFT - 6, at + 4, text);
	}
	snprintf(text, sizeof(text), "%s, %s", f->words, sc.name);
	svg_text(out, "t b", LEFT, top - 8, text);
	for (size_t g = 0; g < c->gpus; g++)
		draw_line(out, c, f, g, &y);
	draw_names(out, c, f, &y);
}

static void draw_time(struct buf *out, const struct course *c, double bottom)
{
	struct axis x = {.from = LEFT, .to = RIGHT};
	bool minutes = c->end_s > 600;
	double unit = minutes ? 60 : 1;
	char text[40];

	axis_fit(&x, 0, c->end_s / unit, false, true, 6);
	x.hi = c->end_s / unit; /* the ticks end where the run does */
	for (size_t i = 0; i < x.ticks && x.tick[i] <= x.hi; i++) {
		double at = axis_at(&x, x.tick[i]);

		svg_line(out, "gr", at, TOP - 4, at, bottom);
		snprintf(text, sizeof(text), "%g", x.tick[i]);
		svg_text(out, "t m", at, bottom + 16, text);
	}
	svg_text(out, "t", RIGHT + 10, bottom + 16, minutes ? "minutes" : "seconds");
}

void svg_course(struct buf *out, const char *id, const struct course *c)
{
	double y = TOP + ROW * (double)c->gpus + GAP, bottom = y - GAP;
	char desc[160];

	for (size_t f = 0; f < COURSE_FIELDS; f++)
		bottom += tells(c, f) ? PANEL + GAP : 0;
	snprintf(desc, sizeof(desc),
		 "%zu GPUs over %.0f seconds: what held their clocks down, clock, power and "
		 "temperature.",
		 c->gpus, c->end_s);
	svg_open(out, id, WIDTH, bottom + 24, "The run over time", desc);
	svg_text(out, "t b", LEFT, 12, "Measured, and clocks held down");
	draw_time(out, c, bottom);
	for (size_t g = 0; g < c->gpus; g++)
		strip_row(out, c, g, TOP + ROW * ((double)g + 0.5));
	for (size_t f = 0; f < COURSE_FIELDS; f++) {
		if (!tells(c, f))
			continue;
		draw_panel(out, c, &c->field[f], y);
		y += PANEL + GAP;
	}
	svg_close(out);
}
