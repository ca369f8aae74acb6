/*
 * NVML of the simulated server: clocks and their locks, power, heat, and what holds a clock down.
 * The model is in clocks.c. The fields of the counters are those of drivers since 12.8; the calls
 * that older ones have are there as well.
 */
#include "nvml.h"

#include <string.h>

/* NVML's own name of the base clock, in place of MHz. */
#define LIMIT_BASE 0xffffff01u

struct nvml_violation {
	nvml_u64 reference_us, violation_ns;
};

static unsigned mhz(double hz)
{
	return (unsigned)(hz / 1e6);
}

GET(nvmlDeviceGetPowerUsage, unsigned, sim_power_w(gpu, nvml_load(gpu)) * 1e3)
GET(nvmlDeviceGetEnforcedPowerLimit, unsigned, sim_power_limit_w(gpu) * 1e3)
GET(nvmlDeviceGetPowerManagementLimit, unsigned, sim_power_limit_w(gpu) * 1e3)
GET(nvmlDeviceGetPowerManagementDefaultLimit, unsigned, p->power_limit_w * 1e3)
GET(nvmlDeviceGetTotalEnergyConsumption, nvml_u64, sim_counted(gpu).energy_j * 1e3)
GET(nvmlDeviceGetCurrentClocksEventReasons, nvml_u64, sim_clock_events(gpu, nvml_load(gpu)))
GET(nvmlDeviceGetCurrentClocksThrottleReasons, nvml_u64, sim_clock_events(gpu, nvml_load(gpu)))

NVML_API int nvmlDeviceGetClockInfo(nvmlDevice_t d, int type, unsigned *out);
NVML_API int nvmlDeviceGetMaxClockInfo(nvmlDevice_t d, int type, unsigned *out);
NVML_API int nvmlDeviceGetApplicationsClock(nvmlDevice_t d, int type, unsigned *out);
NVML_API int nvmlDeviceGetDefaultApplicationsClock(nvmlDevice_t d, int type, unsigned *out);
NVML_API int nvmlDeviceGetSupportedMemoryClocks(nvmlDevice_t d, unsigned *n, unsigned *out);
NVML_API int nvmlDeviceGetSupportedGraphicsClocks(nvmlDevice_t d, unsigned memory, unsigned *n,
						  unsigned *out);
NVML_API int nvmlDeviceGetTemperature(nvmlDevice_t d, int sensor, unsigned *out);
NVML_API int nvmlDeviceGetPowerManagementLimitConstraints(nvmlDevice_t d, unsigned *min,
							  unsigned *max);
NVML_API int nvmlDeviceGetViolationStatus(nvmlDevice_t d, int policy, struct nvml_violation *v);
NVML_API int nvmlDeviceSetGpuLockedClocks(nvmlDevice_t d, unsigned min, unsigned max);
NVML_API int nvmlDeviceResetGpuLockedClocks(nvmlDevice_t d);
NVML_API int nvmlDeviceSetMemoryLockedClocks(nvmlDevice_t d, unsigned min, unsigned max);
NVML_API int nvmlDeviceResetMemoryLockedClocks(nvmlDevice_t d);

/* 0 graphics, 1 SM, 2 memory, 3 video. */
static int clock_mhz(int type, double sm_hz, int64_t memory_hz, unsigned *out)
{
	if (type < 0 || type > 3)
		return NVML_INVALID_ARGUMENT;
	*out = mhz(type == 2 ? (double)memory_hz : sm_hz);
	return NVML_OK;
}

int nvmlDeviceGetClockInfo(nvmlDevice_t d, int type, unsigned *out)
{
	int gpu, e = nvml_enter(d, &gpu);

	return e ? e
		 : clock_mhz(type, sim_sm_hz(gpu, nvml_load(gpu)), nvml_profile(gpu)->memory_hz,
			     out);
}

int nvmlDeviceGetMaxClockInfo(nvmlDevice_t d, int type, unsigned *out)
{
	int gpu, e = nvml_enter(d, &gpu);

	return e ? e
		 : clock_mhz(type, (double)nvml_profile(gpu)->sm_max_hz,
			     nvml_profile(gpu)->memory_hz, out);
}

static unsigned base_mhz(const struct sim_gpu *p)
{
	return mhz((double)(p->sm_base_hz ? p->sm_base_hz : p->sm_max_hz));
}

int nvmlDeviceGetDefaultApplicationsClock(nvmlDevice_t d, int type, unsigned *out)
{
	int gpu, e = nvml_enter(d, &gpu);

	return e ? e
		 : clock_mhz(type, base_mhz(nvml_profile(gpu)) * 1e6, nvml_profile(gpu)->memory_hz,
			     out);
}

/* As an administrator leaves it who lets GPUs run as fast as they can. */
int nvmlDeviceGetApplicationsClock(nvmlDevice_t d, int type, unsigned *out)
{
	return nvmlDeviceGetMaxClockInfo(d, type, out);
}

/* *n: how many there is room for; how many there are. */
int nvmlDeviceGetSupportedMemoryClocks(nvmlDevice_t d, unsigned *n, unsigned *out)
{
	int gpu, e = nvml_enter(d, &gpu);
	unsigned room = *n;

	if (e)
		return e;
	*n = 1;
	if (!room)
		return NVML_INSUFFICIENT_SIZE;
	out[0] = mhz((double)nvml_profile(gpu)->memory_hz);
	return NVML_OK;
}

int nvmlDeviceGetSupportedGraphicsClocks(nvmlDevice_t d, unsigned memory, unsigned *n,
					 unsigned *out)
{
	double hz[512];
	int gpu, e = nvml_enter(d, &gpu), have;
	unsigned room = *n;

	if (e)
		return e;
	if (memory != mhz((double)nvml_profile(gpu)->memory_hz))
		return NVML_NOT_FOUND;
	have = sim_sm_clocks(gpu, hz, 512);
	*n = (unsigned)have;
	if (*n > room || have > 512)
		return NVML_INSUFFICIENT_SIZE;
	for (int i = 0; i < have; i++)
		out[i] = mhz(hz[i]);
	return NVML_OK;
}

int nvmlDeviceGetTemperature(nvmlDevice_t d, int sensor, unsigned *out)
{
	int gpu, e = nvml_enter(d, &gpu);

	if (e)
		return e;
	*out = (unsigned)sim_temperature_c(gpu, nvml_load(gpu));
	return sensor ? NVML_INVALID_ARGUMENT : NVML_OK;
}

int nvmlDeviceGetPowerManagementLimitConstraints(nvmlDevice_t d, unsigned *min, unsigned *max)
{
	int gpu, e = nvml_enter(d, &gpu);

	if (e)
		return e;
	*max = (unsigned)(nvml_profile(gpu)->power_limit_w * 1e3);
	*min = *max * 2 / 7;
	return NVML_OK;
}

/* ---- what held the clocks down, since the driver was loaded ---- */

/* Policies: 0 power, 1 heat; there are more, of which nothing is counted here. */
int nvmlDeviceGetViolationStatus(nvmlDevice_t d, int policy, struct nvml_violation *v)
{
	int gpu, e = nvml_enter(d, &gpu);
	struct sim_count n;

	if (e)
		return e;
	if (policy < 0 || policy > 11)
		return NVML_INVALID_ARGUMENT;
	n = sim_counted(gpu);
	v->reference_us = (nvml_u64)(sim_now() * 1e6);
	v->violation_ns = (nvml_u64)(1e9 * (policy == 0 ? n.capped_s : policy == 1 ? n.hot_s : 0));
	return NVML_OK;
}

/* 74 power, 76 synchronous boost; 251 heat, by the driver; 252, by hardware; 253 power brake. */
bool nvml_clock_field(int gpu, unsigned id, nvml_u64 *ns)
{
	const struct fault *f = sim_fault(FAULT_THERMAL, gpu);
	struct sim_count n = sim_counted(gpu);
	bool hw = f && !strcmp(f->what, "hw");

	if (id != 74 && id != 76 && (id < 251 || id > 253))
		return false;
	*ns = (nvml_u64)(1e9 * (id == 74 ? n.capped_s : id == (hw ? 252u : 251u) ? n.hot_s : 0));
	return true;
}

/* ---- locks ---- */

static int may_lock(nvmlDevice_t d, int *gpu)
{
	int e = nvml_enter(d, gpu);

	if (!e && (strcmp(nvml_profile(*gpu)->lock_clocks, "yes") != 0 ||
		   sim_fault(FAULT_NO_CLOCK_PERMISSION, -1)))
		e = NVML_NO_PERMISSION;
	return e;
}

int nvmlDeviceSetGpuLockedClocks(nvmlDevice_t d, unsigned min, unsigned max)
{
	int gpu, e = may_lock(d, &gpu);

	if (e)
		return e;
	if (min == LIMIT_BASE && max == LIMIT_BASE)
		min = max = base_mhz(nvml_profile(gpu));
	if (min > max || !max || max > mhz((double)nvml_profile(gpu)->sm_max_hz))
		return NVML_INVALID_ARGUMENT;
	sim_set_lock(gpu, min, max);
	return NVML_OK;
}

int nvmlDeviceResetGpuLockedClocks(nvmlDevice_t d)
{
	int gpu, e = may_lock(d, &gpu);

	if (!e)
		sim_set_lock(gpu, 0, 0);
	return e;
}

int nvmlDeviceSetMemoryLockedClocks(nvmlDevice_t d, unsigned min, unsigned max)
{
	int gpu;

	return may_lock(d, &gpu);
}

int nvmlDeviceResetMemoryLockedClocks(nvmlDevice_t d)
{
	int gpu;

	return may_lock(d, &gpu);
}
