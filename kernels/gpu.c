/* See gpu.h. */
#include "gpu.h"

#include <errno.h>

#ifdef ASSAY_CUDA

#include "../harness/base/units.h"
#include "../harness/probe/pci.h"
#include "../harness/probe/placement.h"

#include <cuda_runtime_api.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a GPU's memory left to others, and to what CUDA makes for itself. */
#define SPARE_BYTES ((size_t)64 << 20)

static int errno_of(cudaError_t code)
{
	switch ((int)code) {
	case cudaErrorMemoryAllocation:
		return ENOMEM;
	case cudaErrorNoDevice:
	case cudaErrorInsufficientDriver:
	case cudaErrorStubLibrary:
	case cudaErrorSystemNotReady:
	case cudaErrorSystemDriverMismatch:
	case cudaErrorCompatNotSupportedOnDevice:
	case cudaErrorNotSupported:
		return ENOTSUP;
	default:
		return EIO;
	}
}

int gpu_error(int cuda_error, struct err *e, const char *fmt, ...)
{
	cudaError_t code = (cudaError_t)cuda_error;
	char doing[160];
	va_list ap;

	if (code == cudaSuccess)
		return 0;
	va_start(ap, fmt);
	vsnprintf(doing, sizeof(doing), fmt, ap);
	va_end(ap);
	return err_set(e, errno_of(code), "%s: %s: %s", doing, cudaGetErrorName(code),
		       cudaGetErrorString(code));
}

int gpu_supported(struct ctx *c, struct err *e)
{
	const char *blocking = getenv("CUDA_LAUNCH_BLOCKING");
	int devices = 0, rc;

	if (blocking && *blocking && strcmp(blocking, "0"))
		return err_set(e, EINVAL,
			       "CUDA_LAUNCH_BLOCKING=%s makes every launch wait: unset it",
			       blocking);
	setenv("CUDA_MODULE_LOADING", "EAGER", 1);
	rc = gpu_error((int)cudaGetDeviceCount(&devices), e, "looking for GPUs");
	if (!rc && devices == 0)
		return err_set(e, ENOTSUP, "CUDA shows no GPU here");
	return rc;
}

int gpu_attribute(int which, int device, int unknown)
{
	int value = unknown;

	if (cudaDeviceGetAttribute(&value, (enum cudaDeviceAttr)which, device)) {
		cudaGetLastError(); /* an older driver does not know it: forget that */
		return unknown;
	}
	return value;
}

int gpu_address(char out[16], int device, struct err *e)
{
	char text[32] = "";
	int rc = gpu_error((int)cudaDeviceGetPCIBusId(text, sizeof(text), device), e,
			   "asking for the GPU's PCI address");

	if (rc || pci_address(out, text))
		out[0] = '\0';
	return rc;
}

int gpu_choose(int device, struct err *e)
{
	return gpu_error((int)cudaSetDevice(device), e, "choosing a GPU");
}

int gpu_not_shared(struct err *e)
{
	if (gpu_attribute(GPU_ATTR_MPS_ENABLED, 0, 0) != 1)
		return 0;
	return err_set(e, EBUSY, "an MPS daemon serves this process: the GPU is shared");
}

void gpu_pin(struct ctx *c, int node)
{
	struct err e = ERR_INIT;

	if (placement_pin_node(node, &e))
		ctx_fact(c, "thread", "", "gpu,node", "UNPINNED", e.text);
	else
		ctx_fact(c, "thread", "", "gpu,node", "PINNED", "sched_setaffinity");
}

int gpu_read_card(struct gpu_card *out, int device, struct err *e)
{
	struct cudaDeviceProp p;
	cudaError_t code = cudaGetDeviceProperties(&p, device);

	if (code)
		return gpu_error((int)code, e, "reading what the GPU is");
	snprintf(out->name, sizeof(out->name), "%s", p.name);
	out->sms = p.multiProcessorCount;
	out->major = p.major;
	out->minor = p.minor;
	return 0;
}

void gpu_say_kin(struct ctx *c)
{
	struct err ignored = ERR_INIT;
	struct gpu_card card = {.sms = 0};
	char kin[sizeof(card.name) + 32];

	if (gpu_read_card(&card, 0, &ignored)) {
		cudaGetLastError();
		return;
	}
	snprintf(kin, sizeof(kin), "%s, %d SMs", card.name, card.sms);
	ctx_fact(c, "kin", "", "gpu", kin, "CUDA");
}

double gpu_memory_peak(void)
{
	double bits = gpu_attribute(cudaDevAttrGlobalMemoryBusWidth, 0, 0);

	return bits / 8 * gpu_attribute(cudaDevAttrMemoryClockRate, 0, 0) * 1e3 * 2;
}

int gpu_memory_fits(size_t bytes, const char *what, struct err *e)
{
	char need[32], there[32];
	size_t left = 0, total = 0;
	int rc = gpu_error((int)cudaMemGetInfo(&left, &total), e, "asking for free memory");

	if (rc || bytes + SPARE_BYTES <= left)
		return rc;
	return err_set(e, ENOTSUP, "%s: %s do not fit into what is free of %s", what,
		       units_size(need, sizeof(need), (double)bytes),
		       units_size(there, sizeof(there), (double)total));
}

#else

int gpu_supported(struct ctx *c, struct err *e)
{
	return err_set(e, ENOTSUP, "built without nvcc: no GPU code in this program");
}

#endif
