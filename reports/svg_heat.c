/*
 * Heat map of a matrix: the value stands in each cell, darker is more, a cell that stands out has
 * an outline, a GPU's own node is bold. What was not measured is a dash, a GPU and itself nothing.
 * One hue of seven even steps (style.css).
 */
#include "matrix.h"
#include "svg.h"
#include "text.h"
#include "../harness/base/mem.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 7
#define TOP   52.0

struct panel {
	struct buf *out;
	const struct group *g;
	const struct matrix *m;
	const struct report *r;
	const struct spread_row *row;
	size_t n;
	double left, cell_width, cell_height;
	double lo, hi; /* of the medians */
};

/* Shade 0..STEPS-1. A narrow range is widened, so that noise does not look like a pattern. */
static unsigned shade(double v, double lo, double hi)
{
	double least = 0.1 * fabs(hi);

	if (hi - lo < least) {
		double mid = (lo + hi) / 2;

		lo = mid - least / 2;
		hi = mid + least / 2;
	}
	double t = hi > lo ? (v - lo) / (hi - lo) : 0.5;
	int k = (int)(t * STEPS);
	return (unsigned)(k < 0 ? 0 : k >= STEPS ? STEPS - 1 : k);
}

static double cell_x(const struct panel *p, size_t cell)
{
	return p->left + p->cell_width * (double)(cell % p->m->across->n);
}

static double cell_y(const struct panel *p, size_t cell)
{
	size_t row = cell / p->m->across->n;

	return TOP + p->cell_height * (double)row;
}

static void draw_outline(const struct panel *p, size_t cell)
{
	html_put(p->out,
		 "<rect class=\"out\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		 cell_x(p, cell) + 2, cell_y(p, cell) + 2, p->cell_width - 4, p->cell_height - 4);
}

static void draw_cell(const struct panel *p, const struct result *r, bool outlined)
{
	size_t cell = matrix_cell(p->m, r);
	double x = cell_x(p, cell), y = cell_y(p, cell), w = p->cell_width, h = p->cell_height;
	bool own = !strcmp(p->m->down->name, "gpu") && matrix_nearness(p->m, p->r, r) == NEAR_LOCAL;
	char text[40];

	html_put(p->out,
		 "<g class=\"h%u\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		 shade(r->s.median, p->lo, p->hi), x + 1, y + 1, w - 2, h - 2);
	if (outlined)
		draw_outline(p, cell);
	svg_text(p->out, own ? "t m b" : "t m", x + w / 2, y + h / 2 + 4,
		 text_number(text, sizeof(text), r->s.median, &p->g->scale));
	buf_puts(p->out, "</g>");
}

/* A dash, or a cross where it failed. */
static void draw_missing(const struct panel *p, size_t cell)
{
	bool failed = matrix_failed(p->m, p->r, p->row[0].r, cell);

	if (failed)
		draw_outline(p, cell);
	svg_text(p->out, failed ? "t m" : "u m", cell_x(p, cell) + p->cell_width / 2,
		 cell_y(p, cell) + p->cell_height / 2 + 4, failed ? "✕" : "–");
}

static void draw_cells(const struct panel *p)
{
	const struct result **grid = matrix_grid(p->m, p->row, p->n);
	bool *out = mem_zalloc(p->n, sizeof(*out));
	double *off = mem_zalloc(p->n, sizeof(*off));

	matrix_outliers(p->m, p->r, p->row, p->n, out, off);
	for (size_t i = 0; i < p->n; i++)
		draw_cell(p, p->row[i].r, out[i]);
	for (size_t i = 0; i < p->m->down->n * p->m->across->n; i++)
		if (!grid[i] && !matrix_no_pair(p->m, i))
			draw_missing(p, i);
	free(off);
	free(out);
	free(grid);
}

static void draw_heads(const struct panel *p, const char *heading)
{
	const struct column *down = p->m->down, *across = p->m->across;
	char *title = mem_printf("%s%s%s", heading, heading[0] && p->g->scale.name[0] ? ", " : "",
				 p->g->scale.name);
	struct buf name = BUF_INIT;

	svg_text(p->out, "t b", 0, 14, title);
	words_name(&name, across->name);
	svg_text(p->out, "t", p->left, 30, buf_str(&name));
	for (size_t i = 0; i < across->n; i++)
		svg_text(p->out, "t m", cell_x(p, i) + p->cell_width / 2, TOP - 6,
			 across->values[i]);
	for (size_t i = 0; i < down->n; i++) {
		buf_reset(&name);
		words_label(&name, down->name, down->values[i]);
		svg_text(p->out, "t e", p->left - 8, TOP + p->cell_height * ((double)i + 0.5) + 4,
			 buf_str(&name));
	}
	buf_free(&name);
	free(title);
}

/* "Matrix of 8 GPUs by 2 memory nodes: lowest …" */
static void describe(struct buf *out, const struct panel *p)
{
	const struct result **v = mem_zalloc(p->n, sizeof(const struct result *));
	const struct column *side[] = {p->m->down, p->m->across};

	for (size_t i = 0; i < p->n; i++)
		v[i] = p->row[i].r;
	buf_puts(out, "Matrix of ");
	for (int i = 0; i < 2; i++) {
		buf_printf(out, "%s%zu ", i ? " by " : "", side[i]->n);
		words_name(out, side[i]->name);
		buf_puts(out, side[i]->n > 1 ? "s" : "");
	}
	buf_puts(out, ": ");
	svg_range_words(out, p->g, v, p->n);
	buf_putc(out, '.');
	free(v);
}

static void draw_panel(const struct panel *p, const char *id, const char *heading)
{
	double width = p->left + p->cell_width * (double)p->m->across->n + 2;
	struct buf desc = BUF_INIT, title = BUF_INIT;

	buf_printf(&title, "%s %s by ", p->g->bench, p->g->metric);
	words_name(&title, p->m->down->name);
	buf_puts(&title, " and ");
	words_name(&title, p->m->across->name);
	buf_printf(&title, "%s%s", heading[0] ? ", " : "", heading);
	describe(&desc, p);
	width = fmax(width, 1.05 * svg_text_width(heading) + svg_text_width(p->g->scale.name) + 20);
	svg_open(p->out, id, width, TOP + p->cell_height * (double)p->m->down->n + 4,
		 buf_str(&title), buf_str(&desc));
	draw_heads(p, heading);
	draw_cells(p);
	svg_close(p->out);
	buf_free(&title);
	buf_free(&desc);
}

/* Room for the widest number with a little beside it. */
static double cell_width(const struct group *g, const struct spread *s, const struct matrix *m)
{
	double widest = m->across->n > 4 ? 46 : 62;
	char text[40];

	for (size_t i = 0; i < s->n; i++)
		widest =
			fmax(widest, svg_text_width(text_number(text, sizeof(text),
								s->row[i].r->s.median, &g->scale)) +
					     8);
	return widest;
}

void svg_heat(struct buf *out, const char *id, const struct group *g, const struct spread *s,
	      const struct matrix *m, const struct report *r, size_t max_panels)
{
	struct panel p = {.out = out, .g = g, .m = m, .r = r};

	p.left = svg_names_width(m->down);
	p.cell_width = cell_width(g, s, m);
	p.cell_height = m->down->n > 4 ? 26 : 34;
	for (size_t i = 0, end; i < s->n && s->row[i].panel < max_panels; i = end) {
		struct buf heading = BUF_INIT;

		end = spread_panel_end(s, i);
		p.row = s->row + i;
		p.n = end - i;
		p.lo = INFINITY;
		p.hi = -INFINITY;
		for (size_t k = i; k < end; k++) {
			p.lo = fmin(p.lo, s->row[k].r->s.median);
			p.hi = fmax(p.hi, s->row[k].r->s.median);
		}
		spread_words(&heading, s, g, s->row[i].r, true);
		char *panel_id = mem_printf("%s-%zu", id, s->row[i].panel);
		draw_panel(&p, panel_id, buf_str(&heading));
		free(panel_id);
		buf_free(&heading);
	}
}
