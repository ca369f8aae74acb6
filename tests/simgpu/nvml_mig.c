/*
 * NVML of the simulated server: MIG. A handle of an instance serves the calls that the driver
 * answers for instances (identity, processes, memory) and no other.
 */
#include "nvml.h"

#include <string.h>

struct nvml_attributes {
	unsigned sms, copy_engines, decoders, encoders, jpeg, ofa;
	unsigned gpu_slices, compute_slices;
	nvml_u64 memory_mib;
};

static struct nvml_handle handles[SIM_MAX_DEVICES]; /* by index in the profile */

NVML_API int nvmlDeviceGetMigMode(nvmlDevice_t d, unsigned *now, unsigned *pending);
NVML_API int nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t d, unsigned *n);
NVML_API int nvmlDeviceIsMigDeviceHandle(nvmlDevice_t d, unsigned *is);
NVML_API int nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t d, unsigned place, nvmlDevice_t *mig);
NVML_API int nvmlDeviceGetGpuInstanceId(nvmlDevice_t mig, unsigned *id);
NVML_API int nvmlDeviceGetComputeInstanceId(nvmlDevice_t mig, unsigned *id);
NVML_API int nvmlDeviceGetAttributes_v2(nvmlDevice_t mig, struct nvml_attributes *a);

static bool is_instance(nvmlDevice_t d)
{
	return d >= handles && d < handles + SIM_MAX_DEVICES;
}

int nvml_enter_any(nvmlDevice_t d, int *gpu)
{
	nvmlDevice_t whole;
	int e;

	if (!is_instance(d))
		return nvml_enter(d, gpu);
	e = nvmlDeviceGetHandleByUUID(nvml_profile(nvml_profile(d->gpu)->parent)->uuid, &whole);
	if (!e)
		e = nvml_enter(whole, gpu); /* hangs where its GPU does */
	*gpu = d->gpu;
	return e;
}

static int enter_instance(nvmlDevice_t d, int *gpu)
{
	return is_instance(d) ? nvml_enter_any(d, gpu) : NVML_INVALID_ARGUMENT;
}

int nvmlDeviceGetMigMode(nvmlDevice_t d, unsigned *now, unsigned *pending)
{
	int gpu, e = nvml_enter(d, &gpu);

	if (e)
		return e;
	if (!strcmp(nvml_profile(gpu)->mig, "none"))
		return NVML_NOT_SUPPORTED;
	*now = *pending = sim_mig_on(nvml_profile(gpu));
	return NVML_OK;
}

int nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t d, unsigned *n)
{
	int gpu, e = nvml_enter(d, &gpu);

	if (!e)
		*n = strcmp(nvml_profile(gpu)->mig, "none") != 0 ? 7 : 0;
	return e;
}

int nvmlDeviceIsMigDeviceHandle(nvmlDevice_t d, unsigned *is)
{
	*is = is_instance(d);
	return NVML_OK;
}

int nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t d, unsigned place, nvmlDevice_t *mig)
{
	int gpu, first, e = nvml_enter(d, &gpu);

	if (e)
		return e;
	first = sim_mig_first(sim_profile(), gpu);
	if (first < 0 || first + (int)place >= sim_profile()->n_devices ||
	    nvml_profile(first + (int)place)->parent != gpu)
		return place < 7 ? NVML_NOT_FOUND : NVML_INVALID_ARGUMENT;
	*mig = &handles[first + (int)place];
	(*mig)->gpu = first + (int)place;
	return NVML_OK;
}

int nvmlDeviceGetGpuInstanceId(nvmlDevice_t mig, unsigned *id)
{
	int i, e = enter_instance(mig, &i);

	if (!e)
		*id = (unsigned)nvml_profile(i)->gi;
	return e;
}

int nvmlDeviceGetComputeInstanceId(nvmlDevice_t mig, unsigned *id)
{
	int i, e = enter_instance(mig, &i);

	if (!e)
		*id = (unsigned)nvml_profile(i)->ci;
	return e;
}

int nvmlDeviceGetAttributes_v2(nvmlDevice_t mig, struct nvml_attributes *a)
{
	int i, e = enter_instance(mig, &i);
	const struct sim_mig *k = e ? NULL : nvml_profile(i)->kind;

	if (k)
		*a = (struct nvml_attributes){.sms = (unsigned)k->sms,
					      .copy_engines = (unsigned)k->copy_engines,
					      .gpu_slices = (unsigned)k->slices,
					      .compute_slices = (unsigned)k->slices,
					      .memory_mib = (nvml_u64)k->memory_bytes >> 20};
	return e;
}
