/*
 * Heat map, CPU node by memory node: the value stands in each cell, darker is more, and a cell
 * that stands out from its kind has an outline. One hue of seven even steps (style.css).
 */
#include "svg.h"
#include "text.h"
#include "../harness/base/mem.h"
#include "../harness/stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 7
#define LEFT  88.0
#define TOP   52.0
#define ROW   34.0

static bool local_pair(const struct result *r)
{
	char cpu_name[] = "cpu_node", node_name[] = "node";
	struct column cpu = {.name = cpu_name}, node = {.name = node_name};
	char *a = view_value(&cpu, r), *b = view_value(&node, r);
	bool same = !strcmp(a, b) || !strcmp(b, "local");

	free(a);
	free(b);
	return same;
}

bool heat_stands_out(const struct spread_row *cell, size_t n, size_t which, double *off)
{
	bool local = local_pair(cell[which].r);
	double *v = mem_zalloc(n, sizeof(*v)), median;
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (local_pair(cell[i].r) == local)
			v[k++] = cell[i].r->s.median;
	stats_sort(v, k);
	median = stats_median(v, k);
	free(v);
	*off = median > 0 ? cell[which].r->s.median / median - 1 : 0;
	return k >= 3 && fabs(*off) > 0.1;
}

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

static void draw_cell(struct buf *out, const struct group *g, const struct spread_row *cells,
		      size_t n, size_t i, double x, double y, double w, double lo, double hi)
{
	double v = cells[i].r->s.median, off;
	char text[40];

	html_put(out,
		 "<g class=\"h%u\"><rect%s x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		 shade(v, lo, hi), "", x + 1, y + 1, w - 2, ROW - 2);
	if (heat_stands_out(cells, n, i, &off))
		html_put(out,
			 "<rect class=\"out\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			 "height=\"%.1f\"/>",
			 x + 2, y + 2, w - 4, ROW - 4);
	svg_text(out, "t m", x + w / 2, y + ROW / 2 + 4,
		 text_number(text, sizeof(text), v, &g->scale));
	buf_puts(out, "</g>");
}

static void draw_heads(struct buf *out, const struct group *g, const struct column *cpu,
		       const struct column *node, double w, const char *heading)
{
	char *unit = mem_printf("%s%s%s", heading, heading[0] ? ", " : "", g->scale.name);

	svg_text(out, "t b", 0, 14, unit);
	svg_text(out, "t", LEFT, 30, "memory on node");
	for (size_t i = 0; i < node->n; i++)
		svg_text(out, "t m", LEFT + w * ((double)i + 0.5), TOP - 6, node->values[i]);
	for (size_t i = 0; i < cpu->n; i++) {
		char *name = mem_printf("CPU node %s", cpu->values[i]);

		svg_text(out, "t e", LEFT - 8, TOP + ROW * ((double)i + 0.5) + 4, name);
		free(name);
	}
	free(unit);
}

static void draw_panel(struct buf *out, const struct group *g, const struct spread_row *cells,
		       size_t n, const char *id, const char *heading)
{
	const struct column *cpu = view_column(g, "cpu_node"), *node = view_column(g, "node");
	const struct result **v = mem_zalloc(n, sizeof(const struct result *));
	double lo = INFINITY, hi = -INFINITY, w = node->n > 8 ? 46 : 62;
	struct buf desc = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		v[i] = cells[i].r;
		lo = fmin(lo, v[i]->s.median);
		hi = fmax(hi, v[i]->s.median);
	}
	char *title = mem_printf("%s %s by node%s%s", g->bench, g->metric, heading[0] ? ", " : "",
				 heading);
	buf_printf(&desc, "Matrix of %zu CPU nodes by %zu memory nodes: ", cpu->n, node->n);
	svg_range_words(&desc, g, v, n);
	buf_putc(&desc, '.');
	svg_open(out, id, LEFT + w * (double)node->n + 2, TOP + ROW * (double)cpu->n + 4, title,
		 buf_str(&desc));
	draw_heads(out, g, cpu, node, w, heading);
	for (size_t i = 0; i < n; i++)
		draw_cell(out, g, cells, n, i, LEFT + w * (double)view_index(node, cells[i].r),
			  TOP + ROW * (double)view_index(cpu, cells[i].r), w, lo, hi);
	svg_close(out);
	free(title);
	free(v);
	buf_free(&desc);
}

void svg_heat(struct buf *out, const char *id, const struct group *g, const struct spread *s,
	      size_t max_panels)
{
	for (size_t i = 0, end; i < s->n && s->row[i].panel < max_panels; i = end) {
		struct buf heading = BUF_INIT;

		for (end = i + 1; end < s->n && s->row[end].panel == s->row[i].panel; end++)
			;
		spread_words(&heading, s, g, s->row[i].r, true);
		char *panel_id = mem_printf("%s-%zu", id, s->row[i].panel);
		draw_panel(out, g, s->row + i, end - i, panel_id, buf_str(&heading));
		free(panel_id);
		buf_free(&heading);
	}
}
