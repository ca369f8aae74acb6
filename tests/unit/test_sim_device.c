/* Which GPUs the simulated CUDA and NVML show, what they say about them, and what they refuse. */
#include "sim.h"

#ifdef ASSAY_CUDA

#include "../simgpu/sim.h"

#include <cuda_runtime_api.h>
#include <strings.h>

#define OK(call) CHECK((call) == cudaSuccess)

/* With that CUDA_VISIBLE_DEVICES there are n GPUs, and this one is ordinal 0. */
static void see(const char *list, int n, int first)
{
	char address[32] = "";
	int count = -1;

	setenv("CUDA_VISIBLE_DEVICES", list, 1);
	CHECK((cudaGetDeviceCount(&count) == cudaSuccess) == (n > 0) && count == n);
	if (!n)
		return;
	OK(cudaDeviceGetPCIBusId(address, sizeof(address), 0));
	CHECK(!strcasecmp(address, sim_profile()->gpu[first].pci));
}

static const char *uuid(int gpu)
{
	return sim_profile()->gpu[gpu].uuid;
}

static void see_uuid(void)
{
	see(uuid(3), 1, 3);
}

static void see_prefix(void)
{
	char list[16];

	snprintf(list, sizeof(list), "%.10s", uuid(3));
	see(list, 1, 3);
}

static void see_two(void)
{
	char list[256];

	snprintf(list, sizeof(list), "%s,%s", uuid(6), uuid(3));
	see(list, 2, 6);
}

static void see_until_wrong(void)
{
	see("5,99,3", 1, 5);
}

static void see_none(void)
{
	see("", 0, 0);
}

static void see_unknown(void)
{
	see("GPU-ffffffff-0000-0000-0000-000000000000", 0, 0);
}

static void same_identity(void)
{
	struct cudaDeviceProp prop;
	char text[96], address[32];
	unsigned char bytes[16];
	void *d;
	int node, i;

	CHECK(!NVML("nvmlInit_v2", void)());
	CHECK(!NVML("nvmlDeviceGetHandleByPciBusId_v2", const char *, void **)("00000000:9A:00.0",
									       &d));
	CHECK(!NVML("nvmlDeviceGetUUID", void *, char *, unsigned)(d, text, sizeof(text)));
	OK(cudaDeviceGetByPCIBusId(&i, "0000:9a:00.0"));
	OK(cudaGetDeviceProperties(&prop, i));
	for (int k = 0, at = 4; k < 16; k++, at += 2) {
		at += text[at] == '-';
		CHECK(sscanf(text + at, "%2hhx", &bytes[k]) == 1);
	}
	CHECK(!memcmp(bytes, prop.uuid.bytes, 16));
	CHECK(!strcmp(prop.name, sim_profile()->gpu[4].model) && prop.pciBusID == 0x9a);
	OK(cudaDeviceGetPCIBusId(address, sizeof(address), i));
	CHECK(!strcmp(address, "0000:9A:00.0"));
	OK(cudaDeviceGetAttribute(&node, (enum cudaDeviceAttr)134, i));
	CHECK(node == 1);
	CHECK(cudaGetDeviceProperties(&prop, 8) == cudaErrorInvalidDevice);
	CHECK(!strcmp(cudaGetErrorName(cudaErrorInvalidDevice), "cudaErrorInvalidDevice"));
	CHECK(cudaGetLastError() == cudaErrorInvalidDevice && cudaGetLastError() == cudaSuccess);
}

static void memory_ends(void)
{
	size_t before, total, after;
	void *p, *q;

	OK(cudaMemGetInfo(&before, &total));
	CHECK(total == (size_t)sim_profile()->gpu[0].memory_bytes && before < total);
	OK(cudaMalloc(&p, 1 << 30));
	OK(cudaMemGetInfo(&after, &total));
	CHECK(before - after == 1 << 30);
	CHECK(cudaMalloc(&q, after + 1) == cudaErrorMemoryAllocation && cudaGetLastError());
	CHECK(cudaMemset((char *)p + (1 << 30) - 1, 0, 2) == cudaErrorInvalidValue);
	OK(cudaFree(p));
	CHECK(cudaFree(p) == cudaErrorInvalidValue);
	OK(cudaMemGetInfo(&after, &total));
	CHECK(before == after);
}

static void registration(void)
{
	struct cudaPointerAttributes a;
	char *p = malloc(8192);

	CHECK(cudaHostUnregister(p) == cudaErrorHostMemoryNotRegistered);
	OK(cudaPointerGetAttributes(&a, p));
	CHECK(a.type == cudaMemoryTypeUnregistered);
	OK(cudaHostRegister(p, 8192, 0));
	CHECK(cudaHostRegister(p, 8192, 0) == cudaErrorHostMemoryAlreadyRegistered);
	OK(cudaPointerGetAttributes(&a, p));
	CHECK(a.type == cudaMemoryTypeHost && a.devicePointer == p);
	OK(cudaHostUnregister(p));
}

/* A context makes the GPU leave its idle state, for every process of the run. */
static void wakes_up(void)
{
	unsigned clock, gen;
	void *d;

	CHECK(!NVML("nvmlInit_v2", void)());
	CHECK(!NVML("nvmlDeviceGetHandleByIndex_v2", unsigned, void **)(0, &d));
	CHECK(!NVML("nvmlDeviceGetClockInfo", void *, int, unsigned *)(d, 1, &clock) &&
	      clock == 345);
	OK(cudaSetDevice(0));
	CHECK(!NVML("nvmlDeviceGetClockInfo", void *, int, unsigned *)(d, 1, &clock) &&
	      clock == 1980);
	CHECK(!NVML("nvmlDeviceGetCurrPcieLinkGeneration", void *, unsigned *)(d, &gen) &&
	      gen == 5);
	CHECK(!NVML("nvmlDeviceSetGpuLockedClocks", void *, unsigned, unsigned)(d, 1410, 1410));
	CHECK(!NVML("nvmlDeviceGetClockInfo", void *, int, unsigned *)(d, 1, &clock) &&
	      clock == 1410);
	CHECK(!NVML("nvmlDeviceResetGpuLockedClocks", void *)(d));
}

static void may_not_lock(void)
{
	void *d;
	int node;

	CHECK(!NVML("nvmlInit_v2", void)());
	CHECK(!NVML("nvmlDeviceGetHandleByIndex_v2", unsigned, void **)(0, &d));
	CHECK(NVML("nvmlDeviceSetGpuLockedClocks", void *, unsigned, unsigned)(d, 1410, 1410) == 4);
	OK(cudaDeviceGetAttribute(&node, (enum cudaDeviceAttr)134, 0));
	CHECK(node == -1);
}

static void test_visible(void **s)
{
	void (*const fn[])(void) = {see_uuid,	     see_prefix, see_two,
				    see_until_wrong, see_none,	 see_unknown};

	for (size_t i = 0; i < sizeof(fn) / sizeof(*fn); i++)
		assert_server("hgx-h100", "", fn[i]);
}

static void test_identity(void **s)
{
	assert_server("hgx-h100", "", same_identity);
}

static void test_memory(void **s)
{
	assert_server("hgx-h100", "", memory_ends);
	assert_server("hgx-h100", "", registration);
}

static void test_state(void **s)
{
	assert_server("hgx-h100", "", wakes_up);
	assert_server("h200-vm", "", may_not_lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_visible),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
