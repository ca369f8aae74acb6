/*
 * The loops of the portable matrix product, the kernel's own code on the CPU (gemm_loop.cc): every
 * stage of shared memory is read after it has come and overwritten after it was read, whatever
 * order warps and copies take, or sums are wrong. Built where nvcc is, whose host compiler it
 * needs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#ifdef ASSAY_CUDA

#include "gemm_loop.h"

static void every_shape(void **state)
{
	char what[160];
	int n, wrong;

#ifdef __SANITIZE_ADDRESS__
	print_message("coroutines: AddressSanitizer does not follow swapcontext\n");
	skip();
#endif
	for (n = 0; (wrong = gemm_loop_wrong(n, what, sizeof(what))) >= 0; n++) {
		if (wrong)
			fail_msg("%s: %d sums are wrong", what, wrong);
	}
	assert_true(n > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_shape)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
