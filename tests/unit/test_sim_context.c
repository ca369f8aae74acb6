/*
 * context on the simulated server: the profile's time of a context, more where the GPU sleeps, the
 * same where another process keeps it awake; and a context that lies. Started as "member …" it is
 * that process.
 */
#include "fake_ctx.h"
#include "sim.h"

#include "../simgpu/sim.h"

#include <errno.h>

extern const struct bench bench_context;

#ifdef ASSAY_CUDA

#include "../../kernels/gang.h"

static char self[4096];

static struct ctx *made(const char *start)
{
	static const char *set[] = {"gpu=0", NULL, NULL};
	struct ctx *c = calloc(1, sizeof(*c));
	struct err e = ERR_INIT;

	nvml("nvmlInit_v2"); /* it is found by its name from now on */
	set[1] = start;
	c->bench = &bench_context;
	c->set = set;
	c->self = self;
	if (fake_setup(c, &e)) {
		fprintf(stderr, "%s\n", e.text);
		_exit(1);
	}
	return c;
}

static void takes(const char *start, double want_s, const char *persistence, const char *remark)
{
	struct ctx *c = made(start);
	struct err e = ERR_INIT;

	CHECK(!bench_context.run(c, &e));
	CHECK(c->values == 1);
	CHECK(fabs(c->value[0] / want_s - 1) < 0.02);
	CHECK(!strcmp(fake_fact(c, "persistence"), persistence));
	CHECK(!strcmp(fake_fact(c, "module_loading"), "EAGER"));
	CHECK(!remark == !fake_fact(c, "remark"));
	CHECK(!remark || strstr(fake_fact(c, "remark"), remark));
	CHECK(!bench_context.verify(c, &e));
	fake_end(c);
}

static void kept_awake_by_the_driver(void)
{
	takes("start=cold", sim_profile()->gpu[0].context_s, "on", NULL);
}

static void woken(void)
{
	const struct sim_gpu *g = &sim_profile()->gpu[0];

	CHECK(g->wake_s > 0);
	takes("start=cold", g->context_s + g->wake_s, "off", "persistence mode is off");
}

static void kept_awake_by_another(void)
{
	takes("start=warm", sim_profile()->gpu[0].context_s, "off", NULL);
}

static void a_lying_context(void)
{
	struct ctx *c = made("start=cold");
	struct err e = ERR_INIT;

	CHECK(!bench_context.run(c, &e));
	CHECK(bench_context.verify(c, &e) == -EBADMSG);
	CHECK(strstr(e.text, "gave back"));
	fake_end(c);
}

static void no_driver(void)
{
	struct ctx *c = made("start=cold");
	struct err e = ERR_INIT;

	CHECK(bench_context.run(c, &e) == -ENOTSUP);
	CHECK(c->values == 0);
	fake_end(c);
}

/* The other process cannot have a context either, and says why. */
static void no_holder(void)
{
	static const char *const set[] = {"gpu=0", "start=warm", NULL};
	struct ctx *c = calloc(1, sizeof(*c));
	struct err e = ERR_INIT;

	c->bench = &bench_context;
	c->set = set;
	c->self = self;
	CHECK(fake_setup(c, &e) == -ENOTSUP);
	CHECK(strstr(e.text, "keeps the GPU awake") &&
	      strstr(e.text, "cudaErrorInsufficientDriver"));
	fake_end(c);
}

static void the_first_context_is_timed(void **state)
{
	assert_server("hgx-h100", "", kept_awake_by_the_driver);
	/* at 1b:00.0, which CUDA writes in capitals and NVML does not */
	assert_server("hgx-h200", "", kept_awake_by_the_driver);
	assert_server("pcie4-workstation", "", woken);
	assert_server("hgx-h100", "driver_too_old", no_driver);
}

/* Both processes look at one server, through the file of its state. */
static void another_process_keeps_the_gpu_awake(void **state)
{
	char path[64];

	snprintf(path, sizeof(path), "/tmp/assay-context-%d.state", (int)getpid());
	setenv("ASSAY_SIM_STATE", path, 1);
	assert_server("pcie4-workstation", "", kept_awake_by_another);
	assert_server("pcie4-workstation", "driver_too_old", no_holder);
	assert_server("pcie4-workstation", "", woken); /* it is gone */
	unsetenv("ASSAY_SIM_STATE");
	unlink(path);
}

static void a_context_that_loses_a_bit_fails(void **state)
{
	assert_server("hgx-h100", "corrupt_copy gpu=0 dir=d2h", a_lying_context);
}

int main(int argc, char **argv)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_context_is_timed),
		cmocka_unit_test(another_process_keeps_the_gpu_awake),
		cmocka_unit_test(a_context_that_loses_a_bit_fails),
	};

	self[n > 0 ? n : 0] = '\0';
	if (argc > 1 && !strcmp(argv[1], "member"))
		return gang_serve(bench_context.member, 3, 0, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
