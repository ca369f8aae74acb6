/*
 * Sweep over size (or how many clients): its log2 along x, the metric along y from 0, or on a log
 * axis where it spans more than a factor of 100. A line a combination of the other labels, its band
 * from p5 to p95 (p25 to p75 where the tails are too few), the ceiling dashed, names at the lines'
 * ends.
 */
#include "svg.h"
#include "text.h"
#include "../harness/base/mem.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES  64
#define TICK	   56.0 /* pixels for the name of a tick */
#define FEW_PANELS 6	/* two stand side by side, else three */

struct panel {
	const struct group *g;
	const struct column *swept;
	const struct spread *s;
	const struct spread_row *row;
	size_t n, lines;
	struct axis x, y;
	double width, height, top;
};

struct end { /* of a line: where its name goes */
	size_t line;
	double x, y, label_y;
	const struct result *r;
};

static double swept_of(const struct panel *p, const struct result *r)
{
	char *v = view_value(p->swept, r);
	double x = strtod(v, NULL);

	free(v);
	return x;
}

static double band_low(const struct summary *s)
{
	return isfinite(s->p5) ? s->p5 : s->p25;
}

static double band_high(const struct summary *s)
{
	return isfinite(s->p95) ? s->p95 : s->p75;
}

/* Range of y over all rows of the group, so that panels compare. */
static void fit_y(struct axis *y, const struct group *g)
{
	double lo = INFINITY, hi = -INFINITY, med_lo = INFINITY, med_hi = -INFINITY;

	for (size_t i = 0; i < g->n; i++) {
		const struct result *r = g->row[i];

		med_lo = fmin(med_lo, r->s.median);
		med_hi = fmax(med_hi, r->s.median);
		lo = fmin(lo, fmin(r->s.median, band_low(&r->s)));
		hi = fmax(hi, fmax(r->s.median, band_high(&r->s)));
		if (r->ceiling > 0)
			hi = fmax(hi, r->ceiling);
	}
	bool log = med_lo > 0 && med_hi > 100 * med_lo;
	axis_fit(y, log ? fmin(med_lo, lo > 0 ? lo : med_lo) : lo, hi, log, true, 5);
}

/* As many ticks as have room for their names. */
static void fit_x(struct axis *x, const struct column *swept, double width)
{
	*x = (struct axis){
		.lo = fmax(strtod(swept->values[0], NULL), 1),
		.hi = strtod(swept->values[swept->n - 1], NULL),
		.log = true,
	};
	int from = (int)ceil(log2(x->lo) - 1e-9), to = (int)floor(log2(x->hi) + 1e-9);
	int most = width > 2 * TICK ? (int)(width / TICK) : 2;
	int step = (to - from) / 4 > 0 ? (to - from) / 4 : 1;

	if (step * most < to - from)
		step = (to - from + most - 1) / most;

	if (step > 5) /* whole KiB, MiB and GiB read best */
		step = step > 10 ? step : 10;
	if (step == 10 && from % 10)
		x->tick[x->ticks++] = x->lo;
	for (int e = step == 10 ? (from + 9) / 10 * 10 : from; e <= to && x->ticks < SVG_TICKS;
	     e += step)
		x->tick[x->ticks++] = ldexp(1, e);
}

static void draw_axes(struct buf *out, const struct panel *p, const char *heading)
{
	char text[40];

	for (size_t i = 0; i < p->y.ticks; i++) {
		double y = axis_at(&p->y, p->y.tick[i]);

		svg_line(out, "gr", p->x.from, y, p->x.to, y);
		svg_text(out, "t e", p->x.from - 6, y + 4,
			 axis_text(text, sizeof(text), &p->y, p->y.tick[i], p->g));
	}
	for (size_t i = 0; i < p->x.ticks; i++) {
		double x = axis_at(&p->x, p->x.tick[i]);

		svg_line(out, "gr", x, p->y.from, x, p->y.from + 4);
		svg_text(out, "t m", x, p->y.from + 17,
			 view_swept_text(text, sizeof(text), p->swept, p->x.tick[i]));
	}
	svg_text(out, "t u", 0, p->top - 14, p->y.log ? "" : p->g->scale.name);
	svg_text(out, "t b", p->x.from, p->top - 14, heading);
}

/* The ceilings of a panel: the line, or lowest and highest where they differ. */
static void draw_ceiling(struct buf *out, const struct panel *p)
{
	double lo = INFINITY, hi = 0;
	char a[40], b[40];

	for (size_t i = 0; i < p->n; i++) {
		if (!(p->row[i].r->ceiling > 0))
			continue;
		lo = fmin(lo, p->row[i].r->ceiling);
		hi = fmax(hi, p->row[i].r->ceiling);
	}
	if (!(hi > 0))
		return;
	units_digits(a, sizeof(a), lo / p->g->scale.factor, 3);
	units_digits(b, sizeof(b), hi / p->g->scale.factor, 3);
	bool two = strcmp(a, b) != 0, unit = p->y.log;
	char *text = mem_printf("ceiling %s%s%s%s%s", a, two ? "–" : "", two ? b : "",
				unit ? " " : "", unit ? p->g->scale.name : "");

	svg_line(out, "ce", p->x.from, axis_at(&p->y, hi), p->x.to, axis_at(&p->y, hi));
	if (two)
		svg_line(out, "ce", p->x.from, axis_at(&p->y, lo), p->x.to, axis_at(&p->y, lo));
	svg_text(out, "t h k", p->x.from + 4, axis_at(&p->y, hi) - 4, text);
	free(text);
}

static double clamp_y(const struct panel *p, double v)
{
	return axis_at(&p->y, fmin(fmax(v, p->y.lo), p->y.hi));
}

static double x_of(const struct panel *p, const struct result *r)
{
	return axis_at(&p->x, fmax(swept_of(p, r), 1));
}

/* There along p5, back along p95; nothing where a tail is not known. */
static void draw_band(struct buf *out, const struct panel *p, const struct spread_row *row,
		      size_t n)
{
	size_t stride = view_stride(p->g);
	struct buf band = BUF_INIT;
	bool banded = n > stride;

	for (size_t i = 0; i < n; i += stride)
		banded &= isfinite(band_low(&row[i].r->s)) && isfinite(band_high(&row[i].r->s));
	for (size_t i = 0; banded && i < 2 * n; i++) {
		size_t k = i < n ? i : 2 * n - 1 - i;
		const struct result *r = row[k].r;

		if (k % stride == 0)
			html_put(&band, "%s%.1f %.1f", band.len ? " " : "M", x_of(p, r),
				 clamp_y(p, i < n ? band_low(&r->s) : band_high(&r->s)));
	}
	if (banded)
		html_put(out, "<path class=\"bd\" d=\"%sz\"/>", buf_str(&band));
	buf_free(&band);
}

/* The medians; with marks: those that the line's name stands for. */
static void draw_medians(struct buf *out, const struct panel *p, const struct spread_row *row,
			 size_t n, bool with_marks)
{
	size_t stride = view_stride(p->g);
	struct buf path = BUF_INIT, marks = BUF_INIT;

	for (size_t i = 0; i < n; i += stride) {
		double x = x_of(p, row[i].r), y = clamp_y(p, row[i].r->s.median);

		html_put(&path, "%s%.1f %.1f", i ? i == stride ? "L" : " " : "M", x, y);
		svg_marker(&marks, (unsigned)(row->line % 8), x, y, p->width > 400 ? 3.2 : 2.4);
	}
	html_put(out, "<path class=\"%s\" d=\"%s\"/>", with_marks ? "ln" : "ln th", buf_str(&path));
	if (with_marks)
		html_put(out, "<path class=\"mk\" d=\"%s\"/>", buf_str(&marks));
	buf_free(&path);
	buf_free(&marks);
}

/* How many rows belong together: until what is swept grows no more, where the next GPU begins. */
static size_t one_gpu(const struct panel *p, const struct spread_row *row, size_t n)
{
	size_t k = 1;

	while (k < n && swept_of(p, row[k].r) > swept_of(p, row[k - 1].r))
		k++;
	return k;
}

/* Whether a line before this one in the panel is that GPU's and was found worse too. */
static bool named_before(const struct panel *p, const struct spread_row *row,
			 const struct column *gpu)
{
	for (const struct spread_row *x = p->row; x < row; x++)
		if (view_worse(x->r) && view_index(gpu, x->r) == view_index(gpu, row->r))
			return true;
	return false;
}

/*
 * The line of a further GPU. The first one of which judge found a number worse has its name, at
 * that number.
 */
static void draw_further(struct buf *out, const struct panel *p, const struct spread_row *row,
			 size_t n)
{
	const struct column *gpu = view_column(p->g, "gpu");
	const struct result *worse = NULL;

	draw_medians(out, p, row, n, false);
	for (size_t i = 0; i < n; i++)
		worse = view_worse(row[i].r) ? row[i].r : worse;
	if (!worse || !gpu || named_before(p, row, gpu))
		return;
	char *v = view_value(gpu, worse);
	struct buf name = BUF_INIT;

	words_label(&name, "gpu", v);
	svg_text(out, "t h e k", x_of(p, worse), clamp_y(p, worse->s.median) + 14, name.s);
	buf_free(&name);
	free(v);
}

/* One line with its band, thin lines for further GPUs; returns where it ends. */
static struct end draw_line(struct buf *out, const struct panel *p, const struct spread_row *row,
			    size_t n)
{
	size_t first = one_gpu(p, row, n),
	       last = (first - 1) / view_stride(p->g) * view_stride(p->g);
	struct end end = {.line = row->line, .r = row->r};

	html_put(out, "<g class=\"s%u\">", (unsigned)(row->line % 8) + 1);
	for (size_t i = first, k; i < n; i += k) {
		k = one_gpu(p, row + i, n - i);
		draw_further(out, p, row + i, k);
	}
	if (first == n)
		draw_band(out, p, row, n);
	draw_medians(out, p, row, first, true);
	buf_puts(out, "</g>");
	end.x = x_of(p, row[last].r);
	end.y = end.label_y = clamp_y(p, row[last].r->s.median);
	return end;
}

static int by_height(const void *pa, const void *pb)
{
	const struct end *a = pa, *b = pb;

	int rows = (int)(a->y / 4) - (int)(b->y / 4); /* lines that coincide keep their order */

	if (rows)
		return rows;
	return (a->line > b->line) - (a->line < b->line);
}

/* Names stand beside the ends of their lines, pushed apart where they would touch. */
static void draw_names(struct buf *out, const struct panel *p, struct end *e, size_t n)
{
	const double gap = 14;

	qsort(e, n, sizeof(*e), by_height);
	for (size_t i = 1; i < n; i++)
		e[i].label_y = fmax(e[i].label_y, e[i - 1].label_y + gap);
	double over = e[n - 1].label_y - (p->y.from - 2);
	for (size_t i = n; over > 0 && i-- > 0;) {
		double limit = p->y.from - 2 - gap * (double)(n - 1 - i);

		e[i].label_y = fmin(e[i].label_y, limit);
	}
	for (size_t i = 0; i < n; i++) {
		struct buf words = BUF_INIT, d = BUF_INIT;
		double x = p->x.to + 12;

		spread_words(&words, p->s, p->g, e[i].r, false);
		if (words.len) {
			svg_line(out, "gr", e[i].x + 3, e[i].y, x - 5, e[i].label_y);
			svg_marker(&d, (unsigned)(e[i].line % 8), x, e[i].label_y, 3.2);
			html_put(out, "<path class=\"mk s%u\" d=\"%s\"/>",
				 (unsigned)(e[i].line % 8) + 1, buf_str(&d));
			svg_text(out, "t", x + 8, e[i].label_y + 4, words.s);
		}
		buf_free(&words);
		buf_free(&d);
	}
}

static void draw_panel(struct buf *out, const struct panel *p, const char *id, const char *heading)
{
	struct end ends[MAX_LINES];
	const struct result **v = mem_zalloc(p->n, sizeof(const struct result *));
	struct buf desc = BUF_INIT, title = BUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		v[i] = p->row[i].r;
	buf_printf(&title, "%s %s over %s%s%s", p->g->bench, p->g->metric, p->swept->name,
		   heading[0] ? ", " : "", heading);
	buf_printf(&desc, "%zu line%s over %s: ", p->lines, p->lines == 1 ? "" : "s",
		   p->swept->name);
	svg_range_words(&desc, p->g, v, p->n);
	buf_putc(&desc, '.');
	svg_open(out, id, p->width, p->height, buf_str(&title), buf_str(&desc));
	draw_axes(out, p, heading);
	draw_ceiling(out, p);
	for (size_t i = 0, end; i < p->n; i = end) {
		for (end = i + 1; end < p->n && p->row[end].line == p->row[i].line; end++)
			;
		if (n < MAX_LINES)
			ends[n++] = draw_line(out, p, p->row + i, end - i);
	}
	draw_names(out, p, ends, n);
	svg_close(out);
	buf_free(&title);
	buf_free(&desc);
	free(v);
}

/* Pixels that the longest name of a line needs. */
static double names_width(const struct group *g, const struct spread *s)
{
	double widest = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct buf words = BUF_INIT;

		if (i && s->row[i].line == s->row[i - 1].line &&
		    s->row[i].panel == s->row[i - 1].panel)
			continue;
		spread_words(&words, s, g, s->row[i].r, false);
		if (words.len)
			widest = fmax(widest, svg_text_width(words.s) + 24);
		buf_free(&words);
	}
	return widest;
}

void svg_sweep(struct buf *out, const char *id, const struct group *g, const struct spread *s,
	       size_t max_panels)
{
	bool many = s->panels > 1, few = s->panels <= FEW_PANELS;
	double names = fmin(names_width(g, s), many ? 150 : 220);
	struct panel p = {
		.g = g,
		.swept = view_swept(g),
		.s = s,
		.width = many ? few ? 540 : 352 : 680,
		.height = many ? few ? 290 : 236 : 336,
		.top = 40,
	};

	fit_y(&p.y, g);
	double from = p.y.log ? 66 : 46, to = p.width - names - 12;

	fit_x(&p.x, p.swept, to - from);
	p.x.from = from;
	p.x.to = to;
	p.y.from = p.height - 26;
	p.y.to = p.top;
	for (size_t i = 0, end; i < s->n && s->row[i].panel < max_panels; i = end) {
		struct buf heading = BUF_INIT;

		end = spread_panel_end(s, i);
		p.row = s->row + i;
		p.n = end - i;
		p.lines = s->row[end - 1].line + 1;
		spread_words(&heading, s, g, s->row[i].r, true);
		char *panel_id = mem_printf("%s-%zu", id, s->row[i].panel);
		draw_panel(out, &p, panel_id, buf_str(&heading));
		free(panel_id);
		buf_free(&heading);
	}
}
