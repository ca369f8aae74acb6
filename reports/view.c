/* Groups, columns and the choice of rows: see view.h. */
#include "matrix.h"
#include "text.h"
#include "view.h"
#include "../harness/base/mem.h"
#include "../harness/formats/key.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_arm(const struct column *c)
{
	return !strcmp(c->name, "arm");
}

char *view_value(const struct column *c, const struct result *r)
{
	if (is_arm(c))
		return mem_strdup(r->arm);
	char *v = key_get(r->labels, c->name);
	return v ? v : mem_strdup("");
}

/* The values are not sorted yet, but rows are, so that the one met last is the likeliest. */
static bool has_value(const struct column *c, const char *v, size_t len)
{
	for (size_t i = c->n; i-- > 0;)
		if (!strncmp(c->values[i], v, len) && !c->values[i][len])
			return true;
	return false;
}

static void add_value(struct column *c, const char *v, size_t len)
{
	if (has_value(c, v, len))
		return;
	c->values = mem_grow(c->values, c->n, &c->cap, sizeof(*c->values));
	c->values[c->n++] = mem_strndup(v, len);
	c->numeric &= words_number(c->values[c->n - 1], NULL);
}

static int by_value(const void *pa, const void *pb)
{
	return words_order(*(char *const *)pa, *(char *const *)pb);
}

size_t view_index(const struct column *c, const struct result *r)
{
	char *v = view_value(c, r);
	char **found = bsearch(&v, c->values, c->n, sizeof(*c->values), by_value);

	free(v);
	return found ? (size_t)(found - c->values) : 0;
}

static struct column *column_of(struct group *g, const char *name, size_t len)
{
	for (size_t i = 0; i < g->columns; i++)
		if (strlen(g->column[i].name) == len && !memcmp(g->column[i].name, name, len))
			return &g->column[i];
	if (g->columns == VIEW_COLUMNS)
		return NULL;
	struct column *c = &g->column[g->columns++];
	c->name = mem_strndup(name, len);
	c->numeric = true;
	return c;
}

static void add_labels(struct group *g, const struct result *r)
{
	struct column *arm = column_of(g, "arm", 3);

	add_value(arm, r->arm, strlen(r->arm));
	for (const char *p = r->labels; *p;) {
		size_t len = strcspn(p, ","), name = strcspn(p, "=");
		struct column *c = name < len ? column_of(g, p, name) : NULL;

		if (c)
			add_value(c, p + name + 1, len - name - 1);
		p += len + (p[len] == ',');
	}
}

static int by_row(const void *pa, const void *pb)
{
	const struct result *a = *(const struct result *const *)pa;
	const struct result *b = *(const struct result *const *)pb;
	int c = key_compare(a->labels, b->labels);

	if (!c)
		c = strcmp(a->labels, b->labels);
	return c ? c : strcmp(a->arm, b->arm);
}

/* Whether rows of one GPU agree in that column, for each of several GPUs. */
static bool follows(const struct group *g, const struct column *gpu, const struct column *c)
{
	size_t *at = mem_zalloc(gpu->n, sizeof(*at));
	bool same = true;

	for (size_t i = 0; i < g->n; i++) {
		size_t *seen = &at[view_index(gpu, g->row[i])], now = view_index(c, g->row[i]) + 1;

		same &= !*seen || *seen == now;
		*seen = now;
	}
	free(at);
	return same;
}

static void mark_followers(struct group *g)
{
	const struct column *gpu = view_column(g, "gpu");

	for (size_t i = 0; gpu && gpu->n > 1 && i < g->columns; i++)
		if (&g->column[i] != gpu && strcmp(g->column[i].name, "peer") != 0)
			g->column[i].follows_gpu = follows(g, gpu, &g->column[i]);
}

/* As people read labels: the arm, where it was measured, what was done, what is swept last. */
static unsigned rank(const struct column *c)
{
	static const char *const first[] = {"arm",  "gpu",	"gpus", "member",
					    "peer", "cpu_node", "node"};
	unsigned i = 0, n = sizeof(first) / sizeof(first[0]);

	while (i < n && strcmp(c->name, first[i]) != 0)
		i++;
	return !strcmp(c->name, "size") || !strcmp(c->name, "clients") ? n + 1 : i;
}

static int by_column(const void *pa, const void *pb)
{
	const struct column *a = pa, *b = pb;
	unsigned x = rank(a), y = rank(b);

	return x != y ? (x > y) - (x < y) : strcmp(a->name, b->name);
}

/* A row and where its values stand in their columns. */
struct placed {
	const struct result *r;
	size_t at[VIEW_COLUMNS];
};

static int by_place(const void *pa, const void *pb)
{
	const struct placed *a = pa, *b = pb;

	for (size_t i = 0; i < VIEW_COLUMNS; i++)
		if (a->at[i] != b->at[i])
			return a->at[i] < b->at[i] ? -1 : 1;
	return (a->r > b->r) - (a->r < b->r); /* as in the results */
}

/* Rows in the order of the columns; arms, the first column, side by side. */
static void sort_rows(struct group *g)
{
	struct placed *v = mem_zalloc(g->n, sizeof(*v));

	for (size_t i = 0; i < g->n; i++) {
		v[i].r = g->row[i];
		for (size_t c = 0; c < g->columns; c++)
			v[i].at[c ? c - 1 : g->columns - 1] = view_index(&g->column[c], g->row[i]);
	}
	qsort(v, g->n, sizeof(*v), by_place);
	for (size_t i = 0; i < g->n; i++)
		g->row[i] = v[i].r;
	free(v);
}

/*
 * The prefix of the largest number; the one below where that spares the smallest a 0 before its
 * point and costs the largest five digits at most: 345.1 and 2871 GB/s, not 0.3451 and 2.871 TB/s.
 */
static struct scale scale_of(const char *unit, double smallest, double largest)
{
	struct scale s = units_scale(unit, largest), below = units_scale(unit, largest / 1000);

	return smallest < s.factor && largest / below.factor < 1e4 ? below : s;
}

static void finish_group(struct group *g)
{
	double largest = 0, smallest = INFINITY;

	qsort(g->row, g->n, sizeof(*g->row), by_row);
	for (size_t i = 0; i < g->n; i++) {
		add_labels(g, g->row[i]);
		largest = fmax(largest, fabs(g->row[i]->s.median));
		smallest = fmin(smallest, fabs(g->row[i]->s.median));
		g->level += fabs(g->row[i]->s.ci_level - g->row[0]->s.ci_level) > 1e-6;
	}
	for (size_t i = 0; i < g->columns; i++)
		qsort(g->column[i].values, g->column[i].n, sizeof(char *), by_value);
	qsort(g->column, g->columns, sizeof(*g->column), by_column);
	sort_rows(g);
	g->scale = scale_of(g->unit, smallest, largest);
	mark_followers(g);
}

bool view_is_info(const struct group *g)
{
	return !strcmp(g->cls, "info");
}

static int by_group(const void *pa, const void *pb)
{
	const struct group *a = pa, *b = pb;
	int c = strcmp(a->bench, b->bench), info = view_is_info(a) - view_is_info(b);

	return c ? c : info ? info : strcmp(a->metric, b->metric);
}

static struct group *group_of(struct view *v, const struct result *r)
{
	for (size_t i = v->n; i-- > 0;)
		if (!strcmp(v->group[i].bench, r->bench) && !strcmp(v->group[i].metric, r->metric))
			return &v->group[i];
	v->group = mem_grow(v->group, v->n, &v->cap, sizeof(*v->group));
	struct group *g = &v->group[v->n++];
	g->bench = r->bench;
	g->metric = r->metric;
	g->unit = r->unit;
	g->better = r->better;
	g->cls = r->cls;
	return g;
}

void view_make(struct view *v, const struct report *r)
{
	*v = (struct view){.n = 0};
	for (size_t i = 0; i < r->results->n; i++) {
		const struct result *x = &r->results->r[i];

		if (!x->s.n || (r->comparison && !strcmp(x->bench, COMPARE_CONTROL)))
			continue;
		struct group *g = group_of(v, x);
		g->row = mem_grow(g->row, g->n, &g->cap, sizeof(*g->row));
		g->row[g->n++] = x;
	}
	for (size_t i = 0; i < v->n; i++)
		finish_group(&v->group[i]);
	if (v->n)
		qsort(v->group, v->n, sizeof(*v->group), by_group);
}

void view_free(struct view *v)
{
	for (size_t i = 0; i < v->n; i++) {
		struct group *g = &v->group[i];

		for (size_t c = 0; c < g->columns; c++) {
			for (size_t k = 0; k < g->column[c].n; k++)
				free(g->column[c].values[k]);
			free(g->column[c].values);
			free(g->column[c].name);
		}
		free(g->row);
	}
	free(v->group);
	*v = (struct view){.n = 0};
}

const struct column *view_column(const struct group *g, const char *name)
{
	for (size_t i = 0; i < g->columns; i++)
		if (!strcmp(g->column[i].name, name))
			return &g->column[i];
	return NULL;
}

bool view_worse(const struct result *r)
{
	return r->status != ST_PASS || strstr(r->reason, "slower than its siblings");
}

const struct column *view_swept(const struct group *g)
{
	static const struct {
		const char *name;
		size_t least; /* values: fewer are no curve */
	} axes[] = {{"size", 4}, {"clients", 3}};

	for (size_t i = 0; i < sizeof(axes) / sizeof(axes[0]); i++) {
		const struct column *c = view_column(g, axes[i].name);

		if (c && c->numeric && c->n >= axes[i].least)
			return c;
	}
	return NULL;
}

const char *view_swept_text(char *out, size_t n, const struct column *swept, double v)
{
	if (!strcmp(swept->name, "size"))
		return units_size(out, n, v);
	snprintf(out, n, "%g", v);
	return out;
}

enum chart view_chart(const struct group *g)
{
	struct matrix m;
	bool several = false;

	if (matrix_of(&m, g))
		return CHART_HEAT;
	if (view_swept(g))
		return CHART_SWEEP;
	for (size_t i = 0; i < g->n; i++)
		several |= g->row[i]->processes_valid > 1;
	return several || g->n > 1 ? CHART_DOTS : CHART_NONE;
}

size_t view_stride(const struct group *g)
{
	const struct column *swept = view_swept(g);

	return swept && swept->n > 48 ? (swept->n + 47) / 48 : 1;
}

void view_precision(struct buf *out, const struct group *g)
{
	double most = NAN;
	char text[16];

	for (size_t i = 0; i < g->n; i++)
		most = fmax(most, text_halfwidth(g->row[i])); /* fmax passes over NaN */
	if (!isnan(most))
		buf_printf(out, "± %s %% at most", text_percent(text, sizeof(text), most));
}

void view_constants(struct buf *out, const struct group *g)
{
	for (size_t i = 0; i < g->columns; i++) {
		const struct column *c = &g->column[i];

		if (c->n != 1 || is_arm(c))
			continue;
		if (out->len)
			buf_puts(out, ", ");
		words_name(out, c->name);
		buf_putc(out, ' ');
		words_value(out, c->name, c->values[0]);
	}
}

void view_words(struct buf *out, const struct group *g, const struct result *r, const bool *in)
{
	const char *last = NULL;

	for (size_t i = 0; i < g->columns; i++) {
		const char *name = g->column[i].name;

		if (!in[i])
			continue;
		char *v = view_value(&g->column[i], r);
		bool pair = last && !strcmp(last, "gpu") && !strcmp(name, "peer");
		buf_puts(out, pair ? " to " : last ? ", " : "");
		words_label(out, pair ? "gpu" : name, v);
		last = name;
		free(v);
	}
}

static bool one_value(const struct group *g, const bool *shown, const struct column *c)
{
	size_t value = c->n;

	for (size_t i = 0; i < g->n && c->n > 1; i++) {
		size_t v = shown && !shown[i] ? value : view_index(c, g->row[i]);

		if (v != value && value < c->n)
			return false;
		value = v;
	}
	return true;
}

void view_telling(const struct group *g, const bool *shown, bool *in, bool *shared)
{
	for (size_t i = 0; i < g->columns; i++) {
		const struct column *c = &g->column[i];
		bool varies = c->n > 1 && !c->follows_gpu, one = one_value(g, shown, c);

		in[i] = varies && !one;
		if (shared)
			shared[i] = varies && one;
	}
}

void view_row_words(struct buf *out, const struct group *g, const struct result *r)
{
	size_t before = out->len;
	bool in[VIEW_COLUMNS];

	view_telling(g, NULL, in, NULL);
	view_words(out, g, r, in);
	if (out->len == before)
		buf_puts(out, r->metric);
}
