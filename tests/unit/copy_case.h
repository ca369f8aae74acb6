/* One case of copy on a fake context, for the real GPU (test_copy) and the simulated one. */
#ifndef ASSAY_TESTS_COPY_CASE_H
#define ASSAY_TESTS_COPY_CASE_H

#include "fake_ctx.h"

#include <errno.h>

extern const struct bench bench_copy;

static inline struct ctx *make(const char *const *set)
{
	struct ctx *c = calloc(1, sizeof(*c));

	c->bench = &bench_copy;
	c->set = set;
	return c;
}

/* Runs and verifies one case. */
static inline void one_case(const char *memory, const char *dir, const char *size)
{
	const char *set[] = {"gpu=0", "node=0", memory, dir, size, NULL};
	struct ctx *c = make(set);
	struct err e = ERR_INIT;

	assert_int_equal(bench_copy.supported(c, &e), 0);
	assert_int_equal(bench_copy.setup(c, &e), 0);
	assert_int_equal(bench_copy.run(c, &e), 0);
	assert_true(c->value[0] > 0);
	assert_int_equal(bench_copy.verify(c, &e), 0);
	assert_non_null(fake_fact(c, "placement"));
	bench_copy.teardown(c);
	free(c);
}

static inline void all_cases(void)
{
	static const char *const memory[] = {"memory=pinned", "memory=pageable"};
	static const char *const dir[] = {"dir=h2d", "dir=d2h"};
	static const char *const size[] = {"size=1", "size=3", "size=4099", "size=40MiB"};

	for (int i = 0; i < 16; i++)
		one_case(memory[i % 2], dir[i / 2 % 2], size[i / 4]);
}

#endif
