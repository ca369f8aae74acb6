/*
 * Matrix products on a real GPU, where there is one: each engine and format that it has, sums
 * against float64, repeats equal to the bit. `test_gemm 8192` takes larger matrices; the rates that
 * it prints are those of a cold start and no measurement.
 */
#include "fake_ctx.h"

#ifdef ASSAY_CUDA

#include "../../kernels/gemm_work.h"

#include <errno.h>

extern const struct bench bench_gemm;

static const char *size = "n=1024";

static bool there_is_a_gpu(struct ctx *c)
{
	struct err e = ERR_INIT;

	if (!bench_gemm.supported(c, &e))
		return true;
	print_message("%s\n", e.text);
	return false;
}

/* The others are tried as well: 1 where it was wrong. */
static int wrong(const char *what, const char *why)
{
	print_error("%s: %s\n", what, why);
	return 1;
}

static int one(struct ctx *c, const char *what)
{
	struct err e = ERR_INIT;
	const char *repeats;
	int rc;

	c->facts = 0;
	c->values = 0;
	rc = bench_gemm.run(c, &e);

	if (rc == -ENOTSUP) {
		print_message("%s: skipped: %s\n", what, e.text);
		return 0;
	}
	if (!rc)
		rc = bench_gemm.verify(c, &e);
	if (rc)
		return wrong(what, e.text);
	repeats = fake_fact(c, "found.repeats");
	if (strcmp(repeats, "equal to the bit") != 0)
		return wrong(what, repeats);
	print_message("%s: %.4g TFLOP/s\n", what, c->value[c->values - 1] * 1e-12);
	return 0;
}

static void every_engine_and_format(void **state)
{
	char type[16], kernel[32], what[64];
	const char *set[] = {"gpu=0", type, kernel, size, NULL};
	struct ctx *c = calloc(1, sizeof(*c));
	struct err e = ERR_INIT;
	int failed = 0;

	c->bench = &bench_gemm;
	c->set = set;
	snprintf(type, sizeof(type), "type=bf16");
	snprintf(kernel, sizeof(kernel), "kernel=mma");
	if (!there_is_a_gpu(c)) {
		free(c);
		skip();
	}
	if (fake_setup(c, &e))
		fail_msg("%s", e.text);
	for (int t = 0; t < COMPUTE_TYPES; t++) {
		static const char *const kernels[] = {"mma", "wgmma", "cublaslt"};

		for (size_t k = 0; k < 3; k++) {
			if (!strstr("|" GEMM_KERNELS "|", kernels[k]))
				continue;
			snprintf(type, sizeof(type), "type=%s", compute_name((enum compute_type)t));
			snprintf(kernel, sizeof(kernel), "kernel=%s", kernels[k]);
			snprintf(what, sizeof(what), "%s by %s", type + 5, kernels[k]);
			failed += one(c, what);
		}
	}
	fake_end(c);
	assert_int_equal(failed, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_engine_and_format),
	};
	char n[24];

	if (argc > 1) {
		snprintf(n, sizeof(n), "n=%.20s", argv[1]);
		size = n;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
