/* Every preflight check, each with a GPU that fails it and with the force that overrides it. */
#include "../../harness/run/preflight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define GPU "gpu.0000:17:00.0."

static void make(struct machine *m)
{
	memset(m, 0, sizeof(*m));
	m->gpu = calloc(1, sizeof(*m->gpu));
	m->n_gpus = 1;
	snprintf(m->gpu[0].address, sizeof(m->gpu[0].address), "0000:17:00.0");
	machine_add(m, GPU "processes", "", "test");
	machine_add(m, GPU "memory", "80e9", "test");
	machine_add(m, GPU "mem_used", "600e6", "test");
	machine_add(m, GPU "cuda_ordinal", "0", "test");
	machine_add(m, GPU "ecc_current", "on", "test");
	machine_add(m, GPU "mig_current", "off", "test");
	machine_add(m, GPU "fabric_state", "completed", "test");
}

static void fails(const char *key, const char *value, const char *force, enum status want,
		  const char *part)
{
	struct machine m;
	struct forced f = {0};
	struct err e = ERR_INIT;
	enum status s = ST_PASS;

	make(&m);
	assert_null(preflight_gpu(&m, 0, "", &f, &s));
	machine_add(&m, key, value, "test");
	char *why = preflight_gpu(&m, 0, "", &f, &s);
	assert_non_null(why);
	assert_int_equal(s, want);
	assert_non_null(strstr(why, part));
	assert_non_null(strstr(why, "GPU 0 (0000:17:00.0)"));
	free(why);
	assert_int_equal(forced_parse(&f, force, &e), 0);
	assert_null(preflight_gpu(&m, 0, "", &f, &s));
	machine_free(&m);
}

static void test_checks(void **state)
{
	(void)state;
	fails(GPU "processes", "4711", "busy", ST_BUSY, "pid 4711");
	fails(GPU "mem_used", "5e9", "memory", ST_BUSY, "GiB");
	fails(GPU "compute_mode", "prohibited", "compute-mode", ST_FAIL, "prohibited");
	fails(GPU "reset_required", "yes", "reset", ST_FAIL, "reset");
	fails(GPU "ecc_pending", "off", "ecc", ST_FAIL, "ECC");
	fails(GPU "mig_pending", "on", "mig", ST_FAIL, "MIG");
	fails(GPU "remap_pending", "yes", "remap", ST_FAIL, "remap");
	fails(GPU "remap_failed", "yes", "remap", ST_FAIL, "service");
	fails(GPU "retired_pending", "yes", "remap", ST_FAIL, "retirement");
	fails(GPU "fabric_state", "in_progress", "fabric", ST_FAIL, "Fabric Manager");
	fails(GPU "fabric_status", "17", "fabric", ST_FAIL, "reports 17");
}

#define MIG "gpu.0000:17:00.0.mig.7.0."

/* What belongs to the instance is asked of it, what belongs to the board of the GPU. */
static void test_instances(void **state)
{
	struct machine m;
	struct forced f = {0};
	enum status s = ST_PASS;

	(void)state;
	make(&m);
	machine_add(&m, GPU "processes", "17", "test"); /* on a neighbour */
	machine_add(&m, GPU "mem_used", "70e9", "test");
	machine_add(&m, GPU "fabric_state", "in_progress", "test");
	machine_add(&m, MIG "processes", "", "test");
	machine_add(&m, MIG "mem_used", "20e6", "test");
	machine_add(&m, MIG "memory", "10e9", "test");
	assert_null(preflight_gpu(&m, 0, "7.0", &f, &s));
	machine_add(&m, MIG "processes", "4711", "test");
	char *why = preflight_gpu(&m, 0, "7.0", &f, &s);
	assert_non_null(why);
	assert_int_equal(s, ST_BUSY);
	assert_non_null(strstr(why, "GPU 0, MIG 7.0 (0000:17:00.0): other processes"));
	assert_non_null(strstr(why, "4711"));
	free(why);
	why = preflight_gpu(&m, 0, "8.0", &f, &s); /* NVML says nothing of it: the GPU counts */
	assert_non_null(strstr(why, "pid 17"));
	free(why);
	machine_add(&m, MIG "processes", "", "test");
	machine_add(&m, GPU "remap_failed", "yes", "test");
	why = preflight_gpu(&m, 0, "7.0", &f, &s);
	assert_int_equal(s, ST_FAIL);
	free(why);
	machine_free(&m);
}

static void test_instance_allotment(void **state)
{
	struct machine m;
	struct forced f = {0};
	enum status s = ST_PASS;

	(void)state;
	make(&m);
	machine_add(&m, MIG "uuid", "MIG-7", "test");
	machine_add(&m, "gpu.0000:17:00.0.mig.8.0.uuid", "MIG-8", "test");
	setenv("CUDA_VISIBLE_DEVICES", "MIG-7", 1);
	char *mine = preflight_gpu(&m, 0, "7.0", &f, &s);
	char *other = preflight_gpu(&m, 0, "8.0", &f, &s);
	unsetenv("CUDA_VISIBLE_DEVICES");
	assert_null(mine);
	assert_non_null(other);
	assert_non_null(strstr(other, "did not allot it"));
	free(other);
	machine_free(&m);
}

static void test_allotment(void **state)
{
	struct machine m = {0};
	struct forced f = {0};
	enum status s = ST_PASS;

	(void)state;
	m.gpu = calloc(1, sizeof(*m.gpu));
	m.n_gpus = 1;
	setenv("CUDA_VISIBLE_DEVICES", "GPU-other", 1);
	char *why = preflight_gpu(&m, 0, "", &f, &s);
	unsetenv("CUDA_VISIBLE_DEVICES");
	assert_non_null(strstr(why, "did not allot it"));
	assert_int_equal(s, ST_SKIP);
	free(why);
	machine_free(&m);
}

static void test_warnings(void **state)
{
	struct machine m;

	(void)state;
	make(&m);
	assert_string_equal(preflight_machine_warning(&m), "");
	machine_add(&m, "daemon.dcgm", "running", "test");
	assert_non_null(strstr(preflight_machine_warning(&m), "DCGM"));
	machine_add(&m, GPU "vgpu", "yes", "test");
	char *w = preflight_warning(&m, 0);
	assert_non_null(strstr(w, "virtual GPU"));
	free(w);
	machine_add(&m, GPU "vgpu", "no", "test");
	machine_add(&m, GPU "mig_current", "on", "test");
	machine_add(&m, GPU "processes", "17", "test");
	w = preflight_warning(&m, 0);
	assert_non_null(strstr(w, "they share its link"));
	free(w);
	machine_free(&m);
}

/* Where a GPU is must be known, and must be a place that we may use. */
static void test_node_warnings(void **state)
{
	struct machine m;

	(void)state;
	make(&m);
	machine_add(&m, GPU "numa_node", "0", "test");
	char *w = preflight_warning(&m, 0);
	assert_string_equal(w, "");
	free(w);
	machine_add(&m, GPU "numa_node", "-1", "test");
	w = preflight_warning(&m, 0);
	assert_non_null(strstr(w, "GPU 0 (0000:17:00.0)"));
	assert_non_null(strstr(w, "node 0 stands for the local one"));
	free(w);
	machine_add(&m, GPU "out_of_reach", "its NUMA node 1 is out of reach: only …", "test");
	w = preflight_warning(&m, 0);
	assert_non_null(strstr(w, "node 1 is out of reach"));
	free(w);
	machine_free(&m);
}

static void test_force_word(void **state)
{
	struct forced f = {0};
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(forced_parse(&f, "busy,fabric", &e), 0);
	assert_true(forced_has(&f, "busy") && forced_has(&f, "fabric") && !forced_has(&f, "ecc"));
	assert_int_equal(forced_parse(&f, "bussy", &e), -22);
	assert_non_null(strstr(e.text, "bussy"));
}

/* Nobody gets a lock that is held, and is told who has it; another GPU's is free. */
static void test_lock(void **state)
{
	char dir[] = "/tmp/assay-lock-XXXXXX", path[64];
	struct err e = ERR_INIT;

	(void)state;
	assert_non_null(mkdtemp(dir));
	setenv("ASSAY_RUNTIME_DIR", dir, 1);
	int one = preflight_lock("GPU-1", &e);
	assert_true(one >= 0);
	assert_true(preflight_lock("GPU-1", &e) < 0);
	assert_non_null(strstr(e.text, "another assay measures this GPU"));
	err_clear(&e);
	int two = preflight_lock("GPU-2", &e);
	assert_true(two >= 0);
	close(one);
	one = preflight_lock("GPU-1", &e);
	assert_true(one >= 0);
	close(one);
	close(two);
	for (int i = 1; i <= 2; i++) {
		snprintf(path, sizeof(path), "%s/gpu-GPU-%d.lock", dir, i);
		unlink(path);
	}
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks),	   cmocka_unit_test(test_allotment),
		cmocka_unit_test(test_instances),  cmocka_unit_test(test_instance_allotment),
		cmocka_unit_test(test_warnings),   cmocka_unit_test(test_node_warnings),
		cmocka_unit_test(test_force_word), cmocka_unit_test(test_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
