/*
 * Samples become results: rows that follow each other and share key and process are one
 * stretch; sorted stretches are read once, process by process, key by key. So the cost is
 * that of sorting stretches (one a case), not samples.
 *
 * Known error: the spread over pooled samples mixes the spread inside processes with that
 * between them; the interval of the median does not.
 */
#include "results.h"
#include "rules.h"
#include "steps.h"
#include "../base/mem.h"
#include "../formats/key.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.95

/* Rows of samples.csv that share key and process. */
struct stretch {
	const struct sample_row *first;
	size_t n;
	const struct ended *by;
};

#define ORDER(a, b)                                                                                \
	do {                                                                                       \
		if ((a) != (b))                                                                    \
			return (a) < (b) ? -1 : 1;                                                 \
	} while (0)

static int by_labels(const char *a, const char *b)
{
	if (a == b)
		return 0;
	int c = key_compare(a, b);
	return c ? c : strcmp(a, b); /* two spellings of a number are two keys */
}

static int by_key(const struct sample_row *a, const struct sample_row *b)
{
	int c = strcmp(a->arm, b->arm);

	if (!c)
		c = strcmp(a->bench, b->bench);
	if (!c)
		c = strcmp(a->metric, b->metric);
	return c ? c : by_labels(a->labels, b->labels);
}

static int by_key_and_process(const void *pa, const void *pb)
{
	const struct stretch *a = pa, *b = pb;
	int c = by_key(a->first, b->first);

	if (c)
		return c;
	ORDER(a->first->block, b->first->block);
	ORDER(a->first->step, b->first->step);
	ORDER(a->first->process, b->first->process);
	ORDER(a->first, b->first);
	return 0;
}

static bool same_process(const struct sample_row *a, const struct sample_row *b)
{
	return a->block == b->block && a->step == b->step && a->process == b->process;
}

/* All stretches that belong to a last attempt, sorted; the caller frees. */
static struct stretch *stretches(const struct bundle_data *d, const struct ended *list,
				 size_t n_list, size_t *n)
{
	struct stretch *v = NULL;
	size_t cap = 0;

	*n = 0;
	for (size_t i = 0, end; i < d->n_samples; i = end) {
		const struct sample_row *s = &d->samples[i];

		for (end = i + 1; end < d->n_samples; end++) {
			const struct sample_row *t = &d->samples[end];

			if (!same_process(s, t) || s->attempt != t->attempt || by_key(s, t))
				break;
		}
		const struct ended *by =
			ended_find(list, n_list, s->arm, s->step, s->block, s->process);
		if (!by || by->row->attempt != s->attempt)
			continue;
		v = mem_grow(v, *n, &cap, sizeof(*v));
		v[(*n)++] = (struct stretch){.first = s, .n = end - i, .by = by};
	}
	if (*n)
		qsort(v, *n, sizeof(*v), by_key_and_process);
	return v;
}

/* Values of the result at hand. */
struct pool {
	double *v, *sorted; /* valid samples of all processes in time order; scratch */
	size_t n, cap, cap_sorted;
	size_t left_out;   /* invalid samples of processes that have valid ones */
	const char *cause; /* the first of theirs */
};

static double median_of(struct pool *p, const double *v, size_t n)
{
	while (p->cap_sorted < n)
		p->sorted = mem_grow(p->sorted, p->cap_sorted, &p->cap_sorted, sizeof(double));
	memcpy(p->sorted, v, n * sizeof(*v));
	stats_sort(p->sorted, n);
	return stats_median(p->sorted, n);
}

static void pool_add(struct pool *p, double v)
{
	p->v = mem_grow(p->v, p->n, &p->cap, sizeof(*p->v));
	p->v[p->n++] = v;
}

/* One process: n stretches of one key. Its valid samples stay in the pool. */
static void add_process(struct result *r, struct pool *p, const struct stretch *v, size_t n)
{
	bool busy = v->by->row->status == ST_BUSY;
	const char *cause = busy ? "busy" : "";
	size_t from = p->n, all = 0, bad = 0;

	for (int wanted = 1; wanted >= 0 && p->n == from; wanted--) /* valid ones, else all */
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < v[i].n; k++) {
				const struct sample_row *s = v[i].first + k;
				bool good = !busy && !s->valid[0];

				all += (size_t)wanted;
				if (!good && !cause[0])
					cause = s->valid;
				bad += (size_t)(wanted && !good);
				if (good || !wanted)
					pool_add(p, s->value);
			}
	r->process = mem_grow(r->process, r->processes, &r->cap, sizeof(*r->process));
	struct process_result *pr = &r->process[r->processes++];
	bool valid = bad < all;
	*pr = (struct process_result){
		.block = v->first->block,
		.step = v->first->step,
		.process = v->first->process,
		.attempt = v->first->attempt,
		.position = v->by->position,
		.n = p->n - from,
		.median = median_of(p, p->v + from, p->n - from),
		.valid = valid,
		.cause = valid ? "" : cause,
	};
	if (valid) {
		r->processes_valid++;
		p->left_out += bad;
	} else {
		p->n = from;
	}
	if (bad && !p->cause)
		p->cause = cause;
}

/* Median and interval over process medians; the spread is that of the pool. */
static void summarise(struct result *r, struct pool *p)
{
	double *m = mem_zalloc(r->processes + 1, sizeof(*m));
	size_t n = 0;

	for (size_t i = 0; i < r->processes; i++)
		if (r->process[i].valid)
			m[n++] = r->process[i].median;
	stats_summary(&r->s, p->v, p->n, LEVEL);
	if (n) {
		stats_sort(m, n);
		r->s.median = stats_median(m, n);
	}
	if (n > 1)
		stats_median_interval(m, n, 1, LEVEL, &r->s.ci_lo, &r->s.ci_hi, &r->s.ci_level);
	free(m);
}

/* The metric tables are long and results of one metric follow each other: ask once. */
static void describe(struct result *r, const struct result *previous, const struct bundle_data *d)
{
	if (previous && !strcmp(previous->bench, r->bench) &&
	    !strcmp(previous->metric, r->metric)) {
		r->unit = previous->unit;
		r->better = previous->better;
		r->cls = previous->cls;
		return;
	}
	r->unit = bundle_metric(d, r->bench, r->metric, "unit");
	r->better = bundle_metric(d, r->bench, r->metric, "better");
	r->cls = bundle_metric(d, r->bench, r->metric, "class");
}

static struct result *add_result(struct results *out, const char *arm, const char *bench,
				 const char *metric, const char *labels)
{
	out->r = mem_grow(out->r, out->n, &out->cap, sizeof(*out->r));
	struct result *r = &out->r[out->n++];

	r->arm = arm;
	r->bench = bench;
	r->metric = metric;
	r->labels = labels;
	r->unit = r->better = r->cls = r->ceiling_source = r->rule = "";
	stats_summary(&r->s, NULL, 0, LEVEL);
	return r;
}

/* One key: n stretches, process after process. */
static void add_number(struct results *out, const struct bundle_data *d, struct pool *p,
		       const struct stretch *v, size_t n)
{
	const struct sample_row *s = v->first;
	struct result *r = add_result(out, s->arm, s->bench, s->metric, s->labels);

	p->n = p->left_out = 0;
	p->cause = NULL;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && same_process(v[i].first, v[end].first); end++)
			;
		add_process(r, p, v + i, end - i);
	}
	describe(r, out->n > 1 ? r - 1 : NULL, d);
	summarise(r, p);
	rules_samples(r, d, p->cause, p->left_out);
	rules_ceiling(r, d);
	rules_placement(r, d);
	rules_expect(r, d);
	rules_reach(r, d);
	rules_remark(r, d);
}

/* What the manifest says about a case without a number: fact.skip.BENCH{labels} = reason. */
static const struct {
	const char *prefix;
	enum status status;
} case_facts[] = {{"fact.skip.", ST_SKIP}, {"fact.fail.", ST_FAIL}, {"fact.error.", ST_ERROR}};

static int add_case(struct results *out, const struct manifest_row *m, struct err *e)
{
	for (size_t i = 0; i < sizeof(case_facts) / sizeof(case_facts[0]); i++) {
		size_t n = strlen(case_facts[i].prefix);
		struct key_parts k;

		if (strncmp(m->key, case_facts[i].prefix, n) != 0)
			continue;
		int rc = key_parse(m->key + n, &k, e);
		if (rc)
			return rc;
		struct result *r = add_result(out, m->arm, results_keep(out, k.bench), "",
					      results_keep(out, k.labels));
		free(k.metric);
		r->status = case_facts[i].status;
		snprintf(r->reason, sizeof(r->reason), "%s", m->value);
	}
	return 0;
}

static int add_cases(struct results *out, const struct bundle_data *d, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < d->n_manifest && !rc; i++)
		rc = add_case(out, &d->manifest[i], e);
	return rc;
}

/* Whether cases [from, to) tell already why this step did not pass. */
static bool told_by_case(const struct results *out, size_t from, size_t to,
			 const struct step_result *s)
{
	for (size_t i = from; i < to; i++) {
		const struct result *r = &out->r[i];

		if (r->status == s->status && !strcmp(r->bench, s->bench) &&
		    !strcmp(r->arm, s->arm) && key_subset(s->labels, r->labels))
			return true;
	}
	return false;
}

static void add_steps(struct results *out, size_t cases_from)
{
	size_t cases_to = out->n;

	for (size_t i = 0; i < out->n_steps; i++) {
		const struct step_result *s = &out->step[i];

		if (s->status == ST_PASS || told_by_case(out, cases_from, cases_to, s))
			continue;
		struct result *r = add_result(out, s->arm, s->bench, "", s->labels);
		r->of_step = s;
		r->status = s->status;
		snprintf(r->reason, sizeof(r->reason), "%s", s->reason);
	}
}

int result_by_key(const struct result *a, const struct result *b)
{
	int c = strcmp(a->arm, b->arm);

	if (!c)
		c = strcmp(a->bench, b->bench);
	if (!c)
		c = strcmp(a->metric, b->metric);
	return c ? c : by_labels(a->labels, b->labels);
}

static int by_result(const void *pa, const void *pb)
{
	const struct result *a = pa, *b = pb;
	int c = result_by_key(a, b);

	if (!c)
		c = steps_severity(b->status) - steps_severity(a->status);
	return c ? c : strcmp(a->reason, b->reason);
}

int results_make(struct results *out, const struct bundle_data *d, struct err *e)
{
	size_t n_list, n, from;
	struct pool p = {.n = 0};
	int rc;

	*out = (struct results){.n = 0};
	struct ended *list = ended_list(d, &n_list);
	struct stretch *v = stretches(d, list, n_list, &n);

	steps_make(out, d, list, n_list);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && !by_key(v[i].first, v[end].first); end++)
			;
		add_number(out, d, &p, v + i, end - i);
	}
	rules_locality(out, d);
	rules_infer(out, d);
	rules_clock_lock(out, d);
	rules_siblings(out, d);
	from = out->n;
	rc = add_cases(out, d, e);
	if (rc)
		goto out;
	add_steps(out, from);
	if (out->n)
		qsort(out->r, out->n, sizeof(*out->r), by_result);
out:
	free(p.v);
	free(p.sorted);
	free(v);
	free(list);
	return rc;
}

void results_free(struct results *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->r[i].process);
	for (size_t i = 0; i < r->n_text; i++)
		free(r->text[i]);
	free(r->r);
	free(r->step);
	free(r->text);
	*r = (struct results){.n = 0};
}
