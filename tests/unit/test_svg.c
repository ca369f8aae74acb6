/* Axes, panels and what a chart draws: positions by arithmetic, structure by counting. */
#include "make_bundle.h"
#include "report_text.h"
#include "../../reports/matrix.h"
#include "../../reports/svg.h"
#include "../../reports/text.h"

#include <math.h>

/* cmocka compares floats only, which are too coarse here */
#define NEAR(a, b, within) assert_true(fabs((a) - (b)) <= (within))

static void test_linear_axis(void **state)
{
	struct axis a = {.from = 0, .to = 100};

	axis_fit(&a, 3, 47, false, true, 5);
	NEAR(a.lo, 0, 0);
	NEAR(a.hi, 50, 1e-9);
	assert_int_equal(a.ticks, 6);
	NEAR(a.tick[1], 10, 1e-9);
	NEAR(axis_at(&a, 25), 50, 1e-9);
	axis_fit(&a, 54.8, 55.3, false, false, 5);
	assert_true(a.lo <= 54.8 + 1e-9 && a.hi >= 55.3 - 1e-9 && a.lo > 54);
}

static void test_axis_of_one_value(void **state)
{
	struct axis a = {.from = 0, .to = 100};

	axis_fit(&a, 7, 7, false, false, 5);
	assert_true(a.lo < 7 && a.hi > 7 && a.ticks >= 2);
	axis_fit(&a, 0, 0, false, true, 5);
	assert_true(a.hi > a.lo);
	axis_fit(&a, 5, 5, true, false, 5);
	assert_true(a.hi > a.lo && isfinite(axis_at(&a, 5)));
}

static void test_log_axis(void **state)
{
	struct axis a = {.from = 0, .to = 100};

	axis_fit(&a, 2e6, 6e10, true, true, 5);
	assert_true(a.lo < 2e6 && a.hi > 6e10 && a.lo > 1e5);
	assert_int_equal(a.ticks, 4);
	for (size_t i = 0; i < a.ticks; i++)
		NEAR(log10(a.tick[i]), 7 + (double)i, 1e-9);
	double lo = axis_at(&a, 1e7), mid = axis_at(&a, 1e8), hi = axis_at(&a, 1e9);
	NEAR(mid - lo, hi - mid, 1e-9);
}

static void test_numbers_in_text(void **state)
{
	struct buf b = BUF_INIT;

	html_put(&b, "%s|%.1f|%.1f|%.1f|%u|%zu|%%|%c", "<&\"'>", 2.0, -0.04, 12.34, 7u, (size_t)8,
		 'x');
	assert_string_equal(b.s, "&lt;&amp;&quot;&#39;&gt;|2|0|12.3|7|8|%|x");
	buf_free(&b);
}

/* The group of that metric in a made-up bundle. */
static const struct group *group(const struct view *v, const char *bench, const char *metric)
{
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->group[i].bench, bench) && !strcmp(v->group[i].metric, metric))
			return &v->group[i];
	fail_msg("no group %s %s", bench, metric);
	return NULL;
}

static void test_gpus_make_panels(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct spread s;
	struct view v;
	struct buf b = BUF_INIT;

	mk_h2d(&m.d, false);
	assert_int_equal(mk_judge(&m), 0);
	view_make(&v, &m.report);
	const struct group *g = group(&v, "copy", "bandwidth");
	assert_int_equal(view_chart(g), CHART_SWEEP);
	spread_make(&s, g, (const char *const[]){"size"}, 1, 8);
	assert_int_equal(s.panels, 7); /* GPU 3 hung */
	for (size_t i = 0; i < s.n; i++)
		assert_true(s.row[i].line < 4);
	spread_words(&b, &s, g, s.row[0].r, true);
	assert_string_equal(b.s, "GPU 0, memory node 0"); /* the node follows the GPU */
	buf_reset(&b);
	svg_sweep(&b, "x", g, &s, 16);
	assert_int_equal(count(b.s, "<svg role=\"img\""), 7);
	assert_int_equal(count(b.s, "class=\"ln\""), 28);
	assert_int_equal(count(b.s, "ceiling 49.0 GB/s"), 1);
	assert_int_equal(count(b.s, "nan"), 0);
	buf_reset(&b);
	svg_sweep(&b, "x", g, &s, 3);
	assert_int_equal(count(b.s, "<svg role=\"img\""), 3);
	buf_free(&b);
	spread_free(&s);
	view_free(&v);
	mk_report_free(&m);
}

static void test_heat_map(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct matrix matrix;
	struct spread s;
	struct view v;
	struct buf b = BUF_INIT;

	mk_numa(&m.d);
	assert_int_equal(mk_judge(&m), 0);
	view_make(&v, &m.report);
	const struct group *g = group(&v, "host_latency", "latency");
	assert_int_equal(view_chart(g), CHART_HEAT);
	assert_true(matrix_of(&matrix, g));
	matrix_spread(&s, &matrix, g, 16);
	assert_int_equal(s.panels, 1);
	svg_heat(&b, "x", g, &s, &matrix, &m.report, 16);
	assert_int_equal(count(b.s, "<rect x="), 16);
	assert_int_equal(count(b.s, "class=\"out\""), 1); /* 2 to 1, and nothing else */
	buf_free(&b);
	spread_free(&s);
	view_free(&v);
	mk_report_free(&m);
}

static void test_dots_show_every_process(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct view v;
	struct buf b = BUF_INIT;
	bool shown[4] = {true, true, true, true};

	mk_quick(&m.d);
	assert_int_equal(mk_judge(&m), 0);
	view_make(&v, &m.report);
	const struct group *g = group(&v, "host_bandwidth", "rate");
	assert_int_equal(view_chart(g), CHART_DOTS);
	assert_int_equal(g->n, 4);
	svg_dots(&b, "x", g, shown);
	assert_int_equal(count(b.s, "a2.5 2.5 0 1 0 5 0"), 12); /* 4 rows of 3 processes */
	assert_int_equal(count(b.s, "class=\"iv\""), 4);
	buf_free(&b);
	view_free(&v);
	mk_report_free(&m);
}

/* Two ways of copying on four GPUs: those that did the same stand together. */
static void test_dots_of_gpus_stand_in_blocks(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct view v;
	struct buf b = BUF_INIT;
	bool shown[8] = {true, true, true, true, true, true, true, true};

	mk_metric(&m.d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
	for (unsigned i = 0; i < 8; i++) {
		char *labels = mem_printf("dir=%s,gpu=%u,size=4", i % 2 ? "h2d" : "d2h", i / 2);
		struct mk_key k = {
			.bench = "copy", .metric = "bandwidth", .labels = labels, .step = i};

		mk_step(&m.d, i, 0, ST_PASS, "one case");
		mk_noise(&m.d, &k, i ? 4e11 : 3e12, 0.001, 0.002, 8);
		free(labels);
	}
	assert_int_equal(mk_judge(&m), 0);
	view_make(&v, &m.report);
	assert_string_equal(v.group[0].scale.name, "GB/s"); /* 400, not 0.4 TB/s */
	svg_dots(&b, "x", &v.group[0], shown);
	static const char *const order[] = {">d2h<",   ">GPU 0<", ">GPU 1<", ">GPU 2<",
					    ">GPU 3<", ">h2d<",	  ">GPU 0<", ">GPU 1<"};
	in_order(b.s, order, sizeof(order) / sizeof(order[0]));
	assert_int_equal(count(b.s, ">GPU 3<"), 2);
	buf_reset(&b);
	for (size_t i = 2; i < 8; i++)
		shown[i] = false;
	svg_dots(&b, "x", &v.group[0], shown); /* of one GPU: no blocks, it is named once */
	in_order(b.s, (const char *const[]){">GPU 0, GB/s", ">d2h<", ">h2d<"}, 3);
	buf_reset(&b);
	((struct result *)v.group[0].row[1])->s.median *= 1e4; /* a log axis, no name to share */
	memset(shown, true, sizeof(shown));
	svg_dots(&b, "x", &v.group[0], shown);
	HAS(b.s, ">d2h<");
	buf_free(&b);
	view_free(&v);
	mk_report_free(&m);
}

static void test_choice_of_rows(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct view v;

	mk_h2d(&m.d, false);
	assert_int_equal(mk_judge(&m), 0);
	view_make(&v, &m.report);
	const struct group *g = group(&v, "copy", "bandwidth");
	bool *shown = mem_zalloc(g->n, sizeof(*shown));
	size_t n = view_pick(g, &m.report, 64, shown), seen = 0;
	assert_true(n <= 64);
	for (size_t i = 0; i < g->n; i++) {
		seen += shown[i];
		if (g->row[i]->status == ST_FAIL)
			assert_true(shown[i]);
		if (strstr(g->row[i]->labels, "memory=pinned") &&
		    strstr(g->row[i]->labels, "size=268435456"))
			assert_true(shown[i]); /* a gate */
	}
	assert_int_equal(seen, n);
	assert_int_equal(view_pick(g, &m.report, 5, shown), 5);
	free(shown);
	view_free(&v);
	mk_report_free(&m);
}

/* One that touches another is not counted, so that a third may stand where it would have. */
static void test_labels_that_fit(void **state)
{
	double at[3][2];
	size_t n = 0;

	assert_true(svg_label_fits(at, &n, 100, 50, 40, 12));
	assert_false(svg_label_fits(at, &n, 140, 62, 40, 12));
	assert_true(svg_label_fits(at, &n, 141, 50, 40, 12));
	assert_true(svg_label_fits(at, &n, 120, 63, 40, 12));
	assert_int_equal(n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linear_axis),
		cmocka_unit_test(test_axis_of_one_value),
		cmocka_unit_test(test_log_axis),
		cmocka_unit_test(test_numbers_in_text),
		cmocka_unit_test(test_gpus_make_panels),
		cmocka_unit_test(test_heat_map),
		cmocka_unit_test(test_dots_show_every_process),
		cmocka_unit_test(test_dots_of_gpus_stand_in_blocks),
		cmocka_unit_test(test_choice_of_rows),
		cmocka_unit_test(test_labels_that_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
