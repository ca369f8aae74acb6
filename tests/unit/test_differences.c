/* What differs between two sides: what is found, left out, folded, and in which order. */
#include "make_comparison.h"
#include "../../harness/base/buf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void both(struct bundle_data *d, const char *key, const char *a, const char *b)
{
	if (a)
		mk_manifest_of(d, "host", key, a);
	if (b)
		mk_manifest_of(d, "podman", key, b);
}

static void make(struct differences *out, const struct bundle_data *d)
{
	struct err e = ERR_INIT;

	assert_int_equal(differences_make(out, d, "host", d, "podman", NULL, &e), 0);
}

static void test_what_matters_comes_first(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct differences x;

	both(&d, "aaa.first", "1", "2");
	both(&d, "variable.OMP_NUM_THREADS", "8", NULL);
	both(&d, "limits.cpu_quota", "none", "0.5");
	both(&d, "driver.libcuda", "/usr/lib/libcuda.so.1", "/usr/local/cuda/compat/libcuda.so.1");
	both(&d, "host.kernel", "6.1.0", "6.1.0");
	make(&x, &d);
	assert_int_equal(x.n, 4);
	assert_string_equal(x.d[0].key, "driver.libcuda");
	assert_string_equal(x.d[1].key, "limits.cpu_quota");
	assert_string_equal(x.d[1].name, "CPU quota");
	assert_string_equal(x.d[2].key, "variable.OMP_NUM_THREADS");
	assert_string_equal(x.d[2].b, "");
	assert_true(x.d[2].matters);
	assert_string_equal(x.d[3].key, "aaa.first");
	assert_false(x.d[3].matters);
	assert_null(differences_find(&x, "host.kernel"));
	differences_free(&x);
	mk_free(&d);
}

static void test_what_always_differs_is_left_out(void **state)
{
	static const char *const keys[] = {
		"run.start_utc",     "host.boot_id",
		"host.name",	     "gpu.0.temperature",
		"gpu.0.energy",	     "gpu.0.mem_used",
		"gpu.0.clock_sm",    "gpu.0.processes_compute",
		"gpu.0.link_gen",    "slurm.step",
		"fact.ceiling.copy", "gpu.0.ecc_corrected_ever",
		"ab.a.launcher",     "memory.edac_corrected",
		"gpu.0.power",	     "gpu.0.aer_correctable",
	};
	struct bundle_data d = {.n_plan = 0};
	struct differences x;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		both(&d, keys[i], "1", "2");
	both(&d, "gpu.0.power_limit", "700", "500");
	make(&x, &d);
	assert_int_equal(x.n, 1);
	assert_string_equal(x.d[0].key, "gpu.0.power_limit");
	differences_free(&x);
	mk_free(&d);
}

static void test_gpus_that_are_alike_are_told_once(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct differences x;

	for (unsigned g = 0; g < 12; g++) {
		char *key = mem_printf("gpu.%u.vbios", g);

		both(&d, key, "96.00.01", "96.00.02");
		free(key);
		key = mem_printf("gpu.%u.power_limit", g);
		both(&d, key, "700", g == 3 || g == 4 ? "500" : g == 10 ? "600" : "700");
		free(key);
	}
	make(&x, &d);
	assert_int_equal(x.n, 4);
	assert_string_equal(x.d[0].key, "gpu.3.power_limit");
	assert_string_equal(x.d[1].key, "gpu.4.power_limit"); /* alike, but not on all GPUs */
	assert_string_equal(x.d[2].key, "gpu.10.power_limit");
	assert_string_equal(x.d[3].key, "gpu.*.vbios");
	differences_free(&x);
	mk_free(&d);
}

static void test_two_bundles(void **state)
{
	struct bundle_data a = {.n_plan = 0}, b = {.n_plan = 0};
	struct differences x;
	struct err e = ERR_INIT;

	mk_manifest(&a, "program.build", "v1");
	mk_manifest(&b, "program.build", "v2");
	mk_manifest_of(&a, "host", "driver.version", "570.1");
	mk_manifest_of(&b, "host", "driver.version", "580.2");
	assert_int_equal(differences_make(&x, &a, "host", &b, "host", NULL, &e), 0);
	assert_int_equal(x.n, 2);
	assert_string_equal(x.d[0].key, "driver.version");
	assert_string_equal(x.d[0].a, "570.1");
	assert_string_equal(x.d[0].b, "580.2");
	assert_string_equal(x.d[1].key, "program.build");
	differences_free(&x);
	assert_int_equal(differences_make(&x, &a, "host", &a, "host", NULL, &e), -EINVAL);
	differences_free(&x);
	mk_free(&a);
	mk_free(&b);
}

static void clock_row(struct bundle_data *d, char *arm, double t_s, double value)
{
	d->telemetry =
		mem_grow(d->telemetry, d->n_telemetry, &d->cap_telemetry, sizeof(*d->telemetry));
	d->telemetry[d->n_telemetry++] = (struct telemetry_row){
		.arm = arm, .t_s = t_s, .gpu = "2", .field = "clock_sm", .value = value};
}

/* mhz: clock of the second arm, reached idle_s after its start; the first runs at 1980 MHz. */
static size_t clocks(double mhz, unsigned readings, double idle_s)
{
	struct bundle_data d = {.n_plan = 0};
	struct differences x;
	size_t n;

	for (unsigned i = 0; i < readings; i++) {
		/* each process finds its GPU idle, and climbs */
		clock_row(&d, "host", i, 345e6);
		clock_row(&d, "host", i + 0.1, 1980e6 + (i % 3) * 1e6);
		clock_row(&d, "podman", i, 345e6);
		clock_row(&d, "podman", i + idle_s, 1200e6);
		clock_row(&d, "podman", i + idle_s + 0.05, 1400e6);
		clock_row(&d, "podman", i + idle_s + 0.1, mhz * 1e6 + (i % 3) * 1e6);
	}
	make(&x, &d);
	n = x.n;
	if (n)
		assert_string_equal(x.d[0].key, "telemetry.gpu.2.clock_sm");
	differences_free(&x);
	free(d.telemetry);
	return n;
}

static void test_clocks_are_compared_as_they_were_while_measuring(void **state)
{
	assert_int_equal(clocks(1965, 20, 0.1), 1);
	assert_int_equal(clocks(1975, 20, 0.1), 0); /* within half a per cent */
	assert_int_equal(clocks(1980, 20, 0.7), 0); /* idle for longer, which is no lower clock */
	assert_int_equal(clocks(1500, 2, 0.1), 0);  /* too few to say */
}

static void test_values_in_words(void **state)
{
	struct bundle_data d = {.n_plan = 0};
	struct differences x;
	struct buf out = BUF_INIT;

	both(&d, "limits.memlock", "unlimited", "65536");
	both(&d, "limits.cpu_quota", "none", "0.5");
	both(&d, "gpu.0.clock_sm_max", "1980000000", NULL);
	both(&d, "variable.omp_num_threads", NULL, "8");
	make(&x, &d);
	for (size_t i = 0; i < x.n; i++) {
		difference_value(&out, &x.d[i], false);
		buf_putc(&out, '|');
		difference_value(&out, &x.d[i], true);
		buf_putc(&out, '\n');
	}
	assert_string_equal(out.s,
			    "none|0.5 CPUs\nunlimited|64 KiB\n1.98 GHz|not said\nnot set|8\n");
	buf_free(&out);
	differences_free(&x);
	mk_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_matters_comes_first),
		cmocka_unit_test(test_what_always_differs_is_left_out),
		cmocka_unit_test(test_gpus_that_are_alike_are_told_once),
		cmocka_unit_test(test_two_bundles),
		cmocka_unit_test(test_clocks_are_compared_as_they_were_while_measuring),
		cmocka_unit_test(test_values_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
