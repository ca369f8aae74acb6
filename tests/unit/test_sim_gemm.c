/*
 * Matrix products on the simulated server: right ones pass, a bit that is wrong once in some is
 * seen by its repeats, sums that are wrong or missing by float64, and what a GPU lacks is skipped
 * with the reason.
 */
#include "sim_bench.h"

#ifdef ASSAY_CUDA

#include "../../kernels/gemm_work.h"

#include <cuda_runtime_api.h>
#include <errno.h>

extern const struct bench bench_gemm, bench_gemm_all;

/* ---- whole cases ---- */

#define GEMM(type, kernel, n)                                                                      \
	(const char *const[])                                                                      \
	{                                                                                          \
		"gpu=0", "type=" type, "kernel=" kernel, "n=" n, NULL                              \
	}

static const char *repeats_of(const char *const *set, int *verified)
{
	static char found[128];
	struct ctx *c = started(&bench_gemm, set);
	struct err e = ERR_INIT;
	int rc = bench_gemm.run(c, &e);

	if (rc)
		fprintf(stderr, "%s\n", e.text);
	CHECK(!rc);
	*verified = bench_gemm.verify(c, &e);
	if (*verified)
		fprintf(stderr, "%s\n", e.text);
	CHECK(fake_fact(c, "found.repeats"));
	CHECK(!strcmp(fake_fact(c, "wanted.repeats"), "equal to the bit"));
	snprintf(found, sizeof(found), "%s", fake_fact(c, "found.repeats"));
	fake_end(c);
	return found;
}

static void clean(const char *const *set)
{
	int verified;

	CHECK(!strcmp(repeats_of(set, &verified), "equal to the bit"));
	CHECK(!verified);
}

/* By path, as nvml() of sim.h is found; then it is found by its name. */
static void have_cublaslt(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);

	CHECK(n > 0);
	path[n] = '\0';
	snprintf(strrchr(path, '/'), 64, "/../../simgpu/driver/libcublasLt.so.%d",
		 CUDART_VERSION / 1000);
	CHECK(dlopen(path, RTLD_NOW));
}

static void all_formats_of_hopper(void)
{
	have_cublaslt();
	clean(GEMM("bf16", "wgmma", "512"));
	clean(GEMM("fp16", "wgmma", "512"));
	clean(GEMM("tf32", "wgmma", "512"));
	clean(GEMM("fp8", "wgmma", "512"));
	clean(GEMM("int8", "wgmma", "304"));
	clean(GEMM("bf16", "cublaslt", "512"));
	clean(GEMM("fp16", "cublaslt", "512"));
	clean(GEMM("tf32", "cublaslt", "512"));
	clean(GEMM("fp8", "cublaslt", "512"));
	clean(GEMM("int8", "cublaslt", "512"));
	clean(GEMM("fp32", "cublaslt", "512"));
	clean(GEMM("fp64", "cublaslt", "512"));
}

/* It names five, of which the third is the fastest; that is kept and said. */
static void the_fastest_algorithm(void)
{
	struct ctx *c = started(&bench_gemm, GEMM("bf16", "cublaslt", "4096"));
	struct gemm_work w;
	struct err e = ERR_INIT;

	have_cublaslt();
	CHECK(!gemm_work_open(&w, 0, 42, &e));
	CHECK(!gemm_work_choose(&w, c, NULL, &e));
	CHECK(!strcmp(w.chosen, "algorithm 66, tile 201, stages 35, split-K 1, swizzle 0, "
				"custom 0, cluster 5 (number 3 of 5 tried)"));
	gemm_work_close(&w);
	fake_end(c);
}

/* The library's algorithms are tried on a stream of their own, when the matrices are there. */
static void matrices_before_algorithms(void)
{
	struct ctx *c = started(&bench_gemm, GEMM("bf16", "cublaslt", "32768"));
	struct err e = ERR_INIT;

	have_cublaslt();
	CHECK(!bench_gemm.run(c, &e));
	fake_end(c);
}

static void all_formats(void)
{
	clean(GEMM("bf16", "mma", "512"));
	clean(GEMM("fp16", "mma", "512"));
	clean(GEMM("tf32", "mma", "512"));
	clean(GEMM("int8", "mma", "512"));
	clean(GEMM("fp32", "mma", "512"));
	clean(GEMM("fp64", "mma", "512"));
}

/* One first product, batches of one and of two, four more: seven digests of eight products. */
static void a_wrong_bit(void)
{
	int verified;

	CHECK(!strcmp(repeats_of(GEMM("bf16", "mma", "512"), &verified), "1 of 7 differ"));
	CHECK(!verified);
	CHECK(!strcmp(repeats_of(GEMM("int8", "mma", "512"), &verified), "1 of 7 differ"));
	CHECK(!verified);
}

static void refused(const char *const *set, const char *why)
{
	struct ctx *c = started(&bench_gemm, set);
	struct err e = ERR_INIT;

	CHECK(bench_gemm.run(c, &e) == -ENOTSUP);
	if (!strstr(e.text, why))
		fprintf(stderr, "%s\n", e.text);
	CHECK(strstr(e.text, why));
	fake_end(c);
}

static void what_it_lacks(void)
{
	refused(GEMM("fp8", "mma", "512"), "compute capability 8.9");
	refused(GEMM("bf16", "mma", "300"), "no whole number of tiles of 128 × 256");
}

static void what_ampere_lacks(void)
{
	have_cublaslt();
	refused(GEMM("bf16", "wgmma", "512"), "9.0, and this GPU is 8.0");
	refused(GEMM("fp8", "cublaslt", "512"), "CUBLAS_STATUS_NOT_SUPPORTED");
	clean(GEMM("bf16", "cublaslt", "512"));
}

static void what_hopper_lacks(void)
{
	refused(GEMM("fp64", "wgmma", "512"), "has no fp64");
	refused(GEMM("bf16", "wgmma", "300"), "no multiple of 16 bytes");
}

static void a_wrong_bit_of_others(void)
{
	int verified;

	have_cublaslt();
	CHECK(!strcmp(repeats_of(GEMM("bf16", "wgmma", "512"), &verified), "1 of 7 differ"));
	/* those that are tried count as well */
	CHECK(strcmp(repeats_of(GEMM("bf16", "cublaslt", "512"), &verified), "equal to the bit"));
}

static void all_at_once(void)
{
	static const char *const set[] = {"gpus=0+1+2", "member=1", "type=bf16",
					  "kernel=mma", "n=512",    NULL};
	struct ctx *c = started(&bench_gemm_all, set);
	struct err e = ERR_INIT;

	CHECK(!bench_gemm_all.run(c, &e));
	CHECK(!bench_gemm_all.verify(c, &e));
	CHECK(c->values == 2 && c->others == 5); /* flops of two batches, five shares */
	CHECK(!strcmp(fake_fact(c, "found.repeats"), "equal to the bit"));
	fake_end(c);
}

/* ---- engines that are wrong ---- */

static int nothing(void *state, const struct gemm_job *j, struct CUstream_st *stream)
{
	return 0;
}

static int zeros(void *state, const struct gemm_job *j, struct CUstream_st *stream)
{
	return (int)cudaMemsetAsync(j->c, 0, (size_t)j->m * (size_t)j->n * 4, stream);
}

static int transposed(void *state, const struct gemm_job *j, struct CUstream_st *stream)
{
	struct gemm_job other = *j;

	other.a = j->b;
	other.b = j->a;
	return gemm_mma.queue(state, &other, stream);
}

static void verify_with(int (*queue)(void *, const struct gemm_job *, struct CUstream_st *),
			const char *why)
{
	struct ctx *c = started(&bench_gemm, GEMM("bf16", "mma", "256"));
	struct gemm_engine wrong = gemm_mma;
	struct gemm_repeats r = {0};
	struct gemm_work w;
	struct err e = ERR_INIT;

	CHECK(!gemm_work_open(&w, 0, 42, &e));
	CHECK(!gemm_work_choose(&w, c, NULL, &e));
	wrong.queue = queue;
	w.engine = &wrong;
	CHECK(gemm_work_verify(&w, "gpu 0: bf16 by mma", NULL, &r, &e) == -EBADMSG);
	if (!strstr(e.text, why))
		fprintf(stderr, "%s\n", e.text);
	CHECK(strstr(e.text, why));
	gemm_work_close(&w);
	fake_end(c);
}

static void wrong_engines(void)
{
	verify_with(nothing, "gpu 0: bf16 by mma: 65536 sums are infinite or no numbers");
	verify_with(zeros, "of 256 sums are wrong; the first: row 0, column 0 is 0 and");
	verify_with(transposed, "sums are wrong");
}

/* ---- digests ---- */

static void counts_what_differs(void **state)
{
	const struct gemm_digest d[] = {{7, 0}, {9, 0}, {7, 0}, {8, 0}, {7, 0}};

	assert_int_equal(gemm_digests_differ(d, 5), 2);
	assert_int_equal(gemm_digests_differ(d, 1), 0);
	assert_int_equal(gemm_digests_differ(d, 2), 1);
}

static void on_servers(void **state)
{
	assert_server("hgx-h100", "", all_formats);
	assert_server("hgx-h100", "", what_it_lacks);
	assert_server("hgx-h100", "", all_at_once);
	assert_server("hgx-h100", "", wrong_engines);
	assert_server("hgx-h100", "sdc gpu=0 every=6", a_wrong_bit);
	assert_server("hgx-h100", "sdc gpu=1 every=1", all_formats); /* another GPU's */
	assert_server("a100-pcie", "", all_formats);
	assert_server("hgx-h100", "", all_formats_of_hopper);
	assert_server("hgx-h100", "", the_fastest_algorithm);
	assert_server("hgx-h100", "", matrices_before_algorithms);
	assert_server("hgx-h100", "", what_hopper_lacks);
	assert_server("a100-pcie", "", what_ampere_lacks);
	assert_server("hgx-h100", "sdc gpu=0 every=6", a_wrong_bit_of_others);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_differs),
		cmocka_unit_test(on_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
