/*
 * Sides that are bundles, on a page of their own and on the terminal; and the pieces that every
 * comparison is told with. With REPORT_OUT=DIR it leaves the page there for tests/browser.
 */
#include "make_comparison.h"
#include "report_text.h"
#include "../../reports/compared.h"

struct sides {
	struct bundle_data a, b;
	struct comparison c;
	struct differences d;
	struct compare_report r;
};

static void make_sides(struct sides *s, enum compare_kind kind, const char *name)
{
	struct err e = ERR_INIT;

	*s = (struct sides){.c = {.kind = kind, .a = "570.124", .b = name, .gates = 40}};
	mk_head(&s->a, "h2d", "Pinned copies", "hgx-07");
	mk_head(&s->b, "h2d", "Pinned copies", "hgx-07");
	mk_gpus(&s->a, 8);
	mk_manifest_of(&s->b, "host", "driver.version", "590.44.01");
	mk_manifest_of(&s->b, "host", "host.note", "<b>bold</b>");
	for (unsigned i = 0; i < 40; i++) {
		char *labels =
			mem_printf("dir=%s,gpu=%u,memory=pinned,size=%u", i % 2 ? "d2h" : "h2d",
				   i / 2 % 8, i < 16 ? 4096u : 268435456u);
		struct compared *x = mc_add(&s->c, &(struct mc_row){.bench = "copy",
								    .metric = "bandwidth",
								    .labels = labels,
								    .unit = "bytes/s",
								    .better = "higher",
								    .a = 5.5e10,
								    .shift = i == 3    ? 0.021
									     : i == 5  ? 0.45
									     : i == 11 ? 0.012
									     : i == 20 ? -0.03
										       : 0.001,
								    .sd = i == 11 ? 0.02 : 0.001,
								    .margin = 0.01,
								    .blocks = i == 9 ? 0 : 32,
								    .stray_b = i == 7 ? 4 : 0,
								    .lost_b = i == 8 ? 2 : 0});
		x->skipped = i == 9;
		s->c.of_gates[x->decision.look.verdict]++;
		s->c.text = mem_grow(s->c.text, s->c.n_text, &s->c.cap_text, sizeof(char *));
		s->c.text[s->c.n_text++] = labels;
	}
	s->c.detectable = 0.014;
	s->c.exit = EXIT_FAILED;
	snprintf(s->c.sentence, sizeof(s->c.sentence), "Of 40 gate metrics 35 are equivalent.");
	snprintf(s->c.guarantee, sizeof(s->c.guarantee), "At most one wrong verdict in 25 runs.");
	assert_int_equal(differences_make(&s->d, &s->a, "host", &s->b, "host", &s->c, &e), 0);
	s->r = (struct compare_report){&s->c, &s->d, &s->a, &s->b, 3, 3};
}

static void free_sides(struct sides *s)
{
	for (size_t i = 0; i < s->c.n_text; i++)
		free(s->c.text[i]);
	free(s->c.text);
	differences_free(&s->d);
	mc_free(&s->c);
	mk_free(&s->a);
	mk_free(&s->b);
}

static char *compare_page(enum compare_kind kind, const char *name)
{
	struct sides s;
	struct buf out = BUF_INIT;

	make_sides(&s, kind, name);
	report_compare_html(&out, &s.r);
	free_sides(&s);
	return buf_steal(&out);
}

static void test_compare_page(void **state)
{
	static const char *const what[] = {
		"<title>Regressed: 580.82 against 570.124",
		"assay comparison of sessions",
		"Of 40 gate metrics 35 are equivalent.",
		"<dt>570.124</dt><dd>hgx-07",
		"(one of 3 bundles)",
		"<dt>580.82</dt>",
		"Comparison: 580.82 against 570.124",
		"<b>2</b> regressed",
		"copy bandwidth GPU 2, d2h", /* 45 % off, the worst */
		"copy bandwidth GPU 1, d2h",
		"<dt>Strays</dt><dd>0 of 570.124, 1 of 580.82: copy bandwidth GPU 3, d2h",
		"<dt>Lost</dt><dd>0 of 570.124, 2 of 580.82",
		"Session by session",
		"What differs between 570.124 and 580.82",
		"580.82.07</td><td>590.44.01",
	};
	char *text = compare_page(COMPARE_SESSIONS, "580.82"),
	     *nodes = compare_page(COMPARE_NODES, "x");

	in_order(text, what, sizeof(what) / sizeof(what[0]));
	HAS(nodes, "assay comparison of nodes");
	HAS(nodes, "Node by node");
	assert_true(strlen(text) < 300000);
	leave("compare", text);
	free(text);
	free(nodes);
}

static void test_compare_terminal_and_json(void **state)
{
	static const char *const worst_first[] = {"▼ 2 regressed", "45 % slower", "2.1 % slower",
						  "◌ 1 undecided"};
	struct terminal_style style = {.utf8 = true, .columns = 80};
	struct sides s;
	struct buf out = BUF_INIT;

	make_sides(&s, COMPARE_NODES, "new");
	report_compare_terminal(&out, &s.r, &style);
	HAS(out.s, "▼ Regressed. Of 40 gate metrics");
	in_order(out.s, worst_first, 4);
	HAS(out.s, "\n  copy bandwidth GPU 2, d2h, 4 KiB"); /* what all share stands below */
	HAS(out.s, "\n  all copy bandwidth: pinned\n");
	buf_reset(&out);
	report_compare_json(&out, &s.r);
	HAS(out.s, "\"kind\": \"node\"");
	HAS(out.s, "\"sentence\": \"Of 40 gate metrics 35 are equivalent.\"");
	buf_free(&out);
	free_sides(&s);
}

static void test_hostile_strings(void **state)
{
	char *text = compare_page(COMPARE_SESSIONS, "<script>alert(1)</script>\033[2J");

	LACKS(text, "<script");
	LACKS(text, "<b>bold");
	LACKS(text, "\033");
	HAS(text, "&lt;script&gt;");
	HAS(text, "&lt;b&gt;bold");
	free(text);
}

/* ---- pieces ---- */

static char *words(void (*fn)(struct buf *, const struct compared *), double lo, double mid,
		   double hi, const char *unit)
{
	struct compared x = {.unit = unit, .lo = lo, .ratio = mid, .hi = hi};
	struct buf out = BUF_INIT;

	fn(&out, &x);
	return buf_steal(&out);
}

static void test_shifts_in_words(void **state)
{
	static const struct {
		double lo, mid, hi;
		const char *unit, *change, *interval;
	} cases[] = {
		{0.028, 0.031, 0.034, "s", "3.1 % slower", "2.8 to 3.4 % slower"},
		{-0.005, -0.0035, -0.002, "bytes/s", "0.35 % faster", "0.20 to 0.50 % faster"},
		{-0.002, 0.00001, 0.004, "1/s", "no change", "0.20 % faster to 0.40 % slower"},
		{-0.002, 0.001, 0.004, "W", "0.10 % worse", "0.20 % better to 0.40 % worse"},
		{NAN, NAN, NAN, "s", "–", "–"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *change = words(compared_change, cases[i].lo, cases[i].mid, cases[i].hi,
				     cases[i].unit),
		     *interval = words(compared_interval, cases[i].lo, cases[i].mid, cases[i].hi,
				       cases[i].unit);

		assert_string_equal(change, cases[i].change);
		assert_string_equal(interval, cases[i].interval);
		free(change);
		free(interval);
	}
}

static void test_exit_codes_of_two_parts(void **state)
{
	static const enum exit_code order[] = {EXIT_USAGE, EXIT_NOTHING, EXIT_FAILED,
					       EXIT_INCONCLUSIVE, EXIT_PASSED};

	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < 5; k++)
			assert_int_equal(exit_worse(order[i], order[k]), order[i < k ? i : k]);
}

static void test_arrows_point_beyond_the_axis(void **state)
{
	char *text = compare_page(COMPARE_SESSIONS, "580.82");
	const char *row = strstr(text, "GPU 2, d2h"), *end = strstr(row, "</tr>");
	char *one = mem_strndup(row, (size_t)(end - row));

	HAS(one, "<path class=\"mk s2\" d=\"M224 13l-8 -5v10z\"/>");
	assert_int_equal(count(one, "class=\"mk"), 1); /* the arrow in place of the mark */
	free(one);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare_page),
		cmocka_unit_test(test_compare_terminal_and_json),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_shifts_in_words),
		cmocka_unit_test(test_exit_codes_of_two_parts),
		cmocka_unit_test(test_arrows_point_beyond_the_axis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
