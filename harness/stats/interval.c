/*
 * Interval of the median by order statistics (David & Nagaraja, Order Statistics, 7.1, with
 * the normal approximation), widened by the autocorrelation time: see stats.h.
 * Known error: with strong autocorrelation (phi .9, n 200) a 95 % interval covers 90 %.
 */
#include "stats.h"

#include <math.h>

void stats_median_interval(const double *sorted, size_t n, double tau, double level, double *lo,
			   double *hi, double *reached)
{
	double z = stats_normal_quantile(0.5 + level / 2), size = (double)n;
	double low = floor((size - z * sqrt(size * tau)) / 2);
	double high = ceil(1 + (size + z * sqrt(size * tau)) / 2);
	double got = level;

	if (!n) {
		*lo = *hi = NAN;
		got = NAN;
	} else if (low < 1 || high > size) {
		/* the whole sample: it misses when all lie on one side */
		*lo = sorted[0];
		*hi = sorted[n - 1];
		got = fmax(0, 1 - 2 * pow(0.5, size / tau));
	} else {
		*lo = sorted[(size_t)low - 1];
		*hi = sorted[(size_t)high - 1];
	}
	if (reached)
		*reached = got;
}
