/*
 * CUDA devices: see cuda.h. Only cudart calls that initialise the driver and create no
 * context. Known error: with MIG on, CUDA lists one instance and nothing else; env.c knows.
 */
#include "cuda.h"
#include "pci.h"
#include "../base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *cuda_code(const char *built, int major, int minor)
{
	const char *found = "none";

	for (const char *p = strstr(built, "code="); p; p = strstr(p + 1, "code=")) {
		int code;

		if (sscanf(p, "code=sm_%d", &code) == 1 && code / 10 == major && code % 10 <= minor)
			return "sass";
		if (sscanf(p, "code=compute_%d", &code) == 1 && code <= 10 * major + minor)
			found = "ptx";
	}
	return found;
}

#ifdef ASSAY_CUDA

#ifndef ASSAY_CUDA_CODE
#define ASSAY_CUDA_CODE ""
#endif

#include <cuda_runtime_api.h>

/* by number: runtimes before 12.2 do not name it, a driver that does not know it says so */
#define NUMA_CONFIG  ((enum cudaDeviceAttr)130)
#define NUMA_ID	     ((enum cudaDeviceAttr)131)
#define MPS_ENABLED  ((enum cudaDeviceAttr)133)
#define HOST_NUMA_ID ((enum cudaDeviceAttr)134)
#define IS_NUMA_NODE 1 /* of cudaDeviceNumaConfig */

int cuda_runtime_version(void)
{
	int v = 0;

	return cudaRuntimeGetVersion(&v) == cudaSuccess ? v : 0;
}

int cuda_driver_version(void)
{
	int v = 0;

	return cudaDriverGetVersion(&v) == cudaSuccess ? v : 0;
}

static int failed(cudaError_t rc, const char *call, struct err *e)
{
	int driver = cuda_driver_version();

	if (!driver)
		return err_set(e, ENODEV, "%s: no CUDA driver library (libcuda.so.1) can be used",
			       call);
	return err_set(e, ENODEV, "%s: %s (%s, driver supports CUDA %d.%d, this is %d.%d)", call,
		       cudaGetErrorString(rc), cudaGetErrorName(rc), driver / 1000,
		       driver % 1000 / 10, CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
}

static int attribute(const struct cuda_device *d, enum cudaDeviceAttr which, int fallback)
{
	int v;

	return cudaDeviceGetAttribute(&v, which, d->ordinal) == cudaSuccess ? v : fallback;
}

static void put_uuid(struct cuda_device *d, const cudaUUID_t *uuid)
{
	char *p = d->uuid;
	char *end = p + sizeof(d->uuid);

	p += snprintf(p, sizeof(d->uuid), "GPU");
	for (int i = 0; i < 16; i++)
		p += snprintf(p, (size_t)(end - p), "%s%02x",
			      i == 0 || i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			      (unsigned char)uuid->bytes[i]);
}

static int read_device(struct cuda_device *d, int ordinal, struct err *e)
{
	struct cudaDeviceProp *prop = mem_zalloc(1, sizeof(*prop));
	char bus[32] = "";
	cudaError_t rc = cudaDeviceGetPCIBusId(bus, sizeof(bus), ordinal);
	int result = 0;

	d->ordinal = ordinal;
	if (rc != cudaSuccess || pci_address(d->address, bus)) {
		result = failed(rc, "cudaDeviceGetPCIBusId", e);
		goto out;
	}
	rc = cudaGetDeviceProperties(prop, ordinal);
	if (rc != cudaSuccess) {
		result = failed(rc, "cudaGetDeviceProperties", e);
		goto out;
	}
	snprintf(d->name, sizeof(d->name), "%.255s", prop->name);
	d->memory_bytes = prop->totalGlobalMem;
	put_uuid(d, &prop->uuid);
	d->host_node = attribute(d, HOST_NUMA_ID, -1);
out:
	free(prop);
	return result;
}

int cuda_devices(struct cuda_device **out, size_t *n, struct err *e)
{
	int count = 0;
	cudaError_t rc = cudaGetDeviceCount(&count);

	*out = NULL;
	*n = 0;
	if (rc == cudaErrorNoDevice)
		return 0;
	if (rc != cudaSuccess)
		return failed(rc, "cudaGetDeviceCount", e);
	*out = mem_zalloc((size_t)count + 1, sizeof(**out));
	for (int i = 0; i < count; i++)
		if (!read_device(&(*out)[*n], i, e))
			(*n)++;
	return 0;
}

/* CUDA_FORCE_PTX_JIT has the driver pass by all machine code. */
static void code_row(const struct rows *r, const struct cuda_device *d, int major, int minor)
{
	const char *forced = getenv("CUDA_FORCE_PTX_JIT");

	if (forced && *forced && strcmp(forced, "0"))
		gpu_row(r, d->address, "cuda_code", "CUDA_FORCE_PTX_JIT", "ptx");
	else
		gpu_row(r, d->address, "cuda_code", "what nvcc built, for this capability", "%s",
			cuda_code(ASSAY_CUDA_CODE, major, minor));
}

/* On Grace the GPU's memory is a NUMA node of its own. */
static void memory_node_row(const struct rows *r, const struct cuda_device *d)
{
	int node = attribute(d, NUMA_ID, -1);

	if (attribute(d, NUMA_CONFIG, 0) == IS_NUMA_NODE && node >= 0)
		gpu_row(r, d->address, "memory_node", "cudaDevAttrNumaId", "%d", node);
}

void cuda_device_rows(const struct rows *r, const struct cuda_device *d)
{
	static const struct {
		const char *field, *source;
		enum cudaDeviceAttr which;
	} list[] = {
		{"cuda_sms", "cudaDevAttrMultiProcessorCount", cudaDevAttrMultiProcessorCount},
		{"cuda_copy_engines", "cudaDevAttrAsyncEngineCount", cudaDevAttrAsyncEngineCount},
		{"cuda_l2", "cudaDevAttrL2CacheSize", cudaDevAttrL2CacheSize},
		{"cuda_bus_bits", "cudaDevAttrGlobalMemoryBusWidth",
		 cudaDevAttrGlobalMemoryBusWidth},
		{"cuda_mps", "cudaDevAttrMpsEnabled", MPS_ENABLED},
	};
	int major = attribute(d, cudaDevAttrComputeCapabilityMajor, -1);
	int minor = attribute(d, cudaDevAttrComputeCapabilityMinor, -1);

	gpu_row(r, d->address, "cuda_ordinal", "cudaDeviceGetPCIBusId", "%d", d->ordinal);
	gpu_row(r, d->address, "cuda_memory", "cudaGetDeviceProperties", "%llu",
		(unsigned long long)d->memory_bytes);
	if (major >= 0 && minor >= 0) {
		gpu_row(r, d->address, "cuda_capability", "cudaDevAttrComputeCapability", "%d.%d",
			major, minor);
		code_row(r, d, major, minor);
	}
	memory_node_row(r, d);
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		int v = attribute(d, list[i].which, -1);

		if (v >= 0)
			gpu_row(r, d->address, list[i].field, list[i].source, "%d", v);
	}
}

#else

int cuda_runtime_version(void)
{
	return 0;
}

int cuda_driver_version(void)
{
	return 0;
}

int cuda_devices(struct cuda_device **out, size_t *n, struct err *e)
{
	*out = NULL;
	*n = 0;
	return err_set(e, ENOTSUP, "built without nvcc");
}

void cuda_device_rows(const struct rows *r, const struct cuda_device *d)
{
}

#endif
