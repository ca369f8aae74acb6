/* Local must be the nearest: a lying firmware is found by GPU and node, noise is no lie. */
#include "rules_case.h"

enum { GPUS = 8, SIZES = 4 };

static void begin(struct mk_report *m)
{
	*m = (struct mk_report){.d = {.n_plan = 0}};
	mk_metric(&m->d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
	mk_metric(&m->d, "gpu_chase", "latency", "s", "lower", "latency");
	mk_metric(&m->d, "host_latency", "latency", "s", "lower", "latency");
	mk_metric(&m->d, "host_bandwidth", "rate", "bytes/s", "higher", "bandwidth");
	for (unsigned g = 0; g < GPUS; g++)
		case_fact(&m->d, g < GPUS / 2 ? "0" : "1", "gpu.%u.numa_node", g);
}

static void source_of_last(struct mk_report *m, const char *source)
{
	struct manifest_row *row = &m->d.manifest[m->d.n_manifest - 1];

	free(row->source);
	row->source = mem_strdup(source);
}

/* Eight GPUs on two nodes; the truth of GPU 3 may be the other one. */
static void server(struct mk_report *m, double near, double far, bool lie)
{
	begin(m);
	for (unsigned g = 0; g < GPUS; g++)
		for (unsigned n = 0; n < 2; n++)
			for (unsigned s = 0; s < SIZES; s++) {
				bool own = (n == g / 4) != (lie && g == 3);

				case_key(&m->d, "copy", "bandwidth", own ? near : far,
					 "dir=h2d,gpu=%u,node=%u,size=%u", g, n, 1u << s);
			}
}

static void test_a_lie_is_found(void **state)
{
	struct mk_report m;

	server(&m, 55e9, 35e9, true);
	assert_int_equal(case_judge(&m).failed, SIZES);
	for (unsigned s = 0; s < SIZES; s++) {
		char labels[64];

		snprintf(labels, sizeof(labels), "dir=h2d,gpu=3,node=0,size=%u", 1u << s);
		const struct result *r = case_find(&m.results, "bandwidth", labels);
		assert_int_equal(r->status, ST_FAIL);
		assert_string_equal(r->rule, "locality");
		HAS(r->reason,
		    "GPU 3 is nearer to node 1 than the firmware says (node 0, made up)");
	}
	mk_report_free(&m);

	server(&m, 55e9, 35e9, false);
	struct case_count c = case_judge(&m);
	assert_int_equal(c.failed + c.remarks, 0);
	mk_report_free(&m);
}

static void test_alike(void **state)
{
	struct mk_report m;

	server(&m, 55e9, 54.5e9, true);
	struct case_count c = case_judge(&m);
	assert_int_equal(c.failed, 0);
	assert_int_equal(c.remarks, GPUS * SIZES); /* the local halves */
	HAS(case_find(&m.results, "bandwidth", "dir=h2d,gpu=0,node=0,size=1")->reason,
	    "local and remote are alike");
	mk_report_free(&m);
}

/* Two nodes alike, a hundred sizes, processes that differ by 3 %: no lie. */
static void test_noise_is_no_lie(void **state)
{
	struct mk_report m;
	char labels[64];

	begin(&m);
	for (unsigned i = 0; i < GPUS * 2 * 100; i++) {
		snprintf(labels, sizeof(labels), "gpu=%u,node=%u,size=%u", i % GPUS, i / GPUS % 2,
			 i / GPUS / 2 + 1);
		case_add(&m.d, "copy", "bandwidth", labels, 55e9, 0.03, CASE_PROCESSES);
	}
	assert_int_equal(case_judge(&m).failed, 0);
	mk_report_free(&m);
}

/* The same of a thousand GPUs with one contest each: 3 % and 5 % from process to process. */
static void test_noise_in_single_contests(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct mk_report m = {.d = {.n_plan = 0}};
		char labels[64];

		mk_metric(&m.d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
		for (unsigned g = 0; g < 1000; g++) {
			case_fact(&m.d, "0", "gpu.%u.numa_node", g);
			for (unsigned n = 0; n < 2; n++) {
				snprintf(labels, sizeof(labels), "gpu=%u,node=%u", g, n);
				case_add(&m.d, "copy", "bandwidth", labels, 55e9, i ? 0.05 : 0.03,
					 CASE_PROCESSES);
			}
		}
		assert_true(case_judge(&m).failed <= 1);
		mk_report_free(&m);
	}
}

/* Nobody said, or it was measured: no firmware lies. */
static void test_guesses(void **state)
{
	struct mk_report m;

	for (int i = 0; i < 2; i++) {
		m = (struct mk_report){.d = {.n_plan = 0}};
		mk_metric(&m.d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
		case_fact(&m.d, i ? "0" : "-1", "gpu.3.numa_node");
		source_of_last(&m, i ? "inferred from copies" : "CUDA, sysfs and NVML do not say");
		case_key(&m.d, "copy", "bandwidth", 35e9, "gpu=3,node=0");
		case_key(&m.d, "copy", "bandwidth", 55e9, "gpu=3,node=1");
		assert_int_equal(case_judge(&m).failed, 0);
		mk_report_free(&m);
	}
}

/* Most sizes of a sweep do not feel the distance: those that do are enough. */
static void test_a_sweep(void **state)
{
	struct mk_report m;

	begin(&m);
	for (unsigned s = 0; s < 15; s++)
		for (unsigned n = 0; n < 2; n++)
			case_key(&m.d, "copy", "bandwidth",
				 s < 9 ? 1e6 * (1u << s)
				 : n   ? 55e9
				       : 35e9,
				 "gpu=3,node=%u,size=%u", n, 1u << s);
	assert_int_equal(case_judge(&m).failed, 6);
	mk_report_free(&m);
}

/* Memory of another kind, without CPUs, may be faster; it is not nearer. */
static void test_nodes_without_cpus(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct mk_report m;

		begin(&m);
		case_fact(&m.d, i ? "" : "8-15", "node.2.cpus");
		case_key(&m.d, "copy", "bandwidth", 35e9, "gpu=3,node=0");
		case_key(&m.d, "copy", "bandwidth", 55e9, "gpu=3,node=2");
		assert_int_equal(case_judge(&m).failed, i ? 0 : 1);
		mk_report_free(&m);
	}
}

static void test_chases(void **state)
{
	struct mk_report m;

	begin(&m);
	for (unsigned g = 3; g < 5; g++)
		for (unsigned n = 0; n < 2; n++)
			case_key(&m.d, "gpu_chase", "latency", n == 1 ? 0.7e-6 : 1.1e-6,
				 "gpu=%u,node=%u,size=4", g, n);
	assert_int_equal(case_judge(&m).failed, 1);
	assert_int_equal(case_find(&m.results, "latency", "gpu=3,node=0,size=4")->status, ST_FAIL);
	mk_report_free(&m);
}

/* Of CPUs a nearer node is a remark, and bandwidth is no distance. */
static void test_cpus(void **state)
{
	struct mk_report m;

	begin(&m);
	for (unsigned n = 0; n < 2; n++) {
		case_key(&m.d, "host_latency", "latency", n ? 90e-9 : 140e-9, "cpu_node=0,node=%u",
			 n);
		case_key(&m.d, "host_bandwidth", "rate", n ? 200e9 : 100e9, "cpu_node=0,node=%u",
			 n);
	}
	struct case_count c = case_judge(&m);
	assert_int_equal(c.failed, 0);
	assert_int_equal(c.remarks, 1);
	HAS(case_find(&m.results, "latency", "cpu_node=0,node=0")->reason,
	    "node 1 answers these CPUs sooner than their own node 0");
	mk_report_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_lie_is_found),
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_noise_is_no_lie),
		cmocka_unit_test(test_noise_in_single_contests),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_a_sweep),
		cmocka_unit_test(test_nodes_without_cpus),
		cmocka_unit_test(test_chases),
		cmocka_unit_test(test_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
