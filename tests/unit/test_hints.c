/*
 * Each cause that hints know: it speaks where its side is worse, on either side; it is silent
 * where the sides agree, where another metric is worse, and where its side is the better one.
 */
#include "make_comparison.h"
#include "../../harness/judge/hints.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct line {
	const char *key, *fine, *bad;
	const char *bench, *metric, *labels; /* one that it explains */
	const char *says;		     /* part of the text */
};

static const struct line lines[] = {
	{"limits.cpu_quota", "none", "0.5", "host_latency", "rate_wall", "node=0", "0.5 CPUs"},
	{"limits.throttled_periods", "0", "250", "host_latency", "latency", "node=0",
	 "250 periods"},
	{"limits.cpuset_cpus", "0-1", "0", "host_bandwidth", "rate", "node=0", "CPUs 0 only"},
	{"limits.affinity", "0-63", "0-31", "host_bandwidth", "rate", "node=0", "bound to"},
	{"limits.cpuset_mems", "0-1", "1", "host_latency", "latency", "node=0", "--cpuset-mems"},
	{"limits.mems", "0,1", "0", "copy", "bandwidth", "gpu=0,node=1", "--membind"},
	{"limits.mbind", "allowed", "EPERM", "host_latency", "latency", "node=0", "SYS_NICE"},
	{"limits.set_mempolicy", "allowed", "EPERM", "copy", "bandwidth", "gpu=0", "SYS_NICE"},
	{"limits.move_pages", "allowed", "EPERM", NULL, NULL, NULL, "cannot be proved"},
	{"driver.libcuda", "/usr/lib/libcuda.so.580", "/usr/local/cuda/compat/libcuda.so.590",
	 "copy", "bandwidth", "gpu=0", "compatibility library"},
	{"driver.libcuda_version", "580.1", "570.2", "launch", "call", "gpu=0", "libcuda 570.2"},
	{"container.root_fs", "ext4", "overlay", "host_io", "bandwidth", "op=write,where=root",
	 "bind mount"},
	{"limits.dev_shm", "33554432000", "67108864", "nccl_allreduce", "bandwidth", "gpu=all",
	 "64 MiB"},
	{"gpu.0.cuda_code", "sass", "ptx", "context", "ready", "gpu=0", "from PTX"},
	{"gpu.0.clock_sm_max", "1980000000", "1755000000", "gemm", "rate", "gpu=0", "1.755 GHz"},
	{"gpu.1.clock_mem_max", "2619000000", "1593000000", "copy", "bandwidth", "gpu=1",
	 "memory clock"},
	{"gpu.0.power_limit", "700", "500", "gemm", "rate", "gpu=0", "500 W"},
	{"gpu.0.link_gen_max", "5", "4", "copy", "bandwidth", "gpu=0", "PCIe link"},
	{"gpu.0.pcie_width_max", "16", "8", "copy", "bandwidth", "gpu=0", "PCIe link"},
	{"gpu.0.ecc_current", "off", "on", "hbm", "bandwidth", "gpu=0", "ECC"},
	{"gpu.0.cuda_mps", "0", "1", "launch", "call", "gpu=0", "MPS"},
	{"gpu.0.persistence", "on", "off", "context", "ready", "gpu=0", "persistence"},
	{"limits.memory", "none", "1073741824", "host_io", "rate", "where=bind", "1 GiB"},
	{"limits.memlock", "unlimited", "65536", "copy", "bandwidth", "gpu=0", "64 KiB"},
	{"limits.seccomp", "off", "filter", "startup", "process", "", "seccomp"},
	{"cpu.governor", "performance", "powersave", "host_latency", "latency", "node=0",
	 "powersave"},
	{"cpu.turbo", "on", "off", "host_latency", "latency", "node=0", "turbo"},
	{"cpu.idle_latency", "0.000002", "0.000133", "startup", "process", "", "sleep"},
	{"kernel.cmdline.mitigations", "off", "auto", "copy", "latency", "gpu=0",
	 "boot option mitigations is auto"},
	{"kernel.thp", "always", "never", "host_bandwidth", "rate", "node=0", "huge pages"},
	{"kernel.numa_balancing", "0", "1", "host_bandwidth", "rate", "node=0", "NUMA balancing"},
	{"variable.malloc_arena_max", "4", "1", "host_bandwidth", "rate", "node=0",
	 "MALLOC_ARENA_MAX is 1 in"},
	{"variable.cuda_module_loading", "LAZY", "EAGER", "copy", "latency", "gpu=0",
	 "CUDA_MODULE_LOADING is EAGER in"},
	{"variable.nvidia_tf32_override", "1", "0", "gemm", "rate", "gpu=0",
	 "NVIDIA_TF32_OVERRIDE"},
	{"variable.nccl_p2p_disable", "0", "1", "nccl", "busbw", "gpus=0+1", "NCCL_P2P_DISABLE"},
	{"variable.ucx_tls", "all", "tcp", "nccl", "busbw", "gpus=0+1", "UCX_TLS"},
	{"variable.omp_num_threads", "8", "1", "host_bandwidth", "rate", "node=0",
	 "OMP_NUM_THREADS"},
	{"variable.glibc_tunables", "a", "b", "host_bandwidth", "rate", "node=0", "GLIBC_TUNABLES"},
	{"variable.ld_preload", "a", "b", "host_bandwidth", "rate", "node=0", "LD_PRELOAD"},
	{"program.userland", "bundled", "image", "startup", "process", "", "user space"},
	{"host.libc", "glibc 2.36", "glibc 2.28", "host_bandwidth", "rate", "node=0", "C library"},
	{"host.kernel", "6.1", "6.12", "host_latency", "latency", "node=0", "kernel 6.12"},
};

static const struct cause *cause_of(const struct line *l)
{
	for (const struct cause *c = hints_causes; c->topic; c++)
		if (!fnmatch(c->key, l->key, 0))
			return c;
	fail_msg("no cause for %s", l->key);
	return NULL;
}

/* The hints where A says a and B says b and one metric came out so; the caller frees the text. */
static char *hints(const struct line *l, const char *a, const char *b, const char *bench,
		   enum verdict v, size_t *rows)
{
	struct bundle_data d = {.n_plan = 0};
	struct comparison c = {.a = "host", .b = "podman"};
	struct differences x;
	struct err e = ERR_INIT;
	char *text = NULL;

	mk_manifest_of(&d, "host", l->key, a);
	mk_manifest_of(&d, "podman", l->key, b);
	struct compared *row = mc_add(&c, &(struct mc_row){.bench = bench,
							   .metric = l->metric ? l->metric : "x",
							   .labels = l->labels ? l->labels : "",
							   .better = "lower",
							   .a = 1,
							   .sd = 0.001,
							   .blocks = 8});
	row->decision.look.verdict = v;
	assert_int_equal(differences_make(&x, &d, "host", &d, "podman", &c, &e), 0);
	assert_true(x.hints <= 1);
	*rows = 0;
	if (x.hints) {
		text = mem_strdup(x.hint[0].text);
		*rows = x.hint[0].rows;
	}
	differences_free(&x);
	mc_free(&c);
	mk_free(&d);
	return text;
}

static void speaks(const struct line *l, bool b_loses)
{
	size_t rows;
	char *text = hints(l, b_loses ? l->fine : l->bad, b_loses ? l->bad : l->fine,
			   l->bench ? l->bench : "x",
			   b_loses ? VERDICT_REGRESSED : VERDICT_IMPROVED, &rows);

	if (!text)
		fail_msg("no hint for %s", l->key);
	assert_int_equal(strncmp(text, "hint: ", 6), 0);
	if (!strstr(text, l->says) || !strstr(text, b_loses ? "podman" : "host"))
		fail_msg("%s: %s", l->key, text);
	assert_null(strpbrk(text, "{}"));
	assert_int_equal(rows, l->bench ? 1 : 0);
	free(text);
}

static void silent(const struct line *l, const char *a, const char *b, const char *bench,
		   enum verdict v)
{
	size_t rows;
	char *text = hints(l, a, b, bench, v, &rows);

	if (rows || (text && !cause_of(l)->alone))
		fail_msg("%s: %s", l->key, text);
	free(text);
}

static void test_each_cause_speaks_on_either_side(void **state)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		speaks(&lines[i], true);
		speaks(&lines[i], false);
	}
}

static void test_each_cause_is_silent(void **state)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct line *l = &lines[i];
		bool everything = !strcmp(cause_of(l)->explains, "*");
		const char *bench = l->bench ? l->bench : "x";
		size_t rows;

		assert_null(hints(l, l->bad, l->bad, bench, VERDICT_REGRESSED, &rows));
		silent(l, l->fine, l->bad, bench, VERDICT_EQUIVALENT);
		if (!everything && (!l->labels || !strstr(l->labels, "gpu")) &&
		    (!l->metric || strcmp(l->metric, "rate_wall") != 0))
			silent(l, l->fine, l->bad, "other", VERDICT_REGRESSED);
		/* the side that it handicaps is the better one */
		if (strcmp(l->key, "driver.libcuda_version") != 0 &&
		    strncmp(l->key, "kernel.", 7) && strncmp(l->key, "variable.", 9) &&
		    strcmp(l->key, "program.userland") != 0 && strcmp(l->key, "host.libc") != 0 &&
		    strcmp(l->key, "host.kernel") != 0)
			silent(l, l->fine, l->bad, bench, VERDICT_IMPROVED);
	}
}

static void test_each_row_of_the_table_is_tested(void **state)
{
	for (const struct cause *c = hints_causes; c->topic; c++) {
		bool seen = !strncmp(c->key, "telemetry.", 10); /* test_clock_of_the_telemetry */

		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			seen |= !fnmatch(c->key, lines[i].key, 0);
		if (!seen)
			fail_msg("no line for %s", c->key);
	}
}

static void test_quota_tells_the_time_held_back_and_only_once(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct comparison c = {.a = "host", .b = "podman"};
	struct differences x;
	struct err e = ERR_INIT;

	mk_manifest_of(&d, "host", "limits.cpu_quota", "none");
	mk_manifest_of(&d, "podman", "limits.cpu_quota", "0.5");
	mk_manifest_of(&d, "podman", "limits.throttled_s", "12.5");
	mk_manifest_of(&d, "podman", "limits.throttled_periods", "250");
	for (unsigned i = 0; i < 2; i++)
		mc_add(&c, &(struct mc_row){.bench = "host_latency",
					    .metric = i ? "latency" : "rate_wall",
					    .labels = "node=0",
					    .better = i ? "lower" : "higher",
					    .a = 1e-7,
					    .shift = i ? 0.06 : 1.2,
					    .sd = 0.002,
					    .blocks = 8});
	assert_int_equal(differences_make(&x, &d, "host", &d, "podman", &c, &e), 0);
	assert_int_equal(x.hints, 1);
	assert_int_equal(x.hint[0].rows, 2);
	assert_non_null(strstr(x.hint[0].text, "held back for 12.5 s"));
	assert_non_null(strstr(x.hint[0].text, "most of all host_latency rate_wall"));
	differences_free(&x);
	/* without a comparison the environment speaks alone */
	assert_int_equal(differences_make(&x, &d, "host", &d, "podman", NULL, &e), 0);
	assert_int_equal(x.hints, 1);
	assert_int_equal(x.hint[0].rows, 0);
	differences_free(&x);
	mc_free(&c);
	mk_free(&d);
}

static void test_what_explains_a_metric_stands_first(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct comparison c = {.a = "host", .b = "podman"};
	struct differences x;
	struct err e = ERR_INIT;

	mk_manifest_of(&d, "host", "limits.move_pages", "allowed");
	mk_manifest_of(&d, "podman", "limits.move_pages", "EPERM");
	mk_manifest_of(&d, "host", "container.root_fs", "ext4");
	mk_manifest_of(&d, "podman", "container.root_fs", "overlay");
	mc_add(&c, &(struct mc_row){.bench = "host_io",
				    .metric = "latency",
				    .labels = "where=root",
				    .better = "lower",
				    .a = 1e-6,
				    .shift = 0.25,
				    .sd = 0.002,
				    .blocks = 8});
	assert_int_equal(differences_make(&x, &d, "host", &d, "podman", &c, &e), 0);
	assert_int_equal(x.hints, 2);
	assert_string_equal(x.hint[0].key, "container.root_fs");
	assert_string_equal(x.hint[1].key, "limits.move_pages");
	differences_free(&x);
	mc_free(&c);
	mk_free(&d);
}

static void test_clock_of_the_telemetry(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct comparison c = {.a = "570", .b = "580"};
	struct differences x;
	struct err e = ERR_INIT;
	struct telemetry_row t[40];

	for (unsigned i = 0; i < 40; i++)
		t[i] = (struct telemetry_row){.arm = i % 2 ? "b" : "a",
					      .gpu = "0",
					      .field = "clock_sm",
					      .t_s = i,
					      .value = i % 2 ? 1.8e9 : 1.98e9};
	d.telemetry = t;
	d.n_telemetry = 40;
	mc_add(&c, &(struct mc_row){.bench = "gemm",
				    .metric = "rate",
				    .labels = "gpu=0",
				    .better = "higher",
				    .a = 1,
				    .shift = 0.09,
				    .sd = 0.001,
				    .blocks = 8});
	assert_int_equal(differences_make(&x, &d, "a", &d, "b", &c, &e), 0);
	assert_int_equal(x.hints, 1);
	assert_non_null(strstr(x.hint[0].text, "the SM clock of 580 was 1.8 GHz"));
	differences_free(&x);
	mc_free(&c);
}

static void test_undecided_but_far_off_counts(void **state)
{
	const struct line *l = &lines[0];
	struct bundle_data d = {.n_plan = 0};
	struct comparison c = {.a = "host", .b = "podman"};
	struct differences x;
	struct err e = ERR_INIT;
	struct compared *row;

	mk_manifest_of(&d, "host", l->key, l->fine);
	mk_manifest_of(&d, "podman", l->key, l->bad);
	row = mc_add(&c, &(struct mc_row){.bench = l->bench,
					  .metric = l->metric,
					  .labels = l->labels,
					  .better = "higher",
					  .a = 1,
					  .shift = 0.05,
					  .sd = 0.02,
					  .blocks = 8});
	assert_int_equal(row->decision.look.verdict, VERDICT_INCONCLUSIVE);
	row->lo = 0.01;
	row->ratio = 0.05;
	assert_int_equal(differences_make(&x, &d, "host", &d, "podman", &c, &e), 0);
	assert_int_equal(x.hints, 1);
	differences_free(&x);
	row->lo = -0.01;
	assert_int_equal(differences_make(&x, &d, "host", &d, "podman", &c, &e), 0);
	assert_int_equal(x.hints, 0);
	differences_free(&x);
	mc_free(&c);
	mk_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_cause_speaks_on_either_side),
		cmocka_unit_test(test_each_cause_is_silent),
		cmocka_unit_test(test_each_row_of_the_table_is_tested),
		cmocka_unit_test(test_quota_tells_the_time_held_back_and_only_once),
		cmocka_unit_test(test_what_explains_a_metric_stands_first),
		cmocka_unit_test(test_clock_of_the_telemetry),
		cmocka_unit_test(test_undecided_but_far_off_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
