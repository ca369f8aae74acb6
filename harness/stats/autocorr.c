/* How much neighbours in time resemble each other: see stats.h. */
#include "stats.h"
#include "../base/mem.h"

#include <stdlib.h>
#include <string.h>

double stats_lag1(const double *v, size_t n)
{
	double mean = 0, all = 0, next = 0;

	for (size_t i = 0; i < n; i++)
		mean += v[i] / (double)n;
	for (size_t i = 0; i < n; i++) {
		all += (v[i] - mean) * (v[i] - mean);
		if (i + 1 < n)
			next += (v[i] - mean) * (v[i + 1] - mean);
	}
	return n > 1 && all > 0 ? next / all : 0;
}

/* Autocorrelation at lag k of a series of 0 and 1 with `ones` ones that are not all equal. */
static double sign_rho(const unsigned char *s, size_t n, size_t ones, size_t k)
{
	size_t both = 0, head = 0, tail = 0;
	double mean = (double)ones / (double)n;

	for (size_t i = 0; i + k < n; i++)
		both += s[i] & s[i + k];
	for (size_t i = 0; i < k; i++) {
		head += s[i];
		tail += s[n - 1 - i];
	}
	/* sum of (s_i - mean)(s_{i+k} - mean), its four products added up in whole numbers */
	double sum = (double)both - mean * (double)(2 * ones - head - tail) +
		     mean * mean * (double)(n - k);
	return sum / ((double)n * mean * (1 - mean));
}

double stats_tau(const double *v, size_t n)
{
	double *sorted = mem_zalloc(n, sizeof(*sorted)), tau = -1;
	unsigned char *s = mem_zalloc(n, 1);
	size_t ones = 0;

	if (n)
		memcpy(sorted, v, n * sizeof(*v));
	stats_sort(sorted, n);
	for (size_t i = 0; i < n; i++)
		ones += s[i] = v[i] > stats_median(sorted, n);
	/* pairs of lags (0,1), (2,3) … while a pair's sum is positive */
	for (size_t k = 0; ones && k + 1 < n; k += 2) {
		double pair = sign_rho(s, n, ones, k) + sign_rho(s, n, ones, k + 1);

		if (pair <= 0)
			break;
		tau += 2 * pair;
	}
	free(sorted);
	free(s);
	return tau > 1 ? tau : 1;
}
