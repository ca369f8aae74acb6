/*
 * What a benchmark learns of its GPUs' clocks, power, heat and errors on simulated servers, and
 * that those which watch them say it, of the right metrics.
 */
#include "sim_bench.h"

#ifdef ASSAY_CUDA

#include "../simgpu/sim.h"
#include "../../kernels/gpu_state.h"

#include <cuda_runtime_api.h>

static struct ctx told;

/* Two seconds of that load on GPU 1 of 2, as this process sees them; GPU 0 rests. */
static struct gpu_state *watch(enum sim_load load)
{
	struct gpu_state *s;
	struct err e = ERR_INIT;

	setenv("CUDA_VISIBLE_DEVICES", "0,1", 1);
	nvml("nvmlInit_v2"); /* so that dlopen finds it by its name */
	CHECK(cudaSetDevice(1) == cudaSuccess);
	CHECK(!gpu_state_open(&s, &told, &e));
	if (!s)
		return NULL;
	gpu_state_begin(s);
	sim_load(1, load);
	sim_advance(1);
	gpu_state_look(s);
	sim_worked(1, load, 2);
	sim_advance(1);
	sim_load(1, SIM_LIGHT);
	gpu_state_end(s);
	return s;
}

static void say(const struct gpu_state *s, int ordinal)
{
	told.facts = 0;
	gpu_state_say(s, ordinal, &told, "flops,energy", "gpu");
}

/* What was told under that kind about that metric; "" for nothing. */
static const char *fact(const char *kind, const char *metric)
{
	const struct fake_fact *f = fake_fact_of(&told, kind, metric);

	CHECK(!f || !strcmp(f->labels, "gpu"));
	return f ? f->value : "";
}

static void check_fact(const char *kind, const char *metric, const char *want)
{
	if (!strcmp(fact(kind, metric), want))
		return;
	fprintf(stderr, "%s of \"%s\": \"%s\", not \"%s\"\n", kind, metric, fact(kind, metric),
		want);
	_exit(1);
}

static void nothing_to_say(void)
{
	struct gpu_state *s = watch(SIM_COMPUTE);

	say(s, 1);
	check_fact("found.clock_events", "flops", "none");
	check_fact("found.clock_events", "energy", "none");
	check_fact("found.ecc", "", "0");
	CHECK(told.facts == 6); /* each with what was wanted, and no remark */
	CHECK(fabs(gpu_state_joules(s, 1) - 2 * 640) < 0.01 && isnan(gpu_state_joules(s, 0)));
	CHECK(isnan(gpu_state_joules(s, 2)));
	gpu_state_close(s);
}

static void normal_cap(void)
{
	struct gpu_state *s = watch(SIM_COMPUTE);

	say(s, 1);
	check_fact("found.clock_events", "flops", "none");
	check_fact("remark", "flops",
		   "the power limit is 700 W, the default: it held the SMs at about 1600 of 1980 "
		   "MHz, which is normal under full load");
	check_fact("remark", "energy", fact("remark", "flops"));
	say(s, 0);
	check_fact("remark", "flops", "");
	gpu_state_close(s);
}

static void no_cap_of_memory(void)
{
	struct gpu_state *s = watch(SIM_MEMORY);

	say(s, 1);
	check_fact("remark", "flops", "");
	gpu_state_close(s);
}

static void low_cap(void)
{
	struct gpu_state *s = watch(SIM_COMPUTE);

	say(s, 1);
	check_fact("found.clock_events", "flops", "none");
	check_fact("remark", "flops",
		   "the power limit is 400 W, below this GPU's default of 700 W (nvidia-smi -pl "
		   "700 puts it back): it held the SMs at about 1150 of 1980 MHz");
	gpu_state_close(s);
	s = watch(SIM_MEMORY);
	say(s, 1);
	CHECK(strstr(fact("remark", "flops"), "it held the SMs at about 1800 of 1980 MHz"));
	gpu_state_close(s);
	s = watch(SIM_LIGHT); /* where it held nothing it is no excuse */
	say(s, 1);
	check_fact("remark", "flops", "");
	gpu_state_close(s);
}

static void events_are(const char *want)
{
	struct gpu_state *s = watch(SIM_COMPUTE);

	say(s, 1);
	check_fact("found.clock_events", "flops", want);
	check_fact("wanted.clock_events", "flops", "none");
	check_fact("remark", "flops", "");
	say(s, 0);
	check_fact("found.clock_events", "flops", "none");
	gpu_state_close(s);
}

static void hot(void)
{
	events_are("thermal slowdown by the driver at up to 87 °C");
}

static void very_hot(void)
{
	events_are("thermal slowdown by hardware at up to 92 °C");
}

static void braked(void)
{
	events_are("power brake at up to 61 °C");
}

/* GPU 0, which nobody uses, so that no look sees anything; its counter of heat grows so much. */
static void counted_hot(struct gpu_state *s, double seconds)
{
	gpu_state_begin(s);
	gpu_state_look(s);
	sim_worked(0, SIM_LIGHT, seconds);
	sim_advance(2);
	gpu_state_end(s);
	say(s, 0);
	check_fact("found.clock_events", "flops", "none");
}

static void hot_between(void)
{
	struct gpu_state *s = watch(SIM_LIGHT);

	counted_hot(s, 0.5);
	CHECK(strstr(fact("remark", "flops"), "none of the looks saw it"));
	counted_hot(s, 50); /* more than there was time for: that is no such counter */
	check_fact("remark", "flops", "");
	gpu_state_close(s);
}

static void errors(void)
{
	struct gpu_state *s = watch(SIM_COMPUTE);

	say(s, 1);
	check_fact("found.ecc", "", "1 corrected");
	check_fact("wanted.ecc", "", "0");
	say(s, 0);
	check_fact("found.ecc", "", "0");
	gpu_state_close(s);
}

static void bad_errors(void)
{
	struct gpu_state *s = watch(SIM_COMPUTE);

	say(s, 1);
	check_fact("found.ecc", "", "1 uncorrected and 0 corrected");
	gpu_state_close(s);
}

/* Ten looks a second at most, counted by the measured clock. */
static void looks_seldom(void)
{
	struct gpu_state *s = watch(SIM_LIGHT);

	gpu_state_begin(s);
	gpu_state_look(s);
	sim_load(1, SIM_COMPUTE);
	sim_advance(0.09);
	gpu_state_look(s); /* too early: sees nothing */
	gpu_state_end(s);
	CHECK(isnan(gpu_state_joules(s, 1))); /* too short */
	say(s, 1);
	check_fact("remark", "flops", "");
	sim_advance(0.02);
	gpu_state_look(s);
	gpu_state_end(s);
	say(s, 1);
	CHECK(strstr(fact("remark", "flops"), "normal under full load"));
	gpu_state_close(s);
}

static void without(void)
{
	struct gpu_state *s;
	struct err e = ERR_INIT;

	setenv("LD_LIBRARY_PATH", "", 1);
	CHECK(!gpu_state_open(&s, &told, &e) && !s);
	gpu_state_begin(s);
	gpu_state_look(s);
	gpu_state_end(s);
	say(s, 0);
	CHECK(!told.facts && isnan(gpu_state_joules(s, 0)));
	gpu_state_close(s);
}

/* ---- who says it ---- */

extern const struct bench bench_copy_local, bench_gemm, bench_gemm_all, bench_hbm, bench_hbm_chase,
	bench_l2, bench_tensor_probe;

static const struct watcher {
	const struct bench *bench;
	const char *set[6];
	const char *metrics[2]; /* that heat makes untrue */
	const char *labels;
	bool light; /* it takes less than a low power limit */
} watchers[] = {
	{.bench = &bench_copy_local,
	 .set = {"gpu=0", "engine=ce", "size=1GiB"},
	 .metrics = {"bandwidth"},
	 .labels = "engine,gpu,size",
	 .light = true},
	{.bench = &bench_hbm,
	 .set = {"gpu=0", "op=read", "size=1GiB"},
	 .metrics = {"bandwidth"},
	 .labels = "gpu,op,size"},
	{.bench = &bench_l2,
	 .set = {"gpu=0", "op=read", "size=2MiB"},
	 .metrics = {"bandwidth"},
	 .labels = "gpu,op,size"},
	{.bench = &bench_hbm_chase,
	 .set = {"gpu=0", "level=l2"},
	 .metrics = {"latency"},
	 .labels = "gpu,level",
	 .light = true},
	{.bench = &bench_tensor_probe,
	 .set = {"gpu=0", "type=bf16"},
	 .metrics = {"clock"},
	 .labels = "gpu,type"},
	{.bench = &bench_gemm,
	 .set = {"gpu=0", "type=bf16", "kernel=mma", "n=512"},
	 .metrics = {"flops", "energy"},
	 .labels = "gpu,kernel,n,type"},
	{.bench = &bench_gemm_all,
	 .set = {"gpus=0+1", "member=0", "type=bf16", "kernel=mma", "n=512"},
	 .metrics = {"flops"},
	 .labels = "gpus,kernel,member,n,type"},
};

/* That it was told of w's metrics, with its labels, and of no others. */
static bool told_of_all(const struct watcher *w, const struct ctx *c, const char *kind,
			const char *value)
{
	int wanted = w->metrics[1] ? 2 : 1, seen = 0;

	for (size_t i = 0; i < c->facts; i++)
		seen += !strcmp(c->fact[i].kind, kind);
	for (int m = 0; m < wanted; m++) {
		const struct fake_fact *f = fake_fact_of(c, kind, w->metrics[m]);

		if (f && seen == wanted && !strcmp(f->labels, w->labels) &&
		    !strncmp(f->value, value, strlen(value)))
			continue;
		fprintf(stderr, "%s: %s of %s {%s}: \"%s\", not \"%s\", of %d metrics\n",
			w->bench->name, kind, w->metrics[m], f ? f->labels : "", f ? f->value : "",
			value, seen);
		return false;
	}
	return true;
}

/* What each of them says of clocks, of ECC errors, and of a power limit; "": nothing. */
static void all_say(const char *events, bool errors, const char *limit)
{
	nvml("nvmlInit_v2"); /* so that dlopen finds it by its name */
	for (size_t i = 0; i < sizeof(watchers) / sizeof(watchers[0]); i++) {
		const struct watcher *w = &watchers[i];
		struct ctx *c = started(w->bench, w->set);
		struct err e = ERR_INIT;

		CHECK(!w->bench->run(c, &e));
		CHECK(!w->bench->verify || !w->bench->verify(c, &e));
		CHECK(told_of_all(w, c, "found.clock_events", events));
		CHECK(!strcmp(fake_fact_of(c, "found.ecc", "")->value, "0") == !errors);
		if (*limit && !w->light)
			CHECK(told_of_all(w, c, "remark", limit));
		else
			CHECK(!fake_fact(c, "remark"));
		fake_end(c);
	}
}

static void all_well(void)
{
	all_say("none", false, "");
}

static void all_hot(void)
{
	all_say("thermal slowdown by the driver at up to 87 °C", false, "");
}

static void all_wrong(void)
{
	all_say("none", true, "");
}

static void all_capped(void)
{
	all_say("none", false, "the power limit is 400 W, below this GPU's default of 700 W");
}

static void test_watchers(void **s)
{
	assert_server("hgx-h100", "thermal gpu=1; power_cap gpu=1; ecc gpu=2", all_well);
	assert_server("hgx-h100", "thermal gpu=0", all_hot);
	assert_server("hgx-h100", "ecc gpu=0", all_wrong);
	assert_server("hgx-h100", "power_cap gpu=0 watts=400", all_capped);
}

static void test_power(void **s)
{
	assert_server("hgx-h100", "", nothing_to_say);
	assert_server("hgx-h200", "", normal_cap);
	assert_server("hgx-h200", "", no_cap_of_memory);
	assert_server("hgx-h100", "power_cap gpu=1 watts=400", low_cap);
	assert_server("hgx-h200", "", looks_seldom);
}

static void test_events(void **s)
{
	assert_server("hgx-h100", "thermal gpu=1", hot);
	assert_server("hgx-h100", "thermal gpu=1 what=hw", very_hot);
	assert_server("hgx-h100", "thermal gpu=1 what=brake", braked);
	assert_server("hgx-h100", "thermal gpu=0", hot_between);
}

static void test_errors(void **s)
{
	assert_server("hgx-h100", "ecc gpu=1", errors);
	assert_server("hgx-h100", "ecc gpu=1 what=uncorrected", bad_errors);
}

static void test_without_nvml(void **s)
{
	assert_server("hgx-h100", "", without);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power),	 cmocka_unit_test(test_events),
		cmocka_unit_test(test_errors),	 cmocka_unit_test(test_without_nvml),
		cmocka_unit_test(test_watchers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
