/*
 * Sessions and nodes: where processes cannot alternate. Sessions borrow their spread from a history
 * of bundles; nodes are replicates of each other. See verdict.h. Known error: the t of sessions
 * holds if the sessions compared spread as those of the history did; that of few nodes (Welch,
 * below five a kind) keeps its level only roughly.
 */
#include "verdict.h"
#include "../stats/stats.h"

#include <math.h>

static const struct look none = {
	.why = UNRESOLVED_FEW, .mean = NAN, .half = NAN, .detectable = NAN};

/* The quantile for one look at `metrics` metrics, and the look that follows from it. */
static void judge(struct look *out, double mean, double se, double nu, unsigned metrics,
		  double margin)
{
	double share = VERDICT_ALPHA / (2.0 * (metrics ? metrics : 1));

	out->mean = mean;
	out->t = -stats_t_quantile(share, nu);
	out->half = out->t * se;
	verdict_of_interval(out, margin, 0);
	if (se == 0) {
		out->verdict = VERDICT_INCONCLUSIVE;
		out->why = UNRESOLVED_FLAT;
	}
}

void verdict_sessions(struct look *out, double mean, unsigned r_a, unsigned r_b, double v,
		      double nu, unsigned metrics, double margin)
{
	*out = none;
	if (!r_a || !r_b)
		return;
	out->k = r_a + r_b;
	out->mean = mean;
	if (nu > 0)
		judge(out, mean, sqrt(v * (1.0 / r_a + 1.0 / r_b)), nu, metrics, margin);
	if (!(nu >= VERDICT_LIBRARY)) {
		out->verdict = VERDICT_INCONCLUSIVE;
		out->why = UNRESOLVED_LIBRARY;
	}
}

unsigned verdict_sessions_needed(double shift, double v, double nu, unsigned metrics, double margin)
{
	for (unsigned r = 1; r <= VERDICT_MOST_SESSIONS; r++) {
		struct look l;

		verdict_sessions(&l, 0, r, r, v, nu, metrics, margin);
		if (l.why == UNRESOLVED_LIBRARY || l.why == UNRESOLVED_FLAT)
			return 0;
		if (l.detectable <= log1p(shift))
			return r;
	}
	return 0;
}

/* Mean and variance of the mean; equal values have none, whatever their mean was rounded to. */
static void mean_of(const double *d, size_t n, double *mean, double *variance)
{
	double size = (double)n, sum = 0, squares = 0;
	bool equal = true;

	for (size_t i = 0; i < n; i++) {
		sum += d[i];
		equal &= d[i] == d[0];
	}
	*mean = sum / size;
	for (size_t i = 0; i < n; i++)
		squares += (d[i] - *mean) * (d[i] - *mean);
	*variance = equal ? 0 : squares / (size - 1) / size;
}

void verdict_nodes(struct look *out, const double *d, size_t n, const double *control,
		   size_t n_control, unsigned metrics, double margin)
{
	double mean, v, mean_c = 0, v_c = 0, nu = (double)n - 1;

	*out = none;
	if (n < 2 || n_control == 1)
		return;
	out->k = (unsigned)n;
	mean_of(d, n, &mean, &v);
	if (n_control) {
		mean_of(control, n_control, &mean_c, &v_c);
		/* Welch & Satterthwaite; without any spread there is nothing to weigh */
		if (v + v_c > 0)
			nu = (v + v_c) * (v + v_c) /
			     (v * v / nu + v_c * v_c / ((double)n_control - 1));
	}
	judge(out, mean - mean_c, sqrt(v + v_c), nu, metrics, margin);
}
