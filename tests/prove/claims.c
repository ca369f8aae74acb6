/* The table: a claim, what it requires, what came out, whether it holds. See prove.h. */
#include "prove.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* P(X <= count) of a binomial, summed in logs. */
static double cdf(uint64_t count, uint64_t n, double p)
{
	double sum = 0, size = (double)n, term;

	for (uint64_t i = 0; i <= count; i++) {
		double k = (double)i;

		term = lgamma(size + 1) - lgamma(k + 1) - lgamma(size - k + 1);
		sum += exp(term + k * log(p) + (size - k) * log1p(-p));
	}
	return sum;
}

double binomial_upper(uint64_t count, uint64_t n)
{
	double lo = (double)count / (double)n, hi = 1;

	if (count == n)
		return 1;
	for (int i = 0; i < 40; i++) {
		double p = (lo + hi) / 2;

		if (cdf(count, n, p) > 0.01)
			lo = p;
		else
			hi = p;
	}
	return hi;
}

double binomial_lower(uint64_t count, uint64_t n)
{
	return 1 - binomial_upper(n - count, n);
}

bool table_wants(const struct table *t, const char *text)
{
	return !t->only || strstr(text, t->only);
}

void table_title(struct table *t, const char *text)
{
	if (t->o->brief)
		printf("# %s\n", text);
	else
		printf("\n%-74s %12s %9s %16s\n", text, "required", "got", "99 % bounds");
	fflush(stdout);
}

static bool holds(enum claim kind, double required, double tolerance, double got, double lo,
		  double hi, bool brief)
{
	switch (kind) {
	case AT_MOST:
		return (brief ? got : hi) <= required;
	case MORE_THAN:
		return (brief ? got : lo) > required;
	case AT_LEAST:
		return (brief ? hi : got) >= required;
	default:
		return brief ? lo <= required + tolerance && hi >= required - tolerance
			     : fabs(got - required) <= tolerance;
	}
}

void table_claim(struct table *t, const char *text, enum claim kind, double required,
		 double tolerance, uint64_t count, uint64_t n)
{
	static const char *const signs[] = {"<=", ">", ">=", ""};
	double got = (double)count / (double)n;
	double lo = binomial_lower(count, n), hi = binomial_upper(count, n);
	bool good = holds(kind, required, tolerance, got, lo, hi, t->o->brief);
	char need[32], line[256];

	t->rows++;
	t->failed += !good;
	if (kind == WITHIN)
		snprintf(need, sizeof(need), "%.0f +- %.0f %%", 100 * required, 100 * tolerance);
	else
		snprintf(need, sizeof(need), "%s %.4g %%", signs[kind], 100 * required);
	if (t->o->brief)
		snprintf(line, sizeof(line), "%s %u - %s: %s, got %.2f %%", good ? "ok" : "not ok",
			 t->rows, text, need, 100 * got);
	else
		snprintf(line, sizeof(line), "  %-72s %12s %7.2f %% %6.2f .. %-6.2f %s", text, need,
			 100 * got, 100 * lo, 100 * hi, good ? "holds" : "DOES NOT HOLD");
	puts(line);
	fflush(stdout);
}
