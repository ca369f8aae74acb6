/* base/self: found by path, link and PATH; its data; a portable folder and the plain program in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../harness/base/mem.h"
#include "../../harness/base/self.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder as `make portable` makes it, as far as paths matter. */
static char root[64];

static char *at(const char *name)
{
	return mem_printf("%s/%s", root, name);
}

static void make_dir(const char *name)
{
	char *path = at(name);

	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
}

static void make_program(const char *name)
{
	char *path = at(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fclose(f) || chmod(path, 0755), 0);
	free(path);
}

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char raw[64];

	(void)state;
	snprintf(raw, sizeof(raw), "%s/assay-self-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	assert_non_null(mkdtemp(raw));
	char *real = realpath(raw, NULL);

	snprintf(root, sizeof(root), "%s", real);
	free(real);
	make_dir("portable");
	make_dir("portable/libexec");
	make_dir("portable/suites");
	make_dir("suites");
	make_dir("bin");
	make_program("portable/assay");
	make_program("portable/libexec/assay");
	make_program("bin/assay");
	unsetenv("ASSAY_SUITES");
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {
		"link",	     "portable/assay",	 "portable/libexec/assay",
		"bin/assay", "portable/libexec", "portable/suites",
		"portable",  "suites",		 "bin"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = at(names[i]);

		remove(path);
		free(path);
	}
	return rmdir(root);
}

static void expect_path(char *got, const char *name)
{
	char *want = at(name);

	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
	free(want);
}

static void path_of_a_path_and_a_link(void **state)
{
	char *target = at("portable/assay"), *link = at("link");
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(symlink(target, link), 0);
	expect_path(self_path(target, &e), "portable/assay");
	expect_path(self_path(link, &e), "portable/assay");
	free(target);
	free(link);
}

static void path_through_PATH(void **state)
{
	const char *path = getenv("PATH");
	char *old = path ? mem_strdup(path) : NULL, *new = mem_printf("/nowhere:%s/bin", root);
	struct err e = ERR_INIT;

	(void)state;
	setenv("PATH", new, 1);
	expect_path(self_path("assay", &e), "bin/assay");
	assert_null(self_path("assay-that-is-nowhere", &e));
	assert_non_null(strstr(e.text, "assay-that-is-nowhere"));
	if (old)
		setenv("PATH", old, 1);
	free(old);
	free(new);
}

static void suites_lie_beside_or_above(void **state)
{
	char *portable = at("portable/assay"), *plain = at("portable/libexec/assay");
	char *installed = at("bin/assay"), *env = at("bin");

	(void)state;
	expect_path(self_suites(portable, NULL), "portable/suites");
	expect_path(self_suites(plain, NULL), "portable/suites");
	expect_path(self_suites(installed, NULL), "suites");
	setenv("ASSAY_SUITES", env, 1);
	expect_path(self_suites(portable, NULL), "bin");
	unsetenv("ASSAY_SUITES");
	free(portable);
	free(plain);
	free(installed);
	free(env);
}

static void plain_path_is_beside_the_launcher(void **state)
{
	char *portable = at("portable/assay"), *plain = at("portable/libexec/assay");
	char *ordinary = at("bin/assay");

	(void)state;
	expect_path(self_plain_path(portable), "portable/libexec/assay");
	expect_path(self_plain_path(plain), "portable/libexec/assay");
	expect_path(self_plain_path(ordinary), "bin/assay");
	free(portable);
	free(plain);
	free(ordinary);
}

/* This test runs on the system's libraries; that the portable one does not: tests/e2e/portable. */
static void this_process_is_not_portable(void **state)
{
	(void)state;
	assert_null(self_portable_dir());
}

static void foreign_is_what_lies_elsewhere(void **state)
{
	char *found = self_foreign_library("/nowhere"), *last;

	(void)state;
	assert_non_null(found);
	assert_int_equal(found[0], '/');
	free(found);
	assert_null(last = self_foreign_library("")); /* every path lies below / */
	free(last);
}

static void what_was_held_back_is_given_back(void **state)
{
	(void)state;
	setenv(SELF_HELD_PREFIX "LD_PRELOAD", "/image/lib.so", 1);
	unsetenv("LD_PRELOAD");
	unsetenv("LD_AUDIT");
	self_start();
	assert_string_equal(getenv("LD_PRELOAD"), "/image/lib.so");
	assert_null(getenv(SELF_HELD_PREFIX "LD_PRELOAD"));
	assert_null(getenv("LD_AUDIT"));
	unsetenv("LD_PRELOAD");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_of_a_path_and_a_link),
		cmocka_unit_test(path_through_PATH),
		cmocka_unit_test(suites_lie_beside_or_above),
		cmocka_unit_test(plain_path_is_beside_the_launcher),
		cmocka_unit_test(this_process_is_not_portable),
		cmocka_unit_test(foreign_is_what_lies_elsewhere),
		cmocka_unit_test(what_was_held_back_is_given_back),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
