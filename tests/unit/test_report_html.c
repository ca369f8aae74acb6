/*
 * The HTML report on made-up bundles: order, escapes, what must not be there, the same bytes
 * twice, its weight. With REPORT_OUT=DIR it leaves the pages there for tests/browser.
 */
#include "make_bundle.h"
#include "report_text.h"

static void quick(struct bundle_data *d)
{
	mk_quick(d);
}

static void h2d(struct bundle_data *d)
{
	mk_h2d(d, false);
}

static void h2d_simulated(struct bundle_data *d)
{
	mk_h2d(d, true);
}

/* The page of a made-up bundle; the caller frees. */
static char *page(void (*make)(struct bundle_data *d))
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct buf out = BUF_INIT;

	make(&m.d);
	assert_int_equal(mk_judge(&m), 0);
	report_html(&out, &m.report);
	mk_report_free(&m);
	return buf_steal(&out);
}

static void test_order(void **state)
{
	static const char *const what[] = {
		"lang=\"en\"",	     "Content-Security-Policy", "<h1 class=\"fail\">",
		"1 of 8 copy steps", "id=\"findings\"",		"id=\"measurements\"",
		"id=\"steps\"",	     "id=\"environment\"",	"id=\"method\"",
	};
	char *text = page(h2d);

	in_order(text, what, sizeof(what) / sizeof(what[0]));
	leave("h2d", text);
	free(text);
}

static void test_failures_are_told(void **state)
{
	char *text = page(h2d);

	HAS(text, "copy timed out: GPU 3 (0000:4a:00.0)");
	HAS(text, "byte 4096 is 0x00, 0x5a was sent");
	HAS(text, "is above the physical ceiling of 49.00 GB/s");
	HAS(text, "class=\"bar\"");
	free(text);
}

static void test_charts(void **state)
{
	char *sweep = page(h2d), *heat = page(mk_numa), *dots = page(quick);

	HAS(sweep, "over size, GPU 5");
	HAS(heat, "Matrix of 4 CPU nodes by 4 memory nodes");
	HAS(heat, "Outlined: CPU node 2, memory node 1");
	HAS(dots, "Dot plot of 4 rows");
	leave("numa", heat);
	leave("quick", dots);
	free(sweep);
	free(heat);
	free(dots);
}

static void test_simulated_is_unmistakable(void **state)
{
	char *text = page(h2d_simulated), *real = page(h2d);

	HAS(text, "<title>SIMULATED");
	HAS(text, "<p class=\"banner\" role=\"note\"><strong>SIMULATED</strong> hgx-h100");
	HAS(text, "class=\"paper\"");
	LACKS(real, "SIMULATED</");
	HAS(real, ">time, s</th>");
	LACKS(text, ">time, s</th>");
	LACKS(text, "run.argv");
	leave("simulated", text);
	free(real);
	free(text);
}

static void test_real_times_stay_out_of_a_simulation(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct buf a = BUF_INIT, b = BUF_INIT;

	mk_h2d(&m.d, true);
	assert_int_equal(mk_judge(&m), 0);
	report_html(&a, &m.report);
	for (size_t i = 0; i < m.d.n_steps; i++) {
		m.d.steps[i].start_s *= 1.7;
		m.d.steps[i].wall_s *= 1.3;
	}
	report_html(&b, &m.report);
	assert_string_equal(a.s, b.s);
	buf_free(&a);
	buf_free(&b);
	mk_report_free(&m);
}

static void test_hostile_strings(void **state)
{
	char *text = page(mk_hostile);

	LACKS(text, "<script");
	LACKS(text, "<img");
	LACKS(text, "<svg onload");
	LACKS(text, "<i>");
	LACKS(text, "\033");
	LACKS(text, "\xff");
	HAS(text, "&lt;img src=x onerror=alert(1)&gt;");
	HAS(text, "&lt;svg onload=alert(2)&gt;");
	LACKS(text, "http://");
	LACKS(text, "https://");
	leave("hostile", text);
	free(text);
}

static void empty(struct bundle_data *d)
{
	mk_manifest(d, "program.version", "0.1.0");
}

static void test_nothing_at_all(void **state)
{
	char *text = page(empty);

	HAS(text, "Nothing measured");
	HAS(text, "No number was measured.");
	leave("empty", text);
	free(text);
}

static void test_weight(void **state)
{
	char *text = page(h2d);

	assert_true(strlen(text) < 300000);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_failures_are_told),
		cmocka_unit_test(test_charts),
		cmocka_unit_test(test_simulated_is_unmistakable),
		cmocka_unit_test(test_real_times_stay_out_of_a_simulation),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_nothing_at_all),
		cmocka_unit_test(test_weight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
