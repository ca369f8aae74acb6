/*
 * The streams through device memory on the simulated server: rates of each level found, a bit that
 * is lost named with its place, arrays that do not fit refused with the reason.
 */
#include "sim_bench.h"

#ifdef ASSAY_CUDA

#include "../simgpu/sim.h"

#include <errno.h>

extern const struct bench bench_hbm, bench_hbm_chase, bench_l2;

static double rate(const struct bench *b, const char *op, const char *size)
{
	const char *set[] = {"gpu=0", op, size, NULL};
	struct ctx *c = started(b, set);
	struct err e = ERR_INIT;
	double v;

	CHECK(!b->run(c, &e));
	CHECK(!b->verify(c, &e));
	v = c->value[1];
	fake_end(c);
	return v;
}

static void rates(void)
{
	const struct sim_gpu *g = &sim_profile()->gpu[0];

	CHECK(within(rate(&bench_hbm, "op=read", "size=1GiB"), g->memory_read_bytes_s, 0.01));
	CHECK(within(rate(&bench_hbm, "op=write", "size=1GiB"), g->memory_write_bytes_s, 0.01));
	CHECK(within(rate(&bench_hbm, "op=copy", "size=1GiB"), g->memory_copy_bytes_s, 0.01));
	CHECK(within(rate(&bench_hbm, "op=triad", "size=1GiB"), g->memory_triad_bytes_s, 0.01));
	CHECK(within(rate(&bench_l2, "op=read", "size=2MiB"), g->l2_read_bytes_s, 0.01));
	CHECK(within(rate(&bench_l2, "op=write", "size=2MiB"), g->l2_write_bytes_s, 0.01));
}

/* What the fault takes, and that the L2 keeps its rate. */
static void slow(void)
{
	const struct sim_gpu *g = &sim_profile()->gpu[0];

	CHECK(within(rate(&bench_hbm, "op=read", "size=1GiB"), 0.9 * g->memory_read_bytes_s, 0.01));
	CHECK(within(rate(&bench_l2, "op=read", "size=2MiB"), g->l2_read_bytes_s, 0.01));
}

/* ---- latency ---- */

static double latency(const char *level)
{
	const char *set[] = {"gpu=0", level, NULL};
	struct ctx *c = started(&bench_hbm_chase, set);
	struct err e = ERR_INIT;
	double v;

	CHECK(!bench_hbm_chase.run(c, &e));
	CHECK(!bench_hbm_chase.verify(c, &e));
	CHECK(!strcmp(fake_fact(c, "sms"), "0 16 33 49 66 82 99 115"));
	v = c->value[1];
	fake_end(c);
	return v;
}

static void latencies(void)
{
	const struct sim_gpu *g = &sim_profile()->gpu[0];

	CHECK(within(latency("level=l2"), g->l2_load_s, 0.01));
	CHECK(within(latency("level=dram"), g->memory_load_s, 0.01));
}

/* One pointer of the ring leads 4 KiB too far. */
static void wrong_pointer(void)
{
	static const char *const set[] = {"gpu=0", "level=l2", NULL};
	struct ctx *c = started(&bench_hbm_chase, set);
	struct err e = ERR_INIT;

	CHECK(!bench_hbm_chase.run(c, &e));
	CHECK(bench_hbm_chase.verify(c, &e) == -EBADMSG);
	CHECK(!strcmp(e.text, "gpu 0: after 16384 steps it is not where the CPU is: it read other "
			      "pointers"));
	fake_end(c);
}

static void facts(void)
{
	static const char *const set[] = {"gpu=0", "op=read", NULL};
	struct ctx *c = started(&bench_hbm, set);
	struct err e = ERR_INIT;

	CHECK(!bench_hbm.run(c, &e));
	CHECK(!strcmp(fake_fact(c, "kin"), "NVIDIA H200, 132 SMs"));
	CHECK(within(strtod(fake_fact(c, "ceiling"), NULL), 6144 / 8.0 * 3201e6 * 2, 1e-9));
	fake_end(c);
}

/* verify of a case, which must say that its numbers are corrupt; returns its words. */
static const char *blame(const struct bench *b, const char *op, const char *size)
{
	static struct err e;
	const char *set[] = {"gpu=0", op, size, NULL};
	struct ctx *c = started(b, set);

	e = (struct err)ERR_INIT;
	CHECK(!b->run(c, &e));
	CHECK(b->verify(c, &e) == -EBADMSG);
	fake_end(c);
	return e.text;
}

static void corrupted(void)
{
	CHECK(!strcmp(blame(&bench_hbm, "op=write", "size=1GiB"),
		      "gpu 0: write of 1073741824 bytes: 1 byte is wrong, the first at offset "
		      "4711"));
	CHECK(strstr(blame(&bench_hbm, "op=copy", "size=1GiB"),
		     "copy of 1073741824 bytes: 1 byte"));
	CHECK(strstr(blame(&bench_hbm, "op=triad", "size=1GiB"), "the first at offset 4711"));
	CHECK(strstr(blame(&bench_hbm, "op=read", "size=1GiB"),
		     "the sum of 1073741824 bytes read is wrong by 16"));
	CHECK(strstr(blame(&bench_l2, "op=write", "size=1MiB"), "write of 1048576 bytes: 1 byte"));
}

static const char *refusal(const struct bench *b, const char *op, const char *size)
{
	static struct err e;
	const char *set[] = {"gpu=0", op, size, NULL};
	struct ctx *c = started(b, set);

	e = (struct err)ERR_INIT;
	CHECK(b->run(c, &e) == -ENOTSUP);
	fake_end(c);
	return e.text;
}

static void what_does_not_fit(void)
{
	CHECK(!strcmp(refusal(&bench_hbm, "op=read", "size=256MiB"),
		      "arrays of 256 MiB are less than 8 x the L2 of 50 MiB: it would answer in "
		      "the memory's place"));
	CHECK(!strcmp(refusal(&bench_hbm, "op=triad", "size=64GiB"),
		      "3 arrays of 64 GiB: 192 GiB do not fit into what is free of 140 GiB"));
	CHECK(!strcmp(refusal(&bench_l2, "op=read", "size=26MiB"),
		      "26 MiB of arrays do not fit into half of the L2 of 50 MiB"));
	CHECK(strstr(refusal(&bench_l2, "op=copy", "size=13MiB"), "26 MiB of arrays"));
	rate(&bench_l2, "op=read", "size=25MiB");
}

static void rates_are_found(void **state)
{
	assert_server("hgx-h200", "", rates);
	assert_server("hgx-h200", "slow_hbm gpu=0 by=0.1", slow);
}

static void what_it_says_of_itself(void **state)
{
	assert_server("hgx-h200", "", facts);
}

static void a_lost_bit_is_named(void **state)
{
	assert_server("hgx-h200", "corrupt_copy gpu=0 dir=d2d offset=4711", corrupted);
}

static void latencies_are_found(void **state)
{
	assert_server("hgx-h200", "", latencies);
	assert_server("hgx-h200", "corrupt_copy gpu=0 dir=d2d offset=1", wrong_pointer);
}

static void too_small_or_too_large(void **state)
{
	assert_server("hgx-h200", "", what_does_not_fit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_found),	  cmocka_unit_test(what_it_says_of_itself),
		cmocka_unit_test(a_lost_bit_is_named),	  cmocka_unit_test(latencies_are_found),
		cmocka_unit_test(too_small_or_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
