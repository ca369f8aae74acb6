/* host_latency, host_bandwidth, host_loaded and control, whole, on small memory: what they say and
 * what they find. */
#include "fake_ctx.h"

#include "../../harness/probe/placement.h"
#include "../../harness/probe/sysfs.h"
#include "sysfs_tree.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

extern const struct bench bench_host_latency, bench_host_bandwidth, bench_host_loaded,
	bench_control;

/* The CPUs that this program had: a benchmark before may have left it on one. */
static cpu_set_t all_cpus;

static struct ctx *start(const struct bench *b, const char *const *set)
{
	struct ctx *c = calloc(1, sizeof(*c));
	struct err e = ERR_INIT;

	c->bench = b;
	c->set = set;
	sched_setaffinity(0, sizeof(all_cpus), &all_cpus);
	if (fake_setup(c, &e))
		fail_msg("setup: %s", e.text);
	return c;
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
	fake_end(c);
}

static void a_broken_ring_fails(void **state)
{
	struct ctx *c = start(&bench_host_latency, small_ring);
	struct err e = ERR_INIT;
	void **ring = ((struct placement_buf *)c->state)->p; /* first member of its state */

	ring[0] = ring;
	assert_int_equal(bench_host_latency.verify(c, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "16384 pointers"));
	fake_end(c);
}

static void more_than_a_guest_may_take_is_skipped(void **state)
{
	static const char *const huge[] = {"cpu_node=0", "node=0", "size=64TiB", NULL};
	static const char *const nowhere[] = {"cpu_node=200", "node=0", "size=4MiB", NULL};
	const struct bench *const all[] = {&bench_host_latency, &bench_host_bandwidth,
					   &bench_host_loaded};

	for (int i = 0; i < 6; i++) {
		struct ctx *c = calloc(1, sizeof(*c));
		struct err e = ERR_INIT;
		c->bench = all[i / 2];
		c->set = i % 2 ? huge : nowhere;
		assert_int_equal(fake_setup(c, &e), -ENOTSUP);
		assert_non_null(strstr(e.text, i % 2 ? "quarter" : "node 200"));
		fake_end(c);
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
		fake_end(c);
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
	fake_end(c);
}

/* Known layout: ring and array are the first members of its state. */
static void loaded_latency(const char *load, struct ctx **out, int *rc)
{
	static const char *set[] = {"cpu_node=0", "node=0", "size=32MiB", "pages=4k", NULL, NULL};
	struct err e = ERR_INIT;

	set[4] = load;
	*out = start(&bench_host_loaded, set);
	*rc = bench_host_loaded.run(*out, &e);
	if (*rc == -ENOTSUP)
		assert_non_null(strstr(e.text, "one core"));
}

static void latency_beside_readers(void **state)
{
	static const char *const loads[] = {"load=none", "load=half", "load=full"};

	for (int i = 0; i < 3; i++) {
		struct err e = ERR_INIT;
		struct ctx *c;
		int rc;

		loaded_latency(loads[i], &c, &rc);
		if (i == 0 || rc != -ENOTSUP) {
			assert_int_equal(rc, 0);
			assert_int_equal(c->values, 2);
			assert_true(c->value[0] > 1e-10 && c->value[0] < 1e-3);
			assert_int_equal(bench_host_loaded.verify(c, &e), 0);
			assert_string_equal(fake_fact(c, "placement"), "PROVEN");
			assert_string_equal(fake_fact(c, "pages"), "4K");
			assert_non_null(fake_fact(c, "cpu"));
		}
		assert_int_equal(c->others, i == 0 || rc ? 0 : 1);
		fake_end(c);
	}
}

static void readers_of_wrong_data_fail(void **state)
{
	struct err e = ERR_INIT;
	struct ctx *c;
	int rc;

	loaded_latency("load=full", &c, &rc);
	if (rc == -ENOTSUP) {
		fake_end(c);
		skip();
	}
	struct placement_buf *buf = c->state;

	((double *)buf[1].p)[7] += 1;
	assert_int_equal(bench_host_loaded.verify(c, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "reader 1: the sum of its part"));
	((double *)buf[1].p)[7] -= 1;
	((void **)buf[0].p)[0] = buf[0].p;
	err_clear(&e);
	assert_int_equal(bench_host_loaded.verify(c, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "131072 pointers"));
	fake_end(c);
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
	fake_end(c);
}

/* What was not computed is found out: neither chain was followed. */
static void controls_that_did_nothing_fail(void **state)
{
	struct ctx *c = start(&bench_control, NULL);
	struct err e = ERR_INIT;

	assert_int_equal(bench_control.verify(c, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "0 rounds"));
	fake_end(c);
}

/* From here on mbind does nothing and says that it did. False where the kernel has no such filter.
 */
static bool let_mbind_lie(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mbind, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof(filter) / sizeof(filter[0]), filter};

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* A second node that this machine does not have, with all of its CPUs. */
static void invent_a_node(void)
{
	char *cpus = sysfs_read("/sys/devices/system/cpu/online");

	tree_new();
	tree_file("/sys/devices/system/node/online", "0-1");
	tree_file("/sys/devices/system/cpu/online", cpus ? cpus : "0");
	tree_file("/sys/devices/system/node/node0/cpulist", "");
	tree_file("/sys/devices/system/node/node1/cpulist", cpus ? cpus : "0");
	tree_file("/sys/devices/system/node/node1/meminfo", "Node 1 MemTotal: 67108864 kB");
	free(cpus);
}

/*
 * Pages that lie elsewhere fail the measurement, whatever its number. The last test: the filter
 * stays.
 */
static void memory_elsewhere_fails(void **state)
{
	const struct bench *const all[] = {&bench_host_latency, &bench_host_bandwidth,
					   &bench_host_loaded};
	static const char *const set[] = {"cpu_node=1", "node=1",    "size=4MiB", "pages=4k",
					  "op=read",	"load=none", NULL};

	if (sysfs_exists("/sys/devices/system/node/node1") || !let_mbind_lie())
		skip();
	invent_a_node();
	for (size_t i = 0; i < 3; i++) {
		struct ctx *c = start(all[i], set);
		struct err e = ERR_INIT;

		assert_int_equal(all[i]->run(c, &e), 0);
		assert_string_equal(fake_fact(c, "placement"), "WRONG");
		assert_int_equal(all[i]->verify(c, &e), -EBADMSG);
		assert_non_null(strstr(e.text, "1024 of 1024 pages are not on NUMA node 1"));
		assert_non_null(strstr(e.text, "found on node 0"));
		fake_end(c);
	}
	tree_drop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(latency_is_measured_and_verified),
		cmocka_unit_test(a_broken_ring_fails),
		cmocka_unit_test(more_than_a_guest_may_take_is_skipped),
		cmocka_unit_test(bandwidth_of_every_loop),
		cmocka_unit_test(wrong_data_fails),
		cmocka_unit_test(latency_beside_readers),
		cmocka_unit_test(readers_of_wrong_data_fail),
		cmocka_unit_test(controls_are_measured_and_verified),
		cmocka_unit_test(controls_that_did_nothing_fail),
		cmocka_unit_test(memory_elsewhere_fails),
	};

	sched_getaffinity(0, sizeof(all_cpus), &all_cpus);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
