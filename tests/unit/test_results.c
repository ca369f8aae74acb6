/* From samples to results: grouping, attempts, medians of medians, ceilings, rows without numbers.
 */
#include "make_bundle.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* cmocka compares floats only, which are too coarse here */
#define NEAR(a, b, within) assert_true(fabs((a) - (b)) <= (within))

static const struct result *find(const struct results *r, const char *metric, const char *labels)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->r[i].metric, metric) && !strcmp(r->r[i].labels, labels))
			return &r->r[i];
	return NULL;
}

static struct mk_key key(const char *labels, unsigned process, unsigned attempt)
{
	return (struct mk_key){.bench = "copy",
			       .metric = "rate",
			       .labels = labels,
			       .process = process,
			       .attempt = attempt};
}

static void samples(struct bundle_data *d, struct mk_key k, const double *v, size_t n)
{
	for (unsigned i = 0; i < n; i++)
		mk_sample(d, &k, i, v[i], "");
}

#define SAMPLES(d, k, ...)                                                                         \
	samples(d, k, (const double[]){__VA_ARGS__},                                               \
		sizeof((double[]){__VA_ARGS__}) / sizeof(double))

static void test_median_of_process_medians(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	mk_plan(&m.d, 0, "copy", "gpu=0", false, "");
	for (unsigned p = 0; p < 3; p++)
		mk_step(&m.d, 0, p, ST_PASS, "");
	/* medians 10, 20, 90; a pooled median would be 11 */
	SAMPLES(&m.d, key("gpu=0", 0, 0), 9, 10, 11, 10, 10, 11, 9, 10, 10);
	SAMPLES(&m.d, key("gpu=0", 1, 0), 19, 20, 21);
	SAMPLES(&m.d, key("gpu=0", 2, 0), 90);
	assert_int_equal(mk_judge(&m), 0);
	const struct result *r = find(&m.results, "rate", "gpu=0");
	assert_non_null(r);
	assert_int_equal(r->processes, 3);
	assert_int_equal(r->s.n, 13);
	NEAR(r->s.median, 20, 0);
	NEAR(r->s.ci_lo, 10, 0);
	NEAR(r->s.ci_hi, 90, 0);
	NEAR(r->s.ci_level, 0.75, 1e-9);
	NEAR(r->s.min, 9, 0);
	mk_report_free(&m);
}

static void test_one_process_speaks_for_itself(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct mk_key k = key("gpu=0", 0, 0);
	struct summary s;
	double v[50];

	mk_plan(&m.d, 0, "copy", "gpu=0", false, "");
	mk_step(&m.d, 0, 0, ST_PASS, "");
	mk_noise(&m.d, &k, 100, 0, 0.05, 50);
	for (size_t i = 0; i < 50; i++)
		v[i] = m.d.samples[i].value;
	stats_summary(&s, v, 50, 0.95);
	assert_int_equal(mk_judge(&m), 0);
	const struct result *r = find(&m.results, "rate", "gpu=0");
	assert_int_equal(r->processes_valid, 1);
	NEAR(r->s.median, s.median, 0);
	NEAR(r->s.ci_lo, s.ci_lo, 0);
	NEAR(r->s.ci_hi, s.ci_hi, 0);
	assert_true(r->s.ci_lo < r->s.ci_hi);
	mk_report_free(&m);
}

static void test_last_attempt_counts(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	mk_plan(&m.d, 0, "copy", "gpu=0", false, "");
	mk_step_of(&m.d, "host", 0, 0, 0, ST_BUSY, "somebody came");
	mk_step_of(&m.d, "host", 0, 0, 1, ST_PASS, "");
	SAMPLES(&m.d, key("gpu=0", 0, 0), 1, 1, 1);
	SAMPLES(&m.d, key("gpu=0", 0, 1), 5, 5, 5);
	SAMPLES(&m.d, key("gpu=1", 0, 0), 1, 1, 1); /* only in the attempt that does not count */
	assert_int_equal(mk_judge(&m), 0);
	NEAR(find(&m.results, "rate", "gpu=0")->s.median, 5, 0);
	assert_null(find(&m.results, "rate", "gpu=1"));
	assert_int_equal(m.outcome.steps[ST_BUSY], 0);
	mk_report_free(&m);
}

static void test_invalid_samples_are_kept_and_left_out(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct mk_key k = key("gpu=0", 1, 0);

	mk_plan(&m.d, 0, "copy", "gpu=0", false, "");
	mk_step(&m.d, 0, 0, ST_PASS, "");
	mk_step(&m.d, 0, 1, ST_PASS, "");
	SAMPLES(&m.d, key("gpu=0", 0, 0), 10, 10, 10);
	for (unsigned i = 0; i < 3; i++)
		mk_sample(&m.d, &k, i, 4, "thermal");
	assert_int_equal(mk_judge(&m), 0);
	const struct result *r = find(&m.results, "rate", "gpu=0");
	assert_int_equal(r->processes, 2);
	assert_int_equal(r->processes_valid, 1);
	NEAR(r->s.median, 10, 0);
	assert_false(r->process[1].valid);
	assert_string_equal(r->process[1].cause, "thermal");
	NEAR(r->process[1].median, 4, 0);
	assert_non_null(strstr(r->reason, "1 of 2 processes left out: thermal"));
	mk_report_free(&m);
}

static void test_nothing_valid_is_no_number(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct mk_key k = key("gpu=0", 0, 0);

	mk_manifest_of(&m.d, "host", "bench.copy.options", "sweep");
	mk_plan(&m.d, 0, "copy", "gpu=0 sweep=short", false, "");
	mk_step(&m.d, 0, 0, ST_FAIL, "gpu=0: byte 7 is wrong");
	mk_sample(&m.d, &k, 0, 9, "corrupt");
	mk_manifest_of(&m.d, "host", "fact.fail.copy{gpu=0}", "byte 7 is wrong");
	assert_int_equal(mk_judge(&m), 0);
	const struct result *r = find(&m.results, "rate", "gpu=0");
	assert_int_equal(r->s.n, 0);
	assert_int_equal(r->status, ST_FAIL);
	r = find(&m.results, "", "gpu=0");
	assert_int_equal(r->status, ST_FAIL);
	assert_string_equal(r->reason, "byte 7 is wrong");
	assert_null(r->of_step); /* the case says it, the step need not repeat it */
	assert_int_equal(m.results.n, 2);
	mk_report_free(&m);
}

static void ceiling(const char *kind, double value, enum status want)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	char text[32], fact[64];

	mk_metric(&m.d, "copy", "rate", "bytes/s", "higher", "bandwidth");
	snprintf(text, sizeof(text), "%.17g", value);
	snprintf(fact, sizeof(fact), "fact.%s.copy.rate{gpu=0}", kind);
	mk_manifest_of(&m.d, "host", fact, text);
	mk_plan(&m.d, 0, "copy", "gpu=0", false, "");
	for (unsigned p = 0; p < 3; p++) {
		double v = 60 + p;

		mk_step(&m.d, 0, p, ST_PASS, "");
		samples(&m.d, key("gpu=0", p, 0), &v, 1);
	}
	assert_int_equal(mk_judge(&m), 0);
	const struct result *r = find(&m.results, "rate", "gpu=0");
	NEAR(r->ceiling, value, 0);
	assert_int_equal(r->status, want);
	assert_int_equal(r->above_ceiling, want == ST_FAIL);
	assert_int_equal(m.outcome.exit, want == ST_FAIL ? EXIT_FAILED : EXIT_PASSED);
	mk_report_free(&m);
}

static void test_above_the_ceiling(void **state)
{
	ceiling("ceiling", 70, ST_PASS);
	ceiling("ceiling", 60.5, ST_PASS); /* median 61, but the interval starts at 60 */
	ceiling("ceiling", 59, ST_FAIL);
	ceiling("equal_part", 59, ST_PASS); /* no bound of one: the others may take less */
}

static void test_wrong_placement_fails(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	mk_plan(&m.d, 0, "copy", "gpu=0", false, "");
	mk_step(&m.d, 0, 0, ST_PASS, "");
	SAMPLES(&m.d, key("gpu=0", 0, 0), 1, 2, 3);
	SAMPLES(&m.d, key("gpu=1", 0, 0), 1, 2, 3);
	mk_manifest_of(&m.d, "host", "fact.placement.copy{gpu=0}", "WRONG");
	mk_manifest_of(&m.d, "host", "fact.placement.copy{gpu=1}", "UNPROVEN");
	assert_int_equal(mk_judge(&m), 0);
	assert_int_equal(find(&m.results, "rate", "gpu=0")->status, ST_FAIL);
	assert_int_equal(find(&m.results, "rate", "gpu=1")->status, ST_PASS);
	assert_non_null(strstr(find(&m.results, "rate", "gpu=1")->reason, "not proven"));
	mk_report_free(&m);
}

static void test_steps_without_numbers(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	mk_plan(&m.d, 0, "copy", "gpu=3 memory=pinned,pageable size=4", false, "");
	mk_plan(&m.d, 1, "copy", "gpu=4", false, "FAIL: on the bus, not in CUDA");
	mk_plan(&m.d, 2, "null", "", false, "");
	mk_step(&m.d, 0, 0, ST_PASS, "");
	mk_step(&m.d, 0, 1, ST_TIMEOUT, "deadline");
	assert_int_equal(mk_judge(&m), 0);
	const struct result *r = find(&m.results, "", "gpu=3,size=4");
	assert_non_null(r);
	assert_int_equal(r->status, ST_TIMEOUT);
	assert_string_equal(r->reason, "1 of 2 processes: deadline");
	r = find(&m.results, "", "gpu=4");
	assert_int_equal(r->status, ST_FAIL);
	assert_string_equal(r->reason, "on the bus, not in CUDA");
	assert_true(m.results.step[2].not_run);
	assert_int_equal(m.outcome.not_run, 1);
	mk_report_free(&m);
}

static void test_order_is_a_persons(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	mk_plan(&m.d, 0, "copy", "gpu=0", false, "");
	mk_step(&m.d, 0, 0, ST_PASS, "");
	SAMPLES(&m.d, key("gpu=10", 0, 0), 1);
	SAMPLES(&m.d, key("gpu=9", 0, 0), 1);
	SAMPLES(&m.d, key("gpu=10", 0, 0), 3); /* the same key again, later in the file */
	assert_int_equal(mk_judge(&m), 0);
	assert_int_equal(m.results.n, 2);
	assert_string_equal(m.results.r[0].labels, "gpu=9");
	assert_int_equal(m.results.r[1].s.n, 2);
	NEAR(m.results.r[1].s.median, 2, 0);
	mk_report_free(&m);
}

static void test_csv_text(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct buf out = BUF_INIT;
	struct mk_key wall = key("dir=h2d,gpu=0", 0, 0);

	wall.metric = "rate_wall";
	mk_metric(&m.d, "copy", "rate", "bytes/s", "higher", "bandwidth");
	mk_plan(&m.d, 0, "copy", "gpu=0", false, "");
	mk_plan(&m.d, 1, "copy", "gpu=1", false, "");
	mk_step(&m.d, 0, 0, ST_PASS, "");
	mk_step(&m.d, 1, 0, ST_SKIP, "said \"no\", twice");
	SAMPLES(&m.d, key("dir=h2d,gpu=0", 0, 0), 0.25, 0.25, 0.5);
	mk_sample(&m.d, &wall, 0, 0.125, "");
	assert_int_equal(mk_judge(&m), 0);
	results_csv(&out, &m.results);
	assert_non_null(strstr(
		out.s,
		"arm,bench,metric,labels,unit,better,processes,n,median,ci_lo,ci_hi,ci_level,min,"
		"p5,p25,p75,p95,p99,mad,cv,tau,ceiling,status,reason\n"
		"host,copy,,gpu=1,,,,,,,,,,,,,,,,,,,SKIP,\"said \"\"no\"\", twice\"\n"
		"host,copy,rate,\"dir=h2d,gpu=0\",bytes/s,higher,1,3,0.25,0.25,0.5,"));
	buf_reset(&out);
	results_processes_csv(&out, &m.results);
	assert_string_equal(
		out.s,
		"arm,block,position,process,bench,metric,labels,n,median,rate_wall,valid,cause\n"
		"host,0,0,0,copy,rate,\"dir=h2d,gpu=0\",3,0.25,0.125,1,\n"
		"host,0,0,0,copy,rate_wall,\"dir=h2d,gpu=0\",1,0.125,,1,\n");
	buf_free(&out);
	mk_report_free(&m);
}

static void test_arms_and_positions(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};
	struct mk_key k = key("gpu=0", 0, 0);

	mk_plan(&m.d, 0, "copy", "gpu=0", false, "");
	mk_step_of(&m.d, "podman", 0, 0, 0, ST_PASS, "");
	mk_step_of(&m.d, "host", 0, 0, 0, ST_PASS, "");
	SAMPLES(&m.d, k, 1);
	k.arm = "podman";
	SAMPLES(&m.d, k, 2);
	assert_int_equal(mk_judge(&m), 0);
	assert_int_equal(m.results.n, 2);
	assert_string_equal(m.results.r[0].arm, "host");
	assert_int_equal(m.results.r[0].process[0].position, 1);
	assert_int_equal(m.results.r[1].process[0].position, 0);
	mk_report_free(&m);
}

static void test_same_bytes(void **state)
{
	struct mk_report a = {.d = {.n_plan = 0}}, b = {.d = {.n_plan = 0}};
	struct buf x = BUF_INIT, y = BUF_INIT;

	mk_numa(&a.d);
	mk_numa(&b.d);
	/* rows in another order of the file, as another schedule would leave them */
	for (size_t i = 0; i < b.d.n_steps / 2; i++) {
		struct step_row t = b.d.steps[i];

		b.d.steps[i] = b.d.steps[b.d.n_steps - 1 - i];
		b.d.steps[b.d.n_steps - 1 - i] = t;
	}
	assert_int_equal(mk_judge(&a), 0);
	assert_int_equal(mk_judge(&b), 0);
	results_csv(&x, &a.results);
	results_csv(&y, &b.results);
	assert_string_equal(x.s, y.s);
	buf_free(&x);
	buf_free(&y);
	mk_report_free(&a);
	mk_report_free(&b);
}

static void test_damaged_fact(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	mk_manifest_of(&m.d, "host", "fact.skip.copy{gpu", "cut off");
	assert_true(mk_judge(&m) < 0);
	mk_report_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median_of_process_medians),
		cmocka_unit_test(test_one_process_speaks_for_itself),
		cmocka_unit_test(test_last_attempt_counts),
		cmocka_unit_test(test_invalid_samples_are_kept_and_left_out),
		cmocka_unit_test(test_nothing_valid_is_no_number),
		cmocka_unit_test(test_above_the_ceiling),
		cmocka_unit_test(test_wrong_placement_fails),
		cmocka_unit_test(test_steps_without_numbers),
		cmocka_unit_test(test_order_is_a_persons),
		cmocka_unit_test(test_csv_text),
		cmocka_unit_test(test_arms_and_positions),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_damaged_fact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
