/* A bundle cut off, on a full disk, sealed: what is there is read to its last whole row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "bundle_fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_cut), TEST(torn_reason),  TEST(full_disk),
		TEST(sealing),	 TEST(no_sha256sum), TEST(reopening_keeps_a_true_seal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
