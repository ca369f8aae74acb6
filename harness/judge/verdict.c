/*
 * Blocks of two arms: trimmed means (Yuen 1974) at three looks whose alpha is shared by Bonferroni
 * among metrics, looks and sides, against a margin on both sides (Berger & Hsu 1996). See
 * verdict.h. Known error: the t is exact for normal differences only; `make prove` shows what
 * other shapes do to it, and that a mode below 9 % of the processes can stay unseen.
 */
#include "verdict.h"
#include "../stats/stats.h"

#include <math.h>
#include <string.h>

const unsigned verdict_blocks[VERDICT_LOOKS] = {8, 16, 32};

const char *verdict_name(enum verdict v)
{
	static const char *const names[VERDICT_N] = {
		[VERDICT_INCONCLUSIVE] = "INCONCLUSIVE",
		[VERDICT_EQUIVALENT] = "EQUIVALENT",
		[VERDICT_IMPROVED] = "IMPROVED",
		[VERDICT_REGRESSED] = "REGRESSED",
	};

	return names[v];
}

struct verdict_family verdict_family_gates(size_t gates, size_t controls, size_t screens,
					   unsigned looks)
{
	return (struct verdict_family){
		.alpha = screens ? VERDICT_ALPHA_GATES : VERDICT_ALPHA,
		.metrics = (unsigned)(gates + controls),
		.looks = looks,
	};
}

struct verdict_family verdict_family_screens(unsigned looks)
{
	return (struct verdict_family){
		.alpha = VERDICT_ALPHA_SCREENS,
		.metrics = VERDICT_CANDIDATES,
		.looks = looks,
	};
}

/* How many are left out on each side. */
static unsigned trim(unsigned k)
{
	return k >= 32 ? 3 : k >= 16 ? 1 : 0;
}

double verdict_t(unsigned k, const struct verdict_family *f)
{
	double shares = (f->metrics ? f->metrics : 1) * (double)(f->looks ? f->looks : 1);

	/* the lower tail: 1 - p would lose digits */
	return -stats_t_quantile(f->alpha / (2 * shares), k - 2 * trim(k) - 1);
}

void verdict_of_interval(struct look *l, double margin, double q)
{
	double m = log1p(margin), lo = l->mean - l->half, hi = l->mean + l->half;

	l->verdict = lo > m		 ? VERDICT_REGRESSED
		     : hi < -m		 ? VERDICT_IMPROVED
		     : lo > -m && hi < m ? VERDICT_EQUIVALENT
					 : VERDICT_INCONCLUSIVE;
	l->why = l->verdict ? UNRESOLVED_NO : hi < m ? UNRESOLVED_NOT_WORSE : UNRESOLVED_WIDE;
	l->detectable = m + l->half + 1.28 * (l->half - q) / l->t;
}

/* Trimmed mean and winsorised standard deviation (n - 1) of k sorted values. */
static void trimmed(const double *sorted, unsigned k, double *mean, double *sd)
{
	unsigned g = trim(k);
	double sum = 0, all = 0, squares = 0;

	for (unsigned i = g; i < k - g; i++)
		sum += sorted[i];
	*mean = sum / (k - 2 * g);
	all = (sum + g * (sorted[g] + sorted[k - g - 1])) / k;
	for (unsigned i = 0; i < k; i++) {
		double x = sorted[i < g ? g : i >= k - g ? k - g - 1 : i];

		squares += (x - all) * (x - all);
	}
	/* equal values have none, whatever their mean was rounded to */
	*sd = sorted[g] == sorted[k - g - 1] ? 0 : sqrt(squares / (k - 1));
}

void verdict_look(struct look *out, const double *d, unsigned k, double margin, double q, double t)
{
	double sorted[VERDICT_MOST], s;

	memcpy(sorted, d, k * sizeof(*d));
	stats_sort(sorted, k);
	*out = (struct look){.k = k, .t = t};
	trimmed(sorted, k, &out->mean, &s);
	out->half = t * s / ((1 - 2.0 * trim(k) / k) * sqrt(k)) + q;
	verdict_of_interval(out, margin, q);
	if (s == 0) {
		out->verdict = VERDICT_INCONCLUSIVE;
		out->why = UNRESOLVED_FLAT;
	}
}

/* One arm lost more blocks: what was lost may have been the slow ones, so nothing passes. */
static void refuse_to_pass(struct look *l)
{
	if (l->verdict == VERDICT_REGRESSED ||
	    (l->verdict == VERDICT_INCONCLUSIVE && l->why != UNRESOLVED_NOT_WORSE))
		return;
	l->verdict = VERDICT_INCONCLUSIVE;
	l->why = UNRESOLVED_LOPSIDED;
}

void verdict_decide(struct decision *out, const struct verdict_series *s,
		    const struct verdict_family *f)
{
	unsigned looks = f->looks < VERDICT_LOOKS ? f->looks : VERDICT_LOOKS;

	*out = (struct decision){
		.look = {.why = UNRESOLVED_FEW, .mean = NAN, .half = NAN, .detectable = NAN},
	};
	for (unsigned i = 0; i < (looks ? looks : 1); i++) {
		unsigned k = verdict_blocks[i];
		enum verdict v;

		if (s->n < k) {
			out->wants = k;
			return;
		}
		verdict_look(&out->look, s->d, k, s->margin, s->q, verdict_t(k, f));
		v = out->look.verdict;
		if (s->lopsided)
			refuse_to_pass(&out->look);
		if (v != VERDICT_INCONCLUSIVE)
			return;
	}
}

double verdict_stray_limit(const double *d, size_t n, double margin)
{
	double sorted[VERDICT_MOST];

	n = n < VERDICT_MOST ? n : VERDICT_MOST;
	memcpy(sorted, d, n * sizeof(*d));
	stats_sort(sorted, n);
	return fmax(3 * log1p(margin), 6 * stats_mad(sorted, n));
}

size_t verdict_candidates(size_t *chosen, size_t *dropped, const double *mean, const double *margin,
			  size_t n)
{
	double beyond[VERDICT_CANDIDATES];
	size_t kept = 0, found = 0;

	for (size_t i = 0; i < n; i++) {
		double by = fabs(mean[i]) - log1p(margin[i]);
		size_t at;

		if (!(by > 0))
			continue;
		found++;
		if (kept == VERDICT_CANDIDATES && by <= beyond[kept - 1])
			continue;
		kept += kept < VERDICT_CANDIDATES;
		for (at = kept - 1; at > 0 && beyond[at - 1] < by; at--) {
			beyond[at] = beyond[at - 1];
			chosen[at] = chosen[at - 1];
		}
		beyond[at] = by;
		chosen[at] = i;
	}
	*dropped = found - kept;
	return kept;
}
