/*
 * Measures nothing: emits values of a known distribution, and fails in every way that a
 * benchmark can, so that runner, formats and judge can be tested without hardware.
 *
 *     value = mean exp(process_sd P + sd Z)     P: one normal draw a process and case
 *                                               Z: per sample, mean 0, sd 1, of `shape`
 *
 * Parameters are whole numbers: mean in nanoseconds, the deviations in millionths of it. All
 * but `step` and `case` are options: two arms can differ in them and still share their keys.
 */
#include "../harness/bench.h"

#include "../harness/base/clock.h"
#include "../harness/base/rng.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct param params[] = {
	{.name = "step",
	 .type = PARAM_INT,
	 .def = "0",
	 .help = "any number: one process for each, as a GPU would be"},
	{.name = "case",
	 .type = PARAM_INT,
	 .scope = SCOPE_CASE,
	 .def = "0",
	 .help = "any number: one case for each, as a size would be"},
	{.name = "mean",
	 .type = PARAM_INT,
	 .def = "100000",
	 .min = 1,
	 .unit = "ns",
	 .option = true,
	 .help = "the median of all values"},
	{.name = "sd",
	 .type = PARAM_INT,
	 .def = "3000",
	 .max = 1000000,
	 .unit = "ppm",
	 .option = true,
	 .help = "spread of the samples, millionths of the mean"},
	{.name = "process_sd",
	 .type = PARAM_INT,
	 .def = "0",
	 .max = 1000000,
	 .unit = "ppm",
	 .option = true,
	 .help = "spread from process to process, millionths of the mean"},
	{.name = "shape",
	 .type = PARAM_ENUM,
	 .def = "normal",
	 .choices = "normal|t3|bimodal",
	 .option = true,
	 .help = "how the samples spread"},
	{.name = "n",
	 .type = PARAM_INT,
	 .def = "30",
	 .max = 10000000,
	 .option = true,
	 .help = "samples of a case"},
	{.name = "sleep",
	 .type = PARAM_INT,
	 .def = "0",
	 .unit = "ms",
	 .option = true,
	 .help = "wall time that a case takes"},
	{.name = "outcome",
	 .type = PARAM_ENUM,
	 .def = "pass",
	 .choices = "pass|fail|skip|skip_case|error|hang|stubborn|crash|garbage",
	 .option = true,
	 .help = "how it ends; stubborn: a hang that ignores SIGTERM; garbage: noise on the pipe"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "time",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .help = "a value of the distribution"},
	{.name = "rate",
	 .unit = "1/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .help = "the inverse of the same value"},
	{.name = NULL},
};

static bool outcome_is(const struct ctx *c, const char *what)
{
	return !strcmp(ctx_str(c, "outcome"), what);
}

/* Student t with 3 degrees of freedom, scaled to a standard deviation of 1. */
static double draw_t3(struct rng *r)
{
	double z = rng_normal(r), chi2 = 0;

	for (int i = 0; i < 3; i++) {
		double x = rng_normal(r);
		chi2 += x * x;
	}
	return z / sqrt(chi2 / 3) / sqrt(3);
}

/* Two modes, each as wide as half their distance from the middle; standard deviation 1. */
static double draw_bimodal(struct rng *r)
{
	double mode = rng_next(r) >> 63 ? 1 : -1;

	return (mode + 0.5 * rng_normal(r)) / sqrt(1.25);
}

static double draw(struct rng *r, const char *shape)
{
	if (!strcmp(shape, "t3"))
		return draw_t3(r);
	return !strcmp(shape, "bimodal") ? draw_bimodal(r) : rng_normal(r);
}

static void emit(struct ctx *c)
{
	double mean = (double)ctx_u64(c, "mean") * 1e-9, sd = (double)ctx_u64(c, "sd") * 1e-6;
	struct rng r = {ctx_case_seed(c)};
	double offset = (double)ctx_u64(c, "process_sd") * 1e-6 * rng_normal(&r);
	const char *shape = ctx_str(c, "shape");

	for (uint64_t i = 0; i < ctx_u64(c, "n"); i++) {
		double value = mean * exp(offset + sd * draw(&r, shape));
		ctx_emit(c, "time", value);
		ctx_emit(c, "rate", 1 / value);
	}
}

static void hang(bool stubborn)
{
	if (stubborn)
		signal(SIGTERM, SIG_IGN);
	for (;;)
		pause();
}

/* What an image's banner or a library's chatter does to the pipe that carries our rows. */
static void babble(void)
{
	static const char zero[] = "a NUL \0 inside\n";

	printf("#end 0000 999 PASS\nsample,not,a,row\n#assay 1 0000\n");
	fwrite(zero, 1, sizeof(zero) - 1, stdout);
	for (int i = 0; i < 70000; i++)
		putchar('x');
	printf("\n\xff\xfe no UTF-8\n");
	fflush(stdout);
}

static int supported(struct ctx *c, struct err *e)
{
	if (outcome_is(c, "skip"))
		return err_set(e, ENOTSUP, "skipped because outcome=skip asks for it");
	return 0;
}

static int run(struct ctx *c, struct err *e)
{
	clock_wall_sleep_ns(ctx_u64(c, "sleep") * 1000000);
	if (outcome_is(c, "skip_case"))
		return err_set(e, ENOTSUP, "case skipped because outcome=skip_case asks for it");
	if (outcome_is(c, "error"))
		return err_set(e, EIO, "an error because outcome=error asks for it");
	if (outcome_is(c, "garbage"))
		babble();
	emit(c);
	if (outcome_is(c, "hang") || outcome_is(c, "stubborn"))
		hang(outcome_is(c, "stubborn"));
	if (outcome_is(c, "crash")) {
		signal(SIGSEGV, SIG_DFL); /* a sanitizer's handler would make it an exit */
		raise(SIGSEGV);
	}
	return 0;
}

static int verify(struct ctx *c, struct err *e)
{
	if (outcome_is(c, "fail"))
		return err_set(e, EBADMSG, "wrong data because outcome=fail asks for it");
	return 0;
}

const struct bench bench_null = {
	.name = "null",
	.summary = "known numbers without hardware, for tests of the harness",
	.method = "Values are drawn from the named distribution with a generator seeded from the "
		  "run, the process and the case; nothing is measured.",
	.params = params,
	.metrics = metrics,
	.supported = supported,
	.run = run,
	.verify = verify,
};
