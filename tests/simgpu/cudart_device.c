/* Devices, versions and errors of the stand-in. */
#include "cudart.h"
#include "share.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

cudaError_t cudaGetDeviceCount(int *n)
{
	cudaError_t e = rt_enter();

	*n = e == cudaSuccess ? rt_get()->n_gpus : 0;
	return rt_leave(e);
}

static cudaError_t enter_device(int i, struct rt_gpu **g)
{
	cudaError_t e = rt_enter();

	if (e == cudaSuccess && (i < 0 || i >= rt_get()->n_gpus))
		e = cudaErrorInvalidDevice;
	if (e == cudaSuccess)
		*g = &rt_get()->gpu[i];
	return e;
}

cudaError_t cudaSetDevice(int i)
{
	struct rt_gpu *g;
	cudaError_t e = enter_device(i, &g);

	if (e != cudaSuccess)
		return rt_leave(e);
	rt_set_ordinal(i);
	rt_leave(cudaSuccess);
	return rt_leave(rt_enter_gpu(&g)); /* makes the context, as CUDA 12 and later do */
}

cudaError_t cudaGetDevice(int *i)
{
	cudaError_t e = rt_enter();

	*i = rt_ordinal();
	return rt_leave(e);
}

cudaError_t cudaDeviceReset(void)
{
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);

	if (e == cudaSuccess) {
		rt_need_idle(g);
		g->context = false;
	}
	return rt_leave(e);
}

cudaError_t cudaSetDeviceFlags(unsigned flags)
{
	return rt_leave(rt_enter());
}

cudaError_t cudaGetDeviceFlags(unsigned *flags)
{
	*flags = 0;
	return rt_leave(rt_enter());
}

static void uuid_bytes(const char *text, unsigned char out[16])
{
	int n = 0;

	for (const char *c = text + 4; *c && n < 32; c++) {
		if (*c == '-')
			continue;
		out[n / 2] =
			(unsigned char)(out[n / 2] << 4 | (*c <= '9' ? *c - '0' : *c - 'a' + 10));
		n++;
	}
}

static void pci_parts(const struct sim_gpu *p, unsigned *domain, unsigned *bus, unsigned *dev)
{
	if (sscanf(p->pci, "%x:%x:%x", domain, bus, dev) != 3)
		*domain = *bus = *dev = 0;
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *out, int i)
{
	struct rt_gpu *g;
	const struct sim_gpu *p;
	unsigned domain, bus, dev;
	cudaError_t e = enter_device(i, &g);

	if (e != cudaSuccess)
		return rt_leave(e);
	p = rt_profile(g);
	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "%s", p->model);
	uuid_bytes(p->uuid, (unsigned char *)out->uuid.bytes);
	pci_parts(p, &domain, &bus, &dev);
	out->pciDomainID = (int)domain;
	out->pciBusID = (int)bus;
	out->pciDeviceID = (int)dev;
	out->totalGlobalMem = (size_t)p->memory_bytes;
	out->major = (int)p->cc_major;
	out->minor = (int)p->cc_minor;
	out->multiProcessorCount = (int)p->sms;
	out->warpSize = 32;
	out->maxThreadsPerBlock = 1024;
	out->maxThreadsPerMultiProcessor = 2048;
	out->memoryBusWidth = (int)p->bus_bits;
	out->l2CacheSize = (int)p->l2_bytes;
	out->asyncEngineCount = (int)p->copy_engines;
	out->unifiedAddressing = out->canMapHostMemory = out->concurrentKernels = 1;
	out->hostRegisterSupported = 1;
	out->ECCEnabled = !strcmp(p->ecc, "on");
#if CUDART_VERSION >= 13000
	out->hostNumaId = sim_gpu_node(g->index);
#else
	out->clockRate = (int)(p->sm_max_hz / 1000);
	out->memoryClockRate = (int)(p->memory_hz / 1000);
#endif
	return rt_leave(cudaSuccess);
}

/* CUDA's programming guide, "Technical specifications per compute capability"; less the 1 KiB of a
 * block from 8.0 on. */
static int shared_most(const struct sim_gpu *p)
{
	if (p->cc_major < 8)
		return 64 << 10;
	if (p->cc_major == 9 || p->cc_major == 10)
		return 227 << 10;
	return p->cc_major == 8 && (p->cc_minor == 0 || p->cc_minor == 7) ? 163 << 10 : 99 << 10;
}

int rt_shared_most(const struct rt_gpu *g)
{
	return shared_most(rt_profile(g));
}

static int attribute(int gpu, int a, bool *known)
{
	const struct sim_gpu *p = &sim_profile()->gpu[gpu];
	unsigned domain, bus, dev;

	pci_parts(p, &domain, &bus, &dev);
	*known = true;
	switch (a) {
	case cudaDevAttrMaxThreadsPerBlock:
		return 1024;
	case cudaDevAttrWarpSize:
		return 32;
	case cudaDevAttrClockRate:
		return (int)(p->sm_max_hz / 1000);
	case cudaDevAttrMemoryClockRate:
		return (int)(p->memory_hz / 1000);
	case cudaDevAttrGlobalMemoryBusWidth:
		return (int)p->bus_bits;
	case cudaDevAttrL2CacheSize:
		return (int)p->l2_bytes;
	case cudaDevAttrMultiProcessorCount:
		return sim_mps_sms(gpu);
	case cudaDevAttrMaxSharedMemoryPerBlockOptin:
		return shared_most(p);
	case cudaDevAttrMaxThreadsPerMultiProcessor:
		return 2048;
	case cudaDevAttrAsyncEngineCount:
		return (int)p->copy_engines;
	case cudaDevAttrComputeCapabilityMajor:
		return (int)p->cc_major;
	case cudaDevAttrComputeCapabilityMinor:
		return (int)p->cc_minor;
	case cudaDevAttrPciDomainId:
		return (int)domain;
	case cudaDevAttrPciBusId:
		return (int)bus;
	case cudaDevAttrPciDeviceId:
		return (int)dev;
	case cudaDevAttrEccEnabled:
		return !strcmp(p->ecc, "on");
	case cudaDevAttrUnifiedAddressing:
	case cudaDevAttrCanMapHostMemory:
	case cudaDevAttrConcurrentKernels:
	case cudaDevAttrGpuOverlap:
	case cudaDevAttrHostRegisterSupported:
	case cudaDevAttrMemoryPoolsSupported:
	case cudaDevAttrCanUseHostPointerForRegisteredMem:
		return 1;
	case 130: /* cudaDevAttrNumaConfig: 1 if its memory is a node */
		return p->memory_node >= 0;
	case 131: /* cudaDevAttrNumaId */
		return (int)p->memory_node;
	case 132: /* multicast of the fabric, which the runtime does not name */
		return p->nccl_nvls_bytes_s > 0 && !strcmp(p->fabric, "completed");
	case 134: /* cudaDevAttrHostNumaId, newer than some headers */
		return sim_gpu_node(gpu);
	case cudaDevAttrPageableMemoryAccess:
	case cudaDevAttrPageableMemoryAccessUsesHostPageTables:
		return !strcmp(p->link, "c2c");
	case 133: /* cudaDevAttrMpsEnabled */
		return sim_mps();
	case cudaDevAttrComputeMode:
	case cudaDevAttrIntegrated:
	case cudaDevAttrKernelExecTimeout:
	case cudaDevAttrTccDriver:
		return 0;
	default:
		*known = false;
		return 0;
	}
}

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr a, int i)
{
	struct rt_gpu *g;
	bool known;
	cudaError_t e = enter_device(i, &g);

	if (e != cudaSuccess)
		return rt_leave(e);
	*value = attribute(g->index, (int)a, &known);
	return rt_leave(known ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaDeviceGetPCIBusId(char *out, int len, int i)
{
	struct rt_gpu *g;
	cudaError_t e = enter_device(i, &g);

	if (e != cudaSuccess)
		return rt_leave(e);
	if (len < 13)
		return rt_leave(cudaErrorInvalidValue);
	snprintf(out, (size_t)len, "%s", rt_profile(g)->pci);
	for (char *c = out; *c; c++)
		*c = (char)(*c >= 'a' && *c <= 'f' ? *c - 'a' + 'A' : *c);
	return rt_leave(cudaSuccess);
}

cudaError_t cudaDeviceGetByPCIBusId(int *i, const char *pci)
{
	cudaError_t e = rt_enter();

	if (e != cudaSuccess)
		return rt_leave(e);
	for (*i = 0; *i < rt_get()->n_gpus; ++*i) {
		if (!strcasecmp(rt_profile(&rt_get()->gpu[*i])->pci, pci))
			return rt_leave(cudaSuccess);
	}
	return rt_leave(cudaErrorInvalidDevice);
}

/* Where the driver is too old this is what its version says, not an error. */
cudaError_t cudaDriverGetVersion(int *v)
{
	*v = sim_driver_cuda();
	return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *v)
{
	*v = CUDART_VERSION;
	return cudaSuccess;
}

cudaError_t cudaGetLastError(void)
{
	return rt_last_error(true);
}

cudaError_t cudaPeekAtLastError(void)
{
	return rt_last_error(false);
}

struct error_text {
	cudaError_t code;
	const char *name, *text;
};

#define E(code, text)                                                                              \
	{                                                                                          \
		code, #code, text                                                                  \
	}
static const struct error_text errors[] = {
	E(cudaSuccess, "no error"),
	E(cudaErrorInvalidValue, "invalid argument"),
	E(cudaErrorMemoryAllocation, "out of memory"),
	E(cudaErrorInvalidConfiguration, "invalid configuration argument"),
	E(cudaErrorInsufficientDriver,
	  "CUDA driver version is insufficient for CUDA runtime version"),
	E(cudaErrorInvalidDeviceFunction, "invalid device function"),
	E(cudaErrorNoKernelImageForDevice,
	  "no kernel image is available for execution on the device"),
	E(cudaErrorNoDevice, "no CUDA-capable device is detected"),
	E(cudaErrorInvalidDevice, "invalid device ordinal"),
	E(cudaErrorInvalidResourceHandle, "invalid resource handle"),
	E(cudaErrorNotReady, "device not ready"),
	E(cudaErrorIllegalAddress, "an illegal memory access was encountered"),
	E(cudaErrorPeerAccessUnsupported, "peer access is not supported between these two devices"),
	E(cudaErrorPeerAccessAlreadyEnabled, "peer access is already enabled"),
	E(cudaErrorPeerAccessNotEnabled, "peer access has not been enabled"),
	E(cudaErrorHostMemoryAlreadyRegistered,
	  "part or all of the requested memory range is already mapped"),
	E(cudaErrorHostMemoryNotRegistered,
	  "pointer does not correspond to a registered memory region"),
	E(cudaErrorSystemNotReady, "system not yet initialized"),
	E(cudaErrorMpsConnectionFailed, "MPS client failed to connect to the MPS control daemon or "
					"the MPS server"),
	E(cudaErrorMpsMaxClientsReached,
	  "the hardware resources required to support this client have been exhausted"),
	E(cudaErrorSystemDriverMismatch,
	  "system has unsupported display driver / cuda driver combination"),
};

static const struct error_text *error_text(cudaError_t e)
{
	static const struct error_text unknown = {cudaErrorUnknown, "cudaErrorUnknown",
						  "unknown error"};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].code == e)
			return &errors[i];
	}
	return &unknown;
}

const char *cudaGetErrorName(cudaError_t e)
{
	return error_text(e)->name;
}

const char *cudaGetErrorString(cudaError_t e)
{
	return error_text(e)->text;
}
