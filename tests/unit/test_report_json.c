/* The JSON report: read back with jansson itself, numbers compared with the results. */
#include "make_bundle.h"

#include <math.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* cmocka compares floats only, which are too coarse here */
#define NEAR(a, b, within) assert_true(fabs((a) - (b)) <= (within))

static json_t *read_back(struct mk_report *m)
{
	struct buf out = BUF_INIT;
	json_error_t e;

	report_json(&out, &m->report);
	json_t *root = json_loads(out.s, 0, &e);
	if (!root)
		fail_msg("line %d: %s", e.line, e.text);
	buf_free(&out);
	return root;
}

static void test_numbers_survive(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	mk_numa(&m.d);
	assert_int_equal(mk_judge(&m), 0);
	json_t *root = read_back(&m), *list = json_object_get(root, "results");
	assert_int_equal(json_integer_value(json_object_get(root, "schema")), 1);
	assert_int_equal(json_array_size(list), m.results.n);
	for (size_t i = 0; i < m.results.n; i++) {
		json_t *s = json_object_get(json_array_get(list, i), "summary");

		NEAR(json_number_value(json_object_get(s, "median")), m.results.r[i].s.median, 0);
	}
	json_decref(root);
	mk_report_free(&m);
}

static void test_no_number_is_null_or_absent(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	mk_hostile(&m.d);
	assert_int_equal(mk_judge(&m), 0);
	json_t *root = read_back(&m), *r;
	size_t i, without = 0;

	json_array_foreach(json_object_get(root, "results"), i, r)
	{
		json_t *s = json_object_get(r, "summary");

		if (!s)
			without++;
		else
			assert_true(json_is_null(json_object_get(s, "ceiling")));
	}
	assert_int_equal(without, 2);
	assert_int_equal(json_integer_value(json_object_get(root, "exit")), EXIT_FAILED);
	assert_true(json_is_false(json_object_get(root, "simulated")));
	json_decref(root);
	mk_report_free(&m);
}

static void test_simulated(void **state)
{
	struct mk_report m = {.d = {.n_plan = 0}};

	mk_h2d(&m.d, true);
	assert_int_equal(mk_judge(&m), 0);
	json_t *root = read_back(&m);
	assert_true(json_is_true(json_object_get(root, "simulated")));
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(root, "steps_by_status"), "TIMEOUT")),
			 1);
	json_decref(root);
	mk_report_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_survive),
		cmocka_unit_test(test_no_number_is_null_or_absent),
		cmocka_unit_test(test_simulated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
