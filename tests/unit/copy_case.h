/* One case of copy on a fake context, for the real GPU (test_copy) and the simulated one. */
#ifndef ASSAY_TESTS_COPY_CASE_H
#define ASSAY_TESTS_COPY_CASE_H

#include "fake_ctx.h"

#include "../../kernels/copy_cases.h"

#include <errno.h>

extern const struct bench bench_copy;

static inline struct ctx *make(const char *const *set)
{
	struct ctx *c = calloc(1, sizeof(*c));

	c->bench = &bench_copy;
	c->set = set;
	return c;
}

/* Runs and verifies one case, if it is one. -ENOTSUP where this machine lacks what it needs. */
static inline int one_case(const char *memory, const char *engine, const char *dir,
			   const char *size)
{
	const char *set[] = {"gpu=0", "node=0", memory, engine, dir, size, NULL};
	struct ctx *c = make(set);
	struct err e = ERR_INIT;
	int rc;

	if (!bench_copy.applies(c)) {
		free(c);
		return 0;
	}
	assert_int_equal(bench_copy.supported(c, &e), 0);
	assert_int_equal(fake_setup(c, &e), 0);
	rc = bench_copy.run(c, &e);
	if (rc != -ENOTSUP) {
		assert_int_equal(rc, 0);
		assert_true(c->value[0] > 0);
		assert_int_equal(bench_copy.verify(c, &e), 0);
		assert_non_null(fake_fact(c, "placement"));
	}
	fake_end(c);
	return rc;
}

/* Every kind of copy, with sizes that end within a vector, a word and a page. */
static inline void all_cases(void)
{
	static const char *const memory[] = {"memory=pinned", "memory=pageable",
					     "memory=writecombined", "memory=registered",
					     "memory=hugepage"};
	static const char *const engine[] = {"engine=ce", "engine=sm"};
	static const char *const dir[] = {"dir=h2d", "dir=d2h", "dir=both", "dir=both_h2d",
					  "dir=both_d2h"};
	static const char *const size[] = {"size=1", "size=4099", "size=9MiB"};

	for (int i = 0; i < 150; i++) {
		const char *m = memory[i % 5];
		int rc = one_case(m, engine[i / 5 % 2], dir[i / 10 % 5], size[i / 50]);

		if (rc) /* no huge pages here */
			assert_string_equal(m, "memory=hugepage");
	}
}

#endif
