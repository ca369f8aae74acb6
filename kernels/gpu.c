/* See gpu.h. */
#include "gpu.h"

#include <errno.h>

#ifdef ASSAY_CUDA

#include "../harness/probe/pci.h"

#include <cuda_runtime_api.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ATTR_MPS_ENABLED 133 /* cudaDevAttrMpsEnabled; older headers lack it */

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

static int attribute(int which)
{
	int value = 0;

	if (cudaDeviceGetAttribute(&value, (enum cudaDeviceAttr)which, 0)) {
		cudaGetLastError(); /* an older driver does not know it: forget that */
		return 0;
	}
	return value;
}

int gpu_not_shared(struct err *e)
{
	if (attribute(ATTR_MPS_ENABLED) != 1)
		return 0;
	return err_set(e, EBUSY, "an MPS daemon serves this process: the GPU is shared");
}

static const struct pci_gpu *find_gpu(const struct pci_gpu *gpus, size_t n, const char *address)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcasecmp(gpus[i].address, address))
			return &gpus[i];
	}
	return NULL;
}

/*
 * The GPU's own link beside what both its ends could do. Said only under load, since an idle link
 * is slow on purpose, and of bandwidths alone: a small copy hardly feels it.
 */
static void say_link(struct ctx *c, const struct pci_gpu *gpu)
{
	const struct pci_hop *own = &gpu->hop[0], *port = gpu->n_hops > 1 ? &gpu->hop[1] : NULL;
	int gen = own->gen_max, width = own->width_max;
	char found[32], wanted[32];

	if (gpu->n_hops == 0 || own->gen == 0)
		return;
	if (port && port->gen_max && port->width_max) {
		gen = port->gen_max < gen ? port->gen_max : gen;
		width = port->width_max < width ? port->width_max : width;
	}
	snprintf(found, sizeof(found), "Gen%d x%d", own->gen, own->width);
	snprintf(wanted, sizeof(wanted), "Gen%d x%d", gen, width);
	ctx_expect(c, "link", "bandwidth", "gpu", found, wanted,
		   "sysfs, under load; at best: GPU and the port above it");
}

static void find_ceiling(struct gpu_ceiling *out, const struct pci_gpu *gpu, bool to_device,
			 bool use_max)
{
	out->bytes_per_s =
		pci_path_ceiling(gpu, 1, 0, to_device, use_max, out->why, sizeof(out->why));
}

int gpu_find_link(struct ctx *c, struct gpu_link *link, bool loaded, struct err *e)
{
	const struct pci_gpu *gpu;
	struct pci_gpu *gpus = NULL;
	char address[32];
	size_t n = 0;
	int rc;

	memset(link, 0, sizeof(*link));
	if (attribute(cudaDevAttrPageableMemoryAccessUsesHostPageTables) == 1)
		return 0;
	rc = gpu_error((int)cudaDeviceGetPCIBusId(address, sizeof(address), 0), e,
		       "asking for the GPU's PCI address");
	if (!rc)
		rc = pci_gpus(&gpus, &n, e);
	if (rc)
		return rc;
	gpu = find_gpu(gpus, n, address);
	if (gpu) {
		ctx_fact(c, "pci", "", "gpu", gpu->address, "cudaDeviceGetPCIBusId");
		if (loaded)
			say_link(c, gpu);
		find_ceiling(&link->to_device, gpu, true, !loaded);
		find_ceiling(&link->to_host, gpu, false, !loaded);
	} else {
		ctx_log(c, "sysfs shows no GPU at %s: no ceiling is known", address);
	}
	free(gpus);
	return 0;
}

#else

int gpu_supported(struct ctx *c, struct err *e)
{
	return err_set(e, ENOTSUP, "built without nvcc: no GPU code in this program");
}

#endif
