/* What every way of comparing ends with: order, counts, the exit code, verdicts.csv. */
#include "../base/mem.h"
#include "../base/units.h"
#include "../formats/csv.h"
#include "../formats/key.h"
#include "compare_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOISY 0.06 /* typical detectable shift beyond which a machine is too noisy to tell */

const char *comparison_keep(struct comparison *c, char *text)
{
	c->text = mem_grow(c->text, c->n_text, &c->cap_text, sizeof(*c->text));
	c->text[c->n_text++] = text;
	return text;
}

struct compared *comparison_add(struct comparison *c)
{
	c->row = mem_grow(c->row, c->n, &c->cap, sizeof(*c->row));
	struct compared *row = &c->row[c->n++];

	*row = (struct compared){
		.unit = "",
		.better = "",
		.cls = "",
		.reason = "",
		.a = NAN,
		.b = NAN,
		.ratio = NAN,
		.lo = NAN,
		.hi = NAN,
		.detectable = NAN,
		.decision = {.look = {.why = UNRESOLVED_FEW, .mean = NAN, .half = NAN}},
	};
	return row;
}

static int by_role_and_key(const void *pa, const void *pb)
{
	const struct compared *a = pa, *b = pb;
	const struct result ka = {
		.arm = "", .bench = a->bench, .metric = a->metric, .labels = a->labels};
	const struct result kb = {
		.arm = "", .bench = b->bench, .metric = b->metric, .labels = b->labels};

	if (a->role != b->role)
		return a->role < b->role ? -1 : 1;
	return result_by_key(&ka, &kb);
}

void comparison_sort(struct comparison *c)
{
	if (c->n)
		qsort(c->row, c->n, sizeof(*c->row), by_role_and_key);
}

void compared_settle(struct compared *row)
{
	const struct look *l = &row->decision.look;

	if (!l->k)
		return;
	row->ratio = expm1(l->mean);
	row->lo = expm1(l->mean - l->half);
	row->hi = expm1(l->mean + l->half);
	row->detectable = expm1(l->detectable);
}

/* ---- the end ---- */

/* What was found needs no finding: those gates say nothing about what a run cannot see. */
static bool is_found(const struct compared *row)
{
	enum verdict v = row->decision.look.verdict;

	return v == VERDICT_REGRESSED || v == VERDICT_IMPROVED;
}

static double typical_detectable(const struct comparison *c)
{
	double *v = mem_zalloc(c->n + 1, sizeof(*v)), median = NAN;
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->row[i].role == ROLE_GATE && isfinite(c->row[i].detectable) &&
		    !is_found(&c->row[i]))
			v[n++] = c->row[i].detectable;
	if (n) {
		stats_sort(v, n);
		median = stats_median(v, n);
	}
	free(v);
	return median;
}

static void count_row(struct comparison *c, const struct compared *row)
{
	enum verdict v = row->decision.look.verdict;
	unsigned valid = 0;

	for (size_t i = 0; i < row->pairs; i++)
		valid += row->pair[i].valid;
	if (row->role == ROLE_CONTROL)
		c->unproven |= is_found(row);
	if (row->role == ROLE_SCREEN && row->candidate && c->kind == COMPARE_BLOCKS)
		c->confirmed[v]++;
	if (row->role != ROLE_GATE)
		return;
	if (c->kind == COMPARE_BLOCKS && valid > c->blocks)
		c->blocks = valid;
	c->of_gates[v]++;
	c->skipped += row->skipped;
	c->not_worse += v == VERDICT_INCONCLUSIVE && row->decision.look.why == UNRESOLVED_NOT_WORSE;
}

static enum exit_code gates_exit(const struct comparison *c)
{
	bool any = false;

	for (size_t i = 0; i < c->n; i++)
		any |= isfinite(c->row[i].a) && isfinite(c->row[i].b);
	if (!any)
		return EXIT_NOTHING;
	if (c->unproven) /* what the gates show may be the machine's own change */
		return EXIT_INCONCLUSIVE;
	if (c->of_gates[VERDICT_REGRESSED])
		return EXIT_FAILED;
	return c->noisy || c->of_gates[VERDICT_INCONCLUSIVE] > c->not_worse + c->skipped
		       ? EXIT_INCONCLUSIVE
		       : EXIT_PASSED;
}

/* Where nothing was judged, nothing has passed. */
enum exit_code comparison_gate_exit(const struct comparison *c)
{
	enum exit_code exit = gates_exit(c);

	return !c->gates && exit == EXIT_PASSED ? EXIT_INCONCLUSIVE : exit;
}

static enum exit_code exit_of(const struct comparison *c)
{
	/* only blocks judge more than gates */
	enum exit_code gates = c->kind == COMPARE_BLOCKS ? gates_exit(c) : comparison_gate_exit(c);

	if (gates == EXIT_NOTHING || gates == EXIT_FAILED || c->unproven)
		return gates;
	if (c->confirmed[VERDICT_REGRESSED])
		return EXIT_FAILED;
	/* measured again and undecided: shown, no alarm; not measured again: open */
	for (size_t i = 0; i < c->n; i++)
		if (c->row[i].candidate && c->row[i].decision.wants)
			return EXIT_INCONCLUSIVE;
	return gates;
}

void comparison_finish(struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++)
		count_row(c, &c->row[i]);
	c->detectable = typical_detectable(c);
	c->noisy = c->detectable > NOISY;
	c->exit = exit_of(c);
	for (size_t i = 0; i < c->n; i++) {
		struct compared *row = &c->row[i];
		char *why = *row->reason ? NULL : compared_reason(c, row);

		if (why)
			row->reason = comparison_keep(c, why);
	}
	comparison_words(c);
}

void comparison_free(struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->row[i].pair);
	for (size_t i = 0; i < c->n_text; i++)
		free(c->text[i]);
	free(c->row);
	free(c->text);
	*c = (struct comparison){.n = 0};
}

/* ---- verdicts.csv ---- */

static const char *role_name(enum role r)
{
	return r == ROLE_GATE ? "gate" : r == ROLE_CONTROL ? "control" : "screen";
}

struct cells {
	char text[16][40];
	size_t n;
};

static const char *number(struct cells *c, double v)
{
	return isfinite(v) ? units_exact(c->text[c->n++], sizeof(c->text[0]), v) : "";
}

static const char *count(struct cells *c, unsigned v)
{
	snprintf(c->text[c->n], sizeof(c->text[0]), "%u", v);
	return c->text[c->n++];
}

/* "" of a screen that fresh blocks were not to confirm. */
static const char *verdict_of(const struct comparison *c, const struct compared *row)
{
	if (row->role == ROLE_SCREEN && (c->kind != COMPARE_BLOCKS || !row->candidate))
		return "";
	return verdict_name(row->decision.look.verdict);
}

static void verdict_row(struct buf *out, const struct comparison *c, const struct compared *row)
{
	struct cells n = {.n = 0};
	unsigned valid = 0;

	for (size_t i = 0; i < row->pairs; i++)
		valid += row->pair[i].valid;
	const char *const f[] = {
		c->a,
		c->b,
		row->bench,
		row->metric,
		row->labels,
		row->unit,
		row->better,
		role_name(row->role),
		number(&n, row->a),
		number(&n, row->b),
		number(&n, row->ratio),
		number(&n, row->lo),
		number(&n, row->hi),
		number(&n, row->margin),
		verdict_of(c, row),
		count(&n, row->decision.look.k),
		count(&n, valid),
		count(&n, row->lost_a),
		count(&n, row->lost_b),
		count(&n, row->strays_a),
		count(&n, row->strays_b),
		number(&n, row->detectable),
		row->reason,
	};

	csv_row(out, f, sizeof(f) / sizeof(f[0]));
}

void comparison_csv(struct buf *out, const struct comparison *c)
{
	buf_puts(out, "side_a,side_b,bench,metric,labels,unit,better,role,a,b,shift,lo,hi,margin,"
		      "verdict,blocks,valid,lost_a,lost_b,strays_a,strays_b,detectable,reason\n");
	for (size_t i = 0; i < c->n; i++)
		verdict_row(out, c, &c->row[i]);
}
