/* NVML of the simulated server: start, versions, handles, identity, affinity. */
#include "nvml.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static struct {
	int users;
	struct nvml_handle handle[SIM_MAX_GPUS];
	int n;
} nvml;

NVML_API int nvmlInit_v2(void);
NVML_API int nvmlInit(void);
NVML_API int nvmlInitWithFlags(unsigned flags);
NVML_API int nvmlShutdown(void);
NVML_API const char *nvmlErrorString(int code);
NVML_API int nvmlSystemGetDriverVersion(char *out, unsigned n);
NVML_API int nvmlSystemGetNVMLVersion(char *out, unsigned n);
NVML_API int nvmlSystemGetCudaDriverVersion(int *v);
NVML_API int nvmlSystemGetCudaDriverVersion_v2(int *v);
NVML_API int nvmlDeviceGetCount(unsigned *n);
NVML_API int nvmlDeviceGetCount_v2(unsigned *n);
NVML_API int nvmlDeviceGetHandleByIndex(unsigned i, nvmlDevice_t *d);
NVML_API int nvmlDeviceGetHandleByIndex_v2(unsigned i, nvmlDevice_t *d);
NVML_API int nvmlDeviceGetHandleByPciBusId_v2(const char *pci, nvmlDevice_t *d);
NVML_API int nvmlDeviceGetIndex(nvmlDevice_t d, unsigned *i);
NVML_API int nvmlDeviceGetMinorNumber(nvmlDevice_t d, unsigned *i);
NVML_API int nvmlDeviceGetName(nvmlDevice_t d, char *out, unsigned n);
NVML_API int nvmlDeviceGetUUID(nvmlDevice_t d, char *out, unsigned n);
NVML_API int nvmlDeviceGetSerial(nvmlDevice_t d, char *out, unsigned n);
NVML_API int nvmlDeviceGetVbiosVersion(nvmlDevice_t d, char *out, unsigned n);
NVML_API int nvmlDeviceGetBoardPartNumber(nvmlDevice_t d, char *out, unsigned n);
NVML_API int nvmlDeviceGetGspFirmwareVersion(nvmlDevice_t d, char *out);
NVML_API int nvmlDeviceGetPciInfo_v3(nvmlDevice_t d, struct nvml_pci *pci);
NVML_API int nvmlDeviceGetCudaComputeCapability(nvmlDevice_t d, int *major, int *minor);
NVML_API int nvmlDeviceGetMemoryAffinity(nvmlDevice_t d, unsigned n, unsigned long *set, int scope);
NVML_API int nvmlDeviceGetCpuAffinity(nvmlDevice_t d, unsigned n, unsigned long *set);

int nvmlInit_v2(void)
{
	if (sim_fault(FAULT_DRIVER_MISMATCH, -1))
		return NVML_LIB_RM_VERSION_MISMATCH;
	for (int g = 0; !nvml.users && g < sim_profile()->n_gpus; g++) {
		if (!sim_fault(FAULT_GPU_MISSING, g))
			nvml.handle[nvml.n++].gpu = g;
	}
	if (!nvml.users++)
		sim_client_open();
	return NVML_OK;
}

int nvmlInit(void)
{
	return nvmlInit_v2();
}

int nvmlInitWithFlags(unsigned flags)
{
	return nvmlInit_v2();
}

int nvmlShutdown(void)
{
	if (!nvml.users)
		return NVML_UNINITIALIZED;
	if (!--nvml.users) {
		nvml.n = 0;
		sim_client_close();
	}
	return NVML_OK;
}

const char *nvmlErrorString(int code)
{
	switch ((enum nvml_code)code) {
	case NVML_OK:
		return "Success";
	case NVML_UNINITIALIZED:
		return "Uninitialized";
	case NVML_INVALID_ARGUMENT:
		return "Invalid Argument";
	case NVML_NOT_SUPPORTED:
		return "Not Supported";
	case NVML_NO_PERMISSION:
		return "Insufficient Permissions";
	case NVML_NOT_FOUND:
		return "Not Found";
	case NVML_INSUFFICIENT_SIZE:
		return "Insufficient Size";
	case NVML_LIB_RM_VERSION_MISMATCH:
		return "Driver/library version mismatch";
	case NVML_ARGUMENT_VERSION_MISMATCH:
		return "Argument version mismatch";
	}
	return "Unknown Error";
}

const struct sim_gpu *nvml_profile(int gpu)
{
	return &sim_profile()->gpu[gpu];
}

int nvml_text(char *out, unsigned size, const char *text)
{
	if (strlen(text) >= size)
		return NVML_INSUFFICIENT_SIZE;
	strcpy(out, text);
	return NVML_OK;
}

int nvml_enter(nvmlDevice_t d, int *gpu)
{
	const struct fault *f;

	if (!nvml.users)
		return NVML_UNINITIALIZED;
	if (d < nvml.handle || d >= nvml.handle + nvml.n)
		return NVML_INVALID_ARGUMENT;
	*gpu = d->gpu;
	f = sim_fault(FAULT_HANG, *gpu);
	if (f && !strcmp(f->at, "nvml"))
		sim_hang();
	return NVML_OK;
}

int nvmlSystemGetDriverVersion(char *out, unsigned n)
{
	return nvml.users ? nvml_text(out, n, sim_driver()) : NVML_UNINITIALIZED;
}

int nvmlSystemGetNVMLVersion(char *out, unsigned n)
{
	char text[SIM_TEXT + 8];

	snprintf(text, sizeof(text), "%d.%s", (int)sim_profile()->server.cuda / 1000, sim_driver());
	return nvml_text(out, n, text);
}

int nvmlSystemGetCudaDriverVersion_v2(int *v)
{
	*v = sim_driver_cuda();
	return NVML_OK;
}

int nvmlSystemGetCudaDriverVersion(int *v)
{
	return nvmlSystemGetCudaDriverVersion_v2(v);
}

int nvmlDeviceGetCount_v2(unsigned *n)
{
	*n = (unsigned)nvml.n;
	return nvml.users ? NVML_OK : NVML_UNINITIALIZED;
}

int nvmlDeviceGetCount(unsigned *n)
{
	return nvmlDeviceGetCount_v2(n);
}

int nvmlDeviceGetHandleByIndex_v2(unsigned i, nvmlDevice_t *d)
{
	if (!nvml.users)
		return NVML_UNINITIALIZED;
	if (i >= (unsigned)nvml.n)
		return NVML_INVALID_ARGUMENT;
	*d = &nvml.handle[i];
	return NVML_OK;
}

int nvmlDeviceGetHandleByIndex(unsigned i, nvmlDevice_t *d)
{
	return nvmlDeviceGetHandleByIndex_v2(i, d);
}

int nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *d)
{
	for (int i = 0; i < nvml.n; i++) {
		*d = &nvml.handle[i];
		if (!strcmp(nvml_profile((*d)->gpu)->uuid, uuid))
			return NVML_OK;
	}
	return nvml.users ? NVML_NOT_FOUND : NVML_UNINITIALIZED;
}

/* NVML writes the domain with eight digits, the kernel with four. */
int nvmlDeviceGetHandleByPciBusId_v2(const char *pci, nvmlDevice_t *d)
{
	unsigned domain, bus, dev, fn, a, b, c, f;

	if (!nvml.users)
		return NVML_UNINITIALIZED;
	if (sscanf(pci, "%x:%x:%x.%x", &domain, &bus, &dev, &fn) != 4)
		return NVML_INVALID_ARGUMENT;
	for (int i = 0; i < nvml.n; i++) {
		*d = &nvml.handle[i];
		if (sscanf(nvml_profile((*d)->gpu)->pci, "%x:%x:%x.%x", &a, &b, &c, &f) == 4 &&
		    a == domain && b == bus && c == dev && f == fn)
			return NVML_OK;
	}
	return NVML_NOT_FOUND;
}

int nvmlDeviceGetIndex(nvmlDevice_t d, unsigned *i)
{
	int gpu, e = nvml_enter(d, &gpu);

	if (!e)
		*i = (unsigned)(d - nvml.handle);
	return e;
}

int nvmlDeviceGetMinorNumber(nvmlDevice_t d, unsigned *i)
{
	int gpu, e = nvml_enter(d, &gpu);

	if (!e)
		*i = (unsigned)gpu;
	return e;
}

#define TEXT_OF(call, enter, field)                                                                \
	int call(nvmlDevice_t d, char *out, unsigned n)                                            \
	{                                                                                          \
		int gpu, e = enter(d, &gpu);                                                       \
                                                                                                   \
		return e ? e : nvml_text(out, n, nvml_profile(gpu)->field);                        \
	}
TEXT_OF(nvmlDeviceGetName, nvml_enter_any, model)
TEXT_OF(nvmlDeviceGetUUID, nvml_enter_any, uuid)
TEXT_OF(nvmlDeviceGetSerial, nvml_enter, serial)
TEXT_OF(nvmlDeviceGetVbiosVersion, nvml_enter, vbios)
TEXT_OF(nvmlDeviceGetBoardPartNumber, nvml_enter, part)

int nvmlDeviceGetGspFirmwareVersion(nvmlDevice_t d, char *out)
{
	int gpu, e = nvml_enter(d, &gpu);

	return e ? e : nvml_text(out, 64, sim_driver());
}

void nvml_put_pci(int gpu, struct nvml_pci *pci)
{
	unsigned function = 0;

	memset(pci, 0, sizeof(*pci));
	sscanf(nvml_profile(gpu)->pci, "%x:%x:%x.%x", &pci->domain, &pci->bus, &pci->device,
	       &function);
	pci->device_id = (unsigned)nvml_profile(gpu)->device_id << 16 | 0x10de;
	pci->subsystem_id = pci->device_id;
	snprintf(pci->id, sizeof(pci->id), "%08X:%02X:%02X.%X", pci->domain, pci->bus, pci->device,
		 function);
	snprintf(pci->legacy, sizeof(pci->legacy), "%04X:%02X:%02X.%X", pci->domain & 0xffff,
		 pci->bus & 0xff, pci->device & 0xff, function & 0xf);
}

int nvmlDeviceGetPciInfo_v3(nvmlDevice_t d, struct nvml_pci *pci)
{
	int gpu, e = nvml_enter(d, &gpu);

	if (!e)
		nvml_put_pci(gpu, pci);
	return e;
}

int nvmlDeviceGetCudaComputeCapability(nvmlDevice_t d, int *major, int *minor)
{
	int gpu, e = nvml_enter(d, &gpu);

	if (e)
		return e;
	*major = (int)nvml_profile(gpu)->cc_major;
	*minor = (int)nvml_profile(gpu)->cc_minor;
	return NVML_OK;
}

static void set_bit(unsigned long *set, unsigned words, unsigned bit)
{
	unsigned per = 8 * (unsigned)sizeof(*set);

	if (bit / per < words)
		set[bit / per] |= 1ul << bit % per;
}

int nvmlDeviceGetMemoryAffinity(nvmlDevice_t d, unsigned n, unsigned long *set, int scope)
{
	int gpu, e = nvml_enter(d, &gpu);

	if (e)
		return e;
	if (sim_gpu_node(gpu) < 0)
		return NVML_NOT_SUPPORTED;
	memset(set, 0, n * sizeof(*set));
	set_bit(set, n, (unsigned)sim_gpu_node(gpu));
	return NVML_OK;
}

/* CPUs of the GPU's node, all of them where firmware does not say. */
int nvmlDeviceGetCpuAffinity(nvmlDevice_t d, unsigned n, unsigned long *set)
{
	const struct sim_profile *p = sim_profile();
	int gpu, e = nvml_enter(d, &gpu);

	if (e)
		return e;
	memset(set, 0, n * sizeof(*set));
	for (int c = 0; c < sim_profile_cpus(p); c++) {
		int node = sim_gpu_node(gpu);

		if (node < 0 || sim_profile_cpu_node(p, c) == node)
			set_bit(set, n, (unsigned)c);
	}
	return NVML_OK;
}
