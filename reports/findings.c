/* Findings: see findings.h. */
#include "findings.h"
#include "../harness/base/mem.h"
#include "../harness/base/units.h"
#include "../harness/formats/key.h"
#include "../harness/judge/steps.h"
#include "../harness/judge/words.h"
#include "findings_where.h"
#include "view.h"

#include <stdlib.h>
#include <string.h>

static const char *advice(const struct result *r)
{
	bool gpu = key_find(r->labels, "gpu", &(size_t){0}) ||
		   key_find(r->labels, "gpus", &(size_t){0});

	switch (r->status) {
	case ST_FAIL:
		if (r->s.n && !r->untrue)
			return ""; /* the rule that failed it says what to do */
		if (r->untrue)
			return "Do not use this number: the timer, the amount of work or the "
			       "ceiling is wrong. Keep the bundle and report it.";
		return gpu ? "Run this step alone again. If it fails again, read the ECC counters "
			     "(nvidia-smi -q -d ECC) and the kernel log for XIDs, and open a case "
			     "with the vendor; the bundle is the evidence."
			   : "Mend what the reason names and run again; the bundle is the "
			     "evidence.";
	case ST_ERROR:
		return gpu ? "run.log in the bundle holds what the step printed before it ended; "
			     "look for XIDs in the kernel log as well (dmesg | grep -i xid)."
			   : "run.log in the bundle holds what the step printed before it ended.";
	case ST_TIMEOUT:
		return gpu ? "Look for XIDs in the kernel log (dmesg | grep -i xid) and whether "
			     "nvidia-smi still answers for this GPU."
			   : "If the machine is merely busy or large, give the step more time "
			     "(deadline= in the suite).";
	case ST_BUSY:
		return "Run again when the place is free; nothing measured there counts.";
	default:
		return "";
	}
}

static bool required(const struct result *r, const struct results *all)
{
	if (r->of_step)
		return r->of_step->plan && r->of_step->plan->required;
	for (size_t i = 0; i < all->n_steps; i++) {
		const struct step_result *s = &all->step[i];

		if (s->plan && s->plan->required && !strcmp(s->bench, r->bench) &&
		    key_subset(s->labels, r->labels))
			return true;
	}
	return false;
}

/* A metric without a valid sample, where its case says why: one finding is enough. */
static bool told_by_case(const struct result *r, const struct results *all)
{
	if (!r->metric[0] || r->s.n)
		return false;
	for (size_t i = 0; i < all->n; i++) {
		const struct result *x = &all->r[i];

		if (!x->metric[0] && !x->of_step && !strcmp(x->bench, r->bench) &&
		    !strcmp(x->labels, r->labels) && !strcmp(x->arm, r->arm))
			return true;
	}
	return false;
}

/* Compares texts without their digits: "4 bytes are wrong" and "16 bytes are wrong" are one. */
static int by_words(const char *a, const char *b)
{
	for (;;) {
		a += strspn(a, "0123456789");
		b += strspn(b, "0123456789");
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
		a++;
		b++;
	}
}

/* ---- which rows are one finding ---- */

/* A row with a finding, and the GPUs that its key names; -1 for none. */
struct row {
	const struct result *r;
	int gpu, peer;
	int culprit; /* the GPU that the row is counted to */
};

static bool same_trouble(const struct result *a, const struct result *b)
{
	return a->status == b->status && !strcmp(a->arm, b->arm) && !strcmp(a->bench, b->bench) &&
	       !strcmp(a->rule, b->rule) && (a->rule[0] || !by_words(a->reason, b->reason));
}

/*
 * Of a pair the GPU that is in more rows of the same trouble: one with a bad link spoils its pairs
 * with seven others, and each of those only one. Of equals the lower number, so that both
 * directions of one pair are one finding.
 */
static int culprit(const struct row *v, size_t n, const struct row *x)
{
	size_t gpu = 0, peer = 0;

	if (x->peer < 0)
		return x->gpu;
	for (size_t i = 0; i < n; i++) {
		if (!same_trouble(v[i].r, x->r))
			continue;
		gpu += v[i].gpu == x->gpu || v[i].peer == x->gpu;
		peer += v[i].gpu == x->peer || v[i].peer == x->peer;
	}
	if (gpu != peer)
		return gpu > peer ? x->gpu : x->peer;
	return x->gpu < x->peer ? x->gpu : x->peer;
}

/* Whether a rule's failures are told together whatever the metric. */
static bool across_metrics(const struct result *r)
{
	return r->status == ST_PASS || (r->rule[0] && !r->untrue);
}

/* What makes rows one finding. Across GPUs only steps of one reason, and what was skipped. */
static int by_kind(const struct row *x, const struct row *y)
{
	const struct result *a = x->r, *b = y->r;
	int c = steps_severity(b->status) - steps_severity(a->status);

	if (!c)
		c = strcmp(a->arm, b->arm);
	if (!c)
		c = strcmp(a->bench, b->bench);
	if (!c)
		c = (a->s.n > 0) - (b->s.n > 0);
	if (!c)
		c = strcmp(a->rule, b->rule);
	if (!c && !across_metrics(a))
		c = strcmp(a->metric, b->metric);
	if (!c)
		c = (a->of_step != NULL) - (b->of_step != NULL);
	if (!c && a->of_step)
		return strcmp(a->reason, b->reason);
	if (!c && (a->status == ST_PASS ? view_worse(a) && view_worse(b) : a->status != ST_SKIP))
		c = x->culprit - y->culprit;
	return c || a->rule[0] ? c : by_words(a->reason, b->reason);
}

static int by_finding(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;
	int c = by_kind(a, b);

	return c ? c : (a->r > b->r) - (a->r < b->r); /* results are sorted already */
}

/* Of numbers the one to quote: farthest from what its rule allows, else the largest. */
static const struct result *worst(const struct result *const *v, size_t n)
{
	const struct result *w = v[0];

	for (size_t i = 1; i < n; i++) {
		bool more = v[i]->excess > w->excess;

		if (more || (!(v[i]->excess < w->excess) && v[i]->s.median > w->s.median))
			w = v[i];
	}
	return w;
}

/* The reason they share, or that of the worst or the first, and how many there are. */
static void tell_reason(struct buf *out, const struct result *const *v, size_t n)
{
	const struct result *w = worst(v, n);
	bool alike = true, one_metric = true, ranked = w->excess > 0;
	char text[48];

	for (size_t i = 1; i < n; i++) {
		alike &= !strcmp(v[i]->reason, v[0]->reason);
		one_metric &= !strcmp(v[i]->metric, v[0]->metric);
	}
	if (ranked && n > 1)
		buf_printf(out, "%zu values%s%s, the farthest: ", n, one_metric ? " of " : "",
			   one_metric ? w->metric : "");
	else if (!alike)
		buf_printf(out, "%zu %s, the first: ", n, w->s.n ? "values" : "cases");
	words_text(out, ranked ? w->reason : v[0]->reason, false);
	if (ranked || w->status == ST_PASS || !w->s.n || !(w->ceiling > 0) || w->untrue)
		return;
	buf_printf(out, ". Best %s: %s", w->metric,
		   units_show(text, sizeof(text), w->s.median, w->unit));
	buf_printf(out, "; the path as it is now allows %s",
		   units_show(text, sizeof(text), w->ceiling, w->unit));
}

static char *reason(const struct result *const *v, size_t n)
{
	struct buf out = BUF_INIT;

	tell_reason(&out, v, n);
	return buf_steal(&out);
}

/* All rows that are not PASS or have a remark, finding by finding; *n is their number. Caller
 * frees. */
static struct row *find_rows(const struct results *all, size_t *n)
{
	struct row *v = mem_zalloc(all->n + 1, sizeof(*v));

	*n = 0;
	for (size_t i = 0; i < all->n; i++) {
		const struct result *r = &all->r[i];
		struct row *row = &v[*n];

		if ((r->status == ST_PASS && !r->reason[0]) || told_by_case(r, all))
			continue;
		*row = (struct row){.r = r, .gpu = -1, .peer = -1};
		if (!key_number(r->labels, "gpu", &row->gpu))
			key_number(r->labels, "member", &row->gpu);
		key_number(r->labels, "peer", &row->peer);
		(*n)++;
	}
	for (size_t i = 0; i < *n; i++)
		v[i].culprit = culprit(v, *n, &v[i]);
	qsort(v, *n, sizeof(*v), by_finding);
	return v;
}

/* row: the n rows of one finding. */
static void add_finding(struct findings *out, const struct report *r,
			const struct result *const *row, size_t n)
{
	out->f = mem_grow(out->f, out->n, &out->cap, sizeof(*out->f));
	out->f[out->n++] = (struct finding){
		.status = row[0]->status,
		.bench = row[0]->bench,
		.arm = row[0]->arm,
		.where = findings_where(r, row, n),
		.reason = reason(row, n),
		.advice = advice(row[0]),
		.required = required(row[0], r->results),
		.number = row[0]->s.n > 0,
		.untrue = row[0]->untrue,
		.rows = (unsigned)n,
	};
	out->failures += row[0]->status != ST_SKIP && row[0]->status != ST_PASS;
	out->skipped += row[0]->status == ST_SKIP;
}

void findings_make(struct findings *out, const struct report *r)
{
	size_t n;
	struct row *v = find_rows(r->results, &n);
	const struct result **row = mem_zalloc(n + 1, sizeof(*row));

	*out = (struct findings){.n = 0};
	for (size_t i = 0; i < n; i++)
		row[i] = v[i].r;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && !by_kind(&v[i], &v[end]); end++)
			;
		add_finding(out, r, row + i, end - i);
	}
	free(row);
	free(v);
}

void findings_free(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->f[i].where);
		free(f->f[i].reason);
	}
	free(f->f);
	*f = (struct findings){.n = 0};
}
