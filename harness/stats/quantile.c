/* Order statistics of a sample: see stats.h. */
#include "stats.h"
#include "../base/mem.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

void stats_sort(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
}

double stats_quantile(const double *sorted, size_t n, double p)
{
	double at = (double)(n - 1) * p;
	size_t below = (size_t)floor(at);

	if (below + 1 >= n)
		return sorted[n - 1];
	double part = at - (double)below, a = sorted[below], b = sorted[below + 1];
	/* no part, no arithmetic: equal and infinite neighbours stay what they are */
	return part == 0 || a == b ? a : a + part * (b - a);
}

double stats_median(const double *sorted, size_t n)
{
	return stats_quantile(sorted, n, 0.5);
}

double stats_mad(const double *sorted, size_t n)
{
	double median = stats_median(sorted, n), *d = mem_zalloc(n, sizeof(*d));

	for (size_t i = 0; i < n; i++)
		d[i] = fabs(sorted[i] - median);
	stats_sort(d, n);
	double mad = stats_median(d, n);
	free(d);
	return mad;
}
