/* probe/nvml against libraries compiled here from fake_nvml.c: whole, old, not starting, none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../harness/probe/nvml.h"
#include "../../harness/probe/nvml_clocks.h"
#include "sysfs_tree.h"

#include <errno.h>
#include <math.h>

#if defined(__aarch64__)
#define MACHINE "aarch64"
#else
#define MACHINE "x86_64"
#endif

static char dir[64];

/* Needs a compiler for this very machine at test time. */
static bool can_compile(void)
{
	return !system("cc -dumpmachine 2>/dev/null | grep -q '^" MACHINE "'");
}

static char *build(const char *flags)
{
	static int serial;
	const char *slash = strrchr(__FILE__, '/');
	char *lib = mem_printf("%s/fake%d.so", dir, serial++);
	char *cmd = mem_printf("cc -w -shared -fPIC %s -o %s %.*s/fake_nvml.c", flags, lib,
			       (int)(slash - __FILE__), __FILE__);

	assert_int_equal(system(cmd), 0);
	free(cmd);
	return lib;
}

static int setup(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/assay-nvml-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char *cmd = mem_printf("rm -rf '%s'", dir);
	int rc = system(cmd);

	free(cmd);
	return rc;
}

/* ---- rows ---- */

struct seen {
	char key[64], value[2048], source[160];
};
static struct seen seen[160];
static size_t n_seen;

static void collect(void *arg, const char *key, const char *value, const char *source)
{
	for (size_t i = 0; i < n_seen; i++)
		assert_string_not_equal(seen[i].key, key); /* each once */
	assert_true(n_seen < 160);
	snprintf(seen[n_seen].key, sizeof(seen->key), "%s", key);
	snprintf(seen[n_seen].value, sizeof(seen->value), "%s", value);
	snprintf(seen[n_seen++].source, sizeof(seen->source), "%s", source);
}

static const char *value_of(const char *key)
{
	for (size_t i = 0; i < n_seen; i++)
		if (!strcmp(seen[i].key, key))
			return seen[i].value;
	return NULL;
}

static void assert_row(const char *key, const char *value)
{
	const char *v = value_of(key);

	if (!v || strcmp(v, value))
		print_message("%s is %s\n", key, v ? v : "missing");
	assert_non_null(v);
	assert_string_equal(v, value);
}

static struct nvml *open_ok(const char *flags)
{
	struct err e = ERR_INIT;
	struct nvml *n;
	char *lib = build(flags);
	int rc = nvml_open(&n, lib, &e);

	if (rc)
		print_message("%s\n", e.text);
	assert_int_equal(rc, 0);
	free(lib);
	return n;
}

static void rows_of(struct nvml *n, unsigned gpu, bool state_only)
{
	const struct rows r = {collect, NULL};

	n_seen = 0;
	nvml_gpu_rows(n, gpu, state_only, &r);
}

#define NEED_COMPILER()                                                                            \
	do {                                                                                       \
		if (!can_compile())                                                                \
			skip();                                                                    \
	} while (0)

#define G "gpu.0000:18:00.0."
#define H "gpu.0000:c1:00.0."
#define M "gpu.0000:18:00.0.mig."

static void whole(void **state)
{
	NEED_COMPILER();
	struct nvml *n = open_ok("");
	struct err e = ERR_INIT;
	char text[96];

	assert_int_equal(nvml_count(n), 3);
	nvml_driver_version(n, text, sizeof(text));
	assert_string_equal(text, "580.82.07");
	assert_int_equal(nvml_cuda_version(n), 13000);
	assert_int_equal(nvml_index(n, "0000:c1:00.0"), 1);
	assert_int_equal(nvml_index(n, "0000:c2:00.0"), -1);
	assert_int_equal(nvml_address(n, 2, text, &e), -ENODEV);
	assert_non_null(strstr(e.text, "GPU is lost (15)"));

	rows_of(n, 0, false);
	assert_row(G "name", "Fake H100 with a name");
	assert_row(G "uuid", "GPU-0");
	assert_row(G "clock_sm", "1980000000");
	assert_row(G "clock_mem", "2619000000");
	assert_row(G "power", "123.456");
	assert_row(G "power_limit_min", "200");
	assert_row(G "power_limit_max", "700");
	assert_row(G "energy", "987654.321");
	assert_row(G "temperature", "41");
	assert_row(G "temperature_mem", "55");
	assert_row(G "ecc_current", "on");
	assert_row(G "ecc_pending", "off");
	assert_row(G "ecc_corrected", "0");
	assert_row(G "ecc_uncorrected", "10");
	assert_row(G "ecc_corrected_ever", "1");
	assert_row(G "ecc_uncorrected_ever", "11");
	assert_row(G "compute_mode", "exclusive_process");
	assert_row(G "remap_pending", "yes");
	assert_row(G "remap_failed", "no");
	assert_row(G "mem_used", "10");
	assert_row(G "memory", "80");
	assert_row(G "fabric_state", "completed");
	assert_row(G "fabric_status", "success");
	assert_row(G "fabric_clique", "5");
	assert_row(G "confidential", "no");
	assert_row(G "vgpu", "no");
	assert_row(G "virtualization", "none");
	assert_row(G "reset_required", "no");
	nvml_close(n);
}

/* 100 processes and two of MPS, one of them the same. */
static void processes(void **state)
{
	NEED_COMPILER();
	struct nvml *n = open_ok("");

	rows_of(n, 0, true);
	const char *all = value_of(G "processes");

	assert_non_null(all);
	assert_memory_equal(all, "7 1901 1902 ", 12);
	size_t words = 1;

	for (const char *p = all; *p; p++)
		words += *p == ' ';
	assert_int_equal(words, 101);
	assert_row(G "processes_mps", "7 2000");
	assert_null(value_of(G "processes_graphics"));
	assert_non_null(strstr(value_of(G "not_reported"), "processes_graphics"));
	nvml_close(n);
}

static void state_only(void **state)
{
	NEED_COMPILER();
	struct nvml *n = open_ok("");

	rows_of(n, 1, true);
	assert_null(value_of(H "name"));
	assert_null(value_of(H "power"));
	assert_row(H "compute_mode", "exclusive_process");
	assert_row(H "fabric_state", "in_progress");
	assert_null(value_of(H "fabric_status")); /* says nothing before the end */
	assert_row(H "vgpu", "yes");
	assert_row(H "reset_required", "yes"); /* because another call answered so */
	assert_non_null(strstr(value_of(H "not_reported"),
			       "mig_current (nvmlDeviceGetMigMode: GPU requires reset)"));
	nvml_close(n);
}

static void recovery(void **state)
{
	NEED_COMPILER();
	struct nvml *n = open_ok("-DRECOVERY=1");

	rows_of(n, 0, true);
	assert_row(G "recovery_action", "gpu_reset");
	assert_row(G "reset_required", "yes");
	nvml_close(n);
	n = open_ok("-DRECOVERY=3"); /* drain P2P: the GPU can go on */
	rows_of(n, 0, true);
	assert_row(G "recovery_action", "drain_p2p");
	assert_row(G "reset_required", "no");
	nvml_close(n);
}

static void mig(void **state)
{
	NEED_COMPILER();
	struct nvml *n = open_ok("-DMIG");
	struct buf whole = BUF_INIT;

	assert_true(nvml_divided(n, 0));
	assert_false(nvml_divided(n, 1));
	assert_false(nvml_divided(n, 2)); /* lost: nobody knows */
	assert_true(nvml_some_divided(n, &whole));
	assert_string_equal(buf_str(&whole), "GPU-1");
	buf_free(&whole);
	rows_of(n, 0, false);
	assert_row(G "mig_current", "on");
	assert_row(G "mig_instances", "1.0 2.1");
	assert_row(M "1.0.uuid", "MIG-0");
	assert_row(M "1.0.profile", "3g.40gb"); /* the end of its name */
	assert_row(M "1.0.sms", "60");
	assert_row(M "1.0.copy_engines", "3");
	assert_row(M "1.0.memory", "40");
	assert_row(M "1.0.mem_used", "10");
	assert_row(M "1.0.processes", "2000");
	assert_non_null(strstr(value_of(M "1.0.not_reported"), "processes_mps"));
	assert_row(M "2.1.uuid", "MIG-2");
	assert_row(M "2.1.profile", "1c.4g.40gb"); /* its name does not say: slices and memory */
	assert_row(M "2.1.sms", "16");
	assert_row(G "memory", "80");
	rows_of(n, 1, false);
	assert_null(value_of(H "mig_instances"));
	rows_of(n, 0, true);
	assert_row(G "mig_instances", "1.0 2.1");
	assert_row(M "2.1.processes", "2000");
	assert_null(value_of(M "2.1.profile"));
	nvml_close(n);
}

static void mig_of_an_old_driver(void **state)
{
	NEED_COMPILER();
	struct nvml *n = open_ok("-DMIG -DOLD");

	rows_of(n, 0, false);
	assert_row(G "mig_instances", "1.0 2.1");
	assert_row(M "1.0.profile", "3g.40gb");
	assert_null(value_of(M "1.0.sms"));
	assert_null(value_of(M "2.1.profile"));
	assert_non_null(strstr(value_of(M "2.1.not_reported"),
			       "sms (nvmlDeviceGetAttributes_v2: the library lacks it)"));
	nvml_close(n);
	n = open_ok(""); /* GPU 0 has no MIG at all */
	rows_of(n, 0, false);
	assert_null(value_of(G "mig_instances"));
	assert_false(nvml_divided(n, 0));
	nvml_close(n);
}

static void missing_symbols(void **state)
{
	NEED_COMPILER();
	struct nvml *n = open_ok("-DOLD");

	rows_of(n, 0, false);
	assert_null(value_of(G "fabric_state"));
	assert_null(value_of(G "confidential"));
	assert_null(value_of(G "vgpu"));
	assert_null(value_of(G "temperature_mem"));
	assert_row(G "mem_used", "30"); /* the older call counts what the driver keeps */
	assert_row(G "reset_required", "no");
	const char *missing = value_of(G "not_reported");

	assert_non_null(missing);
	assert_non_null(strstr(missing,
			       "fabric_state (nvmlDeviceGetGpuFabricInfoV: the library lacks it)"));
	assert_non_null(strstr(missing, "serial (nvmlDeviceGetSerial: not supported)"));
	assert_non_null(strstr(missing, "vbios (nvmlDeviceGetVbiosVersion: the library lacks it)"));
	nvml_close(n);
}

static void numbers(void **state)
{
	NEED_COMPILER();
	struct nvml *n = open_ok("");
	double v = 0;

	assert_true(nvml_number(n, 0, "clock_sm", &v) && fabs(v - 1.98e9) < 1);
	assert_true(nvml_number(n, 0, "power", &v) && fabs(v - 123.456) < 1e-9);
	assert_true(nvml_number(n, 0, "temperature_mem", &v) && fabs(v - 55) < 1e-9);
	assert_false(nvml_number(n, 0, "pcie_gen", &v)); /* no such symbol */
	assert_false(nvml_number(n, 0, "name", &v) || nvml_number(n, 0, "nonsense", &v));
	assert_false(nvml_number(n, 2, "power", &v)); /* lost: no handle */
	nvml_close(n);
}

/* Bits by either name; counters by field, by call, or not at all. */
static void held_clocks(void **state)
{
	NEED_COMPILER();
	const char *const flags[] = {"", "-DVIOLATIONS", "-DOLD"};
	const double capped[] = {74, 2, -1}, hot[] = {251 + 252, 3, -1}; /* -1: not told */

	for (int i = 0; i < 3; i++) {
		struct nvml *n = open_ok(flags[i]);
		double v = 0, a = nvml_capped_s(n, 0), b = nvml_hot_s(n, 0);

		assert_true(nvml_number(n, 0, "clock_reasons", &v) && v == 0x8000000000024);
		assert_true(fabs((isnan(a) ? -1 : a) - capped[i]) < 1e-9);
		assert_true(fabs((isnan(b) ? -1 : b) - hot[i]) < 1e-9);
		nvml_close(n);
	}
}

static void links(void **state)
{
	NEED_COMPILER();
	struct nvml *n = open_ok("");
	struct nvml_links l;

	assert_int_equal(nvml_links(n, 0, &l), 0);
	assert_int_equal(l.there, 5);
	assert_int_equal(l.active, 4);
	assert_true(l.link[0].to_switch && !l.link[4].active && !l.link[5].there);
	assert_int_equal(nvml_links_generation(&l), 4);
	assert_true(fabs(nvml_links_errors(&l) - 5 * 11) < 1e-9);
	assert_int_equal(nvml_links(n, 1, &l), 0);
	assert_int_equal(nvml_links_generation(&l), 5);
	assert_string_equal(l.link[3].to, "0000:3a:00.0");
	assert_true(fabs(nvml_links_errors(&l) - 6 * (0 + 1 + 2 + 3 + 4)) < 1e-9);
	assert_int_equal(nvml_links(n, 2, &l), 15); /* lost */
	assert_int_equal(l.there, 0);
	assert_true(nvml_links_errors(&l) < 0);
	assert_true(nvml_same_model(n, 0, 1));
	assert_false(nvml_same_model(n, 0, 2)); /* lost: it has no name */
	assert_null(nvml_peer_refusal(n, 0, 0));
	assert_string_equal(nvml_peer_refusal(n, 0, 1), "the chipset does not support it");
	nvml_close(n);
}

static void link_rows(void **state)
{
	NEED_COMPILER();
	struct nvml *n = open_ok("");

	rows_of(n, 0, false);
	assert_row(G "nvlinks", "5");
	assert_row(G "nvlinks_active", "4");
	assert_row(G "nvlink_version", "4");
	assert_row(G "nvlink_to", "switch x4");
	assert_row(G "nvlink_errors", "55");
	rows_of(n, 1, false);
	assert_row(H "nvlink_to", "0000:18:00.0 x3, 0000:3a:00.0 x1");
	nvml_close(n);
}

static void nodes(void **state)
{
	const char *source;

	NEED_COMPILER();
	struct nvml *n = open_ok("");

	tree_use("container-cpuset"); /* node 0 is CPUs 0-7, node 1 is 8-15 */
	assert_int_equal(nvml_numa_node(n, 0, &source), 1);
	assert_string_equal(source, "nvmlDeviceGetMemoryAffinity");
	assert_int_equal(nvml_numa_node(n, 1, &source), 1); /* two nodes: the CPUs decide */
	assert_non_null(strstr(source, "nvmlDeviceGetCpuAffinity"));
	assert_int_equal(nvml_numa_node(n, 2, &source), -1);
	tree_file("/sys/devices/system/node/node1/cpulist", "8"); /* one against one: nobody */
	assert_int_equal(nvml_numa_node(n, 1, &source), -1);
	tree_drop();
	nvml_close(n);
}

static void does_not_start(void **state)
{
	struct err e = ERR_INIT;
	struct nvml *n;

	NEED_COMPILER();
	char *lib = build("-DINIT=18");

	assert_int_equal(nvml_open(&n, lib, &e), -EIO);
	assert_string_equal(e.text, "nvmlInit_v2: Driver/library version mismatch (18)");
	assert_null(n);
	free(lib);
}

static void no_library(void **state)
{
	struct err e = ERR_INIT;
	struct nvml *n;

	assert_int_equal(nvml_open(&n, "/nonexistent/libnvidia-ml.so.1", &e), -ENOENT);
	assert_non_null(strstr(e.text, "libnvidia-ml.so.1"));
	assert_null(n);
	err_clear(&e);
	assert_int_equal(nvml_open(&n, "libm.so.6", &e), -EIO); /* some other library */
	assert_non_null(strstr(e.text, "has no nvmlInit_v2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(processes),
		cmocka_unit_test(state_only),
		cmocka_unit_test(recovery),
		cmocka_unit_test(mig),
		cmocka_unit_test(mig_of_an_old_driver),
		cmocka_unit_test(missing_symbols),
		cmocka_unit_test(numbers),
		cmocka_unit_test(held_clocks),
		cmocka_unit_test(nodes),
		cmocka_unit_test(does_not_start),
		cmocka_unit_test(no_library),
		cmocka_unit_test(links),
		cmocka_unit_test(link_rows),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
