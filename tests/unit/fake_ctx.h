/*
 * A context without a harness, for tests of benchmarks: parameters from a table, everything
 * that is said is kept. Include it in one file of a test program.
 */
#ifndef ASSAY_TESTS_FAKE_CTX_H
#define ASSAY_TESTS_FAKE_CTX_H

#include "../../harness/bench.h"
#include "../../harness/base/units.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fake_fact {
	char kind[32], metric[32], labels[128], value[256], source[256];
};

struct ctx {
	const struct bench *bench;
	const char *const *set; /* "op=copy" …, NULL at its end; the rest has its default */
	uint64_t case_seed;
	uint64_t pinned_limit; /* 0: a gibibyte */
	void *state;
	char word[64];
	struct fake_fact fact[64];
	size_t facts;
	double value[1 << 16];
	size_t values; /* of the first metric that was emitted */
	size_t others; /* values of any other metric */
	const char *metric;
	uint64_t operations; /* that ctx_sample asked for */
	const char *self;
	const char *rendezvous; /* of a launcher's ranks */
	unsigned ranks;
};

const char *ctx_str(const struct ctx *c, const char *param)
{
	size_t len = strlen(param);

	for (size_t i = 0; c->set && c->set[i]; i++) {
		if (!strncmp(c->set[i], param, len) && c->set[i][len] == '=')
			return c->set[i] + len + 1;
	}
	for (const struct param *p = c->bench->params; p->name; p++) {
		if (!strcmp(p->name, param))
			return p->def;
	}
	fail_msg("%s has no parameter %s", c->bench->name, param);
	return NULL;
}

uint64_t ctx_u64(const struct ctx *c, const char *param)
{
	uint64_t v = 0;

	assert_int_equal(units_parse_size(ctx_str(c, param), &v), 0);
	return v;
}

uint64_t ctx_max_u64(const struct ctx *c, const char *param)
{
	return ctx_u64(c, param);
}

const char *ctx_nth(const struct ctx *c, const char *param, size_t i)
{
	return i ? NULL : ctx_str(c, param);
}

bool ctx_has(const struct ctx *c, const char *param, const char *value)
{
	return !strcmp(ctx_str(c, param), value);
}

int ctx_gpus(const struct ctx *c, int *out, int max)
{
	int n = 0;

	for (const struct param *p = c->bench->params; p->name; p++) {
		const char *s = ctx_str(c, p->name);

		if (p->type != PARAM_GPU && p->type != PARAM_PEER && p->type != PARAM_GPUS)
			continue;
		for (; *s >= '0' && *s <= '9' && n < max; s += *s == '+')
			out[n++] = (int)strtol(s, (char **)&s, 10);
	}
	return n;
}

uint64_t ctx_seed(const struct ctx *c)
{
	return 42;
}

uint64_t ctx_case_seed(const struct ctx *c)
{
	return c->case_seed;
}

const char *ctx_self(const struct ctx *c)
{
	return c->self;
}

const char *ctx_arm(const struct ctx *c)
{
	return "host";
}

const char *ctx_ranks(const struct ctx *c, unsigned *ranks)
{
	*ranks = c->ranks;
	return c->rendezvous;
}

void *ctx_state(const struct ctx *c)
{
	return c->state;
}

uint64_t ctx_pinned_limit(const struct ctx *c, int node)
{
	return c->pinned_limit ? c->pinned_limit : 1 << 30;
}

void ctx_emit(struct ctx *c, const char *metric, double value)
{
	if (!c->metric)
		c->metric = metric;
	c->others += strcmp(metric, c->metric) != 0;
	if (!strcmp(metric, c->metric) && c->values < sizeof(c->value) / sizeof(c->value[0]))
		c->value[c->values++] = value;
}

void ctx_fact(struct ctx *c, const char *kind, const char *metric, const char *labels,
	      const char *value, const char *source)
{
	struct fake_fact *f = &c->fact[c->facts++];

	assert_true(c->facts < sizeof(c->fact) / sizeof(c->fact[0]));
	snprintf(f->kind, sizeof(f->kind), "%s", kind);
	snprintf(f->metric, sizeof(f->metric), "%s", metric);
	snprintf(f->labels, sizeof(f->labels), "%s", labels ? labels : "*");
	snprintf(f->value, sizeof(f->value), "%s", value);
	snprintf(f->source, sizeof(f->source), "%s", source);
}

void ctx_fact_num(struct ctx *c, const char *kind, const char *metric, const char *labels,
		  double value, const char *source)
{
	char text[32];

	ctx_fact(c, kind, metric, labels, units_exact(text, sizeof(text), value), source);
}

void ctx_expect(struct ctx *c, const char *what, const char *metric, const char *labels,
		const char *found, const char *wanted, const char *source)
{
	char kind[32];

	snprintf(kind, sizeof(kind), "found.%s", what);
	ctx_fact(c, kind, metric, labels, found, source);
	snprintf(kind, sizeof(kind), "wanted.%s", what);
	ctx_fact(c, kind, metric, labels, wanted, source);
}

void ctx_remark(struct ctx *c, const char *metric, const char *labels, const char *text,
		const char *source)
{
	ctx_fact(c, "remark", metric, labels, text, source);
}

void ctx_log(struct ctx *c, const char *fmt, ...)
{
}

/* Two batches, of one and of two operations. */
int ctx_sample(struct ctx *c, const struct sampling *s, struct err *e)
{
	int rc = 0;

	for (uint64_t n = 1; n <= 2 && !rc; n++) {
		double seconds = 0;
		rc = s->batch(s->arg, n, &seconds, e);
		if (rc)
			break;
		assert_true(seconds > 0);
		c->operations += n;
		ctx_emit(c, s->metric,
			 s->form == SAMPLE_RATE ? s->work * (double)n / seconds
						: seconds / (s->work * (double)n));
	}
	return rc;
}

/* The benchmark's setup, with its state. */
static inline int fake_setup(struct ctx *c, struct err *e)
{
	c->state = calloc(1, c->bench->state_bytes);
	return c->bench->setup(c, e);
}

/* Its end, after an error of its setup as well. */
static inline void fake_end(struct ctx *c)
{
	c->bench->teardown(c);
	free(c->state);
	free(c);
}

/* Of that kind about that metric and no other ("": all); NULL where none was told. */
static inline const struct fake_fact *fake_fact_of(const struct ctx *c, const char *kind,
						   const char *metric)
{
	for (size_t i = 0; i < c->facts; i++) {
		if (!strcmp(c->fact[i].kind, kind) && !strcmp(c->fact[i].metric, metric))
			return &c->fact[i];
	}
	return NULL;
}

/* NULL where no such fact was told. */
static inline const char *fake_fact(const struct ctx *c, const char *kind)
{
	for (size_t i = 0; i < c->facts; i++) {
		if (!strcmp(c->fact[i].kind, kind))
			return c->fact[i].value;
	}
	return NULL;
}

#endif
