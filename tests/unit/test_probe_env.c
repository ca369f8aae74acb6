/*
 * probe/env on recorded trees: the rows that matter, that the README names every key, that a
 * missing library is said, and that no garbage in a tree brings it down.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../harness/base/rng.h"
#include "../../harness/probe/cuda.h"
#include "env_rows.h"

#include <ftw.h>

static const char *const trees[] = {"hgx-2s",  "genoa-nps4", "grace-hopper",
				    "vm-1gpu", "laptop",     "container-cpuset"};

#define N_TREES (sizeof(trees) / sizeof(*trees))

static void hgx(void **state)
{
	host_of("hgx-2s");
	assert_row("host.name", "hgx");
	assert_row("host.gpus", "8");
	assert_row("host.virtual", "no");
	assert_row("cpu.governor", "performance powersave"); /* CPU 63 differs */
	assert_row("node.1.distance", "21 10");
	assert_row("node.1.socket", "1");
	assert_row("node.0.huge1g", "4");
	assert_row("kernel.thp", "madvise");
	assert_row("kernel.cmdline.iommu", "pt");
	assert_row("kernel.cmdline.isolcpus", "4-7");
	assert_null(find("kernel.cmdline.root"));
	assert_row("daemon.slurmd", "running");
	assert_row("daemon.fabricmanager", "running");
	assert_row("daemon.kubelet", "not seen");
	assert_row("driver.kernel_module", "580.82.07");
	assert_row("driver.kernel_flavour", "open");
	assert_row("container.runtime", "host");
	assert_row("gpu.0000:19:00.0.aer_correctable", "3");
	assert_row("gpu.0000:19:00.0.iommu_type", "identity");
	assert_row("gpu.0000:d4:00.0.local_cpus", "32-63");
	assert_row("gpu.0000:d4:00.0.numa_node_firmware", "1");
	assert_row("gpu.0000:18:00.0.pci_path",
		   "0000:18:00.0 0000:17:00.0 0000:16:00.0 0000:15:01.0");
	assert_non_null(find("gpu.0000:18:00.0.path_ceiling_h2d"));
}

static void others(void **state)
{
	host_of("genoa-nps4");
	assert_row("driver.kernel_module", "550.163.01");
	assert_row("driver.kernel_flavour", "proprietary");
	assert_row("cpu.llc_of_node", "67108864");
	host_of("grace-hopper");
	assert_row("memory.page", "65536");
	assert_row("node.1.cpus", "");
	assert_row("node.0.socket", "0");
	assert_null(find("node.1.socket")); /* no CPUs, no socket */
	assert_row("host.virtual", "unknown");
	assert_null(find("gpu.0009:01:00.0.path_ceiling_h2d"));
	host_of("vm-1gpu");
	assert_row("host.virtual", "yes");
	assert_null(find("node.0.socket")); /* CPUs of two */
	assert_row("gpu.0000:01:00.0.numa_node_firmware", "-1");
	host_of("laptop");
	assert_row("memory.swap", "8589930496");
	assert_null(find("driver.kernel_module"));
	host_of("container-cpuset");
	assert_row("container.runtime", "docker");
	assert_row("gpu.0000:81:00.0.local_cpus", "8-15");
	assert_row("limits.affinity", "0-3"); /* none of the GPU's CPUs is among them */
}

/* Old kernels list offline CPUs with their node; those have no topology folder. */
static void offline_cpu_of_a_node(void **state)
{
	forget();
	tree_use("hgx-2s");
	tree_file("/sys/devices/system/node/node0/cpulist", "0-31,64");
	tree_file("/sys/devices/system/node/node1/cpulist", "30-63");
	env_host(collect, NULL);
	tree_drop();
	assert_row("node.0.socket", "0");
	assert_null(find("node.1.socket")); /* really of two */
}

/* The compiler's version in the second line is not the driver's. */
static void module_without_a_version(void **state)
{
	forget();
	tree_use("laptop");
	tree_file("/proc/driver/nvidia/version",
		  "NVRM version: NVIDIA UNIX Kernel Module\nGCC version: gcc version 12.2.0");
	env_host(collect, NULL);
	tree_drop();
	assert_null(find("driver.kernel_module"));
}

static void assert_node(const char *key, const char *value, const char *source)
{
	assert_row(key, value);
	assert_string_equal(find(key)->source, source);
}

/* Without a driver: who knows the node then. NVML's own part is in test_probe_nvml.c. */
static void nodes(void **state)
{
	forget();
	tree_use("hgx-2s");
	env_gpu(collect, NULL);
	tree_drop();
	if (strcmp(find("nvml.status")->value, "ok")) {
		assert_node("gpu.0000:98:00.0.numa_node", "1", "sysfs numa_node");
		assert_row("driver.version", "580.82.07"); /* from the kernel module's file */
		assert_non_null(strstr(find("nvml.status")->value, "libnvidia-ml.so.1"));
		assert_string_not_equal(find("cuda.status")->value, "ok");
	}
	forget();
	tree_use("vm-1gpu");
	env_gpu(collect, NULL);
	if (strcmp(find("nvml.status")->value, "ok"))
		assert_node("gpu.0000:01:00.0.numa_node", "0", "the machine has one node");
	forget();
	tree_file("/sys/devices/system/node/online", "0-1");
	env_gpu(collect, NULL);
	tree_drop();
	if (strcmp(find("nvml.status")->value, "ok"))
		assert_node("gpu.0000:01:00.0.numa_node", "-1", "CUDA, sysfs and NVML do not say");
	forget();
	env_gpu_state(collect, NULL);
	assert_non_null(find("nvml.status"));
}

/* ---- the README names every key ---- */

static char *readme(void)
{
	const char *slash = strrchr(__FILE__, '/');
	char *path =
		mem_printf("%.*s/../../harness/probe/README.md", (int)(slash - __FILE__), __FILE__);
	FILE *f = fopen(path, "r");
	char *text = mem_zalloc(1, 65536);

	assert_non_null(f);
	assert_true(fread(text, 1, 65535, f) > 1000);
	fclose(f);
	free(path);
	return text;
}

/* gpu.0000:18:00.0.power -> gpu.PCI.power, node.3.cpus -> node.N.cpus … */
static char *general(const char *key)
{
	static const char *const words[] = {"kernel.cmdline.", "module.", "daemon.", "variable."};
	const char *last = strrchr(key, '.');

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strncmp(key, words[i], strlen(words[i])))
			return mem_printf("%sNAME", words[i]);
	if (!strncmp(key, "gpu.", 4))
		return mem_printf("gpu.PCI%s", last);
	if (!strncmp(key, "node.", 5))
		return mem_printf("node.N%s", last);
	if (!strncmp(key, "nvml.gpu.", 9))
		return mem_printf("nvml.gpu.N%s", last);
	return mem_strdup(key);
}

static void check_named(const char *text)
{
	for (size_t i = 0; i < n_seen; i++) {
		char *name = general(seen[i].key);
		char *quoted = mem_printf("`%s`", name);

		if (!strstr(text, quoted))
			print_message("harness/probe/README.md lacks %s\n", quoted);
		assert_non_null(strstr(text, quoted));
		free(quoted);
		free(name);
	}
}

static void all_keys_are_documented(void **state)
{
	char *text = readme();

	for (size_t i = 0; i < N_TREES; i++) {
		host_of(trees[i]);
		check_named(text);
		for (size_t k = 0; k < n_seen; k++) /* each key once */
			assert_ptr_equal(find(seen[k].key), &seen[k]);
	}
	forget();
	env_host(collect, NULL);
	env_gpu(collect, NULL);
	check_named(text);
	free(text);
}

/* ---- garbage ---- */

static const char *const garbage[] = {
	"",
	"\n",
	"-",
	"garbage",
	"-1",
	"0-",
	"99999999999999999999999999",
	"0x",
	"[",
	"]",
	"] [",
	"0-4095",
	"0-2147483647",
	":::::::",
	"0::",
	"1:,:/../../..",
	" - ",
	"1 2 3 / / - cgroup2 x y\n1 2 3 /a / - cgroup x cpu,memory",
	"max max",
	"100000 0",
	"inactive_file",
	"TOTAL_ERR_",
	"NVRM version: 1. .1 1..",
	"NVRM version:",
	"Node 0 MemTotal:",
	"\xff\xfe\x80\x81",
	"%s%n%s%n",
	"\t\t\t",
	"CPU implementer\t: zz\nCPU part\t:",
};

#define N_GARBAGE (sizeof(garbage) / sizeof(*garbage))

static struct rng dice = {.state = 20};
static const char *content; /* NULL: one file in ten gets one of the above */

static int spoil(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (type != FTW_F || (!content && rng_below(&dice, 10)))
		return 0;
	FILE *f = fopen(path, "w");

	if (!f)
		return -1;
	fputs(content ? content : garbage[rng_below(&dice, N_GARBAGE)], f);
	return fclose(f);
}

static void read_spoilt(void)
{
	assert_int_equal(nftw(tree_dir, spoil, 16, FTW_PHYS), 0);
	forget();
	env_host(collect, NULL);
	assert_true(n_seen > 10);
}

static void every_file_spoilt(void **state)
{
	tree_use("container-cpuset");
	for (size_t i = 0; i < N_GARBAGE; i++) {
		content = garbage[i];
		read_spoilt();
	}
	tree_drop();
}

/* Ten times over, so that a tree decays. */
static void some_files_spoilt(void **state)
{
	content = NULL;
	for (size_t i = 0; i < N_TREES; i++) {
		tree_use(trees[i]);
		for (int k = 0; k < 10; k++)
			read_spoilt();
		tree_drop();
	}
}

/* One very long line and a file of NUL bytes where text is expected. */
static void long_and_binary(void **state)
{
	static const char *const paths[] = {"/proc/cpuinfo",
					    "/proc/cmdline",
					    "/proc/self/cgroup",
					    "/proc/self/mountinfo",
					    "/proc/swaps",
					    "/proc/driver/nvidia/version",
					    "/sys/devices/system/node/online"};
	char *big = mem_zalloc(1, 1 << 20);

	tree_use("container-cpuset");
	for (int fill = 0; fill < 2; fill++) {
		memset(big, fill ? '1' : '\0', 1 << 20);
		for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
			tree_bytes(paths[i], big, 1 << 20);
		forget();
		env_host(collect, NULL);
		assert_true(n_seen > 10);
	}
	tree_drop();
	free(big);
}

static void where_kernels_come_from(void **state)
{
	static const char built[] = "-gencode arch=compute_75,code=sm_75 -gencode "
				    "arch=compute_80,code=sm_80 -gencode "
				    "arch=compute_100,code=sm_100 -gencode "
				    "arch=compute_75,code=compute_75";

	assert_string_equal(cuda_code(built, 7, 5), "sass");
	assert_string_equal(cuda_code(built, 8, 0), "sass");
	assert_string_equal(cuda_code(built, 8, 9), "sass");
	assert_string_equal(cuda_code(built, 10, 3), "sass");
	assert_string_equal(cuda_code(built, 9, 0), "ptx"); /* no code for this major version */
	assert_string_equal(cuda_code(built, 12, 0), "ptx");
	assert_string_equal(cuda_code(built, 7, 0), "none");
	assert_string_equal(cuda_code("-gencode arch=compute_86,code=sm_86", 8, 0), "none");
	assert_string_equal(cuda_code("", 9, 0), "none");
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
		cmocka_unit_test(hgx),
		cmocka_unit_test(others),
		cmocka_unit_test(offline_cpu_of_a_node),
		cmocka_unit_test(module_without_a_version),
		cmocka_unit_test(nodes),
		cmocka_unit_test(all_keys_are_documented),
		cmocka_unit_test(every_file_spoilt),
		cmocka_unit_test(some_files_spoilt),
		cmocka_unit_test(long_and_binary),
		cmocka_unit_test(where_kernels_come_from),
	};

	return cmocka_run_group_tests(tests, NULL, cleanup);
}
