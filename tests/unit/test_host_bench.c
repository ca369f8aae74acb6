/* host_latency, host_bandwidth and control, whole, on small memory: what they say and what they
 * find. */
#include "fake_ctx.h"

#include "../../harness/probe/placement.h"

#include <errno.h>

extern const struct bench bench_host_latency, bench_host_bandwidth, bench_control;

static struct ctx *start(const struct bench *b, const char *const *set)
{
	struct ctx *c = calloc(1, sizeof(*c));
	struct err e = ERR_INIT;

	c->bench = b;
	c->set = set;
	if (b->setup(c, &e))
		fail_msg("setup: %s", e.text);
	return c;
}

static void end(struct ctx *c)
{
	c->bench->teardown(c);
	assert_null(c->state);
	free(c);
}

static const char *const small_ring[] = {"cpu_node=0", "node=0", "size=4MiB", "pages=4k", NULL};

static void latency_is_measured_and_verified(void **state)
{
	struct ctx *c = start(&bench_host_latency, small_ring);
	struct err e = ERR_INIT;

	assert_int_equal(bench_host_latency.run(c, &e), 0);
	assert_int_equal(c->values, 2);
	assert_true(c->value[0] > 1e-10 && c->value[0] < 1e-3);
	assert_int_equal(bench_host_latency.verify(c, &e), 0);
	assert_string_equal(fake_fact(c, "placement"), "PROVEN");
	assert_string_equal(fake_fact(c, "pages"), "4K");
	assert_string_equal(fake_fact(c, "size"), "4194304");
	assert_non_null(fake_fact(c, "cpu"));
	end(c);
}

static void a_broken_ring_fails(void **state)
{
	struct ctx *c = start(&bench_host_latency, small_ring);
	struct err e = ERR_INIT;
	void **ring = ((struct placement_buf *)c->state)->p; /* first member of its state */

	ring[0] = ring;
	assert_int_equal(bench_host_latency.verify(c, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "16384 pointers"));
	end(c);
}

static void more_than_a_guest_may_take_is_skipped(void **state)
{
	static const char *const huge[] = {"cpu_node=0", "node=0", "size=64TiB", NULL};
	static const char *const nowhere[] = {"cpu_node=200", "node=0", "size=4MiB", NULL};
	const struct bench *const both[] = {&bench_host_latency, &bench_host_bandwidth};

	for (int i = 0; i < 4; i++) {
		struct ctx *c = calloc(1, sizeof(*c));
		struct err e = ERR_INIT;
		c->bench = both[i / 2];
		c->set = i % 2 ? huge : nowhere;
		assert_int_equal(c->bench->setup(c, &e), -ENOTSUP);
		assert_non_null(strstr(e.text, i % 2 ? "quarter" : "node 200"));
		end(c);
	}
}

static void bandwidth_of_every_loop(void **state)
{
	static const char *const ops[] = {"op=read", "op=write", "op=copy", "op=triad"};
	static const char *const stores[] = {"stores=regular", "stores=nontemporal"};

	for (int i = 0; i < 8; i++) {
		const char *set[] = {"cpu_node=0", "node=0",	  "size=2MiB",
				     ops[i / 2],   stores[i % 2], NULL};
		struct ctx *c = start(&bench_host_bandwidth, set);
		struct err e = ERR_INIT;
		int rc = bench_host_bandwidth.run(c, &e);

		if (i == 1) {
			assert_int_equal(rc, -ENOTSUP);
		} else if (rc != -ENOTSUP || i % 2 == 0) {
			assert_int_equal(rc, 0);
			assert_int_equal(c->operations, 3);
			assert_true(c->value[0] > 1e6);
			assert_int_equal(bench_host_bandwidth.verify(c, &e), 0);
			assert_string_equal(fake_fact(c, "placement"), "PROVEN");
			assert_non_null(fake_fact(c, "vectors"));
			assert_non_null(fake_fact(c, "threads"));
		}
		end(c);
	}
}

/* The source changes under its feet: the check of the copy must name the byte. */
static void wrong_data_fails(void **state)
{
	static const char *const set[] = {"cpu_node=0", "node=0", "size=2MiB", "op=copy", NULL};
	struct ctx *c = start(&bench_host_bandwidth, set);
	struct placement_buf *array = c->state; /* first member of its state: a, b, c */
	struct err e = ERR_INIT;

	assert_int_equal(bench_host_bandwidth.run(c, &e), 0);
	((double *)array[1].p)[1000] = -1;
	assert_int_equal(bench_host_bandwidth.verify(c, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "copy: 1 of 262144"));
	assert_non_null(strstr(e.text, "byte offset 8000"));
	end(c);
}

static void controls_are_measured_and_verified(void **state)
{
	struct ctx *c = start(&bench_control, NULL);
	void **ring = ((struct placement_buf *)c->state)->p; /* first member of its state */
	struct err e = ERR_INIT;

	assert_int_equal(bench_control.run(c, &e), 0);
	assert_int_equal(c->operations, 6);
	assert_int_equal(c->values, 2);
	assert_true(c->value[0] > 1e-10 && c->value[0] < 1e-6);
	assert_non_null(fake_fact(c, "cpu"));
	assert_int_equal(bench_control.verify(c, &e), 0);
	ring[0] = ring;
	assert_int_equal(bench_control.verify(c, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "65536 pointers"));
	end(c);
}

/* What was not computed is found out: neither chain was followed. */
static void controls_that_did_nothing_fail(void **state)
{
	struct ctx *c = start(&bench_control, NULL);
	struct err e = ERR_INIT;

	assert_int_equal(bench_control.verify(c, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "0 rounds"));
	end(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(latency_is_measured_and_verified),
		cmocka_unit_test(a_broken_ring_fails),
		cmocka_unit_test(more_than_a_guest_may_take_is_skipped),
		cmocka_unit_test(bandwidth_of_every_loop),
		cmocka_unit_test(wrong_data_fails),
		cmocka_unit_test(controls_are_measured_and_verified),
		cmocka_unit_test(controls_that_did_nothing_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
