/* startup: a program that starts is timed, one that is not ours or does not start is found out. */
#include "fake_ctx.h"

#include "../../harness/base/self.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct bench bench_startup, bench_context;

static char folder[] = "/tmp/assay-startup-XXXXXX";
static char program[64];

/* A program that says what ours says. */
static int make_program(void **state)
{
	FILE *f;

	if (!mkdtemp(folder))
		return -1;
	snprintf(program, sizeof(program), "%s/assay", folder);
	f = fopen(program, "w");
	if (!f)
		return -1;
	fprintf(f, "#!/bin/sh\necho 'assay %s (%s)'\n", self_version(), self_build());
	fclose(f);
	return chmod(program, 0700);
}

static int remove_program(void **state)
{
	unlink(program);
	return rmdir(folder);
}

static struct ctx *set_up(const char *self)
{
	struct ctx *c = calloc(1, sizeof(*c));
	struct err e = ERR_INIT;

	c->bench = &bench_startup;
	c->self = self;
	assert_int_equal(fake_setup(c, &e), 0);
	return c;
}

static void a_start_is_measured_and_verified(void **state)
{
	struct ctx *c = set_up(program);
	struct err e = ERR_INIT;

	assert_int_equal(bench_startup.run(c, &e), 0);
	assert_int_equal(c->values, 2);
	assert_true(c->value[0] > 1e-6);
	assert_non_null(fake_fact(c, "cpu"));
	assert_int_equal(bench_startup.verify(c, &e), 0);
	fake_end(c);
}

static void another_program_fails(void **state)
{
	struct ctx *c = set_up("/bin/true");
	struct err e = ERR_INIT;

	assert_int_equal(bench_startup.run(c, &e), 0);
	assert_int_equal(bench_startup.verify(c, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "not this program"));
	fake_end(c);
}

static void what_does_not_start_is_an_error(void **state)
{
	static const char *const broken[] = {"/nonexistent/assay", "/bin/false"};
	static const char *const says[] = {"cannot start /nonexistent/assay", "status 0x100"};

	for (int i = 0; i < 2; i++) {
		struct ctx *c = set_up(broken[i]);
		struct err e = ERR_INIT;

		assert_true(bench_startup.run(c, &e) < 0);
		assert_non_null(strstr(e.text, says[i]));
		assert_int_equal(c->values, 0);
		fake_end(c);
	}
}

/* CUDA is asked nothing before its first call is timed. */
static void without_cuda_there_is_a_reason(void **state)
{
	struct ctx *c = calloc(1, sizeof(*c));
	struct err e = ERR_INIT;

	c->bench = &bench_context;
	if (bench_context.supported) {
		assert_int_equal(bench_context.supported(c, &e), -ENOTSUP);
		assert_non_null(strstr(e.text, "without nvcc"));
	} else {
		assert_non_null(bench_context.run);
	}
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_is_measured_and_verified),
		cmocka_unit_test(another_program_fails),
		cmocka_unit_test(what_does_not_start_is_an_error),
		cmocka_unit_test(without_cuda_there_is_a_reason),
	};

	return cmocka_run_group_tests(tests, make_program, remove_program);
}
