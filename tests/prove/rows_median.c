/*
 * The interval of a process's median: coverage with 200 samples, and when the samples were taken by
 * the shipped sampling loop, which stops when that very interval is narrow enough.
 */
#include "prove.h"
#include "../../harness/run/ctx.h"
#include "../../harness/stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define OP_S 1e-3 /* one operation; long enough to be a batch of its own */

/* A timer with autocorrelated noise: x is the state of an AR(1), sd its stationary spread. */
struct timer {
	struct rng *r;
	double phi, sd, x;
};

static double next(struct timer *t)
{
	double x = t->x;

	t->x = t->phi * x + sqrt(1 - t->phi * t->phi) * rng_normal(t->r);
	return t->sd * x;
}

static void fixed(const void *arg, struct rng *r, uint64_t *count)
{
	struct timer t = {r, *(const double *)arg, 1, rng_normal(r)};
	struct summary s;
	double v[200];

	for (int i = 0; i < 200; i++)
		v[i] = next(&t);
	stats_summary(&s, v, 200, 0.95);
	count[0] += s.ci_lo <= 0 && 0 <= s.ci_hi;
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	*seconds = (double)n * OP_S * exp(next(arg));
	return 0;
}

static const struct param no_params[] = {{.name = NULL}};
static const struct metric one_metric[] = {
	{.name = "time", .unit = "s", .better = BETTER_LOWER, .cls = "latency"},
	{.name = NULL},
};
static const struct bench made_up = {.name = "prove", .params = no_params, .metrics = one_metric};

/* The spread is drawn anew each time, so that sampling stops anywhere between 30 and 300. */
static void stopping(const void *arg, struct rng *r, uint64_t *count)
{
	struct timer t = {r, *(const double *)arg, 0, rng_normal(r)};
	struct step_args args = {.bench = "prove", .nonce = "", .arm = "", .gate = "prove.time"};
	struct sampling s = {.metric = "time",
			     .form = SAMPLE_TIME,
			     .work = 1,
			     .tick_s = OP_S / 4000,
			     .batch = batch,
			     .arg = &t};
	struct err e = ERR_INIT;
	struct summary sum;
	struct ctx c;

	t.sd = 0.002 * pow(5, rng_uniform(r));
	if (ctx_init(&c, &made_up, &args, NULL, &e))
		abort();
	ctx_begin_case(&c, 0);
	c.warm = true; /* warming up only costs time: this timer has no cold start */
	if (ctx_sample(&c, &s, &e))
		abort();
	double *v = calloc(c.n_pending, sizeof(*v));
	for (size_t i = 0; i < c.n_pending; i++)
		v[i] = c.pending[i].value;
	stats_summary(&sum, v, c.n_pending, 0.95);
	count[0] += sum.ci_lo <= OP_S && OP_S <= sum.ci_hi;
	count[1] += c.precise;
	free(v);
	ctx_fini(&c);
}

void rows_median(struct table *t)
{
	static const double phis[] = {0, 0.3, 0.6};
	uint64_t count[COUNTS];
	unsigned n = t->o->families;
	char text[128];

	table_title(t, "Coverage of the median's 95 % interval, samples with autocorrelation phi");
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "200 samples, phi %.1f", phis[i]);
		if (!table_wants(t, text))
			continue;
		trials_run(count, fixed, &phis[i], n, text, t->o);
		table_claim(t, text, AT_LEAST, 0.93, 0, count[0], n);
	}
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "stopped by the sampling loop, phi %.1f", phis[i]);
		if (!table_wants(t, text))
			continue;
		trials_run(count, stopping, &phis[i], n, text, t->o);
		table_claim(t, text, AT_LEAST, 0.88, 0, count[0], n);
		printf("%s %.0f %% of them stopped before the budget\n", t->o->brief ? "#" : "   ",
		       100.0 * (double)count[1] / n);
	}
}
