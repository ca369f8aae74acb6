/*
 * Two arms of one bundle: which of its metrics take part in which role, their pairs
 * (compare_pairs.c), a verdict each by the rule (verdict.c), words (compare_words.c). The promise
 * is shared among what was planned before block 1, so what was skipped or failed counts as well.
 *
 * Known error: which arm a stray belongs to is told from its distance to its own arm's median.
 */
#include "compare.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "../formats/key.h"
#include "compare_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TICK_SHARE 0.0005 /* a sample lasts at least 2000 ticks of its timer */

bool comparison_is_ab(const struct bundle_data *d)
{
	const char *a = bundle_value(d, "", "ab.a"), *b = bundle_value(d, "", "ab.b");

	return a && b && *a && *b;
}

/* ---- what the manifest says ---- */

static unsigned planned(const struct bundle_data *d, const char *key)
{
	const char *v = bundle_value(d, "", key);
	uint64_t n;

	return v && !units_parse_u64(v, &n) && n < 1000000 ? (unsigned)n : 0;
}

static int margin_of(const struct bundle_data *d, const char *key, double *out, struct err *e)
{
	const char *v = bundle_value(d, "", key);
	char *end;

	if (!v)
		return -ENOENT;
	*out = strtod(v, &end);
	if (*v && !*end && *out > 0 && *out < 1)
		return 0;
	return err_at(e, EINVAL, d->dir, 0,
		      "manifest.csv: %s should be a share between 0 and 1, not \"%s\"", key, v);
}

static int class_margin(const struct bundle_data *d, const char *cls, double *out, struct err *e)
{
	char *key = mem_printf("ab.margin.%s", cls);
	int rc = margin_of(d, key, out, e);

	free(key);
	if (rc == -ENOENT)
		rc = margin_of(d, "ab.margin", out, e);
	if (rc == -ENOENT) {
		*out = compare_margin(COMPARE_BLOCKS, cls);
		rc = 0;
	}
	return rc;
}

/* Timer tick / sample duration, of the arm where it is larger. */
static double tick_share(const struct arms *a, const struct compared *row)
{
	double q = 0;

	for (int k = 0; k < 2; k++) {
		const struct manifest_row *f = bundle_fact(a->d, a->name[k], "tick", row->bench,
							   row->metric, row->labels, NULL);
		double v = f ? strtod(f->value, NULL) : TICK_SHARE;

		q = fmax(q, v >= 0 && v < 1 ? v : TICK_SHARE);
	}
	return q;
}

/* ---- rows ---- */

static void add_row(struct arms *a, const struct result *r, const char *patterns)
{
	struct compared *row = comparison_add(a->out);

	row->bench = r->bench;
	row->metric = r->metric;
	row->labels = r->labels;
	row->unit = r->unit;
	row->better = r->better;
	row->cls = r->cls;
	row->step = r->process[0].step;
	row->role = !strcmp(r->bench, COMPARE_CONTROL)			    ? ROLE_CONTROL
		    : key_matches(patterns, r->bench, r->metric, r->labels) ? ROLE_GATE
									    : ROLE_SCREEN;
}

/* Every metric that one arm or both measured, but those that no better or worse is known of. */
static void add_rows(struct arms *a, const char *patterns)
{
	const struct layer *l = &a->layer[0];

	for (size_t i = 0; i < l->r->n; i++) {
		const struct result *r = &l->r->r[i];
		const struct compared key = {
			.bench = r->bench, .metric = r->metric, .labels = r->labels};
		bool in_a = !strcmp(r->arm, a->name[0]), in_b = !strcmp(r->arm, a->name[1]);

		if (!r->metric[0] || !r->processes || !compare_takes(r->cls, r->better))
			continue;
		if (in_a || (in_b && !arms_result(l, a->name[0], &key)))
			add_row(a, r, patterns);
	}
}

/* Valid differences in the order of their blocks; at most VERDICT_MOST. */
static size_t differences(const struct pair *p, size_t n, double *d)
{
	size_t have = 0;

	for (size_t i = 0; i < n && have < VERDICT_MOST; i++)
		if (p[i].valid)
			d[have++] = p[i].d;
	return have;
}

/* Median of one side over the first k valid pairs. */
static double side_median(const struct pair *p, size_t n, size_t k, bool b)
{
	double v[VERDICT_MOST];
	size_t have = 0;

	for (size_t i = 0; i < n && have < k && have < VERDICT_MOST; i++)
		if (p[i].valid)
			v[have++] = b ? p[i].b : p[i].a;
	if (!have)
		return NAN;
	stats_sort(v, have);
	return stats_median(v, have);
}

/* Marks strays among the pairs that the deciding look saw, and the arm that each belongs to. */
static void mark_strays(struct compared *row, const double *d, size_t n)
{
	unsigned k = row->decision.look.k, seen = 0;

	if (!k)
		return;
	double limit = verdict_stray_limit(d, n < k ? n : k, row->margin);
	for (size_t i = 0; i < row->pairs && seen < k; i++) {
		struct pair *p = &row->pair[i];

		if (!p->valid)
			continue;
		seen++;
		if (fabs(p->d - row->decision.look.mean) <= limit)
			continue;
		p->stray_b = fabs(log(p->b / row->b)) > fabs(log(p->a / row->a));
		p->stray_a = !p->stray_b;
		row->strays_a += p->stray_a;
		row->strays_b += p->stray_b;
	}
}

static void decide(struct decision *out, const struct compared *row, const double *d, size_t n,
		   double q, const struct verdict_family *f)
{
	unsigned a = row->lost_a, b = row->lost_b;
	struct verdict_series s = {
		.d = d,
		.n = n,
		.margin = row->margin,
		.q = q,
		.lopsided = (a > b ? a - b : b - a) >= VERDICT_LOPSIDED,
	};

	verdict_decide(out, &s, f);
}

/* A gate or a control: its blocks, its verdict. */
static void judge_gate(const struct arms *a, struct compared *row, const struct verdict_family *f)
{
	double d[VERDICT_MOST];
	size_t n = differences(row->pair, row->pairs, d);

	decide(&row->decision, row, d, n, tick_share(a, row), f);
	size_t k = row->decision.look.k ? row->decision.look.k : n;
	row->a = side_median(row->pair, row->pairs, k, false);
	row->b = side_median(row->pair, row->pairs, k, true);
	compared_settle(row);
	mark_strays(row, d, n);
}

/* ---- screens ---- */

/* The mean of the first blocks: no verdict, only whether it is worth confirming. */
static double screen_mean(const struct arms *a, struct compared *row,
			  const struct verdict_family *f)
{
	double d[VERDICT_MOST];
	unsigned k = verdict_blocks[0];
	struct look l;

	if (differences(row->pair, row->pairs, d) < k)
		return NAN;
	verdict_look(&l, d, k, row->margin, tick_share(a, row), verdict_t(k, f));
	row->a = side_median(row->pair, row->pairs, k, false);
	row->b = side_median(row->pair, row->pairs, k, true);
	row->ratio = expm1(l.mean);
	return l.mean;
}

/* A candidate's fresh blocks: what made it one counts no more. */
static void confirm(const struct arms *a, struct compared *row, const struct verdict_family *f)
{
	unsigned lost[2];
	struct pair *pair;
	size_t n = arms_pairs(a, row, COMPARE_CONFIRM, 2 * COMPARE_CONFIRM, &pair, lost);
	double d[VERDICT_MOST];

	row->lost_a += lost[0];
	row->lost_b += lost[1];
	struct compared fresh = *row;
	fresh.lost_a = lost[0];
	fresh.lost_b = lost[1];
	decide(&row->decision, &fresh, d, differences(pair, n, d), tick_share(a, row), f);
	if (row->decision.look.k) {
		row->a = side_median(pair, n, row->decision.look.k, false);
		row->b = side_median(pair, n, row->decision.look.k, true);
		compared_settle(row);
	}
	free(pair);
}

/* Rows [first, n) are the screens: which are candidates, and what their fresh blocks say. */
static void judge_screens(const struct arms *a, struct comparison *c, size_t first, unsigned looks)
{
	struct verdict_family f = verdict_family_screens(looks);
	size_t n = c->n - first, chosen[VERDICT_CANDIDATES], dropped;
	double *mean = mem_zalloc(n + 1, sizeof(*mean)), *margin = mem_zalloc(n + 1, sizeof(*mean));

	for (size_t i = 0; i < n; i++) {
		mean[i] = screen_mean(a, &c->row[first + i], &f);
		margin[i] = c->row[first + i].margin;
	}
	c->candidates = (unsigned)verdict_candidates(chosen, &dropped, mean, margin, n);
	c->dropped = (unsigned)dropped;
	for (size_t i = 0; i < c->candidates; i++) {
		c->row[first + chosen[i]].candidate = true;
		confirm(a, &c->row[first + chosen[i]], &f);
	}
	free(mean);
	free(margin);
}

/* ---- all of it ---- */

static size_t count_role(const struct comparison *c, enum role role)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->row[i].role == role;
	return n;
}

/* What alpha is shared among: as planned, and never less than what is there. */
static void count_planned(struct comparison *c, const struct bundle_data *d)
{
	unsigned there[3], *want[3] = {&c->gates, &c->controls, &c->screens};
	static const char *const key[3] = {"ab.gates", "ab.controls", "ab.screens"};

	for (int i = 0; i < 3; i++) {
		there[i] = (unsigned)count_role(c, (enum role)i);
		*want[i] = planned(d, key[i]);
		*want[i] = *want[i] > there[i] ? *want[i] : there[i];
	}
}

static int fill_rows(struct arms *a, struct err *e)
{
	struct comparison *c = a->out;
	int rc = 0;

	for (size_t i = 0; i < c->n && !rc; i++) {
		struct compared *row = &c->row[i];
		unsigned lost[2] = {0, 0};

		row->margin = margins_of(a->margins, row->cls);
		if (isnan(row->margin))
			rc = class_margin(a->d, row->cls, &row->margin, e);
		row->pairs = arms_pairs(a, row, 0, COMPARE_CONFIRM, &row->pair, lost);
		row->lost_a = lost[0];
		row->lost_b = lost[1];
	}
	return rc;
}

static void judge_rows(struct arms *a)
{
	struct comparison *c = a->out;
	const char *quick = bundle_value(a->d, "", "ab.quick");
	unsigned looks = quick && !strcmp(quick, "yes") ? 1 : VERDICT_LOOKS;
	struct verdict_family f = verdict_family_gates(c->gates, c->controls, c->screens, looks);
	size_t first = 0;

	for (; first < c->n && c->row[first].role != ROLE_SCREEN; first++)
		judge_gate(a, &c->row[first], &f);
	judge_screens(a, c, first, looks);
}

int comparison_of_arms(struct comparison *out, const struct bundle_data *d, const struct results *r,
		       struct err *e)
{
	return comparison_of_arms_within(out, d, r, NULL, e);
}

int comparison_of_arms_within(struct comparison *out, const struct bundle_data *d,
			      const struct results *r, const struct margins *m, struct err *e)
{
	const char *gate = bundle_value(d, "", "suite.gate");
	struct arms a = {.out = out, .margins = m};
	int rc;

	*out = (struct comparison){.kind = COMPARE_BLOCKS, .detectable = NAN};
	if (!comparison_is_ab(d))
		return err_at(e, EINVAL, d->dir, 0,
			      "holds no two arms: assay ab makes such a bundle; two bundles are "
			      "compared by assay compare BASE -- NEW");
	out->a = a.name[0] = bundle_value(d, "", "ab.a");
	out->b = a.name[1] = bundle_value(d, "", "ab.b");
	rc = arms_open(&a, d, r, e);
	if (rc)
		goto out;
	add_rows(&a, gate ? gate : "");
	arms_missing_gates(&a, gate ? gate : "");
	comparison_sort(out);
	count_planned(out, d);
	rc = fill_rows(&a, e);
	if (rc)
		goto out;
	judge_rows(&a);
	arms_clocks(&a);
	comparison_finish(out);
out:
	arms_close(&a);
	return rc;
}
