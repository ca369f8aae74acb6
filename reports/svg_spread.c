/*
 * Which label makes panels and which makes lines, from the labels alone: all lines in one
 * panel while they are few; else the GPU makes panels first (GPUs are meant to be alike, so
 * panels compare well), then as few other labels as will do. A label that has one value a
 * panel goes with the panel. Where that makes too many panels of a sweep, a line stands for all
 * GPUs instead.
 */
#include "svg.h"
#include "../harness/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* One number for the values of the chosen columns of a row. */
static size_t code(const struct group *g, const struct result *r, const bool *in)
{
	size_t c = 0;

	for (size_t i = 0; i < g->columns; i++)
		if (in[i])
			c = c * g->column[i].n + view_index(&g->column[i], r);
	return c;
}

static int by_number(const void *pa, const void *pb)
{
	size_t a = *(const size_t *)pa, b = *(const size_t *)pb;

	return (a > b) - (a < b);
}

/* The most lines that any panel would hold. */
static size_t most_lines(const struct group *g, const struct spread *s)
{
	size_t *v = mem_zalloc(g->n, sizeof(*v)), lines = 1, most = 0, distinct = 0;

	for (size_t i = 0; i < g->columns; i++)
		lines *= s->in_line[i] ? g->column[i].n : 1;
	for (size_t i = 0; i < g->n; i++)
		v[i] = code(g, g->row[i], s->in_panel) * lines + code(g, g->row[i], s->in_line);
	qsort(v, g->n, sizeof(*v), by_number);
	for (size_t i = 0; i < g->n; i++) {
		bool new_panel = !i || v[i] / lines != v[i - 1] / lines;

		distinct = new_panel ? 1 : distinct + (v[i] != v[i - 1]);
		most = distinct > most ? distinct : most;
	}
	free(v);
	return most;
}

/* The most lines of a panel if that column made panels. */
static size_t lines_without(const struct group *g, struct spread *s, size_t column)
{
	s->in_line[column] = false;
	s->in_panel[column] = true;
	size_t lines = most_lines(g, s);
	s->in_line[column] = true;
	s->in_panel[column] = false;
	return lines;
}

/*
 * The column that should make panels next, g->columns where none is left: the GPU; else of those
 * that are enough the one with the fewest values; else the one with the most.
 */
static size_t next_panel(const struct group *g, struct spread *s, size_t max_lines)
{
	size_t best = g->columns;
	bool enough = false;

	for (size_t i = 0; i < g->columns; i++) {
		if (!s->in_line[i])
			continue;
		if (!strcmp(g->column[i].name, "gpu"))
			return i;
		bool this_one = lines_without(g, s, i) <= max_lines;
		size_t n = g->column[i].n, least = best < g->columns ? g->column[best].n : 0;

		if (best == g->columns || (this_one && !enough) ||
		    (this_one == enough && (enough ? n < least : n > least))) {
			best = i;
			enough = this_one;
		}
	}
	return best;
}

/* Whether that column has one value in each panel, as the node of a GPU mostly has. */
static bool follows_panel(const struct group *g, const struct spread *s, size_t column)
{
	const struct column *c = &g->column[column];
	size_t *v = mem_zalloc(g->n, sizeof(*v));
	bool follows = true;

	for (size_t i = 0; i < g->n; i++)
		v[i] = code(g, g->row[i], s->in_panel) * c->n + view_index(c, g->row[i]);
	qsort(v, g->n, sizeof(*v), by_number);
	for (size_t i = 1; i < g->n; i++)
		follows &= v[i] == v[i - 1] || v[i] / c->n != v[i - 1] / c->n;
	free(v);
	return follows;
}

static int by_panel_and_line(const void *pa, const void *pb)
{
	const struct spread_row *a = pa, *b = pb;

	if (a->panel != b->panel)
		return a->panel < b->panel ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

/* Codes become 0, 1, 2 …; rows of one line keep their order, which is the group's. */
static void number_rows(struct spread *s, const struct group *g)
{
	size_t panel = 0, line = 0;

	for (size_t i = 0; i < g->n; i++)
		s->row[i] = (struct spread_row){
			.panel = code(g, g->row[i], s->in_panel),
			.line = code(g, g->row[i], s->in_line) * g->n + i,
			.r = g->row[i],
		};
	qsort(s->row, g->n, sizeof(*s->row), by_panel_and_line);
	for (size_t i = 0; i < g->n; i++)
		s->row[i].line /= g->n;
	struct spread_row last = s->row[0];
	for (size_t i = 0; i < g->n; i++) {
		struct spread_row now = s->row[i];

		if (now.panel != last.panel) {
			panel++;
			line = 0;
		} else if (now.line != last.line) {
			line++;
		}
		s->row[i].panel = panel;
		s->row[i].line = line;
		last = now;
	}
	s->panels = panel + 1;
}

void spread_make(struct spread *s, const struct group *g, const char *const *except,
		 size_t n_except, size_t max_lines)
{
	*s = (struct spread){.n = g->n, .row = mem_zalloc(g->n, sizeof(*s->row))};
	for (size_t i = 0; i < g->columns; i++) {
		s->in_line[i] = g->column[i].n > 1;
		for (size_t k = 0; k < n_except; k++)
			s->in_line[i] &= strcmp(g->column[i].name, except[k]) != 0;
	}
	while (most_lines(g, s) > max_lines) {
		size_t c = next_panel(g, s, max_lines);

		if (c == g->columns)
			break;
		s->in_line[c] = false;
		s->in_panel[c] = true;
	}
	for (size_t i = 0; i < g->columns; i++) {
		if (!s->in_line[i] || !follows_panel(g, s, i))
			continue;
		s->in_line[i] = false;
		s->in_panel[i] = true;
	}
	number_rows(s, g);
}

void spread_first(struct spread *s, const bool *panel)
{
	size_t *now = mem_zalloc(s->panels, sizeof(*now)), n = 0;

	for (int marked = 1; marked >= 0; marked--)
		for (size_t i = 0; i < s->panels; i++)
			if (panel[i] == (marked == 1))
				now[i] = n++;
	for (size_t i = 0; i < s->n; i++) {
		s->row[i].panel = now[s->row[i].panel];
		s->row[i].line = s->row[i].line * s->n + i; /* rows of a line keep their order */
	}
	qsort(s->row, s->n, sizeof(*s->row), by_panel_and_line);
	for (size_t i = 0; i < s->n; i++)
		s->row[i].line /= s->n;
	free(now);
}

void spread_sweep(struct spread *s, const struct group *g, size_t max_lines, size_t max_panels)
{
	const char *except[VIEW_COLUMNS + 1] = {view_swept(g)->name, "gpu"};
	struct spread by_gpu;
	size_t n = 2;

	spread_make(&by_gpu, g, except, 1, max_lines);
	if (by_gpu.panels <= max_panels || !view_column(g, "gpu")) {
		*s = by_gpu;
		return;
	}
	for (size_t i = 0; i < g->columns; i++)
		if (g->column[i].follows_gpu)
			except[n++] = g->column[i].name;
	spread_free(&by_gpu);
	spread_make(s, g, except, n, max_lines);
	s->over_gpus = true;
}

void spread_gpus(struct spread *s, const struct group *g)
{
	static const char *const alike[] = {"gpu", "member", "arm"};

	*s = (struct spread){.n = g->n, .row = mem_zalloc(g->n, sizeof(*s->row))};
	for (size_t i = 0; i < g->columns; i++) {
		bool line = false;

		for (size_t k = 0; k < sizeof(alike) / sizeof(alike[0]); k++)
			line |= !strcmp(g->column[i].name, alike[k]);
		s->in_line[i] = line && g->column[i].n > 1;
		s->in_panel[i] = !line && g->column[i].n > 1;
	}
	number_rows(s, g);
}

size_t spread_panel_end(const struct spread *s, size_t i)
{
	size_t panel = s->row[i].panel;

	while (i < s->n && s->row[i].panel == panel)
		i++;
	return i;
}

void spread_free(struct spread *s)
{
	free(s->row);
	s->row = NULL;
}

void spread_words(struct buf *out, const struct spread *s, const struct group *g,
		  const struct result *r, bool panel)
{
	view_words(out, g, r, panel ? s->in_panel : s->in_line);
}
