/* Which node each GPU is on, and what a cpuset keeps this process from, on recorded machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "env_rows.h"

#define NOT_NODE_1                                                                                 \
	"only the CPUs 0-3 (cpuset /sys/fs/cgroup/cpuset.cpus.effective) and the memory nodes 0 "  \
	"(cpuset /sys/fs/cgroup/cpuset.mems.effective) are allowed"

/* The cpuset that misses the GPU's node is named; where all is allowed nothing is said. */
static void out_of_reach(void **state)
{
	host_of("container-cpuset");
	assert_row("node.1.out_of_reach", NOT_NODE_1);
	assert_null(find("node.0.out_of_reach"));
	forget();
	tree_use("container-cpuset");
	env_gpu(collect, NULL);
	assert_row("gpu.0000:81:00.0.out_of_reach", "its NUMA node 1 is out of reach: " NOT_NODE_1);
	/* the mask alone: no cpuset is blamed */
	tree_file("/sys/fs/cgroup/cpuset.cpus.effective", "0-15");
	tree_file("/proc/self/status", "Cpus_allowed_list:\t0-3\nMems_allowed_list:\t0-1");
	forget();
	env_host(collect, NULL);
	assert_row("node.1.out_of_reach",
		   "only the CPUs 0-3 (Cpus_allowed_list in /proc/self/status) are allowed");
	tree_drop();
	static const char *const others[] = {"hgx-2s", "genoa-nps4", "grace-hopper", "vm-1gpu",
					     "laptop"};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		host_of(others[i]);
		for (size_t k = 0; k < n_seen; k++)
			assert_null(strstr(seen[k].key, "out_of_reach"));
	}
}

/* Which GPU hangs on which node, on each machine, without a driver. */
static void gpus_of_each_tree(void **state)
{
	static const struct {
		const char *tree, *gpu, *node, *source;
	} want[] = {
		{"hgx-2s", "0000:18:00.0", "0", "sysfs numa_node"},
		{"hgx-2s", "0000:98:00.0", "1", "sysfs numa_node"},
		{"container-cpuset", "0000:81:00.0", "1", "sysfs numa_node"},
		{"vm-1gpu", "0000:01:00.0", "0", "the machine has one node"},
		{"genoa-nps4", "0000:01:00.0", "3", "sysfs numa_node"},
		{"genoa-nps4", "0000:41:00.0", "1", "sysfs numa_node"},
		{"genoa-nps4", "0000:81:00.0", "7", "sysfs numa_node"},
		{"genoa-nps4", "0000:c1:00.0", "5", "sysfs numa_node"},
		{"grace-hopper", "0009:01:00.0", "0", "sysfs numa_node"},
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		char *key = mem_printf("gpu.%s.numa_node", want[i].gpu);

		forget();
		tree_use(want[i].tree);
		env_gpu(collect, NULL);
		tree_drop();
		if (strcmp(find("nvml.status")->value, "ok")) { /* a real driver knows better */
			assert_row(key, want[i].node);
			assert_string_equal(find(key)->source, want[i].source);
		}
		free(key);
	}
}

static int cleanup(void **state)
{
	forget();
	free(seen);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_of_reach),
		cmocka_unit_test(gpus_of_each_tree),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
