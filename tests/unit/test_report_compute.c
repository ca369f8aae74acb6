/* What reports show of products, clients and clocks: a page to look at with REPORT_OUT=DIR. */
#include "make_compute.h"
#include "report_text.h"
#include "../../reports/course.h"
#include "../../reports/svg.h"

#include <math.h>

static const struct group *group(const struct view *v, const char *bench, const char *metric)
{
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->group[i].bench, bench) && !strcmp(v->group[i].metric, metric))
			return &v->group[i];
	fail_msg("no group %s %s", bench, metric);
	return NULL;
}

/* Formats whose ceilings are far apart: shares of each one's own, with a bar a row. */
static void test_bars(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct buf b = BUF_INIT;
	struct view v;
	bool shown[12];

	mk_gemm(&m.d);
	assert_int_equal(mk_judge(&m), 0);
	view_make(&v, &m.report);
	const struct group *g = group(&v, "gemm", "flops");
	assert_int_equal(g->n, 12);
	assert_int_equal(view_chart(g), CHART_DOTS);
	memset(shown, true, sizeof(shown));
	svg_dots(&b, "x", g, shown);
	assert_int_equal(count(b.s, "class=\"br "), 12);
	assert_int_equal(count(b.s, "class=\"ce\""), 12);
	HAS(b.s, "% of each one’s ceiling");
	assert_int_equal(count(b.s, "class=\"t b k\""), 3); /* a block a format */
	HAS(b.s, " PFLOP/s");
	HAS(b.s, " TFLOP/s");
	buf_reset(&b);
	for (size_t i = 0; i < g->n; i++)
		shown[i] = strstr(g->row[i]->labels, "bf16") != NULL;
	svg_dots(&b, "x", g, shown); /* one format: one ceiling, on the metric's own axis */
	assert_int_equal(count(b.s, "class=\"br "), 0);
	buf_free(&b);
	view_free(&v);
	mk_report_free(&m);
}

/* The rate against its clock: a panel a format, a point a GPU, and the ray of the median. */
static void test_against_the_clock(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct buf b = BUF_INIT;
	struct spread s;
	struct view v;

	mk_gemm(&m.d);
	assert_int_equal(mk_judge(&m), 0);
	view_make(&v, &m.report);
	const struct group *g = group(&v, "gemm", "flops"), *clock = group(&v, "gemm", "clock");
	assert_true(clock > g); /* what only informs comes last */
	spread_gpus(&s, g);
	assert_int_equal(s.panels, 3);
	svg_clock(&b, "x", g, clock, &s, 16);
	assert_int_equal(count(b.s, "<svg role=\"img\""), 3);
	assert_int_equal(count(b.s, "class=\"mk "), 12);
	assert_int_equal(count(b.s, "class=\"ce\""), 3);
	assert_true(count(b.s, ">GPU 2<") == 3 && count(b.s, ">GPU 3<") == 3);
	buf_reset(&b);
	svg_clock(&b, "x", g, clock, &s, 1);
	assert_int_equal(count(b.s, "<svg role=\"img\""), 1);
	buf_free(&b);
	spread_free(&s);
	view_free(&v);
	mk_report_free(&m);
}

/* How a speed-up grows with the clients is a curve. */
static void test_clients_are_swept(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct buf b = BUF_INIT;
	struct spread s;
	struct view v;

	mk_mps(&m.d);
	assert_int_equal(mk_judge(&m), 0);
	view_make(&v, &m.report);
	const struct group *g = group(&v, "mps", "stp");
	assert_int_equal(view_chart(g), CHART_SWEEP);
	assert_string_equal(view_swept(g)->name, "clients");
	spread_sweep(&s, g, 8, 8);
	svg_sweep(&b, "x", g, &s, 16);
	assert_int_equal(count(b.s, "<svg role=\"img\""), 1);
	assert_int_equal(count(b.s, "class=\"ln\""), 2);
	for (int n = 1; n <= 8; n *= 2) {
		char tick[16];

		snprintf(tick, sizeof(tick), ">%d</text>", n);
		HAS(b.s, tick);
	}
	assert_int_equal(count(b.s, " B<"), 0); /* clients are no bytes */
	buf_free(&b);
	spread_free(&s);
	view_free(&v);
	mk_report_free(&m);
}

/* A reading holds until the next, but not beyond its step. */
static void test_course(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct course c;

	mk_step(&d, 0, 0, ST_PASS, "");
	d.steps[0].start_s = 0;
	d.steps[0].wall_s = 40;
	mk_step(&d, 1, 0, ST_PASS, "");
	d.steps[1].start_s = 80;
	d.steps[1].wall_s = 20;
	mk_reading(&d, 0, 5, "power", 100);
	mk_reading(&d, 20, 5, "power", 300);
	mk_reading(&d, 80, 5, "power", 200);
	mk_reading(&d, 0, 5, "clock_reasons", 0x4);
	mk_reading(&d, 25, 5, "clock_reasons", 0x4 | 0x40);
	mk_reading(&d, 80, 5, "clock_reasons", 0x1);
	course_make(&c, &d, 10);
	assert_int_equal(c.gpus, 1);
	assert_int_equal(c.gpu[0], 5);
	assert_true(c.end_s == 100);
	const double *w = c.field[1].value;
	assert_true(fabs(w[0] - 100) < 1e-9 && fabs(w[1] - 100) < 1e-9);
	assert_true(fabs(w[2] - 300) < 1e-9 && fabs(w[3] - 300) < 1e-9);
	for (int i = 4; i < 8; i++) { /* between the steps nobody looked */
		assert_true(i == 4 || isnan(w[i]));
		assert_true(i == 4 || !c.seen[i]);
	}
	assert_true(fabs(w[8] - 200) < 1e-9 && fabs(w[9] - 200) < 1e-9);
	assert_int_equal(c.events[0], COURSE_POWER);
	assert_int_equal(c.events[3], COURSE_POWER | COURSE_HEAT);
	assert_int_equal(c.events[9], 0);
	assert_false(c.field[0].there);
	course_free(&c);
	mk_free(&d);
}

static void make_page(struct mk_report *m, struct buf *b, bool simulated)
{
	*m = (struct mk_report){.d = {.n_plan = 0}};
	mk_manifest(&m->d, "suite.name", "gemm");
	mk_manifest(&m->d, "suite.gate", "gemm.flops{type=bf16}");
	if (simulated)
		mk_manifest(&m->d, "simulated", "hgx-h200");
	mk_gemm(&m->d);
	mk_mps(&m->d);
	for (size_t i = 0; i < m->d.n_steps; i++) {
		m->d.steps[i].start_s = i ? 60 + 0.1 * (double)i : 0;
		m->d.steps[i].wall_s = i ? 0.1 : 60;
	}
	mk_minute(&m->d);
	assert_int_equal(mk_judge(m), 0);
	report_html(b, &m->report);
}

static void test_page(void **state)
{
	struct mk_report m;
	struct buf b = BUF_INIT;

	make_page(&m, &b, false);
	in_order(b.s,
		 (const char *const[]){"href=\"#course\"", "id=\"measurements\"", "id=\"course\"",
				       "SM clock, GHz", "Power, W", "Temperature, °C",
				       "id=\"steps\""},
		 7);
	assert_true(count(b.s, "class=\"ev s2\"") >= 1);    /* GPU 2 was hot */
	assert_true(count(b.s, "class=\"ev pw s6\"") >= 4); /* all met their power limit */
	assert_int_equal(count(b.s, "nan"), 0);
	assert_true(b.len < 300 * 1024);
	leave("compute", buf_str(&b));
	buf_reset(&b);
	mk_report_free(&m);
	make_page(&m, &b, true);
	HAS(b.s, "which is not that of a simulated server");
	assert_int_equal(count(b.s, "The run over time"), 0);
	buf_free(&b);
	mk_report_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_against_the_clock),
		cmocka_unit_test(test_clients_are_swept),
		cmocka_unit_test(test_course),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
