/* The /sys and /proc that simtree writes for the simulated servers. */
#include "sim_shell.h"

#define H100 "hgx-h100"

/* The value of a file of the tree of that server. */
static void expect_file(const char *server, const char *fault, const char *file, const char *value)
{
	char out[4096];

	assert_int_equal(shell(out, sizeof(out),
			       "scripts/sim %s --fault='%s' -- sh -c 'cat $ASSAY_SYSROOT%s'",
			       server, fault, file),
			 0);
	out[strcspn(out, "\n")] = '\0';
	assert_string_equal(out, value);
}

static void test_tree(void **s)
{
	const char *pci = "/sys/bus/pci/devices";
	char out[4096], path[256];

	need_programs();
	expect_file(H100, "", "/sys/devices/system/node/node1/cpulist", "56-111,168-223");
	expect_file(H100, "", "/sys/devices/system/node/node1/distance", "21 10");
	expect_file(H100, "", "/sys/devices/system/cpu/cpu200/cache/index2/size", "107520K");
	snprintf(path, sizeof(path), "%s/0000:3c:00.0/current_link_speed", pci);
	expect_file(H100, "", path, "32.0 GT/s PCIe");
	expect_file(H100, "pcie_downtrain gpu=3 gen=3", path, "8.0 GT/s PCIe");
	snprintf(path, sizeof(path), "%s/0000:39:02.0/current_link_speed", pci);
	expect_file(H100, "pcie_downtrain gpu=3 gen=3", path,
		    "8.0 GT/s PCIe"); /* the port above it */
	snprintf(path, sizeof(path), "%s/0000:3a:00.0/current_link_speed", pci);
	expect_file(H100, "pcie_downtrain gpu=3 gen=3", path, "32.0 GT/s PCIe");
	snprintf(path, sizeof(path), "%s/0000:06:00.0/numa_node", pci);
	expect_file("h200-vm", "", path, "-1");
	assert_int_equal(shell(out, sizeof(out),
			       "scripts/sim hgx-h100 -- sh -c 'cd $ASSAY_SYSROOT; "
			       "realpath --relative-to=. sys/bus/pci/devices/0000:1a:00.0; "
			       "realpath --relative-to=. sys/bus/pci/devices/0000:1a:00.0/driver'"),
			 0);
	assert_string_equal(
		out, "sys/devices/pci0000:15/0000:15:01.0/0000:16:00.0/0000:17:02.0/0000:1a:00.0\n"
		     "sys/bus/pci/drivers/nvidia\n");
	assert_int_equal(shell(out, sizeof(out),
			       "scripts/sim hgx-h100 --fault=driver_mismatch -- sh -c "
			       "'grep -c 580.82.07 $ASSAY_SYSROOT/proc/driver/nvidia/version'"),
			 1);
}

/* Grace: the GPUs' memory is nodes without CPUs, seven more a GPU are empty. */
static void test_grace_tree(void **s)
{
#define NODE "/sys/devices/system/node/"
	static const char *const files[][2] = {
		{NODE "online", "0-33"},
		{NODE "has_memory", "0-2,10,18,26"},
		{NODE "has_cpu", "0-1"},
		{NODE "node1/cpulist", "72-143"},
		{NODE "node10/cpulist", ""},
		{NODE "node10/meminfo", "Node 10 MemTotal:       194018304 kB"},
		{NODE "node11/meminfo", "Node 11 MemTotal:       0 kB"},
		{"/proc/sys/kernel/arch", "aarch64"},
		{"/proc/self/smaps", "KernelPageSize:       64 kB"},
		{"/sys/bus/pci/devices/0018:01:00.0/numa_node", "1"},
		{"/sys/bus/pci/devices/0018:00:00.0/vendor", "0x10de"},
	};
	char out[4096];

	need_programs();
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		expect_file("gb200-nvl4", "", files[i][0], files[i][1]);
	assert_int_equal(shell(out, sizeof(out),
			       "scripts/sim gb200-nvl4 -- sh -c 'cut -d\" \" -f1-4,11,19 "
			       "$ASSAY_SYSROOT" NODE "node0/distance $ASSAY_SYSROOT" NODE
			       "node18/distance'"),
			 0);
	assert_string_equal(out, "10 40 80 80 80 120\n120 80 255 255 255 10\n");
#ifdef ASSAY_CUDA
	assert_int_equal(
		shell(out, sizeof(out),
		      "scripts/sim gb200-nvl4 -- ${BUILD:-build}/assay-sim env | "
		      "awk '/^gpu.1.(c2c_links|memory_node|numa_node) / { print $2, $3 }'"),
		0);
	assert_string_equal(out, "10 nvmlDeviceGetFieldValues\n10 cudaDevAttrNumaId\n"
				 "0 cudaDevAttrHostNumaId\n");
#endif
}

static void test_wrong_numa_tree(void **s)
{
	const char *gpu3 = "/sys/bus/pci/devices/0000:3c:00.0/";
	char path[256];

	need_programs();
	snprintf(path, sizeof(path), "%snuma_node", gpu3);
	expect_file(H100, "", path, "0");
	expect_file(H100, "wrong_numa gpu=3 node=1", path, "1");
	snprintf(path, sizeof(path), "%slocal_cpulist", gpu3);
	expect_file(H100, "wrong_numa gpu=3 node=1", path, "56-111,168-223");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_grace_tree),
		cmocka_unit_test(test_wrong_numa_tree),
	};

	find_build(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
