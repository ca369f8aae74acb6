/* Arms: names, launchers found and split into words, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../harness/base/mem.h"
#include "../../harness/run/arm.h"

static char dir[] = "/tmp/assay-arm-XXXXXX";

static void make_program(const char *name)
{
	char *path = mem_printf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs("#!/bin/sh\n", f);
	fclose(f);
	assert_int_equal(chmod(path, 0755), 0);
	free(path);
}

static void test_host(void **state)
{
	struct arm a;

	(void)state;
	assert_int_equal(arm_parse(&a, "host", NULL, "/assay", NULL), 0);
	assert_string_equal(a.name, "host");
	assert_string_equal(a.launcher, "");
	assert_int_equal(a.words, 0);
	assert_null(a.word[0]);
	assert_string_equal(a.program, "/assay");
	arm_free(&a);
	assert_int_equal(arm_parse(&a, "before=host", NULL, "/assay", NULL), 0);
	assert_string_equal(a.name, "before");
	assert_int_equal(a.words, 0);
	arm_rename(&a, "after");
	assert_string_equal(a.name, "after");
	arm_free(&a);
}

static void test_scripts(void **state)
{
	static const char *const forms[] = {"box", "in-box", "box --cpus 0.5", "half=box"};
	static const char *const names[] = {"box", "box", "box", "half"};
	struct arm a;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		char *want = mem_printf("%s/in-box", dir);

		assert_int_equal(arm_parse(&a, forms[i], dir, "/assay", NULL), 0);
		assert_string_equal(a.name, names[i]);
		assert_string_equal(a.word[0], want);
		arm_free(&a);
		free(want);
	}
}

static void test_words(void **state)
{
	struct arm a, again;
	char *text = mem_printf("%s/other --args '--cpus 0.5' \"it's\" a=b", dir);

	(void)state;
	assert_int_equal(arm_parse(&a, text, NULL, "/assay", NULL), 0);
	assert_string_equal(a.name, "other");
	assert_int_equal(a.words, 5);
	assert_string_equal(a.word[2], "--cpus 0.5");
	assert_string_equal(a.word[3], "it's");
	assert_string_equal(a.word[4], "a=b");
	assert_null(a.word[5]);
	/* what the bundle keeps gives the same arm again */
	assert_int_equal(arm_parse(&again, a.launcher, NULL, "/assay", NULL), 0);
	assert_int_equal(again.words, a.words);
	for (size_t i = 0; i < a.words; i++)
		assert_string_equal(again.word[i], a.word[i]);
	arm_free(&again);
	arm_free(&a);
	free(text);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"no-such-launcher-anywhere", "/no/such/file", "a b=host", "näme=host",
		"x=$(echo in-podman)",	     "x='open quote", "x=",
	};
	struct arm a;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = ERR_INIT;

		assert_int_equal(arm_parse(&a, bad[i], dir, "/assay", &e), -EINVAL);
		assert_true(e.text[0]);
	}
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	make_program("in-box");
	make_program("other");
	return 0;
}

static int drop_dir(void **state)
{
	char *cmd = mem_printf("rm -rf '%s'", dir);
	int rc = system(cmd);

	(void)state;
	free(cmd);
	return rc;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
