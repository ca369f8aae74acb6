/*
 * Pairs: one block of one key, a process of each arm. Walks the steps that ended, so that a block
 * whose process gave no number is seen too. A block that was measured again lies in layers: the
 * last attempt counts, earlier ones only say what each arm lost.
 */
#include "compare_parts.h"
#include "../base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- layers ---- */

/* The step rows of a layer's own data that its list leaves out: those of earlier attempts. */
static size_t earlier(struct step_row **out, const struct bundle_data *d, const struct layer *l)
{
	size_t n = 0, cap = 0;

	*out = NULL;
	for (size_t i = 0; i < d->n_steps; i++) {
		const struct step_row *s = &d->steps[i];
		const struct ended *last =
			ended_find(l->list, l->n, s->arm, s->step, s->block, s->process);

		if (!last || last->row->attempt <= s->attempt)
			continue;
		*out = mem_grow(*out, n, &cap, sizeof(**out));
		(*out)[n++] = *s;
	}
	return n;
}

static struct layer *add_layer(struct arms *a)
{
	a->layer = mem_grow(a->layer, a->layers, &a->cap, sizeof(*a->layer));
	return &a->layer[a->layers++];
}

int arms_open(struct arms *a, const struct bundle_data *d, const struct results *r, struct err *e)
{
	struct bundle_data older = *d; /* a view: owns nothing */
	struct layer *l = add_layer(a);
	struct step_row *rows;
	size_t n;
	int rc = 0;

	a->d = d;
	l->r = r;
	l->list = ended_list(d, &l->n);
	while (!rc && (n = earlier(&rows, &older, l))) {
		older.steps = rows;
		older.n_steps = n;
		l = add_layer(a);
		l->rows = rows;
		l->list = ended_list(&older, &l->n);
		rc = results_make(&l->own, &older, e);
	}
	for (size_t i = 1; i < a->layers; i++) /* they do not move any more */
		a->layer[i].r = &a->layer[i].own;
	return rc;
}

void arms_close(struct arms *a)
{
	for (size_t i = 0; i < a->layers; i++) {
		results_free(&a->layer[i].own);
		free(a->layer[i].rows);
		free(a->layer[i].list);
	}
	free(a->layer);
}

/* ---- what one arm has to say about one block ---- */

static int by_key(const void *a, const void *b)
{
	return result_by_key(a, b);
}

const struct result *arms_result(const struct layer *l, const char *arm, const struct compared *row)
{
	struct result want = {
		.arm = arm, .bench = row->bench, .metric = row->metric, .labels = row->labels};

	return l->r->n ? bsearch(&want, l->r->r, l->r->n, sizeof(want), by_key) : NULL;
}

/* One arm in one block. */
struct side {
	bool ran;     /* a process ended */
	double first; /* when the first one started */
	double value; /* median over its valid processes: one, or more of control; NaN if none */
	const char *cause; /* why there is none */
};

static const char *lower_status(enum status s)
{
	static const char *const words[ST_N] = {
		[ST_FAIL] = "failed",	    [ST_SKIP] = "skipped", [ST_ERROR] = "error",
		[ST_TIMEOUT] = "timed out", [ST_BUSY] = "busy",
	};

	return words[s];
}

static int by_place(const void *pa, const void *pb)
{
	const struct process_result *a = pa, *b = pb;

	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	if (a->step != b->step)
		return a->step < b->step ? -1 : 1;
	return (a->process > b->process) - (a->process < b->process);
}

/* Why one process gave nothing that can be compared; NULL with its value where it did. */
static const char *why_not(const struct step_row *row, const struct result *r, double *v)
{
	struct process_result want = {
		.block = row->block, .step = row->step, .process = row->process};
	const struct process_result *p = NULL;

	if (row->status)
		return lower_status(row->status);
	if (r && r->untrue)
		return r->above_ceiling ? "above the physical ceiling" : "memory misplaced";
	if (r && r->processes)
		p = bsearch(&want, r->process, r->processes, sizeof(want), by_place);
	if (!p)
		return "no number";
	*v = p->median;
	return !p->valid ? p->cause : isfinite(p->median) && p->median > 0 ? NULL : "not positive";
}

/* list: the n ended processes of one block and step, of both arms. */
static struct side side_of(const struct ended *list, size_t n, const char *arm,
			   const struct result *r)
{
	struct side s = {.value = NAN, .first = INFINITY, .cause = "not measured"};
	double *v = mem_zalloc(n, sizeof(*v));
	size_t have = 0;

	for (size_t i = 0; i < n; i++) {
		const struct step_row *row = list[i].row;

		if (strcmp(row->arm, arm) != 0)
			continue;
		const char *cause = why_not(row, r, &v[have]);
		s.cause = cause ? cause : s.cause;
		have += !cause;
		s.ran = true;
		s.first = fmin(s.first, row->start_s);
	}
	if (have) {
		stats_sort(v, have);
		s.value = stats_median(v, have);
		s.cause = NULL;
	}
	free(v);
	return s;
}

/* ---- pairs ---- */

static struct pair make_pair(const struct arms *a, const struct compared *row, unsigned block,
			     const struct side side[2])
{
	struct pair p = {.block = block,
			 .a = side[0].value,
			 .b = side[1].value,
			 .d = NAN,
			 .b_first = side[1].first < side[0].first,
			 .cause = ""};
	int bad = side[0].cause ? 0 : 1;

	p.valid = !side[0].cause && !side[1].cause;
	if (p.valid)
		p.d = strcmp(row->better, "higher") ? log(p.b / p.a) : log(p.a / p.b);
	else
		p.cause = comparison_keep(a->out,
					  mem_printf("%s: %s", a->name[bad], side[bad].cause));
	return p;
}

/* The first of the step's entries in the list that is sorted by step. */
static size_t first_of_step(const struct layer *l, unsigned step)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->list[mid].row->step < step)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The row's blocks in one layer: adds to out (NULL: only counts what was lost). */
static void walk(const struct arms *a, const struct layer *l, const struct compared *row,
		 unsigned from, unsigned to, struct pair **out, size_t *n, unsigned lost[2])
{
	const struct result *r[2];
	size_t cap = 0;

	for (int k = 0; k < 2; k++)
		r[k] = arms_result(l, a->name[k], row);
	for (size_t i = first_of_step(l, row->step), end; i < l->n; i = end) {
		unsigned block = l->list[i].row->block;
		struct side side[2];

		if (l->list[i].row->step != row->step)
			return;
		for (end = i + 1; end < l->n && l->list[end].row->step == row->step &&
				  l->list[end].row->block == block;
		     end++)
			;
		if (block < from || block >= to)
			continue;
		for (int k = 0; k < 2; k++) {
			side[k] = side_of(l->list + i, end - i, a->name[k], r[k]);
			lost[k] += side[k].ran && side[k].cause;
		}
		if (!out)
			continue;
		*out = mem_grow(*out, *n, &cap, sizeof(**out));
		(*out)[(*n)++] = make_pair(a, row, block, side);
	}
}

size_t arms_pairs(const struct arms *a, const struct compared *row, unsigned from, unsigned to,
		  struct pair **out, unsigned lost[2])
{
	size_t n = 0;

	*out = NULL;
	lost[0] = lost[1] = 0;
	for (size_t i = 0; i < a->layers; i++)
		walk(a, &a->layer[i], row, from, to, i ? NULL : out, &n, lost);
	return n;
}
