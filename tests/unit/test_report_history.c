/* The page of a history: charts, drivers as marks, what is known well enough, hostile names. */
#include "make_session.h"
#include "../../reports/report.h"

/* n sessions of a machine from that day of the year on, each a boot of its own. */
static void add(const char *dir, struct mk_session like, unsigned day, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char *name = mem_printf("%s%u-%u", like.host ? "other" : "lab", day, i),
		     *start = mem_printf("2026-%02u-%02uT06:00:00Z", 1 + (day + i) / 28,
					 1 + (day + i) % 28);

		like.boot = name;
		like.start = start;
		like.seed = 100 * day + i;
		mk_session(dir, name, &like);
		free(name);
		free(start);
	}
}

/* A driver upgrade on one machine, a second machine beside it. */
static void make_history(const char *dir, const char *other, const char *simulated)
{
	struct mk_session lab = {.driver = "570.124", .simulated = simulated};

	add(dir, lab, 0, 14);
	lab.driver = "580.82";
	lab.shift = 0.02;
	add(dir, lab, 14, 12);
	lab.host = other;
	lab.shift = 0;
	add(dir, lab, 20, 6);
}

static char *page(const char *dir)
{
	struct history h;
	struct err e = ERR_INIT;
	struct buf out = BUF_INIT;

	ok(history_load(&h, dir, &e), &e);
	report_history_html(&out, &h);
	history_free(&h);
	return buf_steal(&out);
}

static void test_trends(void **state)
{
	static const char *const what[] = {
		"<h1>History: 32 sessions of several machines</h1>",
		"2 of 2 metrics are known well enough",
		"<dt>Machines</dt><dd>2</dd>",
		"<dt>Drivers</dt><dd>2</dd>",
		"mem rate GPU 0, 4 B",
		"higher is better, sessions differ by 0.",
		"id=\"trend-0-t\"",
		">570.124</text>",
		">580.82</text>",
		"id=\"trend-1-t\"",
		"</svg> lab-07",
		"</svg> lab-08",
		"Data of these charts",
		"<td class=\"l\">lab-07</td><td class=\"l\">570.124</td>",
		"How much sessions differ",
		"<td>32</td><td>29</td>", /* 13 + 11 + 5 */
		"● yes",
	};

	make_history(*state, "lab-08", NULL);
	char *text = page(*state);
	in_order(text, what, sizeof(what) / sizeof(what[0]));
	LACKS(text, "id=\"trend-2-t\"");		  /* gates only */
	assert_int_equal(count(text, "class=\"ce\""), 4); /* two drivers in each chart */
	assert_int_equal(count(text, "class=\"mk s1\""), 2 * 26 + 1);
	assert_int_equal(count(text, "class=\"mk s2\""), 2 * 6 + 1);
	assert_int_equal(count(text, "class=\"ln"), 2 * (13 + 11 + 5)); /* none across a driver */
	assert_true(strlen(text) < 300000);
	leave("history", text);
	free(text);
}

static void test_simulated_and_hostile(void **state)
{
	make_history(*state, "<script>alert(1)</script>", "hgx-h100");
	char *text = page(*state);

	HAS(text, "<title>SIMULATED – History");
	HAS(text, "<strong>SIMULATED</strong> hgx-h100");
	LACKS(text, "<script");
	HAS(text, "&lt;script&gt;");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_trends, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_simulated_and_hostile, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
