/*
 * The benchmarks of copies on the simulated server: every kind clean, a corrupted one found and
 * named, little memory, and the rates of GPUs that share what they copy over.
 */
#include "copy_case.h"
#include "sim_bench.h"

#ifdef ASSAY_CUDA

#include "../simgpu/sim.h"

extern const struct bench bench_copy_all, bench_gpu_chase;

static void corrupted(void)
{
	static const char *const set[] = {"gpu=0", "node=0", "dir=d2h", "size=64MiB", NULL};
	struct ctx *c = started(&bench_copy, set);
	struct err e = ERR_INIT;

	CHECK(!bench_copy.run(c, &e));
	CHECK(bench_copy.verify(c, &e) == -EBADMSG);
	CHECK(strstr(e.text, "gpu 0: d2h copy of 67108864 bytes (pinned, ce)"));
	CHECK(strstr(e.text, "1 byte is wrong, the first at offset 33554432"));
	fake_end(c);
}

/* Both ways run, one of them loses a bit; write-combined memory is checked by the GPU. */
static void corrupted_way_back(void)
{
	static const char *const set[] = {"gpu=0",    "node=0",	   "memory=writecombined",
					  "dir=both", "size=1MiB", NULL};
	struct ctx *c = started(&bench_copy, set);
	struct err e = ERR_INIT;

	CHECK(!bench_copy.run(c, &e));
	CHECK(bench_copy.verify(c, &e) == -EBADMSG);
	CHECK(strstr(e.text, "gpu 0: d2h copy of 1048576 bytes (writecombined, ce)"));
	CHECK(strstr(e.text, "1 byte is wrong, the first at offset 524288"));
	fake_end(c);
}

static struct ctx *with_little_memory(const char *const *set)
{
	struct ctx *c = make(set);

	c->pinned_limit = 4 << 20;
	return begun(c);
}

static void little_memory(void)
{
	static const char *const set[] = {"gpu=0", "node=0", "dir=h2d", "size=8MiB", NULL};
	static const char *const both[] = {"gpu=0", "node=0", "dir=both", "size=3MiB", NULL};
	struct ctx *c = with_little_memory(set);
	struct err e = ERR_INIT;

	CHECK(bench_copy.run(c, &e) == -ENOTSUP);
	CHECK(strstr(e.text, "4194304 bytes of pinned memory"));
	fake_end(c);
	err_clear(&e);
	c = with_little_memory(both); /* one way would do */
	CHECK(bench_copy.run(c, &e) == -ENOTSUP);
	fake_end(c);
}

static void facts(void)
{
	static const char *const set[] = {"gpu=0", "node=0", "dir=h2d", "size=64MiB", NULL};
	struct ctx *c = started(&bench_copy, set);
	struct err e = ERR_INIT;

	CHECK(!bench_copy.run(c, &e));
	CHECK(!strcmp(fake_fact(c, "placement"), "PROVEN"));
	CHECK(!strcmp(fake_fact(c, "thread"), "PINNED"));
	CHECK(!fake_fact(c, "pages")); /* pinned memory is the driver's */
	CHECK(strstr(fake_fact(c, "kin"), "H100"));
	fake_end(c);
}

static void huge_pages(void)
{
	static const char *const set[] = {"gpu=0",   "node=1",	  "memory=hugepage",
					  "dir=h2d", "size=4MiB", NULL};
	struct ctx *c = started(&bench_copy, set);
	struct err e = ERR_INIT;

	CHECK(!bench_copy.run(c, &e));
	CHECK(!strcmp(fake_fact(c, "pages"), "THP"));
	CHECK(!strcmp(fake_fact(c, "placement"), "PROVEN"));
	fake_end(c);
}

static void another_node(void)
{
	static const char *const set[] = {"gpu=0",   "node=1",	  "memory=pageable",
					  "dir=d2h", "size=4KiB", NULL};
	struct ctx *c = started(&bench_copy, set);
	struct err e = ERR_INIT;

	CHECK(!bench_copy.run(c, &e));
	CHECK(!bench_copy.verify(c, &e));
	fake_end(c);
}

/* ---- all GPUs at once ---- */

static double value_of(const char *member)
{
	char name[32];
	const char *set[] = {"gpus=0+1+2+3", "node=local", "dir=h2d", "size=64MiB", name, NULL};
	struct err e = ERR_INIT;
	struct ctx *c;
	double v;

	snprintf(name, sizeof(name), "member=%s", member);
	c = started(&bench_copy_all, set);
	if (bench_copy_all.run(c, &e) || bench_copy_all.verify(c, &e)) {
		fprintf(stderr, "%s\n", e.text);
		_exit(1);
	}
	CHECK(!strcmp(fake_fact(c, "placement"), "PROVEN"));
	v = c->value[0];
	fake_end(c);
	return v;
}

/* 0 and 1 share a switch, 2 and 3 another one: each gets half. */
static void shared_switches(void)
{
	double whole = sim_profile()->gpu[0].h2d_pinned_bytes_s;

	CHECK(within(value_of("0"), whole / 2, 0.01));
	CHECK(within(value_of("3"), whole / 2, 0.01));
	CHECK(within(value_of("sum"), whole * 2, 0.01));
}

/*
 * A slow one beside a fast one: the fast one gets what the slow one cannot use, and the rate of the
 * slow one is not made better by the time in which the fast one has ended.
 */
static void uneven(void)
{
	double whole = sim_profile()->gpu[3].h2d_pinned_bytes_s;
	double slow = whole * 8 / 32; /* GT/s, and the same line code */

	CHECK(within(value_of("3"), slow, 0.01));
	CHECK(within(value_of("2"), whole - slow, 0.01));
	CHECK(within(value_of("0"), whole / 2, 0.01));
}

static void corrupted_neighbour(void)
{
	static const char *const set[] = {"gpus=0+1+2", "node=local", "dir=d2h",
					  "size=1MiB",	"member=sum", NULL};
	static const char *const other[] = {"gpus=0+1+2", "node=local", "dir=d2h",
					    "size=1MiB",  "member=1",	NULL};
	struct ctx *c = started(&bench_copy_all, set);
	struct err e = ERR_INIT;

	CHECK(!bench_copy_all.run(c, &e));
	CHECK(bench_copy_all.verify(c, &e) == -EBADMSG);
	CHECK(strstr(e.text, "gpu 2: d2h copy of 1048576 bytes"));
	fake_end(c);
	err_clear(&e);
	c = started(&bench_copy_all, other);
	CHECK(!bench_copy_all.run(c, &e));
	CHECK(!bench_copy_all.verify(c, &e));
	fake_end(c);
}

static void one_gpu(void)
{
	static const char *const set[] = {"gpus=0", NULL};
	struct ctx *c = make(set);
	struct err e = ERR_INIT;

	c->bench = &bench_copy_all;
	CHECK(bench_copy_all.supported(c, &e) == -ENOTSUP);
	CHECK(strstr(e.text, "one GPU"));
	free(c);
}

/* ---- pointers ---- */

static void chase(void)
{
	static const char *const near[] = {"gpu=0", "node=0", "size=1MiB", NULL};
	static const char *const far[] = {"gpu=0", "node=1", "size=1MiB", NULL};
	const struct sim_memory *m = &sim_profile()->memory;
	double local = sim_profile()->gpu[0].sm_latency_s;
	struct err e = ERR_INIT;
	struct ctx *c = started(&bench_gpu_chase, near);

	CHECK(!bench_gpu_chase.run(c, &e));
	CHECK(!bench_gpu_chase.verify(c, &e));
	CHECK(within(c->value[0], local, 0.01));
	CHECK(!strcmp(fake_fact(c, "placement"), "PROVEN"));
	fake_end(c);
	c = started(&bench_gpu_chase, far);
	CHECK(!bench_gpu_chase.run(c, &e));
	CHECK(within(c->value[0], local + m->latency_remote_s - m->latency_local_s, 0.01));
	fake_end(c);
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

static void all_at_once(void **state)
{
	assert_server("hgx-h100", "", shared_switches);
	assert_server("hgx-h100", "pcie_downtrain gpu=3 gen=3", uneven);
	assert_server("hgx-h100", "corrupt_copy gpu=2", corrupted_neighbour);
	assert_server("h200-vm", "", one_gpu);
}

static void pointers_are_followed(void **state)
{
	assert_server("hgx-h100", "", chase);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_arrive_whole),
		cmocka_unit_test(a_corrupted_copy_fails),
		cmocka_unit_test(above_the_limit_is_skipped),
		cmocka_unit_test(what_it_says_of_itself),
		cmocka_unit_test(all_at_once),
		cmocka_unit_test(pointers_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
