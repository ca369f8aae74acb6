/*
 * Student's t. Its tail is half an incomplete beta function (DLMF 8.17),
 *
 *     P(T > t) = I_x(nu/2, 1/2) / 2,   x = nu / (nu + t^2),   t > 0
 *
 * by the continued fraction of Didonato & Morris 1992 (ACM TOMS 18, algorithm 708, eq. 9) for
 * t >= 1; below, where it is slow, by that of the complement. The quantile solves for t by
 * Newton's method in logarithms, in which tail and middle are nearly straight lines.
 * Relative error below 1e-12 for 1 <= nu <= 1e6 and tails down to 1e-8.
 */
#include "stats.h"

#include <math.h>
#include <stdbool.h>

/* Gamma(a + 1/2) / Gamma(a): the asymptotic series (DLMF 5.11.13) for a >= 32, to which
 * smaller a are led by Gamma's recurrence. Free of the cancellation of lgamma. */
static double gamma_ratio(double a)
{
	static const double c[] = {
		1.0,	       -1.0 / 8,	1.0 / 128,	 5.0 / 1024,
		-21.0 / 32768, -399.0 / 262144, 869.0 / 4194304, 39325.0 / 33554432,
	};
	double factor = 1, sum = 0;

	while (a < 32) {
		factor *= a / (a + 0.5);
		a += 1;
	}
	for (int i = 7; i >= 0; i--)
		sum = sum / a + c[i];
	return factor * sqrt(a) * sum;
}

/*
 * I_x(a, b) B(a, b) / (x^a y^b), y = 1 - x, by Lentz's method. lambda = a y - b x >= 0 is
 * the caller's, who can tell it without cancellation.
 */
static double beta_fraction(double a, double b, double x, double y, double lambda)
{
	double f = a / (a + 1) * (lambda + 1), c = f, d = 0;

	for (int m = 1; m < 10000; m++) {
		double e = a + 2 * m - 1;
		double num = (a + m - 1) * (a + b + m - 1) / e * m * (b - m) / e * x * x;
		double den =
			m + m * (b - m) * x / e + (a + m) / (e + 2) * (lambda + 1 + m * (1 + y));

		d = 1 / (den + num * d);
		c = den + num / c;
		f *= c * d;
		if (fabs(c * d - 1) < 3e-16)
			break;
	}
	return 1 / f;
}

/* P(T > t) and P(0 < T < t), t >= 0, each accurate where it is the smaller one. */
struct parts {
	double tail, middle;
};

static struct parts parts(double t, double nu)
{
	double a = nu / 2, s = t / sqrt(nu), w = s * s;
	double x = 1 / (1 + w), y = w / (1 + w), lambda = (a * w - 0.5) / (1 + w);
	/* x^a y^(1/2) / B(a, 1/2) */
	double front = exp(-a * log1p(w)) * s / sqrt(1 + w) * gamma_ratio(a) / sqrt(M_PI);
	struct parts p = {0, 0.5};

	if (isinf(w))
		return p;
	if (lambda >= 0) {
		p.tail = 0.5 * front * beta_fraction(a, 0.5, x, y, lambda);
		p.middle = 0.5 - p.tail;
	} else {
		p.middle = 0.5 * front * beta_fraction(0.5, a, y, x, -lambda);
		p.tail = 0.5 - p.middle;
	}
	return p;
}

double stats_t_cdf(double t, double nu)
{
	struct parts p = parts(fabs(t), nu);

	return t < 0 ? p.tail : 0.5 + p.middle;
}

static double density(double t, double nu)
{
	return gamma_ratio(nu / 2) / sqrt(nu * M_PI) * exp(-(nu + 1) / 2 * log1p(t / nu * t));
}

/* t > 0 with P(T > t) = tail, 0 < tail < 1/2. */
static double solve(double tail, double nu)
{
	double middle = 0.5 - tail;
	bool by_tail = tail < 0.25;
	/* both starts lie at or below t, from where Newton does not leave the solution's side */
	double t = by_tail ? -stats_normal_quantile(tail) : middle / density(0, nu);

	for (int i = 0; i < 200; i++) {
		struct parts p = parts(t, nu);
		double now = by_tail ? p.tail : p.middle, want = by_tail ? tail : middle;
		double slope = (by_tail ? -t : t) * density(t, nu) / now;
		double step = log(want / now) / slope;

		if (!isfinite(step))
			break;
		t *= exp(step);
		if (fabs(step) < 1e-9)
			break;
	}
	return t;
}

double stats_t_quantile(double p, double nu)
{
	if (p == 0.5)
		return 0;
	return p < 0.5 ? -solve(p, nu) : solve(1 - p, nu);
}
