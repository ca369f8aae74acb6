/*
 * Matrices: heat maps with what stands out in them said in words, and of GPUs by memory node a
 * second figure, local against remote. Each has its data folded under it.
 */
#include "html.h"
#include "matrix.h"
#include "svg.h"
#include "../harness/base/mem.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELLS	 1200 /* of one metric: the page stays small */
#define OUTLIERS 6    /* named in a caption */

/* One metric as it is drawn. */
struct drawn {
	struct page *p;
	const struct group *g;
	struct matrix m;
	struct spread s;
	size_t panels;	  /* as many are drawn */
	const char *size; /* the only one that is drawn, NULL: all */
};

/* ---- what is drawn ---- */

static size_t most_panels(const struct drawn *d)
{
	size_t fit = CELLS / (d->m.down->n * d->m.across->n), all = html_panels(d->p);

	return fit < 1 ? 1 : fit < all ? fit : all;
}

/* ---- heat map ---- */

static void put_names(struct page *p, const struct column *c)
{
	struct buf name = BUF_INIT;

	for (size_t i = 0; i < c->n; i++) {
		buf_reset(&name);
		words_label(&name, c->name, c->values[i]);
		html_put(p->out, "<th scope=\"col\">%s</th>", buf_str(&name));
	}
	buf_free(&name);
}

static void put_panel_data(const struct drawn *d, const struct spread_row *row, size_t n)
{
	const struct result **grid = matrix_grid(&d->m, row, n);
	const struct column *down = d->m.down, *across = d->m.across;
	struct page *p = d->p;
	struct buf words = BUF_INIT;

	spread_words(&words, &d->s, d->g, row->r, true);
	html_put(p->out, "<table><caption>%s%s%s</caption><thead><tr><th scope=\"col\">",
		 buf_str(&words), words.len && d->g->scale.name[0] ? ", " : "", d->g->scale.name);
	buf_reset(&words);
	words_name(&words, down->name);
	html_put(p->out, "%s</th>", buf_str(&words));
	put_names(p, across);
	buf_puts(p->out, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < down->n; i++) {
		html_put(p->out, "<tr><th scope=\"row\">%s</th>", down->values[i]);
		for (size_t k = 0; k < across->n; k++) {
			const struct result *r = grid[i * across->n + k];

			html_cell(p, d->g, r ? r->s.median : NAN);
		}
		buf_puts(p->out, "</tr>\n");
	}
	buf_puts(p->out, "</tbody></table>\n");
	buf_free(&words);
	free(grid);
}

static void put_data(const struct drawn *d)
{
	html_fold(d->p, "Data of the heat map");
	for (size_t i = 0, end; i < d->s.n && d->s.row[i].panel < d->panels; i = end) {
		end = spread_panel_end(&d->s, i);
		put_panel_data(d, d->s.row + i, end - i);
	}
	html_fold_end(d->p);
}

/* A sentence that was cut has its three dots already. */
static bool ends_open(const char *s)
{
	size_t n = strlen(s);

	return n >= strlen("…") && !strcmp(s + n - strlen("…"), "…");
}

/* The outlined cells of one panel, as long as there is room; returns how many there are. */
static size_t name_outliers(const struct drawn *d, const struct spread_row *row, size_t n,
			    size_t told)
{
	bool *out = mem_zalloc(n, sizeof(*out));
	double *off = mem_zalloc(n, sizeof(*off));
	const struct result *before = NULL;
	size_t found = 0;

	matrix_outliers(&d->m, d->p->r, row, n, out, off);
	for (size_t i = 0; i < n; i++) {
		struct buf words = BUF_INIT;

		if (!out[i] || told + found++ >= OUTLIERS)
			continue;
		matrix_outlier_words(&words, d->g, row[i].r, off[i], before);
		html_put(d->p->out, " Outlined: %s%s", words.s, ends_open(words.s) ? "" : ".");
		before = row[i].r;
		buf_free(&words);
	}
	free(out);
	free(off);
	return found;
}

/* Whether a drawn cell has no number because it failed, or because it was not measured. */
static bool any_missing(const struct drawn *d, bool failed)
{
	bool any = false;

	for (size_t i = 0, end; i < d->s.n && d->s.row[i].panel < d->panels && !any; i = end) {
		end = spread_panel_end(&d->s, i);
		const struct result **grid = matrix_grid(&d->m, d->s.row + i, end - i);

		for (size_t k = 0; k < d->m.down->n * d->m.across->n && !any; k++)
			any = !grid[k] && !matrix_no_pair(&d->m, k) &&
			      matrix_failed(&d->m, d->p->r, d->s.row[i].r, k) == failed;
		free(grid);
	}
	return any;
}

static void put_caption(const struct drawn *d)
{
	struct page *p = d->p;
	struct buf words = BUF_INIT;
	size_t told = 0;

	view_precision(&words, d->g);
	html_put(p->out, "<figcaption>Median in each cell%s%s; darker is more.",
		 words.len ? ", " : "", buf_str(&words));
	buf_reset(&words);
	if (!d->m.pairs && !strcmp(d->m.down->name, "gpu"))
		buf_puts(p->out, " Bold: the GPU’s own node.");
	if (any_missing(d, true))
		buf_puts(p->out, " A cross: it failed, see the findings.");
	if (any_missing(d, false))
		buf_puts(p->out, " A dash: not measured.");
	for (size_t i = 0, end; i < d->s.n; i = end) {
		end = spread_panel_end(&d->s, i);
		told += name_outliers(d, d->s.row + i, end - i, told);
	}
	if (told > OUTLIERS)
		html_put(p->out, " And %zu more.", told - OUTLIERS);
	if (d->size) {
		words_value(&words, "size", d->size);
		html_put(p->out, " Only %s is drawn; all sizes are in results.csv.", words.s);
	}
	if (d->s.panels > d->panels)
		html_put(p->out, " %zu of %zu panels; the others are in results.csv.", d->panels,
			 d->s.panels);
	buf_puts(p->out, "</figcaption>\n");
	buf_free(&words);
}

/* ---- local against remote ---- */

static void put_other(struct page *p, const struct drawn *d, const struct remote *v,
		      const struct result *other)
{
	double share = remote_share(v, other);
	char percent[16], *node = view_value(d->m.across, other);

	html_put(p->out, "<td>%s</td>", node);
	html_cell(p, d->g, other->s.median);
	html_put(p->out, "<td>%s%s&#8239;%%</td>", share < 0 ? "−" : "+",
		 text_percent(percent, sizeof(percent), share));
	free(node);
}

static void put_remote_rows(const struct drawn *d, const struct remote *v, size_t n)
{
	struct page *p = d->p;
	struct buf words = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		char *gpu = view_value(d->m.down, v[i].local);
		char *node = matrix_home(&d->m, p->r, v[i].local);

		buf_reset(&words);
		words_label(&words, d->m.down->name, gpu);
		if (d->s.panels > 1)
			buf_puts(&words, ", ");
		spread_words(&words, &d->s, d->g, v[i].local, true);
		html_put(p->out, "<tr><th scope=\"row\">%s</th><td>%s</td>", words.s, node);
		html_cell(p, d->g, v[i].local->s.median);
		put_other(p, d, &v[i], v[i].best);
		put_other(p, d, &v[i], v[i].worst);
		buf_puts(p->out, "</tr>\n");
		free(node);
		free(gpu);
	}
	buf_free(&words);
}

static void put_remote_data(const struct drawn *d)
{
	struct remote *v = mem_zalloc(d->m.down->n, sizeof(*v));
	struct page *p = d->p;

	html_fold(p, "Data of local against remote memory");
	html_put(p->out,
		 "<table><caption>%s</caption><thead><tr><th scope=\"col\" class=\"l\">GPU</th>"
		 "<th scope=\"col\">own node</th><th scope=\"col\">there</th>"
		 "<th scope=\"col\">fastest other</th><th scope=\"col\">there</th>"
		 "<th scope=\"col\">against local</th><th scope=\"col\">slowest other</th>"
		 "<th scope=\"col\">there</th><th scope=\"col\">against local</th>"
		 "</tr></thead>\n<tbody>\n",
		 d->g->scale.name);
	for (size_t i = 0, end; i < d->s.n && d->s.row[i].panel < d->panels; i = end) {
		end = spread_panel_end(&d->s, i);
		put_remote_rows(d, v, matrix_remote(v, &d->m, p->r, d->s.row + i, end - i));
	}
	buf_puts(p->out, "</tbody></table>\n");
	html_fold_end(p);
	free(v);
}

static void put_remote(const struct drawn *d, const char *id)
{
	char *drawing_id = mem_printf("%s-near", id);
	struct buf drawing = BUF_INIT;

	svg_remote(&drawing, drawing_id, d->g, &d->s, &d->m, d->p->r, d->panels);
	if (drawing.len) {
		buf_puts(d->p->out, "</figure>\n<figure>\n");
		html_scroll(d->p, "Chart: local against remote memory");
		buf_puts(d->p->out, "<div class=\"panels\">\n");
		buf_add(d->p->out, drawing.s, drawing.len);
		buf_puts(d->p->out, "</div>\n");
		html_scroll_end(d->p);
		buf_puts(d->p->out,
			 "<figcaption>Filled: memory on the GPU’s own node. Square: on the "
			 "fastest and the slowest other one, with by how much the slowest "
			 "differs.</figcaption>\n");
		put_remote_data(d);
	}
	buf_free(&drawing);
	free(drawing_id);
}

void html_matrix(struct page *p, const struct group *g, const char *id)
{
	struct drawn d = {.p = p, .g = g};
	char *label = mem_printf("Chart: %s %s as a matrix", g->bench, g->metric);

	matrix_of(&d.m, g);
	d.panels = most_panels(&d);
	d.size = matrix_spread(&d.s, &d.m, g, d.panels);
	matrix_gates_first(&d.s, g, p->r);
	html_scroll(p, label);
	buf_puts(p->out, "<div class=\"panels\">\n");
	svg_heat(p->out, id, g, &d.s, &d.m, p->r, d.panels);
	buf_puts(p->out, "</div>\n");
	html_scroll_end(p);
	put_caption(&d);
	put_data(&d);
	put_remote(&d, id);
	spread_free(&d.s);
	free(label);
}
