/* Which labels span a matrix, and what stands out in it: see matrix.h. */
#include "matrix.h"
#include "text.h"
#include "../harness/base/mem.h"
#include "../harness/formats/key.h"
#include "../harness/judge/words.h"
#include "../harness/stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Labels that are both ends of a path; the first pair that the rows fill is taken. */
static const char *const ends[][2] = {{"gpu", "peer"}, {"cpu_node", "node"}, {"gpu", "node"}};

#define N_ENDS (sizeof(ends) / sizeof(ends[0]))

size_t matrix_cell(const struct matrix *m, const struct result *r)
{
	return view_index(m->down, r) * m->across->n + view_index(m->across, r);
}

bool matrix_no_pair(const struct matrix *m, size_t cell)
{
	return m->pairs && !strcmp(m->down->values[cell / m->across->n],
				   m->across->values[cell % m->across->n]);
}

static bool mostly_filled(const struct matrix *m, const struct group *g)
{
	size_t cells = m->down->n * m->across->n, possible = 0, filled = 0;
	bool *seen = mem_zalloc(cells, sizeof(*seen));

	for (size_t i = 0; i < g->n; i++)
		seen[matrix_cell(m, g->row[i])] = true;
	for (size_t i = 0; i < cells; i++) {
		possible += !matrix_no_pair(m, i);
		filled += seen[i];
	}
	free(seen);
	return 2 * filled > possible;
}

bool matrix_of(struct matrix *m, const struct group *g)
{
	for (size_t i = 0; i < N_ENDS; i++) {
		*m = (struct matrix){
			.down = view_column(g, ends[i][0]),
			.across = view_column(g, ends[i][1]),
			.pairs = !strcmp(ends[i][1], "peer"),
		};
		if (m->down && m->across && m->across->n > 1 && mostly_filled(m, g))
			return true;
	}
	return false;
}

const struct result **matrix_grid(const struct matrix *m, const struct spread_row *row, size_t n)
{
	const struct result **grid =
		mem_zalloc(m->down->n * m->across->n, sizeof(const struct result *));

	for (size_t i = 0; i < n; i++)
		grid[matrix_cell(m, row[i].r)] = row[i].r;
	return grid;
}

const char *matrix_spread(struct spread *s, const struct matrix *m, const struct group *g,
			  size_t max_panels)
{
	const char *const both[] = {m->down->name, m->across->name};
	const struct column *size = view_column(g, "size");

	spread_make(s, g, both, 2, 1);
	if (s->panels <= max_panels || !size || size->n < 2)
		return NULL;
	size_t wanted = strcmp(g->better, "lower") ? size->n - 1 : 0;
	struct group few = *g;

	few.row = mem_zalloc(g->n, sizeof(*few.row));
	few.n = 0;
	for (size_t i = 0; i < g->n; i++)
		if (view_index(size, g->row[i]) == wanted)
			few.row[few.n++] = g->row[i];
	spread_free(s);
	spread_make(s, &few, both, 2, 1);
	free(few.row);
	return size->values[wanted];
}

/* Whether that row agrees with a cell of the panel of `like` in every label that it has. */
static bool is_of_cell(const struct matrix *m, const struct result *x, const struct result *like,
		       const char *down, const char *across)
{
	for (const char *s = x->labels; *s;) {
		size_t len = strcspn(s, ","), name = strcspn(s, "="), n;
		char *label = mem_strndup(s, name);
		const char *want = !strcmp(label, m->down->name)     ? down
				   : !strcmp(label, m->across->name) ? across
								     : NULL;
		const char *has = want ? want : key_find(like->labels, label, &n);

		n = want ? strlen(want) : n;
		free(label);
		if (has && (len - name - 1 != n || memcmp(has, s + name + 1, n)))
			return false;
		s += len + (s[len] == ',');
	}
	return true;
}

bool matrix_failed(const struct matrix *m, const struct report *r, const struct result *like,
		   size_t cell)
{
	const char *down = m->down->values[cell / m->across->n],
		   *across = m->across->values[cell % m->across->n];

	for (size_t i = 0; i < r->results->n; i++) {
		const struct result *x = &r->results->r[i];
		bool failed = !x->s.n && x->status != ST_PASS && x->status != ST_SKIP;
		/* of a step that failed in one case, the cases tell which */
		if (failed && !x->of_step && !strcmp(x->bench, like->bench) &&
		    !strcmp(x->arm, like->arm) && is_of_cell(m, x, like, down, across))
			return true;
	}
	return false;
}

void matrix_gates_first(struct spread *s, const struct group *g, const struct report *r)
{
	bool *gate = mem_zalloc(g->n, sizeof(*gate)),
	     *first = mem_zalloc(s->panels, sizeof(*first));

	view_gates(g, r, g->n, gate);
	for (size_t i = 0; i < g->n; i++)
		for (size_t k = 0; gate[i] && k < s->n; k++)
			first[s->row[k].panel] |= s->row[k].r == g->row[i];
	spread_first(s, first);
	free(first);
	free(gate);
}

char *matrix_home(const struct matrix *m, const struct report *r, const struct result *x)
{
	char *end = view_value(m->down, x);

	if (!strcmp(m->down->name, "cpu_node"))
		return end;
	/* an instance of a GPU (0:7.0) is where its GPU is */
	char *key = mem_printf("gpu.%.*s.numa_node", (int)strcspn(end, ":"), end);
	const char *node = bundle_value(r->data, x->arm, key);

	free(end);
	free(key);
	return node && node[0] != '-' ? mem_strdup(node) : NULL;
}

enum nearness matrix_nearness(const struct matrix *m, const struct report *r,
			      const struct result *x)
{
	if (m->pairs)
		return NEAR_UNKNOWN;
	char *home = matrix_home(m, r, x), *node = view_value(m->across, x);
	enum nearness near = !home					     ? NEAR_UNKNOWN
			     : !strcmp(home, node) || !strcmp(node, "local") ? NEAR_LOCAL
									     : NEAR_REMOTE;

	free(home);
	free(node);
	return near;
}

static bool faster(const struct result *a, const struct result *b)
{
	return strcmp(a->better, "lower") ? a->s.median > b->s.median : a->s.median < b->s.median;
}

size_t matrix_remote(struct remote *out, const struct matrix *m, const struct report *r,
		     const struct spread_row *row, size_t n)
{
	struct remote *of = mem_zalloc(m->down->n, sizeof(*of));
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		const struct result *x = row[i].r;
		enum nearness near = matrix_nearness(m, r, x);
		struct remote *o = &of[view_index(m->down, x)];

		if (near == NEAR_LOCAL)
			o->local = x;
		else if (near == NEAR_REMOTE && (!o->best || faster(x, o->best)))
			o->best = x;
		if (near == NEAR_REMOTE && (!o->worst || faster(o->worst, x)))
			o->worst = x;
	}
	for (size_t i = 0; i < m->down->n && !strcmp(m->down->name, "gpu"); i++)
		if (of[i].local && of[i].best)
			out[k++] = of[i];
	free(of);
	return k;
}

double remote_share(const struct remote *x, const struct result *other)
{
	return other->s.median / x->local->s.median - 1;
}

/*
 * Values of one kind are meant to be alike: local or remote, and of nodes without CPUs, which are
 * GPUs' memory, apart from the others. -1: nothing is known that it should be like.
 */
enum { KIND_GPU_MEMORY = NEAR_REMOTE + 1, KINDS = KIND_GPU_MEMORY + 2 };

/* The node of the GPU whose memory that node is, NULL where nobody says so. */
static const char *node_of_owner(const struct report *r, const char *arm, const char *node)
{
	for (size_t i = 0; i < r->data->n_manifest; i++) {
		const struct manifest_row *m = &r->data->manifest[i];
		const char *field = strstr(m->key, ".memory_node");

		if (!field || strncmp(m->key, "gpu.", 4) || strcmp(m->arm, arm) != 0 ||
		    strcmp(m->value, node) != 0)
			continue;
		char *key = mem_printf("%.*s.numa_node", (int)(field - m->key), m->key);
		const char *home = bundle_value(r->data, arm, key);

		free(key);
		return home;
	}
	return NULL;
}

static int kind_of(const struct matrix *m, const struct report *r, const struct result *x)
{
	if (m->pairs)
		return NEAR_UNKNOWN;
	char *node = view_value(m->across, x), *home = matrix_home(m, r, x);
	char *key = mem_printf("node.%s.cpus", node);
	const char *cpus = bundle_value(r->data, x->arm, key),
		   *owner = node_of_owner(r, x->arm, node);
	int kind = !cpus || cpus[0]  ? (int)matrix_nearness(m, r, x)
		   : !owner || !home ? -1
				     : KIND_GPU_MEMORY + (strcmp(owner, home) != 0);

	free(key);
	free(home);
	free(node);
	return kind;
}

/* Off the median of the rows of its kind, NaN where that is too little or they are too few. */
static void off_their_kind(const int *kind, int which, const struct spread_row *row, size_t n,
			   double *off)
{
	double *v = mem_zalloc(n, sizeof(*v));
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (kind[i] == which)
			v[k++] = row[i].r->s.median;
	if (k >= 3) {
		stats_sort(v, k);
		double median = stats_median(v, k);

		for (size_t i = 0; median > 0 && i < n; i++) {
			double share = row[i].r->s.median / median - 1;

			if (kind[i] == which && fabs(share) > 0.1)
				off[i] = share;
		}
	}
	free(v);
}

void matrix_outliers(const struct matrix *m, const struct report *r, const struct spread_row *row,
		     size_t n, bool *out, double *off)
{
	int *kind = mem_zalloc(n, sizeof(*kind));
	const struct result *first = row[0].r;
	bool judged = bundle_metric(r->data, first->bench, first->metric, "siblings")[0] != '\0';

	for (size_t i = 0; i < n; i++) {
		kind[i] = judged ? -1 : kind_of(m, r, row[i].r);
		off[i] = NAN;
	}
	for (int k = 0; !judged && k < KINDS; k++)
		off_their_kind(kind, k, row, n, off);
	for (size_t i = 0; i < n; i++) {
		bool worse = view_worse(row[i].r);

		out[i] = worse || !isnan(off[i]);
		off[i] = worse ? NAN : off[i];
	}
	free(kind);
}

void matrix_outlier_words(struct buf *out, const struct group *g, const struct result *r,
			  double off, const struct result *before)
{
	char percent[16], value[48];

	view_row_words(out, g, r);
	buf_printf(out, ", %s: ", units_show(value, sizeof(value), r->s.median, g->unit));
	if (!isnan(off))
		buf_printf(out, "%s %% %s the median of its kind",
			   text_percent(percent, sizeof(percent), off),
			   off > 0 ? "above" : "below");
	else if (before && !strcmp(before->reason, r->reason))
		buf_puts(out, "the same");
	else { /* what to do about it stands with the findings */
		char *found = mem_strndup(r->reason, strcspn(r->reason, ";"));

		words_cut(out, found, 130);
		free(found);
	}
}
