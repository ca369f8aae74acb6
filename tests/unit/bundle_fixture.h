/* A small bundle in a folder of its own, for the tests of bundles. */
#ifndef ASSAY_TESTS_BUNDLE_FIXTURE_H
#define ASSAY_TESTS_BUNDLE_FIXTURE_H

#include "../../harness/base/buf.h"
#include "../../harness/base/mem.h"
#include "../../harness/formats/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static inline char *read_text(const char *dir, const char *file)
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

static inline void write_text(const char *dir, const char *file, const char *text, size_t n)
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

static inline void make(const char *dir)
{
	struct err e = ERR_INIT;
	struct bundle *b;

	ok(bundle_create(&b, dir, &e), &e);
	fill(b);
	bundle_close(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

#endif
