/* Which copies are measured: what goes together, what sweep=short leaves out, how much memory. */
#include "fake_ctx.h"

#include "../../kernels/copy_cases.h"

extern const struct bench bench_copy;

static bool applies(const char *memory, const char *engine, const char *dir, const char *size,
		    const char *sweep)
{
	const char *set[] = {memory, engine, dir, size, sweep, NULL};
	struct ctx *c = calloc(1, sizeof(*c));
	bool yes;

	c->bench = &bench_copy;
	c->set = set;
	yes = copy_applies(c);
	free(c);
	return yes;
}

static void names(void **state)
{
	static const char *const kinds[] = {"pinned", "pageable", "writecombined", "registered",
					    "hugepage"};
	static const char *const dirs[] = {"h2d", "d2h", "both", "both_h2d", "both_d2h"};

	for (int i = 0; i < COPY_KINDS; i++) {
		assert_int_equal(copy_kind(kinds[i]), i);
		assert_string_equal(copy_kind_name((enum copy_kind)i), kinds[i]);
		assert_non_null(strstr(COPY_KIND_CHOICES, kinds[i]));
	}
	for (int i = 0; i < COPY_DIRS; i++) {
		assert_int_equal(copy_dir(dirs[i]), i);
		assert_int_equal(copy_dir_both((enum copy_dir)i), i >= 2);
		assert_non_null(strstr(COPY_DIR_CHOICES, dirs[i]));
	}
	assert_int_equal(copy_dir_ways(COPY_BOTH), 2);
	assert_int_equal(copy_dir_ways(COPY_BOTH_H2D), 1);
}

static void what_goes_together(void **state)
{
	const char *full = "sweep=full", *size = "size=32";

	assert_true(applies("memory=pinned", "engine=sm", "dir=both", size, full));
	assert_true(applies("memory=hugepage", "engine=sm", "dir=both_d2h", size, full));
	assert_true(applies("memory=pageable", "engine=ce", "dir=d2h", size, full));
	assert_false(applies("memory=pageable", "engine=sm", "dir=d2h", size, full));
	assert_false(applies("memory=pageable", "engine=ce", "dir=both_h2d", size, full));
}

static void a_short_sweep(void **state)
{
	const char *few = "sweep=short", *any = "size=1048576", *peak = "size=256MiB";

	assert_true(applies("memory=pinned", "engine=ce", "dir=h2d", any, few));
	assert_true(applies("memory=pinned", "engine=ce", "dir=d2h", any, few));
	assert_false(applies("memory=pinned", "engine=ce", "dir=both", any, few));
	assert_false(applies("memory=pinned", "engine=sm", "dir=h2d", any, few));
	assert_false(applies("memory=registered", "engine=ce", "dir=h2d", any, few));
	/* one thing at a time */
	assert_true(applies("memory=pinned", "engine=ce", "dir=both_h2d", peak, few));
	assert_true(applies("memory=pinned", "engine=sm", "dir=d2h", "size=4KiB", few));
	assert_true(applies("memory=hugepage", "engine=ce", "dir=h2d", "size=4MiB", few));
	assert_true(applies("memory=pageable", "engine=ce", "dir=h2d", "size=64KiB", few));
	assert_false(applies("memory=pinned", "engine=sm", "dir=both", peak, few));
	assert_false(applies("memory=hugepage", "engine=sm", "dir=h2d", peak, few));
}

/* The numbers are those of a plan: "all" has been written out, sizes are bytes. */
static size_t bytes(enum copy_kind kind, const char *dir, const char *size, const char *sweep)
{
	const char *set[] = {dir, size, sweep, NULL};
	struct ctx *c = calloc(1, sizeof(*c));
	size_t n;

	c->bench = &bench_copy;
	c->set = set;
	n = copy_bytes(c, kind);
	free(c);
	return n;
}

static void how_much_memory(void **state)
{
	const size_t mib = 1 << 20;

	assert_int_equal(bytes(COPY_PINNED, "dir=h2d", "size=1GiB", "sweep=full"), 1024 * mib);
	assert_int_equal(bytes(COPY_PINNED, "dir=both", "size=1GiB", "sweep=full"), 2048 * mib);
	assert_int_equal(bytes(COPY_PINNED, "dir=both_d2h", "size=3", "sweep=full"), 2 * 65536);
	assert_int_equal(bytes(COPY_PAGEABLE, "dir=both", "size=1GiB", "sweep=full"), 1024 * mib);
	/* short: both directions with the largest of the four sizes, all else that is not pinned
	 * too */
	assert_int_equal(bytes(COPY_PINNED, "dir=both", "size=1GiB", "sweep=short"), 1024 * mib);
	assert_int_equal(bytes(COPY_PINNED, "dir=both", "size=268435456", "sweep=short"),
			 512 * mib);
	assert_int_equal(bytes(COPY_HUGEPAGE, "dir=both", "size=268435456", "sweep=short"),
			 256 * mib);
	assert_int_equal(bytes(COPY_HUGEPAGE, "dir=h2d", "size=1GiB", "sweep=short"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(what_goes_together),
		cmocka_unit_test(a_short_sweep),
		cmocka_unit_test(how_much_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
