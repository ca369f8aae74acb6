/* What a test of CUDA is in a program that was built without nvcc. */
#ifndef ASSAY_TESTS_WITHOUT_NVCC_H
#define ASSAY_TESTS_WITHOUT_NVCC_H

static void without_nvcc(void **state)
{
	(void)state;
	print_message("built without nvcc: nothing of the simulated CUDA is tested\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(without_nvcc)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
