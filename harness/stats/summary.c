/* What is said about one series: see stats.h. */
#include "stats.h"
#include "../base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A quantile that fewer than five values lie beyond is not shown. */
static double quantile(const double *sorted, size_t n, double p)
{
	double beyond = (double)n * (p < 0.5 ? p : 1 - p);

	return beyond < 5 ? NAN : stats_quantile(sorted, n, p);
}

static double variation(const double *v, size_t n)
{
	double mean = 0, squares = 0;

	for (size_t i = 0; i < n; i++)
		mean += v[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (v[i] - mean) * (v[i] - mean);
	return n > 1 && mean != 0 ? sqrt(squares / (double)(n - 1)) / fabs(mean) : NAN;
}

void stats_summary(struct summary *s, const double *v, size_t n, double level)
{
	*s = (struct summary){0,   NAN, NAN, NAN, NAN, NAN, NAN, NAN,
			      NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	if (!n)
		return;
	double *sorted = mem_zalloc(n, sizeof(*sorted));

	memcpy(sorted, v, n * sizeof(*v));
	stats_sort(sorted, n);
	s->n = n;
	s->median = stats_median(sorted, n);
	s->min = sorted[0];
	s->p5 = quantile(sorted, n, 0.05);
	s->p25 = quantile(sorted, n, 0.25);
	s->p75 = quantile(sorted, n, 0.75);
	s->p95 = quantile(sorted, n, 0.95);
	s->p99 = quantile(sorted, n, 0.99);
	s->mad = 1.4826 * stats_mad(sorted, n);
	s->cv = variation(v, n);
	s->rho = stats_lag1(v, n);
	s->tau = stats_tau(v, n);
	stats_median_interval(sorted, n, s->tau, level, &s->ci_lo, &s->ci_hi, &s->ci_level);
	free(sorted);
}
