/* results.csv and processes.csv: the columns of design.md, in its order. */
#include "results.h"
#include "../base/buf.h"
#include "../base/units.h"
#include "../formats/csv.h"
#include "../formats/key.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Numbers of one row, as text that lives until the row is written. */
struct cells {
	char text[24][40];
	size_t n;
};

static const char *number(struct cells *c, double v)
{
	return isfinite(v) ? units_exact(c->text[c->n++], sizeof(c->text[0]), v) : "";
}

static const char *count(struct cells *c, size_t v)
{
	snprintf(c->text[c->n], sizeof(c->text[0]), "%zu", v);
	return c->text[c->n++];
}

static void result_row(struct buf *out, const struct result *r)
{
	struct cells c = {.n = 0};
	const struct summary *s = &r->s;
	bool has = r->metric[0];
	const char *const f[] = {
		r->arm,
		r->bench,
		r->metric,
		r->labels,
		r->unit,
		r->better,
		has ? count(&c, r->processes_valid) : "",
		has ? count(&c, s->n) : "",
		number(&c, s->median),
		number(&c, s->ci_lo),
		number(&c, s->ci_hi),
		s->n ? number(&c, s->ci_level) : "",
		number(&c, s->min),
		number(&c, s->p5),
		number(&c, s->p25),
		number(&c, s->p75),
		number(&c, s->p95),
		number(&c, s->p99),
		number(&c, s->mad),
		number(&c, s->cv),
		s->n ? number(&c, s->tau) : "",
		r->ceiling > 0 ? number(&c, r->ceiling) : "",
		status_name(r->status),
		r->reason,
	};

	csv_row(out, f, COUNT(f));
}

void results_csv(struct buf *out, const struct results *r)
{
	buf_puts(out, "arm,bench,metric,labels,unit,better,processes,n,median,ci_lo,ci_hi,ci_level,"
		      "min,p5,p25,p75,p95,p99,mad,cv,tau,ceiling,status,reason\n");
	for (size_t i = 0; i < r->n; i++)
		result_row(out, &r->r[i]);
}

/* Results of one arm and benchmark that hold all work by wall time. */
#define RATE_WALL "rate_wall"

static int by_key(const void *a, const void *b)
{
	return result_by_key(a, b);
}

/* The rate_wall of the same process and key, NaN where there is none. */
static double rate_wall(const struct results *all, const struct result *r,
			const struct process_result *p)
{
	struct result want = *r;

	want.metric = RATE_WALL;
	const struct result *wall = bsearch(&want, all->r, all->n, sizeof(*all->r), by_key);
	for (size_t i = 0; wall && i < wall->processes; i++) {
		const struct process_result *w = &wall->process[i];

		if (w->block == p->block && w->step == p->step && w->process == p->process)
			return w->median;
	}
	return NAN;
}

static void process_row(struct buf *out, const struct results *all, const struct result *r,
			const struct process_result *p)
{
	struct cells c = {.n = 0};
	const char *const f[] = {
		r->arm,
		count(&c, p->block),
		count(&c, p->position),
		count(&c, p->process),
		r->bench,
		r->metric,
		r->labels,
		count(&c, p->n),
		number(&c, p->median),
		number(&c, strcmp(r->metric, RATE_WALL) != 0 ? rate_wall(all, r, p) : NAN),
		p->valid && !r->untrue ? "1" : "0",
		r->untrue ? "untrue" : p->cause, /* nothing is compared with it */
	};

	csv_row(out, f, COUNT(f));
}

void results_processes_csv(struct buf *out, const struct results *r)
{
	buf_puts(out, "arm,block,position,process,bench,metric,labels,n,median,rate_wall,valid,"
		      "cause\n");
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->r[i].processes; k++)
			process_row(out, r, &r->r[i], &r->r[i].process[k]);
}

int results_write(const struct results *r, const struct bundle_data *d, struct err *e)
{
	struct buf text = BUF_INIT;

	results_csv(&text, r);
	int rc = bundle_write_file(d->dir, "results.csv", text.s, text.len, e);
	if (rc)
		goto out;
	buf_reset(&text);
	results_processes_csv(&text, r);
	rc = bundle_write_file(d->dir, "processes.csv", text.s, text.len, e);
out:
	buf_free(&text);
	return rc;
}
