/* probe/topology and probe/cpu on recorded trees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../harness/probe/topology.h"
#include "sysfs_tree.h"

#include <errno.h>
#include <sched.h>

#define MIB 1048576ull

static struct topology read_ok(void)
{
	struct err e = ERR_INIT;
	struct topology t;
	int rc = topology_read(&t, &e);

	if (rc)
		print_message("%s\n", e.text);
	assert_int_equal(rc, 0);
	return t;
}

static void done(struct topology *t)
{
	topology_free(t);
	assert_null(t->nodes);
	tree_drop();
}

static void hgx(void **state)
{
	tree_use("hgx-2s");
	struct topology t = read_ok();

	assert_int_equal(t.n_nodes, 2);
	assert_int_equal(t.n_sockets, 2);
	assert_int_equal(t.n_cpus, 64);
	assert_string_equal(t.cpu_model, "Intel(R) Xeon(R) Platinum 8462Y+");
	assert_string_equal(t.arch, "x86_64");
	assert_string_equal(t.thp, "madvise");
	assert_int_equal(t.llc_bytes, 60 * MIB);
	assert_int_equal(t.llc_total_bytes, 60 * MIB);
	assert_int_equal(t.nodes[1].n_cpus, 32);
	assert_int_equal(t.nodes[1].cpus[0], 32);
	assert_int_equal(t.nodes[1].cpus[31], 63);
	assert_int_equal(t.nodes[0].distance[1], 21);
	assert_int_equal(t.nodes[0].distance[0], 10);
	assert_int_equal(t.nodes[0].mem_total_bytes, 1056000000ull * 1024);
	assert_int_equal(t.nodes[0].mem_free_bytes, 1040000000ull * 1024);
	assert_int_equal(t.nodes[0].huge2m_free, 1000);
	assert_ptr_equal(topology_node(&t, 1), &t.nodes[1]);
	assert_null(topology_node(&t, 2));
	done(&t);
}

static void genoa(void **state)
{
	tree_use("genoa-nps4");
	struct topology t = read_ok();

	assert_int_equal(t.n_nodes, 8);
	assert_int_equal(t.n_sockets, 2);
	assert_int_equal(t.llc_bytes, 32 * MIB);
	assert_int_equal(t.llc_total_bytes, 64 * MIB); /* two complexes a node */
	assert_int_equal(t.nodes[7].cpus[0], 84);
	assert_int_equal(t.nodes[0].distance[3], 12);
	assert_int_equal(t.nodes[0].distance[4], 32);
	assert_string_equal(t.thp, "always");
	done(&t);
}

static void grace(void **state)
{
	tree_use("grace-hopper");
	struct topology t = read_ok();

	assert_int_equal(t.n_nodes, 9);
	assert_int_equal(t.n_sockets, 1);
	assert_string_equal(t.cpu_model, "Neoverse-V2");
	assert_string_equal(t.arch, "aarch64");
	assert_int_equal(t.page_bytes, 65536);
	assert_int_equal(t.nodes[0].n_cpus, 72);
	assert_int_equal(t.nodes[1].n_cpus, 0); /* the GPU's memory */
	assert_int_equal(t.nodes[1].mem_total_bytes, 97000000ull * 1024);
	assert_int_equal(t.nodes[8].n_cpus, 0); /* kept for MIG */
	assert_int_equal(t.nodes[8].mem_total_bytes, 0);
	assert_int_equal(t.nodes[1].distance[8], 255);
	done(&t);
}

static void vm(void **state)
{
	tree_use("vm-1gpu");
	struct topology t = read_ok();

	assert_int_equal(t.n_nodes, 1);
	assert_int_equal(t.n_sockets, 2);
	assert_int_equal(t.llc_bytes, 16 * MIB);
	assert_int_equal(t.llc_total_bytes, 32 * MIB);
	done(&t);
}

static void without_nodes(void **state)
{
	tree_use("laptop");
	struct topology t = read_ok();

	assert_int_equal(t.n_nodes, 1);
	assert_int_equal(t.nodes[0].id, 0);
	assert_int_equal(t.n_cpus, 7); /* CPU 7 is offline */
	assert_int_equal(t.nodes[0].n_cpus, 7);
	assert_int_equal(t.nodes[0].distance[0], 10);
	assert_int_equal(t.nodes[0].mem_total_bytes, 16000000ull * 1024);
	assert_int_equal(t.nodes[0].mem_free_bytes, 9000000ull * 1024);
	assert_int_equal(t.nodes[0].huge2m_free, 3);
	assert_int_equal(t.llc_bytes, 12 * MIB);
	assert_int_equal(t.llc_total_bytes, 12 * MIB);
	assert_string_equal(t.thp, "");
	done(&t);
}

/* A tree is about another machine: neither its cpuset nor ours takes CPUs out of it. */
static void affinity_of_a_tree(void **state)
{
	cpu_set_t old, one;

	assert_int_equal(sched_getaffinity(0, sizeof(old), &old), 0);
	CPU_ZERO(&one);
	for (size_t i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
		if (CPU_ISSET(i, &old))
			CPU_SET(i, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	tree_use("container-cpuset");
	struct topology t = read_ok();

	assert_int_equal(t.nodes[0].n_cpus, 8);
	assert_int_equal(t.nodes[1].n_cpus, 8);
	done(&t);

	t = read_ok(); /* the real machine: one CPU is left to this process */
	int left = 0;

	for (int i = 0; i < t.n_nodes; i++)
		left += t.nodes[i].n_cpus;
	assert_int_equal(left, 1);
	assert_true(t.page_bytes == (uint64_t)sysconf(_SC_PAGESIZE));
	topology_free(&t);
	assert_int_equal(sched_setaffinity(0, sizeof(old), &old), 0);
}

static void node_with_an_offline_cpu(void **state)
{
	tree_use("hgx-2s");
	tree_file("/sys/devices/system/cpu/online", "0-30,32-63");
	tree_file("/sys/devices/system/node/node1/distance", "garbage");
	struct topology t = read_ok();

	assert_int_equal(t.n_cpus, 63);
	assert_int_equal(t.nodes[0].n_cpus, 31);
	assert_int_equal(t.nodes[1].n_cpus, 32);
	assert_int_equal(t.nodes[1].distance[0], 20); /* what ACPI means where it is silent */
	assert_int_equal(t.nodes[1].distance[1], 10);
	done(&t);
}

static void arm_without_a_name(void **state)
{
	tree_use("laptop");
	tree_file("/proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x77\nCPU part\t: 0x123\n");
	struct topology t = read_ok();

	assert_string_equal(t.cpu_model, "arm64 implementer 0x77 part 0x123");
	topology_free(&t);
	tree_file("/proc/cpuinfo", "");
	t = read_ok();
	assert_string_equal(t.cpu_model, "unknown");
	done(&t);
}

static void broken_nodes(void **state)
{
	struct err e = ERR_INIT;
	struct topology t;

	tree_use("hgx-2s");
	tree_file("/sys/devices/system/node/node1/cpulist", "32-");
	assert_int_equal(topology_read(&t, &e), -EINVAL);
	assert_non_null(strstr(e.text, "node1/cpulist"));
	assert_null(t.nodes);
	err_clear(&e);
	tree_file("/sys/devices/system/node/online", "0-300");
	assert_int_equal(topology_read(&t, &e), -EINVAL);
	err_clear(&e);
	tree_file("/sys/devices/system/node/online", "garbage");
	assert_int_equal(topology_read(&t, &e), -EINVAL);
	assert_non_null(strstr(e.text, "node/online"));
	tree_drop();
}

static void bare_tree(void **state)
{
	tree_new();
	struct topology t = read_ok();

	assert_int_equal(t.n_nodes, 1);
	assert_int_equal(t.n_cpus, 1);
	assert_int_equal(t.n_sockets, 1);
	assert_int_equal(t.llc_bytes, 0);
	done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hgx),
		cmocka_unit_test(genoa),
		cmocka_unit_test(grace),
		cmocka_unit_test(vm),
		cmocka_unit_test(without_nodes),
		cmocka_unit_test(affinity_of_a_tree),
		cmocka_unit_test(node_with_an_offline_cpu),
		cmocka_unit_test(arm_without_a_name),
		cmocka_unit_test(broken_nodes),
		cmocka_unit_test(bare_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
