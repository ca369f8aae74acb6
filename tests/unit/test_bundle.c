/* The bundle: what was written is read; cut off, it is read to the last whole row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../harness/base/buf.h"
#include "../../harness/base/mem.h"
#include "../../harness/formats/bundle.h"

/* ---- a folder for each test ---- */

static int make_dir(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = mem_printf("%s/assay-test-XXXXXX", tmp ? tmp : "/tmp");

	*state = mkdtemp(dir);
	return *state ? 0 : -1;
}

static int remove_dir(void **state)
{
	char *cmd = mem_printf("rm -rf '%s'", (char *)*state);
	int rc = system(cmd);

	free(cmd);
	free(*state);
	return rc;
}

static void ok(int rc, const struct err *e)
{
	if (rc)
		fail_msg("%d: %s:%u: %s", rc, e->file, e->line, e->text);
}

static char *read_text(const char *dir, const char *file)
{
	struct buf b = BUF_INIT;
	char *path = mem_printf("%s/%s", dir, file), chunk[4096];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f));)
		buf_add(&b, chunk, n);
	fclose(f);
	free(path);
	return buf_steal(&b);
}

static void write_text(const char *dir, const char *file, const char *text, size_t n)
{
	char *path = mem_printf("%s/%s", dir, file);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
	free(path);
}

static void add_step(struct bundle *b, unsigned step, unsigned rows)
{
	struct step_row r = {
		.arm = "host", .step = step, .start_s = 1.5, .wall_s = 0.25, .rows = rows};
	struct err e = ERR_INIT;

	r.status = step == 1 ? ST_TIMEOUT : ST_PASS;
	r.exit = step == 1 ? 137 : 0;
	r.reason = step == 1 ? "deadline of 60 s, \"hang\"\nsecond line" : "";
	ok(bundle_add_step(b, &r, &e), &e);
}

static int add_sample(struct bundle *b, unsigned step, unsigned sample, struct err *e)
{
	struct sample_row r = {.arm = "host",
			       .step = step,
			       .bench = "copy",
			       .metric = "bandwidth",
			       .labels = "dir=h2d,gpu=3",
			       .sample = sample,
			       .t_s = 0.125 * sample,
			       .value = 5.53e10 / 3 + sample,
			       .valid = sample ? "" : "thermal"};

	return bundle_add_sample(b, &r, e);
}

/* A small bundle: two steps that ended, one that did not. */
static void fill(struct bundle *b)
{
	struct err e = ERR_INIT;
	struct plan_row p = {.step = 0,
			     .bench = "copy",
			     .label = "peak",
			     .params = "gpu=3 size=4,16",
			     .processes = 1,
			     .deadline_s = 60,
			     .budget_s = 0.3,
			     .estimate_s = 1.1,
			     .required = true,
			     .skip = "",
			     .line = 9};
	struct telemetry_row t = {"host", 0.1, "3", "power", 312.5};

	ok(bundle_add_manifest(b, "", "run.seed", "7", "argv", &e), &e);
	ok(bundle_add_manifest(b, "host", "host.name", "a, \"b\"", "uname", &e), &e);
	ok(bundle_add_manifest(b, "", "run.seed", "7", "argv", &e), &e);
	ok(bundle_add_manifest(b, "", "program.version", "0.1.0", "", &e), &e);
	ok(bundle_add_plan(b, &p, &e), &e);
	for (unsigned step = 0; step < 3; step++) {
		for (unsigned i = 0; i < 3; i++)
			ok(add_sample(b, step, i, &e), &e);
		if (step < 2)
			add_step(b, step, 3);
	}
	ok(bundle_add_telemetry(b, &t, &e), &e);
	bundle_log(b, "two\nlines", 9);
}

static void make(const char *dir)
{
	struct err e = ERR_INIT;
	struct bundle *b;

	ok(bundle_create(&b, dir, &e), &e);
	fill(b);
	bundle_close(b);
}

/* ---- the tests ---- */

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

/* A run can be killed at any byte of samples.csv. */
static void every_cut(void **state)
{
	struct err e = ERR_INIT;

	make(*state);
	char *text = read_text(*state, "samples.csv");
	size_t len = strlen(text);

	for (size_t n = len + 1; n-- > 0;) {
		struct bundle_data d;
		struct bundle *b;
		size_t lines = 0;

		for (size_t i = 0; i < n; i++)
			lines += text[i] == '\n';
		size_t rows = lines ? lines - 1 : 0;
		write_text(*state, "samples.csv", text, n);
		ok(bundle_load(&d, *state, &e), &e);
		assert_int_equal(d.n_samples, rows < 6 ? rows : 6);
		bundle_data_free(&d);
		if (n % 16)
			continue;
		/* and goes on after the last whole row */
		ok(bundle_reopen(&b, *state, &e), &e);
		ok(add_sample(b, 0, 77, &e), &e);
		bundle_close(b);
		ok(bundle_load(&d, *state, &e), &e);
		assert_int_equal(d.n_samples, (rows < 6 ? rows : 6) + 1);
		assert_int_equal(d.samples[d.n_samples - 1].sample, 77);
		bundle_data_free(&d);
	}
	free(text);
}

static void torn_reason(void **state)
{
	struct err e = ERR_INIT;
	struct bundle_data d;
	struct bundle *b;

	make(*state);
	/* cut inside the quoted reason, right after its newline */
	char *text = read_text(*state, "steps.csv"), *cut = strstr(text, "second line");
	write_text(*state, "steps.csv", text, (size_t)(cut - text));
	free(text);
	ok(bundle_reopen(&b, *state, &e), &e);
	add_step(b, 2, 3);
	bundle_close(b);
	ok(bundle_load(&d, *state, &e), &e);
	assert_int_equal(d.n_steps, 2);
	assert_int_equal(d.steps[1].step, 2);
	bundle_data_free(&d);
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

static int check_sums(const char *dir)
{
	char *cmd = mem_printf(
		"cd '%s' && sha256sum --quiet --strict -c SHA256SUMS >/dev/null 2>&1", dir);
	int rc = system(cmd);

	free(cmd);
	return rc;
}

static void sealing(void **state)
{
	struct err e = ERR_INIT;
	struct bundle_data d;
	struct bundle *b;

	make(*state);
	ok(bundle_reopen(&b, *state, &e), &e);
	ok(bundle_seal(b, &e), &e);
	assert_int_equal(check_sums(*state), 0);
	char *text = read_text(*state, "manifest.csv");
	assert_string_equal(text, "arm,key,value,source\n"
				  ",program.version,0.1.0,\n"
				  ",run.seed,7,argv\n"
				  ",schema,1,assay\n"
				  "host,host.name,\"a, \"\"b\"\"\",uname\n");
	free(text);
	text = read_text(*state, "SHA256SUMS");
	for (const char *const *f = (const char *const[]){"manifest", "plan", "steps", "samples",
							  "telemetry", NULL};
	     *f; f++)
		assert_non_null(strstr(text, *f));
	free(text);
	ok(bundle_load(&d, *state, &e), &e);
	assert_true(d.sealed);
	bundle_data_free(&d);

	/* a row after the seal breaks it, a new seal holds */
	ok(bundle_add_manifest(b, "", "run.status", "complete", "", &e), &e);
	ok(bundle_load(&d, *state, &e), &e);
	assert_false(d.sealed);
	assert_string_equal(bundle_value(&d, "", "run.status"), "complete");
	bundle_data_free(&d);
	ok(bundle_seal(b, &e), &e);
	assert_int_equal(check_sums(*state), 0);
	bundle_close(b);

	write_text(*state, "plan.csv", "x", 1);
	assert_int_not_equal(check_sums(*state), 0);
}

static void reopening_keeps_a_true_seal(void **state)
{
	struct err e = ERR_INIT;
	struct bundle *b;

	make(*state);
	ok(bundle_reopen(&b, *state, &e), &e);
	ok(bundle_seal(b, &e), &e);
	bundle_close(b);
	ok(bundle_reopen(&b, *state, &e), &e);
	bundle_close(b);
	assert_int_equal(check_sums(*state), 0);
}

static void no_sha256sum(void **state)
{
	struct err e = ERR_INIT;
	struct bundle *b;
	char *path = mem_strdup(getenv("PATH"));

	make(*state);
	ok(bundle_reopen(&b, *state, &e), &e);
	setenv("PATH", "/nonexistent", 1);
	int rc = bundle_seal(b, &e);
	setenv("PATH", path, 1);
	assert_int_equal(rc, -ENOENT);
	assert_non_null(strstr(e.text, "cannot start sha256sum"));
	bundle_close(b);
	free(path);
}

/* A file size limit stands for a full disk: writes come up short, then fail. */
static void full_disk(void **state)
{
	struct err e = ERR_INIT;
	struct rlimit old, small;
	struct bundle *b;
	struct bundle_data d;
	unsigned n = 0;

	make(*state);
	ok(bundle_reopen(&b, *state, &e), &e);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 2000;
	setrlimit(RLIMIT_FSIZE, &small);
	while (n < 1000 && !add_sample(b, 0, 100 + n, &e))
		n++;
	setrlimit(RLIMIT_FSIZE, &old);
	assert_true(n > 1 && n < 100);
	assert_int_equal(e.code, EFBIG);
	assert_non_null(strstr(e.text, "samples.csv"));
	assert_non_null(strstr(e.text, "--resume"));

	char *text = read_text(*state, "samples.csv");
	assert_int_equal(text[strlen(text) - 1], '\n');
	free(text);
	err_clear(&e);
	ok(add_sample(b, 0, 5000, &e), &e); /* space was freed */
	bundle_close(b);
	ok(bundle_load(&d, *state, &e), &e);
	assert_int_equal(d.n_samples, 6 + n + 1);
	bundle_data_free(&d);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(round_trip),	 TEST(every_cut),
		TEST(torn_reason),	 TEST(refusing),
		TEST(creating),		 TEST(sealing),
		TEST(no_sha256sum),	 TEST(reopening_keeps_a_true_seal),
		TEST(full_disk),	 TEST(no_number_is_refused),
		TEST(numbers_are_exact), TEST(facts),
		TEST(many_rows),	 TEST(derived_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
