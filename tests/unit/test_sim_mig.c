/* MIG instances of the simulated server: what CUDA and NVML make of them, by hand-computed values.
 */
#include "sim.h"

#ifdef ASSAY_CUDA

#include "../simgpu/sim.h"

#include <cuda_runtime_api.h>
#include <math.h>
#include <strings.h>

#define OK(call)      CHECK((call) == cudaSuccess)
#define NOT_FOUND     6
#define INVALID	      2
#define MIG_ADDRESS0  "0000:18:00.0" /* 4g + 3g */
#define MIG_ADDRESS1  "0000:9A:00.0" /* 7 x 1g */
#define WHOLE_ADDRESS "0000:BA:00.0"

/* UUID of an instance, of a GPU where gi is negative. */
static const char *uuid(int gpu, int gi)
{
	const struct sim_profile *p = sim_profile();

	for (int i = 0; i < p->n_devices; i++) {
		const struct sim_gpu *g = &p->gpu[i];

		if (gi < 0 ? i == gpu : i >= p->n_gpus && g->parent == gpu && g->gi == gi)
			return g->uuid;
	}
	CHECK(false && "no such instance");
	return NULL;
}

/* ---- what CUDA lists ---- */

/* With that list CUDA shows one device, on that GPU and with so many SMs. */
static void expect_one(const char *list, const char *address, int sms)
{
	char at[32] = "";
	int count = -1, value = -1;

	if (list)
		setenv("CUDA_VISIBLE_DEVICES", list, 1);
	OK(cudaGetDeviceCount(&count));
	CHECK(count == 1);
	OK(cudaDeviceGetPCIBusId(at, sizeof(at), 0));
	CHECK(!strcmp(at, address));
	OK(cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, 0));
	CHECK(value == sms);
}

/* Left alone CUDA takes the first instance, and no whole GPU beside it. */
static void see_first(void)
{
	expect_one(NULL, MIG_ADDRESS0, 64);
}

static void see_named(void)
{
	expect_one(uuid(0, 2), MIG_ADDRESS0, 60);
}

static void see_one_of_two(void)
{
	char list[256];

	snprintf(list, sizeof(list), "%s,%s", uuid(1, 9), uuid(1, 10));
	expect_one(list, MIG_ADDRESS1, 16);
}

static void see_whole(void)
{
	expect_one(uuid(2, -1), WHOLE_ADDRESS, 132);
}

static void see_instance_of_gpu(void)
{
	expect_one(uuid(1, -1), MIG_ADDRESS1, 16);
}

static void see_instance_beside_whole(void)
{
	char list[256];

	snprintf(list, sizeof(list), "%s,%s", uuid(2, -1), uuid(0, 1));
	expect_one(list, MIG_ADDRESS0, 64);
}

static void see_nothing(void)
{
	int count = -1;

	setenv("CUDA_VISIBLE_DEVICES", "MIG-00000000-0000-0000-0000-000000000000", 1);
	CHECK(cudaGetDeviceCount(&count) == cudaErrorNoDevice && count == 0);
}

static void test_visible(void **s)
{
	assert_server("mig-on", "", see_first);
	assert_server("mig-on", "", see_named);
	assert_server("mig-on", "", see_one_of_two);
	assert_server("mig-on", "", see_whole);
	assert_server("mig-on", "", see_instance_of_gpu);
	assert_server("mig-on", "", see_instance_beside_whole);
	assert_server("mig-on", "", see_nothing);
}

/* ---- what an instance is ---- */

static int attribute(int which)
{
	int value = -1;

	OK(cudaDeviceGetAttribute(&value, (enum cudaDeviceAttr)which, 0));
	return value;
}

static void sizes_of_1g(void)
{
	struct cudaDeviceProp prop;
	size_t free_bytes, total;
	void *p;

	setenv("CUDA_VISIBLE_DEVICES", uuid(1, 7), 1);
	OK(cudaGetDeviceProperties(&prop, 0));
	CHECK(!strcmp(prop.name, "NVIDIA H100 80GB HBM3 MIG 1g.10gb"));
	CHECK(prop.totalGlobalMem == 9984ull << 20);
	CHECK(attribute(cudaDevAttrAsyncEngineCount) == 1);
	CHECK(attribute(cudaDevAttrGlobalMemoryBusWidth) == 640); /* 5120 / 8 */
	CHECK(attribute(cudaDevAttrL2CacheSize) == 6553600);	  /* 50 MiB / 8 */
	CHECK(attribute(134) == 1);				  /* node of its GPU */
	OK(cudaMemGetInfo(&free_bytes, &total));
	CHECK(total == 9984ull << 20 && free_bytes < total);
	CHECK(cudaMalloc(&p, 11ull << 30) == cudaErrorMemoryAllocation && cudaGetLastError());
}

/* Bytes/s of the median of 15 copies of 256 MiB between pinned memory and the instance. */
static double rate(bool to_device)
{
	size_t bytes = 256u << 20;
	cudaEvent_t start, stop;
	void *host, *device;
	double v[15];

	OK(cudaEventCreate(&start));
	OK(cudaEventCreate(&stop));
	sim_set_policy(1);
	OK(cudaHostAlloc(&host, bytes, 0));
	OK(cudaMalloc(&device, bytes));
	for (int i = 0, k; i < 15; i++) {
		double t;
		float ms;

		sim_epoch();
		OK(cudaEventRecord(start, NULL));
		OK(to_device ? cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, NULL)
			     : cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, NULL));
		OK(cudaEventRecord(stop, NULL));
		OK(cudaEventSynchronize(stop));
		OK(cudaEventElapsedTime(&ms, start, stop));
		t = ms * 1e-3;
		for (k = i; k > 0 && v[k - 1] > t; k--)
			v[k] = v[k - 1];
		v[k] = t;
	}
	return (double)bytes / v[7];
}

static void near(double value, double truth)
{
	if (fabs(value / truth - 1) > 0.01)
		fprintf(stderr, "%g, expected %g\n", value, truth);
	CHECK(fabs(value / truth - 1) <= 0.01);
}

/* Half of 55.3 and of 54.9 GB/s. */
static void rates_of_1g(void)
{
	setenv("CUDA_VISIBLE_DEVICES", uuid(1, 13), 1);
	near(rate(true), 27.65e9);
	near(rate(false), 27.45e9);
}

/* 0.5 x 55.3 GB/s x 15.754 / 63.015: Gen3 instead of Gen5 carries a quarter. */
static void rates_on_slow_link(void)
{
	setenv("CUDA_VISIBLE_DEVICES", uuid(1, 13), 1);
	near(rate(true), 6.9125e9);
}

static void test_sizes(void **s)
{
	assert_server("mig-on", "", sizes_of_1g);
	assert_server("mig-on", "", rates_of_1g);
	assert_server("mig-on", "pcie_downtrain gpu=1 gen=3", rates_on_slow_link);
	assert_server("mig-on", "pcie_downtrain gpu=0 gen=3", rates_of_1g);
}

/* ---- what NVML says ---- */

struct attributes {
	unsigned sms, copy_engines, decoders, encoders, jpeg, ofa, gpu_slices, compute_slices;
	unsigned long long memory_mib;
};

static void *gpu_handle(unsigned index)
{
	void *d = NULL;

	CHECK(!NVML("nvmlInit_v2", void)());
	CHECK(!NVML("nvmlDeviceGetHandleByIndex_v2", unsigned, void **)(index, &d));
	return d;
}

static int instance_handle(void *gpu, unsigned place, void **mig)
{
	return NVML("nvmlDeviceGetMigDeviceHandleByIndex", void *, unsigned, void **)(gpu, place,
										      mig);
}

static unsigned number(const char *call, void *d)
{
	unsigned v = ~0u;

	CHECK(!NVML(call, void *, unsigned *)(d, &v));
	return v;
}

static void nvml_instances(void)
{
	void *gpu = gpu_handle(0), *mig, *none;
	struct attributes a;
	unsigned now, pending;
	char text[96];

	CHECK(!NVML("nvmlDeviceGetMigMode", void *, unsigned *, unsigned *)(gpu, &now, &pending));
	CHECK(now == 1 && pending == 1);
	CHECK(number("nvmlDeviceGetMaxMigDeviceCount", gpu) == 7);
	CHECK(!instance_handle(gpu, 1, &mig));
	CHECK(instance_handle(gpu, 2, &none) == NOT_FOUND);
	CHECK(number("nvmlDeviceGetGpuInstanceId", mig) == 2);
	CHECK(number("nvmlDeviceGetComputeInstanceId", mig) == 0);
	CHECK(number("nvmlDeviceIsMigDeviceHandle", mig) == 1);
	CHECK(!NVML("nvmlDeviceGetUUID", void *, char *, unsigned)(mig, text, sizeof(text)));
	CHECK(!strcmp(text, uuid(0, 2)) && !strncmp(text, "MIG-", 4));
	CHECK(!NVML("nvmlDeviceGetName", void *, char *, unsigned)(mig, text, sizeof(text)));
	CHECK(!strcmp(text, "NVIDIA H100 80GB HBM3 MIG 3g.40gb"));
	CHECK(!NVML("nvmlDeviceGetAttributes_v2", void *, struct attributes *)(mig, &a));
	CHECK(a.sms == 60 && a.copy_engines == 3 && a.gpu_slices == 3 && a.memory_mib == 40448);
	/* what belongs to the whole GPU is not asked of a part of it, nor the other way round */
	CHECK(NVML("nvmlDeviceGetSerial", void *, char *, unsigned)(mig, text, sizeof(text)) ==
	      INVALID);
	CHECK(NVML("nvmlDeviceGetGpuInstanceId", void *, unsigned *)(gpu, &now) == INVALID);
	gpu = gpu_handle(2);
	CHECK(!NVML("nvmlDeviceGetMigMode", void *, unsigned *, unsigned *)(gpu, &now, &pending));
	CHECK(now == 0 && instance_handle(gpu, 0, &none) == NOT_FOUND);
}

struct process {
	unsigned pid;
	unsigned long long used;
	unsigned gi, ci;
};

static unsigned processes(void *d)
{
	struct process p[8];
	unsigned n = 8;

	CHECK(!NVML("nvmlDeviceGetComputeRunningProcesses_v3", void *, unsigned *,
		    struct process *)(d, &n, p));
	return n;
}

/* A context is seen on its instance and on the GPU, not on its neighbours. */
static void who_uses_it(void)
{
	void *gpu = gpu_handle(1), *mine, *other;

	CHECK(!instance_handle(gpu, 3, &mine) && !instance_handle(gpu, 4, &other));
	setenv("CUDA_VISIBLE_DEVICES", uuid(1, 10), 1);
	CHECK(processes(mine) == 0 && processes(gpu) == 0);
	OK(cudaSetDevice(0));
	CHECK(processes(mine) == 1 && processes(gpu) == 1 && processes(other) == 0);
	CHECK(processes(gpu_handle(0)) == 0);
}

static void test_nvml(void **s)
{
	assert_server("mig-on", "", nvml_instances);
	assert_server("mig-on", "", who_uses_it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_visible),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_nvml),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
