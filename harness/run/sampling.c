/*
 * Sampling inside a process (harness/stats/README.md, "Sampling inside a process"): warm up until
 * steady, size the batch, then sample until the corrected 95 % interval of the median is narrow
 * enough or the case's budget is spent. Outliers stay. Works in log time, since ratios are what is
 * compared. Known error: windows of 250 ms cannot see drifts slower than the warm-up.
 */
#include "../base/clock.h"
#include "../base/mem.h"
#include "../stats/stats.h"
#include "ctx.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN	      0.01 /* m: what a bandwidth gate promises */
#define WARM_UP_S     1.0
#define WINDOW_S      0.25
#define GIVE_UP_GPU_S 10.0
#define GIVE_UP_CPU_S 3.0
#define TICKS	      2000 /* a sample lasts at least so many timer ticks */
#define PRIMARY_S     0.3
#define SWEEP_S	      0.03
#define LONG_SAMPLE_S 0.01
#define MAX_SAMPLES   20000
#define MAX_BATCH     (1ull << 40)
#define WALL_LIMIT_NS 60000000000ull /* a clock that stands still must not hang us */

struct run {
	struct ctx *c;
	const struct sampling *s;
	struct err *e;
	uint64_t batch;
	double *log_time; /* of one unit of work, in time order */
	size_t n, cap;
	double work_done, seconds;
};

/* A known fault, really there: the wall clock and whoever watches from outside see it, too. */
static void make_slow(const struct run *r, double *seconds)
{
	uint64_t start = clock_meas_ns();
	double more = *seconds * r->c->args->slow, spent;

	do
		spent = (double)(clock_meas_ns() - start) * 1e-9;
	while (spent < more);
	*seconds += spent;
}

static int one(struct run *r, double *seconds)
{
	int rc = r->s->batch(r->s->arg, r->batch, seconds, r->e);

	if (!rc && r->c->args->slow > 0)
		make_slow(r, seconds);
	if (!rc && !(*seconds > 0))
		rc = err_set(r->e, ERANGE, "%s: a batch of %llu took no time at all", r->s->metric,
			     (unsigned long long)r->batch);
	return rc;
}

/* Doubles the batch until it lasts long enough for the timer. */
static int size_batch(struct run *r)
{
	uint64_t most = r->s->max_batch ? r->s->max_batch : MAX_BATCH;
	double need = TICKS * r->s->tick_s, seconds;

	r->batch = 1;
	for (;;) {
		int rc = one(r, &seconds);

		if (rc || seconds >= need || r->batch >= most)
			return rc;
		double factor = need / seconds * 1.1;
		factor = factor < 2 ? 2 : factor > 64 ? 64 : factor;
		double next = ceil((double)r->batch * factor);
		r->batch = next > (double)most ? most : (uint64_t)next;
	}
}

static bool agree(const double *window, size_t n)
{
	double low = INFINITY, high = -INFINITY;

	if (n < 3)
		return false;
	for (size_t i = n - 3; i < n; i++) {
		low = fmin(low, window[i]);
		high = fmax(high, window[i]);
	}
	return high / low - 1 <= fmax(0.005, MARGIN / 2);
}

/* The median time of one batch over a window. */
static int window_median(struct run *r, double *median, double *spent)
{
	double *v = NULL, seconds, sum = 0;
	size_t n = 0, cap = 0;
	int rc = 0;

	while (sum < WINDOW_S && n < MAX_SAMPLES && !rc) {
		rc = one(r, &seconds);
		v = mem_grow(v, n, &cap, sizeof(*v));
		v[n++] = seconds;
		sum += seconds;
	}
	if (!rc) {
		stats_sort(v, n);
		*median = stats_median(v, n);
		*spent += sum;
	}
	free(v);
	return rc;
}

/* Once a process: at least a second of work, and until three windows agree. */
static int warm_up(struct run *r)
{
	double limit = r->s->rate_wall ? GIVE_UP_CPU_S : GIVE_UP_GPU_S, spent = 0, window[64];
	uint64_t start = clock_wall_ns();
	size_t n = 0;
	int rc = 0;

	r->c->warm = true;
	while (!rc && n < 64 && (spent < WARM_UP_S || !agree(window, n))) {
		if (spent >= limit || clock_wall_ns() - start > WALL_LIMIT_NS) {
			snprintf(r->c->note, sizeof(r->c->note), "unsteady after %.0f s of warm-up",
				 spent);
			ctx_fact(r->c, "unsteady", r->s->metric, "", "yes",
				 "three windows of 250 ms never agreed within 0.5 %");
			return 0;
		}
		rc = window_median(r, &window[n++], &spent);
	}
	return rc;
}

static double value_of(enum sample_form form, double work, double seconds)
{
	return form == SAMPLE_RATE ? work / seconds : seconds / work;
}

static void add_twins(const struct run *r, double seconds)
{
	for (const struct twin *t = r->s->twins; t && t->metric; t++) {
		double value = t->form == SAMPLE_SAID
				       ? *t->said
				       : value_of(t->form, t->work * (double)r->batch, seconds);

		if (!isnan(value))
			ctx_add(r->c, t->metric, (unsigned)r->n, value);
	}
}

static int sample(struct run *r)
{
	double seconds;
	int rc = one(r, &seconds);

	if (rc)
		return rc;
	double work = r->s->work * (double)r->batch;
	add_twins(r, seconds);
	r->log_time = mem_grow(r->log_time, r->n, &r->cap, sizeof(*r->log_time));
	r->log_time[r->n] = log(seconds / work);
	ctx_add(r->c, r->s->metric, (unsigned)r->n, value_of(r->s->form, work, seconds));
	r->n++;
	r->work_done += work;
	r->seconds += seconds;
	return 0;
}

static bool narrow_enough(const struct run *r)
{
	double lo, hi, *sorted = mem_zalloc(r->n, sizeof(*sorted));

	memcpy(sorted, r->log_time, r->n * sizeof(*sorted));
	stats_sort(sorted, r->n);
	stats_median_interval(sorted, r->n, stats_tau(r->log_time, r->n), 0.95, &lo, &hi, NULL);
	free(sorted);
	return (hi - lo) / 2 <= MARGIN / 8;
}

static int loop(struct run *r)
{
	double budget = !r->s->brief && ctx_is_primary(r->c) ? PRIMARY_S : SWEEP_S;
	size_t least = 30, look = 30;
	int rc = sample(r);

	if (!rc && r->seconds > LONG_SAMPLE_S)
		least = look = 5;
	while (!rc) {
		if (r->n >= 5 && (r->seconds >= budget || r->n >= MAX_SAMPLES)) {
			r->c->at_budget++;
			break;
		}
		if (r->n >= least && r->n >= look) {
			if (narrow_enough(r)) {
				r->c->precise++;
				break;
			}
			look = r->n + r->n / 2;
		}
		rc = sample(r);
	}
	return rc;
}

/*
 * Where a batch cannot be long enough for the timer, comparisons must know by how much a value may
 * jump: one tick as a share of a sample, rounded up to a power of two, so that all processes say
 * the same.
 */
static void say_tick(const struct run *r)
{
	double share = r->s->tick_s * (double)r->n / r->seconds;

	if (share > 1.25 / TICKS) /* below, batches have just been sized to the limit */
		ctx_fact_num(r->c, "tick", r->s->metric, NULL, exp2(ceil(log2(share))),
			     "timer tick / duration of a sample");
}

int ctx_sample(struct ctx *c, const struct sampling *s, struct err *e)
{
	struct run r = {.c = c, .s = s, .e = e};
	double discarded;
	int rc = size_batch(&r);

	if (!rc && !c->warm && !s->brief) {
		rc = warm_up(&r);
		if (!rc)
			rc = size_batch(&r); /* the first one was cold */
	}
	if (!rc)
		rc = one(&r, &discarded);
	uint64_t start = clock_meas_ns();
	if (!rc)
		rc = loop(&r);
	if (!rc)
		say_tick(&r);
	if (!rc && s->rate_wall) {
		double wall = (double)(clock_meas_ns() - start) * 1e-9;

		ctx_add(c, s->rate_wall, 0, r.work_done / wall);
	}
	free(r.log_time);
	return rc;
}
