/*
 * Matrices: which labels span one, which cells stand out, local against remote memory; sweeps in
 * which a line stands for all GPUs. Structure by counting, places by looking them up.
 */
#include "made_view.h"
#include "../../reports/matrix.h"
#include "../../reports/svg.h"

#include <math.h>

static void p2p(struct bundle_data *d)
{
	mk_p2p(d, 8);
}

static void test_pairs_of_gpus(void **state)
{
	struct matrix m;
	struct made x;
	struct spread s;
	struct buf b = BUF_INIT;

	make(&x, p2p);
	assert_int_equal(view_chart(x.g), CHART_HEAT);
	assert_true(matrix_of(&m, x.g) && m.pairs);
	assert_string_equal(m.down->name, "gpu");
	assert_string_equal(m.across->name, "peer");
	assert_null(matrix_spread(&s, &m, x.g, 16));
	assert_int_equal(s.panels, 12);
	svg_heat(&b, "x", x.g, &s, &m, &x.m.report, 16);
	assert_int_equal(count(b.s, "<svg role=\"img\""), 12);
	assert_int_equal(count(b.s, "<rect x="), 12 * 56); /* no diagonal */
	assert_int_equal(count(b.s, ">–<"), 0);
	assert_int_equal(count(b.s, "class=\"out\""), 2); /* GPU 5 to GPU 1, by CE and SM */
	spread_free(&s);
	buf_free(&b);
	done(&x);
}

/* The gate is write by CE with P2P, which by name would be the sixth panel. */
static void with_a_gate(struct bundle_data *d)
{
	mk_p2p(d, 4);
	mk_manifest(d, "suite.gate", "p2p.bandwidth{dir=write,engine=ce,p2p=on}");
}

static void test_gates_come_first(void **state)
{
	static const char *const order[] = {"\nwrite, CE, P2P on, GB/s, by peer GPU",
					    "\nboth ways, CE"};
	const struct terminal_style style = {.utf8 = true, .columns = 80};
	struct buf page = BUF_INIT, terminal = BUF_INIT;
	struct made x;

	make(&x, with_a_gate);
	report_html(&page, &x.m.report);
	in_order(page.s, (const char *const[]){">write, CE, P2P on, GB/s<", ">both ways, CE"}, 2);
	report_terminal(&terminal, &x.m.report, &style);
	for (char *blank; (blank = strstr(terminal.s, "\n  "));)
		memmove(blank + 1, blank + 3, strlen(blank + 3) + 1);
	in_order(terminal.s, order, 2);
	HAS(page.s, "Median in each cell, ± ");
	buf_free(&page);
	buf_free(&terminal);
	done(&x);
}

/* A cell is as wide as its number. */
static void small_numbers(struct bundle_data *d)
{
	mk_p2p(d, 6);
	for (size_t i = 0; i < d->n_samples; i++)
		if (strstr(d->samples[i].labels, "p2p=off"))
			d->samples[i].value /= 1e3;
}

/* The heat maps of a bundle. */
static void draw(struct buf *out, void (*fill)(struct bundle_data *d))
{
	struct matrix m;
	struct made x;
	struct spread s;

	make(&x, fill);
	assert_true(matrix_of(&m, x.g));
	matrix_spread(&s, &m, x.g, 16);
	svg_heat(out, "x", x.g, &s, &m, &x.m.report, 16);
	spread_free(&s);
	done(&x);
}

static void test_wide_numbers_fit(void **state)
{
	struct buf b = BUF_INIT;

	draw(&b, small_numbers);
	HAS(b.s, ">0.03");
	assert_int_equal(count(b.s, " width=\"44\""), 0);
	buf_free(&b);
}

static void test_outliers_in_words(void **state)
{
	struct buf page = BUF_INIT, terminal = BUF_INIT;
	const struct terminal_style style = {.utf8 = true, .columns = 80};
	struct made x;

	make(&x, p2p);
	report_html(&page, &x.m.report);
	HAS(page.s, "Outlined: GPU 5 to GPU 1, write, ");
	HAS(page.s, "50 % below the median of its kind");
	report_terminal(&terminal, &x.m.report, &style);
	HAS(terminal.s, "* GPU 5 to GPU 1, write");
	assert_true(strlen(page.s) < 300000);
	leave("p2p", page.s);
	buf_free(&page);
	buf_free(&terminal);
	done(&x);
}

static void test_missing_pairs_are_dashes(void **state)
{
	struct buf b = BUF_INIT;

	draw(&b, mk_hole);
	assert_int_equal(count(b.s, "<rect x="), 12 * 11);
	assert_int_equal(count(b.s, ">–<"), 12);
	buf_free(&b);
}

static void test_gpus_by_node(void **state)
{
	struct remote far[8];
	struct matrix m;
	struct made x;
	struct spread s;
	struct buf b = BUF_INIT;

	make(&x, mk_gpu_nodes);
	assert_true(matrix_of(&m, x.g) && !m.pairs);
	assert_string_equal(m.across->name, "node");
	matrix_spread(&s, &m, x.g, 16);
	assert_int_equal(s.panels, 2); /* d2h, h2d */
	assert_int_equal(matrix_remote(far, &m, &x.m.report, s.row, spread_panel_end(&s, 0)), 8);
	assert_true(remote_share(&far[0], far[0].worst) < -0.25);
	assert_true(remote_share(&far[5], far[5].best) > 0.25); /* nearer to the other node */
	assert_ptr_equal(far[0].best, far[0].worst);
	svg_heat(&b, "x", x.g, &s, &m, &x.m.report, 16);
	assert_int_equal(count(b.s, "class=\"t m b\""), 16); /* the own node is bold */
	assert_int_equal(count(b.s, "class=\"out\""), 4);    /* GPU 5, both nodes, both ways */
	buf_reset(&b);
	svg_remote(&b, "y", x.g, &s, &m, &x.m.report, 16);
	assert_int_equal(count(b.s, "class=\"op s2\""), 16);
	assert_int_equal(count(b.s, "class=\"mk s1\""), 16);
	HAS(b.s, ">+41 %<");
	HAS(b.s, ">−29 %<");
	buf_reset(&b);
	report_html(&b, &x.m.report);
	HAS(b.s, "local against remote memory, d2h");
	leave("gpu-nodes", b.s);
	spread_free(&s);
	buf_free(&b);
	done(&x);
}

/* Each GPU with its own node only: half a matrix is none. */
static void local_only(struct bundle_data *d)
{
	for (unsigned g = 0; g < 8; g++) {
		char *labels = mem_printf("gpu=%u,node=%u", g, g / 4);

		mk_step(d, g, 0, ST_PASS, "");
		mk_one(d, "b", "rate", g, 5e10, labels);
		free(labels);
	}
}

static void test_a_node_that_follows_the_gpu_is_no_matrix(void **state)
{
	struct matrix m;
	struct made x;

	make(&x, local_only);
	assert_false(matrix_of(&m, x.g));
	assert_int_equal(view_chart(x.g), CHART_DOTS);
	done(&x);
}

/* Where judge compares siblings, its word counts and nothing is outlined beside it. */
static void judged(struct bundle_data *d)
{
	mk_p2p(d, 4);
	mk_manifest(d, "metric.p2p.bandwidth.siblings", "gpu,peer");
}

static void test_what_judge_said_is_outlined(void **state)
{
	struct made x;
	struct matrix m;
	struct spread s;
	bool out[12];
	double off[12];

	make(&x, judged);
	assert_true(matrix_of(&m, x.g));
	matrix_spread(&s, &m, x.g, 16);
	size_t n = spread_panel_end(&s, 0);
	assert_int_equal(n, 12);
	((struct result *)s.row[3].r)->status = ST_FAIL;
	matrix_outliers(&m, &x.m.report, s.row, n, out, off);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(out[i], i == 3);
		assert_true(isnan(off[i]));
	}
	spread_free(&s);
	done(&x);
}

/* Two sizes: 24 panels, so that only the larger is drawn. */
static void two_sizes(struct bundle_data *d)
{
	size_t n;

	mk_p2p(d, 4);
	n = d->n_samples;
	for (size_t i = 0; i < n; i++) {
		char *labels = mem_strdup(d->samples[i].labels), *size = strstr(labels, "size=");
		struct mk_key k = {.bench = "p2p", .metric = "bandwidth", .labels = labels};

		strcpy(size, "size=4096");
		k.step = d->samples[i].step;
		mk_sample(d, &k, d->samples[i].sample, 1e9, "");
		free(labels);
	}
}

static void test_one_size_of_many(void **state)
{
	struct matrix m;
	struct made x;
	struct spread s;

	make(&x, two_sizes);
	assert_true(matrix_of(&m, x.g));
	assert_string_equal(matrix_spread(&s, &m, x.g, 16), "268435456");
	assert_int_equal(s.panels, 12);
	spread_free(&s);
	assert_null(matrix_spread(&s, &m, x.g, 24));
	assert_int_equal(s.panels, 24);
	spread_free(&s);
	done(&x);
}

static void test_copies_of_every_kind(void **state)
{
	struct made x;
	struct spread s;
	struct buf b = BUF_INIT;

	make(&x, mk_copies);
	assert_int_equal(view_chart(x.g), CHART_SWEEP);
	spread_sweep(&s, x.g, 8, 16);
	assert_true(s.over_gpus);
	assert_int_equal(s.panels,
			 10); /* five directions by two engines, a line a kind of memory */
	svg_sweep(&b, "x", x.g, &s, 16);
	assert_int_equal(count(b.s, "<svg role=\"img\""), 10);
	assert_int_equal(count(b.s, "class=\"ln\""), 10 * 5);
	assert_int_equal(count(b.s, "class=\"ln th\""), 10 * 5 * 7);
	LACKS(b.s, ">GPU 0");
	buf_reset(&b);
	report_html(&b, &x.m.report);
	HAS(b.s, "A line a GPU, the first with marks");
	assert_true(strlen(b.s) < 300000);
	leave("copies", b.s);
	spread_free(&s);
	buf_free(&b);
	done(&x);
}

static void test_columns_and_rows_read_from_the_gpu(void **state)
{
	static const char *const want[] = {"arm", "gpu", "node", "dir", "engine", "memory", "size"};
	struct made x;

	make(&x, mk_copies);
	for (size_t i = 0; i < x.g->columns; i++)
		assert_string_equal(x.g->column[i].name, want[i]);
	for (size_t i = 1; i < x.g->n; i++)
		assert_true(view_index(&x.g->column[1], x.g->row[i - 1]) <=
			    view_index(&x.g->column[1], x.g->row[i]));
	done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs_of_gpus),
		cmocka_unit_test(test_outliers_in_words),
		cmocka_unit_test(test_gates_come_first),
		cmocka_unit_test(test_wide_numbers_fit),
		cmocka_unit_test(test_missing_pairs_are_dashes),
		cmocka_unit_test(test_gpus_by_node),
		cmocka_unit_test(test_a_node_that_follows_the_gpu_is_no_matrix),
		cmocka_unit_test(test_what_judge_said_is_outlined),
		cmocka_unit_test(test_one_size_of_many),
		cmocka_unit_test(test_copies_of_every_kind),
		cmocka_unit_test(test_columns_and_rows_read_from_the_gpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
