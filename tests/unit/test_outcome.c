/* The exit code's precedence and the sentence, one bundle a row. */
#include "make_bundle.h"
#include "../../harness/judge/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Up to four steps of one benchmark, one a GPU; a measured one gives one number. */
struct plot {
	const char *name;
	enum status status[4];
	unsigned n, required; /* steps; bits of those required */
	enum exit_code exit;
	const char *says; /* part of the sentence */
};

static const struct plot plots[] = {
	{"all pass",
	 {ST_PASS, ST_PASS},
	 2,
	 3,
	 EXIT_PASSED,
	 "Measured 2 metrics in 2 steps; all steps passed."},
	{"optional skip",
	 {ST_PASS, ST_SKIP},
	 2,
	 1,
	 EXIT_PASSED,
	 "Measured 1 metric; 1 of 2 steps passed. 1 of 2 copy steps was skipped: GPU 1 (because)."},
	{"required skip", {ST_PASS, ST_SKIP}, 2, 2, EXIT_INCONCLUSIVE, "The suite requires"},
	{"optional busy",
	 {ST_PASS, ST_BUSY},
	 2,
	 0,
	 EXIT_INCONCLUSIVE,
	 "found its place taken: GPU 1"},
	{"required busy", {ST_PASS, ST_BUSY}, 2, 2, EXIT_INCONCLUSIVE, "The suite requires"},
	{"fail",
	 {ST_PASS, ST_FAIL},
	 2,
	 0,
	 EXIT_FAILED,
	 "1 of 2 copy steps failed: GPU 1 (because)."},
	{"error", {ST_PASS, ST_ERROR}, 2, 0, EXIT_FAILED, "ended in an error: GPU 1"},
	{"timeout",
	 {ST_PASS, ST_PASS, ST_TIMEOUT},
	 3,
	 0,
	 EXIT_FAILED,
	 "1 of 3 copy steps timed out: GPU 2 (because). Measured 2 metrics; 2 of 3 steps passed."},
	{"fail before required skip",
	 {ST_PASS, ST_FAIL, ST_SKIP},
	 3,
	 7,
	 EXIT_FAILED,
	 "failed: GPU 1"},
	{"two alike",
	 {ST_PASS, ST_SKIP, ST_SKIP},
	 3,
	 0,
	 EXIT_PASSED,
	 "2 of 3 copy steps were skipped: GPU 1 (because) and 1 more for the same reason."},
	{"nothing, skipped",
	 {ST_SKIP, ST_SKIP},
	 2,
	 0,
	 EXIT_NOTHING,
	 "2 of 2 copy steps were skipped"},
	{"nothing before fail", {ST_FAIL, ST_TIMEOUT}, 2, 0, EXIT_NOTHING, "Nothing was measured."},
	{"no step at all", {ST_PASS}, 0, 0, EXIT_NOTHING, "Nothing was measured."},
};

static void stage(struct mk_report *m, const struct plot *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		char *gpu = mem_printf("gpu=%u", i);
		struct mk_key k = {.bench = "copy", .metric = "rate", .labels = gpu, .step = i};

		mk_plan(&m->d, i, "copy", gpu, p->required >> i & 1, "");
		mk_step(&m->d, i, 0, p->status[i], p->status[i] == ST_PASS ? "" : "because");
		if (p->status[i] == ST_PASS)
			mk_sample(&m->d, &k, 0, 1, "");
		free(gpu);
	}
}

static void test_plots(void **state)
{
	for (size_t i = 0; i < sizeof(plots) / sizeof(plots[0]); i++) {
		struct mk_report m = {.d = {.n_plan = 0}};

		stage(&m, &plots[i]);
		assert_int_equal(mk_judge(&m), 0);
		if (m.outcome.exit != plots[i].exit || !strstr(m.outcome.sentence, plots[i].says))
			fail_msg("%s: exit %d, \"%s\"", plots[i].name, m.outcome.exit,
				 m.outcome.sentence);
		mk_report_free(&m);
	}
}

static void test_cut_off(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	stage(&m, &plots[0]);
	mk_plan(&m.d, 7, "copy", "gpu=7", false, "");
	assert_int_equal(mk_judge(&m), 0);
	assert_int_equal(m.outcome.exit, EXIT_INCONCLUSIVE);
	assert_non_null(strstr(m.outcome.sentence, "cut off: 1 of 3 steps never ran"));
	mk_report_free(&m);
}

static void test_failed_case_in_a_passed_step(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	stage(&m, &plots[0]);
	mk_manifest_of(&m.d, "host", "fact.fail.copy{gpu=0,size=4096}", "byte 7 is wrong");
	assert_int_equal(mk_judge(&m), 0);
	assert_int_equal(m.outcome.exit, EXIT_FAILED);
	assert_non_null(
		strstr(m.outcome.sentence, "1 case failed: copy, GPU 0, 4 KiB (byte 7 is wrong)."));
	mk_report_free(&m);
}

static void test_required_case_that_was_skipped(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	stage(&m, &plots[0]);
	mk_manifest_of(&m.d, "host", "fact.skip.copy{gpu=0,size=4096}", "too little memory");
	assert_int_equal(mk_judge(&m), 0);
	assert_int_equal(m.outcome.exit, EXIT_INCONCLUSIVE);
	mk_report_free(&m);
}

static void test_quoted_case_reads_as_words(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	stage(&m, &plots[0]);
	mk_plan(&m.d, 2, "copy", "gpu=2", false, "");
	mk_step(&m.d, 2, 0, ST_FAIL, "gpu=2,memory=pinned,size=4096: byte 7 is wrong.");
	assert_int_equal(mk_judge(&m), 0);
	assert_non_null(strstr(m.outcome.sentence, "GPU 2 (pinned, 4 KiB: byte 7 is wrong)."));
	mk_report_free(&m);
}

static void test_keys_in_text_become_words(void **state)
{
	static const char *const row[][2] = {
		{"in case dir=h2d,gpu=3,size=4096", "in case GPU 3, h2d, 4 KiB"},
		{"gpu=3: late (node=1).", "GPU 3: late (node=1)."},
		{"set deadline= or LD_PRELOAD=x, a,b=", "set deadline= or LD_PRELOAD=x, a,b="},
		{"  two  spaces ", "  two  spaces "},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct buf b = BUF_INIT;

		words_text(&b, row[i][0], false);
		assert_string_equal(buf_str(&b), row[i][1]);
		buf_free(&b);
	}
}

static void test_long_reasons_are_cut_whole(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	char reason[2000];

	for (size_t i = 0; i + 3 < sizeof(reason); i += 3)
		memcpy(reason + i, "\xe2\x82\xac", 4);
	stage(&m, &plots[0]);
	for (unsigned i = 2; i < 8; i++) {
		mk_plan(&m.d, i, "copy", "gpu=7", false, "");
		mk_step(&m.d, i, 0, (enum status)(ST_FAIL + (int)i % 5), reason);
	}
	assert_int_equal(mk_judge(&m), 0);
	size_t n = strlen(m.outcome.sentence);
	assert_true(n < sizeof(m.outcome.sentence));
	struct buf cut = BUF_INIT;
	report_json(&cut, &m.report);
	assert_null(strstr(cut.s, "\xef\xbf\xbd")); /* no character was torn */
	buf_free(&cut);
	mk_report_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plots),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_failed_case_in_a_passed_step),
		cmocka_unit_test(test_required_case_that_was_skipped),
		cmocka_unit_test(test_quoted_case_reads_as_words),
		cmocka_unit_test(test_keys_in_text_become_words),
		cmocka_unit_test(test_long_reasons_are_cut_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
