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

static char size[24] = "n=1024";

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

static int all_of(struct ctx *c, char *type, char *kernel)
{
	static const char *const kernels[] = {"mma", "wgmma", "cublaslt"};
	int failed = 0;

	for (int t = 0; t < COMPUTE_TYPES; t++) {
		for (size_t k = 0; k < 3; k++) {
			const char *name = compute_name((enum compute_type)t);
			char what[64];

			if (!strstr("|" GEMM_KERNELS "|", kernels[k]))
				continue;
			sprintf(type, "type=%s", name);
			sprintf(kernel, "kernel=%s", kernels[k]);
			snprintf(what, sizeof(what), "%s by %s", name, kernels[k]);
			failed += one(c, what);
		}
	}
	return failed;
}

static void every_engine_and_format(void **state)
{
	char type[16] = "type=bf16", kernel[32] = "kernel=mma";
	const char *set[] = {"gpu=0", type, kernel, size, NULL};
	struct ctx *c = calloc(1, sizeof(*c));
	struct err e = ERR_INIT;

	c->bench = &bench_gemm;
	c->set = set;
	if (there_is_a_gpu(c)) {
		if (fake_setup(c, &e))
			fail_msg("%s", e.text);
		assert_int_equal(all_of(c, type, kernel), 0);
		fake_end(c);
		return;
	}
	free(c);
	skip();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_engine_and_format),
	};

	if (argc > 1)
		snprintf(size, sizeof(size), "n=%.20s", argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
