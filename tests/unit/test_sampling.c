/* Sampling: batch size, when it stops, what it emits; on made-up timers with known noise. */
#include "../../harness/base/rng.h"
#include "../../harness/base/clock.h"
#include "../../harness/run/ctx.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct param params[] = {
	{.name = "size", .type = PARAM_SIZE, .scope = SCOPE_CASE, .def = "4,8"},
	{.name = NULL},
};
static const struct metric metrics[] = {
	{.name = "rate", .unit = "bytes/s", .better = BETTER_HIGHER, .cls = "bandwidth"},
	{.name = "wall", .unit = "bytes/s", .better = BETTER_HIGHER, .cls = "bandwidth"},
	{.name = NULL},
};
static const struct bench made_up = {.name = "made_up", .params = params, .metrics = metrics};

struct timer {
	struct rng rng;
	double op_s, sd;
	uint64_t most;
};

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct timer *t = arg;

	(void)e;
	t->most = n > t->most ? n : t->most;
	*seconds = (double)n * t->op_s * (1 + t->sd * rng_normal(&t->rng));
	return 0;
}

struct fixture {
	struct ctx c;
	struct emitter out;
	struct step_args args;
	struct timer t;
	struct err e;
};

static void begin(struct fixture *f, const char *gate, double op_s, double sd)
{
	memset(f, 0, sizeof(*f));
	f->args = (struct step_args){.bench = "made_up", .nonce = "N", .arm = "host", .gate = gate};
	f->t = (struct timer){.rng = {1}, .op_s = op_s, .sd = sd};
	emit_init(&f->out, open("/dev/null", O_WRONLY | O_CLOEXEC), "N");
	assert_int_equal(ctx_init(&f->c, &made_up, &f->args, &f->out, &f->e), 0);
	ctx_begin_case(&f->c, 0);
}

static void end(struct fixture *f)
{
	close(f->out.fd);
	buf_free(&f->out.buf);
	ctx_fini(&f->c);
}

static int go(struct fixture *f, struct sampling s)
{
	s.metric = "rate";
	s.work = s.work > 0 ? s.work : 8;
	s.batch = batch;
	s.arg = &f->t;
	return ctx_sample(&f->c, &s, &f->e);
}

static void test_batch(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "", 1e-6, 0.01);
	assert_int_equal(go(&f, (struct sampling){.tick_s = 0.5e-6}), 0);
	/* 2000 ticks of 0.5 us = 1 ms = 1000 operations */
	assert_in_range(f.t.most, 1000, 1300);
	assert_null(strstr(buf_str(&f.out.buf), "tick"));
	end(&f);
	begin(&f, "", 1e-6, 0.01);
	assert_int_equal(go(&f, (struct sampling){.tick_s = 0.5e-6, .max_batch = 128}), 0);
	assert_int_equal(f.t.most, 128);
	/* 256 ticks a sample: comparisons are told */
	assert_non_null(strstr(buf_str(&f.out.buf), "tick"));
	end(&f);
}

/* Other metrics of the very samples, each by its own work and form. */
static void test_twins(void **state)
{
	static double said[] = {1.98e9, NAN};
	static const struct twin twins[] = {
		{.metric = "half", .form = SAMPLE_RATE, .work = 4},
		{.metric = "each", .form = SAMPLE_TIME, .work = 2},
		{.metric = "clock", .form = SAMPLE_SAID, .said = &said[0]},
		{.metric = "unknown", .form = SAMPLE_SAID, .said = &said[1]},
		{.metric = NULL}};
	struct fixture f;
	size_t rates = 0;

	(void)state;
	begin(&f, "", 1e-6, 0.01);
	assert_int_equal(go(&f, (struct sampling){.tick_s = 1e-9, .twins = twins}), 0);
	for (size_t i = 0; i + 3 < f.c.n_pending; i += 4) {
		const struct pending *p = &f.c.pending[i];

		assert_string_equal(p[0].metric, "half");
		assert_string_equal(p[1].metric, "each");
		assert_string_equal(p[2].metric, "clock");
		assert_string_equal(p[3].metric, "rate");
		assert_int_equal(p[0].sample, rates);
		assert_int_equal(p[2].sample, rates);
		assert_int_equal(p[3].sample, rates++);
		assert_true(p[2].value == said[0]);
		assert_true(fabs(p[3].value / p[0].value - 2) < 1e-9);	   /* 8 bytes for 4 */
		assert_true(fabs(p[1].value * p[3].value / 4 - 1) < 1e-9); /* s/2 x 8/s */
	}
	assert_true(rates >= 5 && f.c.n_pending == 4 * rates);
	end(&f);
}

/* The known fault: every batch is longer by the share, and really takes that time. */
static void test_slow(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "", 1e-6, 0);
	f.args.slow = 0.5;
	uint64_t start = clock_wall_ns();
	assert_int_equal(go(&f, (struct sampling){.tick_s = 1e-9, .form = SAMPLE_TIME, .work = 1}),
			 0);
	for (size_t i = 0; i < f.c.n_pending; i++)
		assert_true(f.c.pending[i].value >= 1.5e-6);
	assert_true(f.c.n_pending > 0);
	assert_true(clock_wall_since_s(start) > 0.5e-6 * (double)f.c.n_pending);
	end(&f);
}

static void test_values(void **state)
{
	struct fixture f;
	double sum = 0;

	(void)state;
	begin(&f, "", 1e-6, 0.01);
	assert_int_equal(go(&f, (struct sampling){.tick_s = 1e-9, .form = SAMPLE_RATE}), 0);
	for (size_t i = 0; i < f.c.n_pending; i++)
		sum += f.c.pending[i].value;
	assert_true(fabs(sum / (double)f.c.n_pending / 8e6 - 1) < 0.01);
	end(&f);
	begin(&f, "", 1e-6, 0.01);
	assert_int_equal(go(&f, (struct sampling){.tick_s = 1e-9, .form = SAMPLE_TIME, .work = 2}),
			 0);
	assert_true(fabs(f.c.pending[0].value / 0.5e-6 - 1) < 0.1);
	end(&f);
}

static void test_stops_when_precise(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "made_up.rate{size=4}", 1e-3, 0.0001);
	assert_int_equal(go(&f, (struct sampling){.tick_s = 1e-9}), 0);
	assert_int_equal(f.c.precise, 1);
	assert_int_equal(f.c.n_pending, 30);
	end(&f);
}

static size_t samples_with_gate(const char *gate)
{
	struct fixture f;

	begin(&f, gate, 1e-3, 0.15);
	assert_int_equal(go(&f, (struct sampling){.tick_s = 1e-9}), 0);
	assert_int_equal(f.c.at_budget, 1);
	size_t n = f.c.n_pending;
	end(&f);
	return n;
}

static void test_budget(void **state)
{
	(void)state;
	assert_in_range(samples_with_gate("made_up.rate{size=4}"), 200, 450);
	assert_in_range(samples_with_gate("made_up.rate{size=8}"), 20, 50);
}

/* A control neither warms up nor takes a gate's budget. */
static void test_brief(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "made_up.rate{size=4}", 1e-3, 0.15);
	assert_int_equal(go(&f, (struct sampling){.tick_s = 1e-9, .brief = true}), 0);
	assert_in_range(f.c.n_pending, 20, 50);
	assert_false(f.c.warm);
	end(&f);
}

/* However short the budget, five samples. */
static void test_long_samples(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "", 2, 0.1);
	assert_int_equal(go(&f, (struct sampling){.tick_s = 1e-9}), 0);
	assert_int_equal(f.c.n_pending, 5);
	end(&f);
}

static void test_unsteady(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "", 0.3, 0.2);
	assert_int_equal(go(&f, (struct sampling){.tick_s = 1e-9, .rate_wall = "wall"}), 0);
	assert_non_null(strstr(f.c.note, "unsteady"));
	assert_string_equal(f.c.pending[f.c.n_pending - 1].metric, "wall");
	end(&f);
}

/* A timer that stands still is an error, not an endless loop. */
static void test_frozen_timer(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "", 0, 0);
	assert_true(go(&f, (struct sampling){.tick_s = 1e-9}) < 0);
	assert_non_null(strstr(f.e.text, "no time at all"));
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch),	     cmocka_unit_test(test_values),
		cmocka_unit_test(test_slow),	     cmocka_unit_test(test_stops_when_precise),
		cmocka_unit_test(test_budget),	     cmocka_unit_test(test_brief),
		cmocka_unit_test(test_long_samples), cmocka_unit_test(test_unsteady),
		cmocka_unit_test(test_frozen_timer), cmocka_unit_test(test_twins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
