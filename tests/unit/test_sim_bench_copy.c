/*
 * The benchmark copy on the simulated server: every kind clean, a corrupted one found and named,
 * little memory.
 */
#include "copy_case.h"
#include "sim.h"

#ifdef ASSAY_CUDA

static struct ctx *started(const struct bench *b, const char *const *set, uint64_t pinned_limit)
{
	struct ctx *c = make(set);
	struct err e = ERR_INIT;

	c->bench = b;
	c->pinned_limit = pinned_limit;
	CHECK(!b->supported(c, &e));
	if (b->setup(c, &e)) {
		fprintf(stderr, "%s\n", e.text);
		_exit(1);
	}
	return c;
}

static void ended(struct ctx *c)
{
	c->bench->teardown(c);
	free(c);
}

static void corrupted(void)
{
	static const char *const set[] = {"gpu=0", "node=0", "dir=d2h", "size=64MiB", NULL};
	struct ctx *c = started(&bench_copy, set, 0);
	struct err e = ERR_INIT;

	CHECK(!bench_copy.run(c, &e));
	CHECK(bench_copy.verify(c, &e) == -EBADMSG);
	CHECK(strstr(e.text, "gpu 0: d2h copy of 67108864 bytes (pinned, ce)"));
	CHECK(strstr(e.text, "1 byte is wrong, the first at offset 33554432"));
	ended(c);
}

/* Both ways run, one of them loses a bit; write-combined memory is checked by the GPU. */
static void corrupted_way_back(void)
{
	static const char *const set[] = {"gpu=0",    "node=0",	   "memory=writecombined",
					  "dir=both", "size=1MiB", NULL};
	struct ctx *c = started(&bench_copy, set, 0);
	struct err e = ERR_INIT;

	CHECK(!bench_copy.run(c, &e));
	CHECK(bench_copy.verify(c, &e) == -EBADMSG);
	CHECK(strstr(e.text, "gpu 0: d2h copy of 1048576 bytes (writecombined, ce)"));
	CHECK(strstr(e.text, "1 byte is wrong, the first at offset 524288"));
	ended(c);
}

static void little_memory(void)
{
	static const char *const set[] = {"gpu=0", "node=0", "dir=h2d", "size=8MiB", NULL};
	static const char *const both[] = {"gpu=0", "node=0", "dir=both", "size=3MiB", NULL};
	struct ctx *c = started(&bench_copy, set, 4 << 20);
	struct err e = ERR_INIT;

	CHECK(bench_copy.run(c, &e) == -ENOTSUP);
	CHECK(strstr(e.text, "4194304 bytes of pinned memory"));
	ended(c);
	err_clear(&e);
	c = started(&bench_copy, both, 4 << 20); /* one way would do */
	CHECK(bench_copy.run(c, &e) == -ENOTSUP);
	ended(c);
}

static void facts(void)
{
	static const char *const set[] = {"gpu=0", "node=0", "dir=h2d", "size=64MiB", NULL};
	struct ctx *c = started(&bench_copy, set, 0);
	struct err e = ERR_INIT;

	CHECK(!bench_copy.run(c, &e));
	CHECK(!strcmp(fake_fact(c, "placement"), "PROVEN"));
	CHECK(!strcmp(fake_fact(c, "thread"), "PINNED"));
	CHECK(!fake_fact(c, "pages")); /* pinned memory is the driver's */
	CHECK(strstr(fake_fact(c, "kin"), "H100"));
	ended(c);
}

static void huge_pages(void)
{
	static const char *const set[] = {"gpu=0",   "node=1",	  "memory=hugepage",
					  "dir=h2d", "size=4MiB", NULL};
	struct ctx *c = started(&bench_copy, set, 0);
	struct err e = ERR_INIT;

	CHECK(!bench_copy.run(c, &e));
	CHECK(!strcmp(fake_fact(c, "pages"), "THP"));
	CHECK(!strcmp(fake_fact(c, "placement"), "PROVEN"));
	ended(c);
}

static void another_node(void)
{
	static const char *const set[] = {"gpu=0",   "node=1",	  "memory=pageable",
					  "dir=d2h", "size=4KiB", NULL};
	struct ctx *c = started(&bench_copy, set, 0);
	struct err e = ERR_INIT;

	CHECK(!bench_copy.run(c, &e));
	CHECK(!bench_copy.verify(c, &e));
	ended(c);
}

static void copies_arrive_whole(void **state)
{
	assert_server("hgx-h100", "", all_cases);
}

static void a_corrupted_copy_fails(void **state)
{
	assert_server("hgx-h100", "corrupt_copy gpu=0", corrupted);
	assert_server("hgx-h100", "corrupt_copy gpu=0 dir=d2h size=1048576", corrupted_way_back);
}

static void above_the_limit_is_skipped(void **state)
{
	assert_server("hgx-h100", "", little_memory);
}

static void what_it_says_of_itself(void **state)
{
	assert_server("hgx-h100", "", facts);
	assert_server("hgx-h100", "", huge_pages);
	assert_server("hgx-h100", "", another_node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_arrive_whole),
		cmocka_unit_test(a_corrupted_copy_fails),
		cmocka_unit_test(above_the_limit_is_skipped),
		cmocka_unit_test(what_it_says_of_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void without_nvcc(void **state)
{
	skip(); /* there is no copy to simulate */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(without_nvcc)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
