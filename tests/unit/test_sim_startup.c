/* startup_gpu on the simulated server: the profile's time of a context, and a context that lies. */
#include "fake_ctx.h"
#include "sim.h"

#include "../simgpu/sim.h"

#include <errno.h>

extern const struct bench bench_startup_gpu;

#ifdef ASSAY_CUDA

static struct ctx *ran(void)
{
	struct ctx *c = calloc(1, sizeof(*c));
	struct err e = ERR_INIT;

	c->bench = &bench_startup_gpu;
	CHECK(!bench_startup_gpu.run(c, &e));
	CHECK(c->values == 1);
	return c;
}

static void a_context(void)
{
	struct ctx *c = ran();
	struct err e = ERR_INIT;

	CHECK(fabs(c->value[0] / sim_profile()->gpu[0].context_s - 1) < 0.01);
	CHECK(!bench_startup_gpu.verify(c, &e));
	free(c);
}

static void a_lying_context(void)
{
	struct ctx *c = ran();
	struct err e = ERR_INIT;

	CHECK(bench_startup_gpu.verify(c, &e) == -EBADMSG);
	CHECK(strstr(e.text, "gave back"));
	free(c);
}

static void no_driver(void)
{
	struct ctx *c = calloc(1, sizeof(*c));
	struct err e = ERR_INIT;

	c->bench = &bench_startup_gpu;
	CHECK(bench_startup_gpu.run(c, &e) == -ENOTSUP);
	CHECK(c->values == 0);
	free(c);
}

static void the_first_context_is_timed(void **state)
{
	assert_server("hgx-h100", "", a_context);
	assert_server("hgx-h100", "driver_too_old", no_driver);
}

static void a_context_that_loses_a_bit_fails(void **state)
{
	assert_server("hgx-h100", "corrupt_copy gpu=0 dir=d2h", a_lying_context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_context_is_timed),
		cmocka_unit_test(a_context_that_loses_a_bit_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
