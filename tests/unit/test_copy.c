/*
 * copy: without a usable GPU (or without nvcc) it says why; with one, every odd size arrives
 * whole and a byte that does not is found at its offset.
 */
#include "copy_case.h"

#ifdef ASSAY_CUDA
#include "../../kernels/pattern.h"

#include <cuda_runtime_api.h>
#endif

static bool have_gpu(void)
{
	struct ctx *c = make(NULL);
	struct err e = ERR_INIT;
	int rc = bench_copy.supported(c, &e);

	free(c);
	return rc == 0;
}

static void without_a_gpu_it_says_why(void **state)
{
	struct ctx *c = make(NULL);
	struct err e = ERR_INIT;
	int rc = bench_copy.supported(c, &e);

	if (rc == 0) {
		assert_non_null(bench_copy.run);
	} else {
		assert_int_equal(rc, -ENOTSUP);
		assert_true(strlen(e.text) > 20);
	}
	free(c);
}

static void blocking_launches_are_refused(void **state)
{
	struct err e = ERR_INIT;

	if (!bench_copy.run)
		skip(); /* leaves the function: nothing may be made before it */
	struct ctx *c = make(NULL);
	setenv("CUDA_LAUNCH_BLOCKING", "1", 1);
	assert_int_equal(bench_copy.supported(c, &e), -EINVAL);
	assert_non_null(strstr(e.text, "CUDA_LAUNCH_BLOCKING=1"));
	err_clear(&e);
	setenv("CUDA_LAUNCH_BLOCKING", "0", 1);
	assert_int_not_equal(bench_copy.supported(c, &e), -EINVAL);
	unsetenv("CUDA_LAUNCH_BLOCKING");
	free(c);
}

static void copies_arrive_whole(void **state)
{
	if (!have_gpu())
		skip();
	all_cases();
}

#ifdef ASSAY_CUDA
/* What the kernel says of n bytes of which the one at `wrong` was changed; n: none was. */
static struct pattern_diff kernel_says(uint64_t n, uint64_t wrong)
{
	struct pattern_diff diff = PATTERN_DIFF_INIT, *on_gpu;
	uint8_t *p, byte;

	assert_int_equal(cudaMalloc((void **)&p, n), cudaSuccess);
	assert_int_equal(cudaMalloc((void **)&on_gpu, sizeof(diff)), cudaSuccess);
	assert_int_equal(pattern_fill_launch(p, n, 7, NULL), cudaSuccess);
	if (wrong < n) {
		cudaMemcpy(&byte, p + wrong, 1, cudaMemcpyDeviceToHost);
		byte ^= 0x40;
		cudaMemcpy(p + wrong, &byte, 1, cudaMemcpyHostToDevice);
	}
	cudaMemcpy(on_gpu, &diff, sizeof(diff), cudaMemcpyHostToDevice);
	assert_int_equal(pattern_check_launch(p, n, 7, on_gpu, NULL), cudaSuccess);
	cudaMemcpy(&diff, on_gpu, sizeof(diff), cudaMemcpyDeviceToHost);
	cudaFree(on_gpu);
	cudaFree(p);
	return diff;
}

static void kernels_find_the_byte(void **state)
{
	static const uint64_t sizes[] = {1, 3, 4, 4097, (64 << 20) + 2};

	if (!have_gpu())
		skip();
	for (int i = 0; i < 5; i++) {
		uint64_t n = sizes[i];
		assert_int_equal(kernel_says(n, n).first, PATTERN_NONE);
		assert_int_equal(kernel_says(n, n).bytes, 0);
		assert_int_equal(kernel_says(n, n - 1).first, n - 1);
		assert_int_equal(kernel_says(n, n / 2).first, n / 2);
		assert_int_equal(kernel_says(n, n / 2).bytes, 1);
	}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_gpu_it_says_why),
		cmocka_unit_test(blocking_launches_are_refused),
		cmocka_unit_test(copies_arrive_whole),
#ifdef ASSAY_CUDA
		cmocka_unit_test(kernels_find_the_byte),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
