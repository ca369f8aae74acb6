/*
 * copy: without a usable GPU (or without nvcc) it says why; with one, every odd size arrives
 * whole and a byte that does not is found at its offset.
 */
#include "fake_ctx.h"

#include "../../harness/probe/placement.h"

#include <errno.h>

extern const struct bench bench_copy;

static struct ctx *make(const char *const *set)
{
	struct ctx *c = calloc(1, sizeof(*c));

	c->bench = &bench_copy;
	c->set = set;
	return c;
}

static bool have_gpu(void)
{
	struct ctx *c = make(NULL);
	struct err e = ERR_INIT;
	int rc = bench_copy.supported(c, &e);

	free(c);
	return rc == 0;
}

static void without_a_gpu_it_says_why(void **state)
{
	struct ctx *c = make(NULL);
	struct err e = ERR_INIT;
	int rc = bench_copy.supported(c, &e);

	if (rc == 0) {
		assert_non_null(bench_copy.run);
	} else {
		assert_int_equal(rc, -ENOTSUP);
		assert_true(strlen(e.text) > 20);
	}
	free(c);
}

static void blocking_launches_are_refused(void **state)
{
	struct ctx *c = make(NULL);
	struct err e = ERR_INIT;

	if (!bench_copy.run)
		skip();
	setenv("CUDA_LAUNCH_BLOCKING", "1", 1);
	assert_int_equal(bench_copy.supported(c, &e), -EINVAL);
	assert_non_null(strstr(e.text, "CUDA_LAUNCH_BLOCKING=1"));
	err_clear(&e);
	setenv("CUDA_LAUNCH_BLOCKING", "0", 1);
	assert_int_not_equal(bench_copy.supported(c, &e), -EINVAL);
	unsetenv("CUDA_LAUNCH_BLOCKING");
	free(c);
}

/* Runs one case; with `break_it` one byte of the source is changed before it is verified. */
static void one_case(const char *memory, const char *dir, const char *size, bool break_it)
{
	const char *set[] = {"gpu=0", "node=0", memory, dir, size, NULL};
	struct ctx *c = make(set);
	struct err e = ERR_INIT;
	bool pageable = !strcmp(memory, "memory=pageable");

	assert_int_equal(bench_copy.supported(c, &e), 0);
	assert_int_equal(bench_copy.setup(c, &e), 0);
	assert_int_equal(bench_copy.run(c, &e), 0);
	assert_true(c->value[0] > 0);
	assert_int_equal(bench_copy.verify(c, &e), 0);
	assert_non_null(fake_fact(c, "placement"));
	if (break_it && !pageable) {
		/* its state begins with the pinned buffer */
		((uint8_t *)((struct placement_buf *)c->state)->p)[2] ^= 1;
		assert_int_equal(bench_copy.verify(c, &e), -EBADMSG);
		assert_non_null(strstr(e.text, "1 bytes are wrong, the first at offset 2"));
		err_clear(&e);
		assert_int_equal(bench_copy.verify(c, &e), 0); /* repaired for the next case */
	}
	bench_copy.teardown(c);
	free(c);
}

static void copies_arrive_whole(void **state)
{
	static const char *const memory[] = {"memory=pinned", "memory=pageable"};
	static const char *const dir[] = {"dir=h2d", "dir=d2h"};
	static const char *const size[] = {"size=1", "size=3", "size=4099", "size=40MiB"};

	if (!have_gpu())
		skip();
	for (int i = 0; i < 16; i++) {
		const char *bytes = size[i / 4];
		/* only the source of h2d can be broken from here */
		one_case(memory[i % 2], dir[i / 2 % 2], bytes, i / 2 % 2 == 0 && i / 4 > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_gpu_it_says_why),
		cmocka_unit_test(blocking_launches_are_refused),
		cmocka_unit_test(copies_arrive_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
