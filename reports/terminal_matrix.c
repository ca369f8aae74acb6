/*
 * A matrix as a table for a terminal, a panel after the other, with what stands out under each in
 * words; only where its columns fit.
 */
#include "matrix.h"
#include "terminal.h"
#include "text.h"
#include "../harness/base/mem.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INDENT	 2
#define CELL	 8  /* columns of a number with its mark */
#define LINES	 48 /* of one metric */
#define OUTLIERS 4  /* told of a panel */
#define SMALL	 4  /* cells that read better as rows, which say more of each */

struct table {
	struct term *t;
	const struct report *r;
	const struct group *g;
	struct matrix m;
	struct spread s;
	size_t label; /* columns of the row names */
};

static size_t widest_name(const struct column *c)
{
	size_t widest = 0;

	for (size_t i = 0; i < c->n; i++) {
		struct buf name = BUF_INIT;

		words_label(&name, c->name, c->values[i]);
		widest = text_width(buf_str(&name)) > widest ? text_width(name.s) : widest;
		buf_free(&name);
	}
	return widest;
}

static void put_heads(const struct table *x, const struct spread_row *first)
{
	struct buf words = BUF_INIT;

	spread_words(&words, &x->s, x->g, first->r, true);
	if (x->g->scale.name[0])
		buf_printf(&words, "%s%s", words.len ? ", " : "", x->g->scale.name);
	buf_puts(&words, words.len ? ", by " : "by ");
	words_name(&words, x->m.across->name);
	term_pad(x->t, INDENT);
	term_wrap(x->t, words.s, INDENT, INDENT);
	buf_free(&words);
	term_colour(x->t, "2");
	term_pad(x->t, INDENT + x->label);
	for (size_t i = 0; i < x->m.across->n; i++) {
		term_pad(x->t, i > 0);
		term_cell(x->t, x->m.across->values[i], CELL - 1);
	}
	term_colour(x->t, "0");
	buf_putc(x->t->out, '\n');
}

/* The room of a mark, and of cells that hold nothing, is left to the next one: no blanks at the
 * end. */
static size_t put_cell(const struct table *x, size_t cell, const struct result *r,
		       const struct result *like, bool out, size_t before)
{
	const char *missing = !r && matrix_failed(&x->m, x->r, like, cell) ? "✕" : "–";
	char text[48];

	if (!r && matrix_no_pair(&x->m, cell))
		return before + CELL;
	term_pad(x->t, before);
	term_cell(x->t, r ? text_number(text, sizeof(text), r->s.median, &x->g->scale) : missing,
		  CELL - 1);
	term_put(x->t, out ? "*" : "");
	return !out;
}

static void put_rows(const struct table *x, const struct result *const *grid,
		     const struct result *like, const bool *out)
{
	const struct column *down = x->m.down;
	struct buf name = BUF_INIT;

	for (size_t i = 0; i < down->n; i++) {
		size_t blank = 0;

		buf_reset(&name);
		words_label(&name, down->name, down->values[i]);
		term_pad(x->t, INDENT);
		term_label(x->t, buf_str(&name), x->label);
		for (size_t k = 0, cell = i * x->m.across->n; k < x->m.across->n; k++, cell++)
			blank = put_cell(x, cell, grid[cell], like, out[cell], blank);
		buf_putc(x->t->out, '\n');
	}
	buf_free(&name);
}

static void put_outliers(const struct table *x, const struct spread_row *row, size_t n,
			 const bool *out, const double *off)
{
	const struct result *before = NULL;
	size_t told = 0, found = 0;

	for (size_t i = 0; i < n; i++) {
		struct buf words = BUF_INIT;

		found += out[i];
		if (!out[i] || told == OUTLIERS)
			continue;
		told++;
		buf_puts(&words, "* ");
		matrix_outlier_words(&words, x->g, row[i].r, off[i], before);
		before = row[i].r;
		term_pad(x->t, INDENT);
		term_wrap(x->t, words.s, INDENT, INDENT + 2);
		buf_free(&words);
	}
	if (found > told)
		buf_printf(x->t->out, "  And %zu more.\n", found - told);
}

/* Writes a panel where it has outliers or failures, or where it has none; returns whether it was
 * written. */
static bool put_panel(const struct table *x, const struct spread_row *row, size_t n,
		      bool with_outliers)
{
	bool *out = mem_zalloc(n, sizeof(*out)), any = false;
	double *off = mem_zalloc(n, sizeof(*off));

	matrix_outliers(&x->m, x->r, row, n, out, off);
	const struct result **grid = matrix_grid(&x->m, row, n);
	for (size_t i = 0; i < n; i++)
		any |= out[i];
	for (size_t i = 0; i < x->m.down->n * x->m.across->n && !any; i++)
		any = !grid[i] && !matrix_no_pair(&x->m, i) &&
		      matrix_failed(&x->m, x->r, row->r, i);
	if (any == with_outliers) {
		bool *marked = mem_zalloc(x->m.down->n * x->m.across->n, sizeof(*marked));

		for (size_t i = 0; i < n; i++)
			marked[matrix_cell(&x->m, row[i].r)] = out[i];
		put_heads(x, row);
		put_rows(x, grid, row->r, marked);
		put_outliers(x, row, n, out, off);
		free(marked);
	}
	free(grid);
	free(off);
	free(out);
	return any == with_outliers;
}

/* Those in which something stands out first, then the gates, as many as there is room for. */
static void put_panels(const struct table *x, size_t max)
{
	size_t drawn = 0;

	for (int with_outliers = 1; with_outliers >= 0; with_outliers--)
		for (size_t i = 0, end; i < x->s.n && drawn < max; i = end) {
			end = spread_panel_end(&x->s, i);
			drawn += put_panel(x, x->s.row + i, end - i, with_outliers);
		}
}

static void put_precision(const struct table *x)
{
	struct buf line = BUF_INIT;

	view_precision(&line, x->g);
	if (!line.len)
		return;
	buf_putc(&line, '.');
	term_pad(x->t, INDENT);
	term_wrap(x->t, line.s, INDENT, INDENT);
	buf_free(&line);
}

bool term_matrix(struct term *t, const struct report *r, const struct group *g)
{
	struct table x = {.t = t, .r = r, .g = g};

	if (!matrix_of(&x.m, g) || x.m.down->n * x.m.across->n <= SMALL)
		return false;
	x.label = widest_name(x.m.down);
	if (INDENT + x.label + CELL * x.m.across->n > t->style.columns)
		return false;
	size_t panels = LINES / (x.m.down->n + 2);

	panels = panels ? panels : 1;
	const char *size = matrix_spread(&x.s, &x.m, g, panels);
	matrix_gates_first(&x.s, g, r);
	put_panels(&x, panels);
	put_precision(&x);
	if (size || x.s.panels > panels)
		buf_puts(t->out, "  There are more; all numbers are in results.csv.\n");
	spread_free(&x.s);
	return true;
}
