/*
 * Pure functions on numbers: no I/O, no state. The requirement they implement is
 * summarised in harness/stats/README.md; sources are named at each function.
 */
#ifndef ASSAY_STATS_STATS_H
#define ASSAY_STATS_STATS_H

#include <stddef.h>

/* Sorts ascending, in place. NaN is not allowed. */
void stats_sort(double *v, size_t n);

/* Quantile 0 <= p <= 1 of sorted values, linear interpolation (Hyndman & Fan type 7). n > 0. */
double stats_quantile(const double *sorted, size_t n, double p);
double stats_median(const double *sorted, size_t n);
/* Median of |v - median|, as it is: 1.4826 of it estimate a normal's standard deviation. n > 0. */
double stats_mad(const double *sorted, size_t n);

/* Normal quantile (Wichura AS 241), Student t cumulative and quantile; nu > 0, 0 < p < 1. */
double stats_normal_quantile(double p);
double stats_t_cdf(double t, double nu);
double stats_t_quantile(double p, double nu);

/* Lag-1 autocorrelation of v in time order; 0 where it is undefined. */
double stats_lag1(const double *v, size_t n);

/*
 * Integrated autocorrelation time of the sign series 1{x > median}, Geyer's initial positive
 * sequence of pairs (Geyer 1992): tau = max(1, 1 + 2 sum rho_k). v in time order.
 */
double stats_tau(const double *v, size_t n);

/*
 * Interval of the median by order statistics with n/tau effective samples: ranks
 * floor((n - z sqrt(n tau))/2) and ceil(1 + (n + z sqrt(n tau))/2), clamped to the sample.
 * *level (may be NULL): the coverage that was really reached when the clamping bit, by the
 * binomial with n/tau samples; otherwise the level asked for.
 */
void stats_median_interval(const double *sorted, size_t n, double tau, double level, double *lo,
			   double *hi, double *reached);

/* Everything that is said about one series (facts: Summary of a metric). */
struct summary {
	size_t n;
	double median, ci_lo, ci_hi, ci_level;
	double min, p5, p25, p75, p95, p99; /* NaN where n (1 - p) < 5: suppressed */
	double mad;			    /* 1.4826 times the median absolute deviation */
	double cv, rho, tau;		    /* sd/mean, lag-1, autocorrelation time */
};

/* v in time order, not changed; n may be 0 (all NaN). */
void stats_summary(struct summary *s, const double *v, size_t n, double level);

#endif
