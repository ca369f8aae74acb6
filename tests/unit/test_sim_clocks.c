/*
 * At which clock a simulated GPU works, what NVML says of it, and who may lock it. The numbers are
 * those of the profiles, worked out by hand.
 */
#include "sim.h"

#ifdef ASSAY_CUDA

#include "../simgpu/sim.h"
#include "../../kernels/pattern.h"

#include <cuda_runtime_api.h>
#include <math.h>

#define OK(call) CHECK((call) == cudaSuccess)

struct seen {
	unsigned mhz, watts, celsius, limit_w;
	unsigned long long events;
};

static void *device(unsigned gpu)
{
	void *d;

	CHECK(!NVML("nvmlInit_v2", void)());
	CHECK(!NVML("nvmlDeviceGetHandleByIndex_v2", unsigned, void **)(gpu, &d));
	return d;
}

/* What NVML shows while this process does that on the GPU. */
static struct seen under(unsigned gpu, enum sim_load load)
{
	struct seen s;
	void *d = device(gpu);

	sim_context_open((int)gpu);
	sim_load((int)gpu, load);
	CHECK(!NVML("nvmlDeviceGetClockInfo", void *, int, unsigned *)(d, 1, &s.mhz));
	CHECK(!NVML("nvmlDeviceGetPowerUsage", void *, unsigned *)(d, &s.watts));
	CHECK(!NVML("nvmlDeviceGetTemperature", void *, int, unsigned *)(d, 0, &s.celsius));
	CHECK(!NVML("nvmlDeviceGetEnforcedPowerLimit", void *, unsigned *)(d, &s.limit_w));
	CHECK(!NVML("nvmlDeviceGetCurrentClocksEventReasons", void *,
		    unsigned long long *)(d, &s.events));
	s.watts /= 1000;
	s.limit_w /= 1000;
	return s;
}

static unsigned limit_of(unsigned gpu, const char *call)
{
	unsigned mw;

	CHECK(!((int (*)(void *, unsigned *))nvml(call))(device(gpu), &mw));
	return mw / 1000;
}

static int lock(unsigned gpu, unsigned min, unsigned max)
{
	return NVML("nvmlDeviceSetGpuLockedClocks", void *, unsigned, unsigned)(device(gpu), min,
										max);
}

/* ---- the power limit ---- */

static void nothing_holds_it(void)
{
	struct seen s = under(0, SIM_COMPUTE);

	CHECK(s.mhz == 1980 && s.watts == 640 && s.celsius == 61 && !s.events);
	s = under(0, SIM_MEMORY);
	CHECK(s.mhz == 1980 && s.watts == 430 && !s.events);
	s = under(0, SIM_LIGHT);
	CHECK(s.mhz == 1980 && s.watts == 180 && s.celsius == 38 && !s.events);
}

static void limit_holds_it(void)
{
	struct seen s = under(5, SIM_COMPUTE);

	CHECK(s.mhz == 1605 && s.watts == 700 && s.limit_w == 700 && s.events == 0x4);
	s = under(5, SIM_MEMORY);
	CHECK(s.mhz == 1980 && !s.events);
}

/* 330 of 570 W above idle: 1146 MHz of 1980, and the next clock below is 1140. */
static void lower_limit(void)
{
	struct seen s = under(1, SIM_COMPUTE);

	CHECK(s.limit_w == 400 && limit_of(1, "nvmlDeviceGetPowerManagementDefaultLimit") == 700);
	CHECK(s.mhz == 1140 && s.watts <= 400 && s.watts > 395 && s.events == 0x4);
	s = under(1, SIM_LIGHT);
	CHECK(s.mhz == 1980 && !s.events);
	CHECK(under(0, SIM_COMPUTE).mhz == 1980 && under(0, SIM_COMPUTE).limit_w == 700);
}

static void test_power(void **s)
{
	assert_server("hgx-h100", "", nothing_holds_it);
	assert_server("hgx-h200", "", limit_holds_it);
	assert_server("hgx-h100", "power_cap gpu=1 watts=400", lower_limit);
}

/* ---- heat ---- */

static void hot_by_driver(void)
{
	struct seen s = under(2, SIM_COMPUTE);

	CHECK(s.mhz == 1380 && s.celsius == 87 && s.events == 0x20); /* 1386, on the grid */
	CHECK(under(2, SIM_LIGHT).events == 0x20 && under(1, SIM_COMPUTE).events == 0);
}

static void hot_by_hardware(void)
{
	struct seen s = under(2, SIM_COMPUTE);

	CHECK(s.mhz == 990 && s.celsius == 92 && s.events == 0x48);
}

static void braked(void)
{
	CHECK(under(2, SIM_COMPUTE).events == 0x88 && under(2, SIM_COMPUTE).celsius == 61);
}

static void test_heat(void **s)
{
	assert_server("hgx-h100", "thermal gpu=2", hot_by_driver);
	assert_server("hgx-h100", "thermal gpu=2 by=0.5 what=hw", hot_by_hardware);
	assert_server("hgx-h100", "thermal gpu=2 what=brake", braked);
}

/* ---- locks ---- */

static void locked(void)
{
	CHECK(!lock(0, 1200, 1410));
	CHECK(under(0, SIM_LIGHT).mhz == 1410 && under(0, SIM_COMPUTE).mhz == 1410);
	CHECK(under(1, SIM_COMPUTE).mhz == 1605);
	CHECK(under(0, SIM_COMPUTE).events == 0 && under(0, SIM_COMPUTE).watts < 700);
	CHECK(!lock(0, 1980, 1980)); /* above what the limit allows: a wish */
	CHECK(under(0, SIM_COMPUTE).mhz == 1605 && under(0, SIM_COMPUTE).events == 0x4);
	CHECK(!lock(0, 1402, 1402)); /* off the grid */
	CHECK(under(0, SIM_LIGHT).mhz == 1395);
	CHECK(lock(0, 1500, 1400) == 2 && lock(0, 1980, 1995) == 2);
	CHECK(!NVML("nvmlDeviceResetGpuLockedClocks", void *)(device(0)));
	CHECK(under(0, SIM_LIGHT).mhz == 1980);
}

static void ignored(void)
{
	CHECK(!lock(0, 1410, 1410) && !lock(1, 1410, 1410));
	CHECK(under(0, SIM_COMPUTE).mhz == 1980 && under(1, SIM_COMPUTE).mhz == 1410);
}

static void refused(void)
{
	CHECK(lock(0, 1410, 1410) == 4);
	CHECK(NVML("nvmlDeviceResetGpuLockedClocks", void *)(device(0)) == 4);
}

static void in_a_child(void (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		fn();
		exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status);
}

static void lock_and_leave(void)
{
	CHECK(!lock(0, 1200, 1200));
}

static void lock_and_die(void)
{
	if (!fork()) {
		lock_and_leave();
		raise(SIGKILL);
	}
	wait(NULL);
}

/* Whether a lock outlives the process that made it, while nobody else is a client. */
static void check_stays(bool stays)
{
	double max = (double)sim_profile()->gpu[0].sm_max_hz;

	CHECK(sim_sm_hz(0, SIM_LIGHT) == max); /* makes the state that the children share */
	in_a_child(lock_and_leave);
	device(0);
	CHECK(sim_sm_hz(0, SIM_LIGHT) == (stays ? 1200e6 : max));
	in_a_child(lock_and_leave); /* we are a client now */
	CHECK(sim_sm_hz(0, SIM_LIGHT) == 1200e6);
	CHECK(!NVML("nvmlShutdown", void)());
	in_a_child(lock_and_die);
	device(0);
	CHECK(sim_sm_hz(0, SIM_LIGHT) == (stays ? 1200e6 : max));
}

static void lock_goes(void)
{
	check_stays(false);
}

static void lock_stays(void)
{
	check_stays(true);
}

static void clocks_to_choose(void)
{
	unsigned n = 0, memory[4], mhz[512];
	void *d = device(0);

	CHECK(NVML("nvmlDeviceGetSupportedMemoryClocks", void *, unsigned *,
		   unsigned *)(d, &n, NULL) == 7);
	CHECK(n == 1 && !NVML("nvmlDeviceGetSupportedMemoryClocks", void *, unsigned *,
			      unsigned *)(d, &n, memory));
	n = 512;
	CHECK(!NVML("nvmlDeviceGetSupportedGraphicsClocks", void *, unsigned, unsigned *,
		    unsigned *)(d, memory[0], &n, mhz));
	CHECK(n == 110 && mhz[0] == 1980 && mhz[1] == 1965 && mhz[109] == 345);
	CHECK(!NVML("nvmlDeviceGetDefaultApplicationsClock", void *, int, unsigned *)(d, 1,
										      &mhz[0]) &&
	      mhz[0] == 1590);
}

static void test_locks(void **s)
{
	assert_server("hgx-h200", "", locked);
	assert_server("hgx-h100", "lock_ignored gpu=0", ignored);
	assert_server("hgx-h100", "no_clock_permission", refused);
	assert_server("pcie4-workstation", "", lock_goes);
	assert_server("hgx-h100", "", lock_stays);
	assert_server("hgx-h100", "", clocks_to_choose);
}

/* ---- counters ---- */

struct field {
	unsigned id, scope;
	long long timestamp, latency_us;
	unsigned type;
	int code;
	unsigned long long value;
};

static double field_s(unsigned id)
{
	struct field f = {.id = id};

	CHECK(!NVML("nvmlDeviceGetFieldValues", void *, int, struct field *)(device(3), 1, &f));
	CHECK(!f.code && f.type == 3);
	return (double)f.value * 1e-9;
}

static double violation_s(int policy)
{
	unsigned long long v[2];

	CHECK(!NVML("nvmlDeviceGetViolationStatus", void *, int, unsigned long long *)(device(3),
										       policy, v));
	return (double)v[1] * 1e-9;
}

static double joules(void)
{
	unsigned long long mj;

	CHECK(!NVML("nvmlDeviceGetTotalEnergyConsumption", void *, unsigned long long *)(device(3),
											 &mj));
	return (double)mj * 1e-3;
}

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-3;
}

static void counts_power(void)
{
	double before = joules();

	sim_worked(3, SIM_COMPUTE, 2);
	sim_worked(3, SIM_MEMORY, 1);
	CHECK(near(field_s(74), 2) && near(violation_s(0), 2));
	CHECK(field_s(251) == 0 && violation_s(1) == 0);
	CHECK(near(joules() - before, 2 * 700 + 470));
}

static void counts_heat(void)
{
	sim_worked(3, SIM_COMPUTE, 2);
	CHECK(field_s(74) == 0 && near(field_s(251), 2) && near(violation_s(1), 2));
	CHECK(field_s(252) == 0 && field_s(253) == 0);
}

static unsigned long long ecc(int type)
{
	unsigned long long n;

	CHECK(!NVML("nvmlDeviceGetTotalEccErrors", void *, int, int,
		    unsigned long long *)(device(3), type, 0, &n));
	return n;
}

static void counts_errors(void)
{
	CHECK(ecc(0) == 0);
	sim_worked(3, SIM_LIGHT, 1);
	sim_worked(2, SIM_LIGHT, 1);
	CHECK(ecc(0) == 1 && ecc(1) == 0);
}

static void test_counters(void **s)
{
	assert_server("hgx-h200", "", counts_power);
	assert_server("hgx-h100", "thermal gpu=3", counts_heat);
	assert_server("hgx-h100", "ecc gpu=3", counts_errors);
}

/* ---- what kernels do ---- */

/* A kernel loads the GPU from when it is queued to when the host has waited for it. */
static void kernel_loads(void)
{
	cudaStream_t stream;
	void *p;
	double before = joules();

	OK(cudaSetDevice(3));
	OK(cudaMalloc(&p, 1 << 30));
	OK(cudaStreamCreate(&stream));
	CHECK(limit_of(3, "nvmlDeviceGetPowerUsage") == 180);
	OK(pattern_fill_launch(p, 1 << 30, 1, stream));
	OK(pattern_fill_launch(p, 1 << 30, 2, stream));
	CHECK(limit_of(3, "nvmlDeviceGetPowerUsage") == 430);
	OK(cudaStreamSynchronize(stream));
	CHECK(limit_of(3, "nvmlDeviceGetPowerUsage") == 180);
	CHECK(near(joules() - before, 430 * 2 * (2.4e-6 + (1 << 30) / 2.9e12)));
}

/* 2^40 operations at 4096 a clock and SM on 132 SMs, a twentieth of them lost. */
static void computes(void)
{
	double s = sim_flop_s(0, COMPUTE_BF16, (double)(1ull << 40), 0.95);

	CHECK(fabs(s / ((double)(1ull << 40) / (4096 * 132 * 1605e6 * 0.95)) - 1) < 0.02);
}

static void test_loads(void **s)
{
	assert_server("hgx-h100", "", kernel_loads);
	assert_server("hgx-h200", "", computes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power), cmocka_unit_test(test_heat),
		cmocka_unit_test(test_locks), cmocka_unit_test(test_counters),
		cmocka_unit_test(test_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
