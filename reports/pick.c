/* Which rows a table shows where there are too many: see view_pick. */
#include "view.h"
#include "../harness/base/mem.h"
#include "../harness/formats/key.h"

#include <stdlib.h>
#include <string.h>

#define FEW 8 /* extremes of a matrix, which is drawn whole */

struct choice {
	bool *shown;
	size_t n, max;
};

static void choose(struct choice *c, size_t i)
{
	if (c->shown[i] || c->n >= c->max)
		return;
	c->shown[i] = true;
	c->n++;
}

static void choose_gates(struct choice *c, const struct group *g, const struct report *r)
{
	const char *text = bundle_value(r->data, NULL, "suite.gate");
	char *copy = mem_strdup(text ? text : ""), *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		struct err ignored = ERR_INIT;
		struct key_parts k;

		if (key_parse(w, &k, &ignored))
			continue;
		bool here = !strcmp(k.bench, g->bench) &&
			    (!k.metric[0] || !strcmp(k.metric, g->metric));
		for (size_t i = 0; here && i < g->n; i++)
			if (key_subset(k.labels, g->row[i]->labels))
				choose(c, i);
		key_parts_free(&k);
	}
	free(copy);
}

size_t view_gates(const struct group *g, const struct report *r, size_t max, bool *shown)
{
	struct choice c = {.shown = shown, .max = max};

	memset(shown, 0, g->n * sizeof(*shown));
	choose_gates(&c, g, r);
	return c.n;
}

static bool same_line(const struct group *g, const struct result *a, const struct result *b)
{
	const struct column *swept = view_swept(g);

	for (size_t i = 0; i < g->columns; i++) {
		const struct column *c = &g->column[i];

		if (c != swept && strcmp(c->name, "arm") && view_index(c, a) != view_index(c, b))
			return false;
	}
	return true;
}

/* Rows of a line stand together, what is swept growing; those of several arms side by side. */
static bool is_largest(const struct group *g, size_t i)
{
	for (size_t k = i + 1; k < g->n && same_line(g, g->row[i], g->row[k]); k++)
		if (!strcmp(g->row[k]->arm, g->row[i]->arm))
			return false;
	return true;
}

static void choose_largest(struct choice *c, const struct group *g)
{
	for (size_t i = 0; i < g->n && c->n < c->max; i++)
		if (is_largest(g, i))
			choose(c, i);
}

struct ranked {
	double median;
	size_t i;
};

static int by_median(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	if (a->median != b->median)
		return a->median < b->median ? -1 : 1;
	return (a->i > b->i) - (a->i < b->i);
}

/* Lowest and highest in turn, at most half of what there is room for. */
static void choose_extremes(struct choice *c, const struct group *g, size_t most)
{
	struct ranked *v = mem_zalloc(g->n, sizeof(*v));
	size_t half = (c->max - c->n) / 2, limit = c->n + (half < most ? half : most);

	for (size_t i = 0; i < g->n; i++)
		v[i] = (struct ranked){.median = g->row[i]->s.median, .i = i};
	qsort(v, g->n, sizeof(*v), by_median);
	for (size_t i = 0; i < g->n / 2 && c->n < limit; i++) {
		choose(c, v[i].i);
		choose(c, v[g->n - 1 - i].i);
	}
	free(v);
}

size_t view_pick(const struct group *g, const struct report *r, size_t max, bool *shown)
{
	struct choice c = {.shown = shown, .max = max};

	memset(shown, 0, g->n * sizeof(*shown));
	if (g->n <= max) {
		memset(shown, 1, g->n * sizeof(*shown));
		return g->n;
	}
	for (size_t i = 0; i < g->n; i++)
		if (g->row[i]->status != ST_PASS)
			choose(&c, i);
	choose_gates(&c, g, r);
	if (view_chart(g) == CHART_SWEEP)
		choose_largest(&c, g);
	else
		choose_extremes(&c, g, view_chart(g) == CHART_HEAT ? FEW : g->n);
	for (size_t i = 0; i < g->n; i++)
		if (g->row[i]->reason[0])
			choose(&c, i);
	return c.n;
}
