/* The bundle: what was written is read the same; what is no bundle is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "bundle_fixture.h"

static void round_trip(void **state)
{
	struct err e = ERR_INIT;
	struct bundle_data d;

	make(*state);
	ok(bundle_load(&d, *state, &e), &e);
	assert_string_equal(d.dir, *state);
	assert_false(d.sealed);
	assert_int_equal(d.n_manifest, 5);
	assert_string_equal(bundle_value(&d, "", "schema"), "1");
	assert_string_equal(bundle_value(&d, "host", "host.name"), "a, \"b\"");
	assert_string_equal(bundle_value(&d, NULL, "host.name"), "a, \"b\"");
	assert_null(bundle_value(&d, "", "host.name"));
	assert_null(bundle_value(&d, NULL, "host"));

	assert_int_equal(d.n_plan, 1);
	assert_string_equal(d.plan[0].params, "gpu=3 size=4,16");
	assert_true(d.plan[0].budget_s == 0.3 && d.plan[0].required && d.plan[0].line == 9);

	assert_int_equal(d.n_steps, 2);
	assert_int_equal(d.steps[1].status, ST_TIMEOUT);
	assert_int_equal(d.steps[1].exit, 137);
	assert_string_equal(d.steps[1].reason, "deadline of 60 s, \"hang\"\nsecond line");
	assert_true(d.steps[1].start_s == 1.5 && d.steps[1].wall_s == 0.25);

	assert_int_equal(d.n_samples, 6); /* without those of the step that did not end */
	assert_int_equal(d.samples[5].step, 1);
	assert_int_equal(d.samples[5].sample, 2);
	assert_true(d.samples[5].value == 5.53e10 / 3 + 2 && d.samples[5].t_s == 0.25);
	assert_string_equal(d.samples[5].labels, "dir=h2d,gpu=3");
	assert_string_equal(d.samples[3].valid, "thermal");
	assert_string_equal(d.samples[5].valid, "");

	assert_int_equal(d.n_telemetry, 1);
	assert_true(d.telemetry[0].value == 312.5);
	bundle_data_free(&d);

	char *log = read_text(*state, "run.log");
	assert_string_equal(log, "two lines\n");
	free(log);
}

static void load_fails(const char *dir, int code, const char *file, const char *why)
{
	struct err e = ERR_INIT;
	struct bundle_data d;

	assert_int_equal(bundle_load(&d, dir, &e), -code);
	if (!strstr(e.text, why) || !strstr(e.file, file))
		fail_msg("%s: %s", e.file, e.text);
}

static void refusing(void **state)
{
	load_fails("/nonexistent", ENOENT, "/nonexistent", "is no bundle");
	load_fails(*state, ENOENT, *state, "is no bundle");
	make(*state);
#define MANIFEST(text) write_text(*state, "manifest.csv", text, sizeof(text) - 1)
	MANIFEST("arm,key,value,source\n,schema,3,assay\n");
	load_fails(*state, EPROTONOSUPPORT, *state,
		   "this bundle has schema 3, this assay reads up to 1");
	/* the columns of the future need not be ours */
	MANIFEST("key,value,colour\nschema,2,red\n");
	load_fails(*state, EPROTONOSUPPORT, *state, "schema 2");
	MANIFEST("arm,key,value,source\n,run.seed,3,assay\n");
	load_fails(*state, EINVAL, "manifest.csv", "no row \"schema\"");
	MANIFEST("arm,key,value,source\n,schema,x,assay\n");
	load_fails(*state, EINVAL, "manifest.csv", "should be a number");
	MANIFEST("arm,key,value,source\n,schema,1,assay\n");
#undef MANIFEST
	write_text(*state, "telemetry.csv", "arm,t,gpu,field,value\nhost,0,0,power,nan\n", 41);
	load_fails(*state, EINVAL, "telemetry.csv", "column value should be a number, not \"nan\"");
	write_text(*state, "telemetry.csv", "arm,t,gpu,field,value\nhost,0,0,power\n1,1,1,1,1\n",
		   47);
	load_fails(*state, EINVAL, "telemetry.csv", "4 fields");
	write_text(*state, "steps.csv", "arm,step\n", 9);
	load_fails(*state, EINVAL, "steps.csv", "lacks the column \"block\"");
}

static void creating(void **state)
{
	struct err e = ERR_INIT;
	struct bundle *b, *again;
	char *dir = mem_printf("%s/deep/er", (char *)*state);

	ok(bundle_create(&b, dir, &e), &e);
	assert_string_equal(bundle_dir(b), dir);
	assert_int_equal(bundle_create(&again, dir, &e), -EEXIST);
	assert_non_null(strstr(e.text, "not empty"));
	err_clear(&e);
	assert_int_equal(bundle_reopen(&again, dir, &e), -EBUSY);
	err_clear(&e);
	bundle_close(b);
	ok(bundle_reopen(&again, dir, &e), &e);
	bundle_close(again);
	free(dir);
	assert_int_equal(bundle_create(&b, "/proc/nothing/here", &e), -ENOENT);
}

static void no_number_is_refused(void **state)
{
	struct err e = ERR_INIT;
	struct bundle *b;
	struct telemetry_row t = {"host", 0, "0", "power", NAN};

	ok(bundle_create(&b, *state, &e), &e);
	assert_int_equal(bundle_add_telemetry(b, &t, &e), -EINVAL);
	err_clear(&e);
	t.value = HUGE_VAL;
	assert_int_equal(bundle_add_telemetry(b, &t, &e), -EINVAL);
	bundle_close(b);
}

/* Every double comes back the same. */
static void numbers_are_exact(void **state)
{
	static const double v[] = {
		0, -0.0, 1.0 / 3, 1e-300, 5e-324, 1.7976931348623157e308, 123456789012345678.0};
	struct err e = ERR_INIT;
	struct bundle_data d;
	struct bundle *b;

	ok(bundle_create(&b, *state, &e), &e);
	for (size_t i = 0; i < 7; i++) {
		struct telemetry_row t = {"", 0, "", "", v[i]};

		ok(bundle_add_telemetry(b, &t, &e), &e);
	}
	bundle_close(b);
	ok(bundle_load(&d, *state, &e), &e);
	assert_int_equal(d.n_telemetry, 7);
	for (size_t i = 0; i < 7; i++)
		assert_memory_equal(&d.telemetry[i].value, &v[i], sizeof(v[i]));
	bundle_data_free(&d);
}

static const char *fact(const struct bundle_data *d, const char *arm, const char *kind,
			const char *metric, const char *labels, bool *mixed)
{
	const struct manifest_row *m = bundle_fact(d, arm, kind, "copy", metric, labels, mixed);

	return m ? m->value : "none";
}

static const char *unlike(const struct bundle_data *d, const char *labels, const char *value)
{
	const struct manifest_row *m =
		bundle_fact_unlike(d, "host", "found.link", "copy", "bandwidth", labels, value);

	return m ? m->value : "none";
}

static void facts(void **state)
{
	static const char *const rows[][3] = {
		{"host", "fact.ceiling.copy.bandwidth{dir=h2d,gpu=0}", "6"},
		{"host", "fact.ceiling.copy{dir=h2d}", "5"},
		{"host", "fact.ceiling.copy.bandwidth{dir=h2d}", "5.5"},
		{"host", "fact.ceiling.copy", "4"},
		{"pod", "fact.ceiling.copy.bandwidth{dir=h2d,gpu=0}", "3"},
		{"host", "fact.ceiling.copy_x.bandwidth{dir=h2d,gpu=0,node=0}", "9"},
		{"host", "fact.ceilings.copy.bandwidth{dir=h2d,gpu=0,node=0}", "9"},
		{"host", "fact.pages.copy{node=0}", "THP"},
		{"host", "fact.pages.copy{gpu=0}", "4K"},
		{"", "fact.placement.copy.bandwidth{}", "PROVEN"},
		{"host", "fact.found.link.copy{gpu=0}", "Gen5"},
		{"host", "fact.found.link.copy{gpu=0}", "Gen3"},
		{"host", "fact.found.link.copy{gpu=1}", "Gen5"},
	};
	struct err e = ERR_INIT;
	struct bundle_data d;
	struct bundle *b;
	bool mixed;

	ok(bundle_create(&b, *state, &e), &e);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(bundle_add_manifest(b, rows[i][0], rows[i][1], rows[i][2], "", &e), &e);
	bundle_close(b);
	ok(bundle_load(&d, *state, &e), &e);
	assert_string_equal(
		fact(&d, "host", "ceiling", "bandwidth", "dir=h2d,gpu=0,node=0", &mixed), "6");
	assert_false(mixed);
	assert_string_equal(fact(&d, "pod", "ceiling", "bandwidth", "dir=h2d,gpu=0,node=0", NULL),
			    "3");
	assert_string_equal(fact(&d, NULL, "ceiling", "bandwidth", "dir=h2d,gpu=0", &mixed), "6");
	assert_true(mixed);
	assert_string_equal(fact(&d, "host", "ceiling", "bandwidth", "dir=h2d,gpu=1", NULL), "5.5");
	assert_string_equal(fact(&d, "host", "ceiling", "latency", "dir=h2d,gpu=0", NULL), "5");
	assert_string_equal(fact(&d, "host", "ceiling", "latency", "", NULL), "4");
	assert_string_equal(fact(&d, "pod", "ceiling", "bandwidth", "dir=d2h,gpu=0", NULL), "none");
	assert_string_equal(fact(&d, "host", "pages", "bandwidth", "gpu=0,node=0", &mixed), "THP");
	assert_true(mixed);
	assert_string_equal(fact(&d, "host", "pages", "bandwidth", "gpu=0,node=1", &mixed), "4K");
	assert_false(mixed);
	assert_string_equal(fact(&d, "pod", "placement", "bandwidth", "gpu=0", &mixed), "PROVEN");
	assert_string_equal(fact(&d, "pod", "placement", "latency", "gpu=0", &mixed), "none");
	assert_string_equal(unlike(&d, "gpu=0,node=0", "Gen5"), "Gen3");
	assert_string_equal(unlike(&d, "gpu=0,node=0", "Gen3"), "Gen5");
	assert_string_equal(unlike(&d, "gpu=1,node=0", "Gen5"), "Gen5");
	assert_string_equal(unlike(&d, "gpu=2,node=0", "Gen5"), "none");
	bundle_data_free(&d);
}

static void many_rows(void **state)
{
	struct err e = ERR_INIT;
	struct bundle_data d;
	struct buf text = BUF_INIT;
	unsigned n = 50000;

	make(*state);
	buf_puts(&text,
		 "arm,block,step,process,attempt,bench,metric,labels,sample,t,value,valid\n");
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, "host,0,%u,0,0,copy,bandwidth,\"gpu=%u,size=%u\",%u,0.5,%u,\n",
			   i % 3, i % 8, i, i, i);
	write_text(*state, "samples.csv", text.s, text.len);
	buf_free(&text);
	ok(bundle_load(&d, *state, &e), &e);
	assert_int_equal(d.n_samples, n - n / 3);
	for (size_t i = 0; i < d.n_samples; i++) {
		char size[32];

		snprintf(size, sizeof(size), "gpu=%u,size=%u", d.samples[i].sample % 8,
			 d.samples[i].sample);
		assert_string_equal(d.samples[i].labels, size);
	}
	bundle_data_free(&d);
}

static void derived_files(void **state)
{
	struct err e = ERR_INIT;

	ok(bundle_write_file(*state, "results.csv", "a\n", 2, &e), &e);
	ok(bundle_write_file(*state, "results.csv", "bc\n", 3, &e), &e);
	char *text = read_text(*state, "results.csv");
	assert_string_equal(text, "bc\n");
	free(text);
	assert_int_equal(bundle_write_file("/nonexistent", "x", "", 0, &e), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(round_trip),	 TEST(refusing),
		TEST(creating),		 TEST(no_number_is_refused),
		TEST(numbers_are_exact), TEST(facts),
		TEST(many_rows),	 TEST(derived_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
