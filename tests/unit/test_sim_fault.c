/* Every fault of the simulated server does what it says, to the GPU it names and to no other. */
#include "sim.h"

#ifdef ASSAY_CUDA

#include "../simgpu/sim.h"
#include "../../harness/probe/placement.h"

#include <cuda_runtime_api.h>
#include <math.h>

#define OK(call) CHECK((call) == cudaSuccess)
#define BYTES	 (64 << 20)

/* ---- helpers ---- */

static void *nvml_gpu(unsigned i)
{
	void *d = NULL;

	CHECK(!NVML("nvmlInit_v2", void)());
	CHECK(!NVML("nvmlDeviceGetHandleByIndex_v2", unsigned, void **)(i, &d));
	return d;
}

static unsigned nvml_u32(const char *name, void *d)
{
	unsigned v = 0;

	CHECK(!NVML(name, void *, unsigned *)(d, &v));
	return v;
}

/* Seconds of one copy of BYTES to (or from) the GPU, and whether the bytes arrived. */
static double copy_s(int gpu, bool to_device, ssize_t *wrong_at)
{
	char *host, *back, *device;
	cudaEvent_t a, b;
	float ms;

	OK(cudaSetDevice(gpu));
	OK(cudaHostAlloc((void **)&host, BYTES, 0));
	OK(cudaHostAlloc((void **)&back, BYTES, 0));
	OK(cudaMalloc((void **)&device, BYTES));
	OK(cudaEventCreate(&a));
	OK(cudaEventCreate(&b));
	memset(host, 0x5a, BYTES);
	OK(cudaMemset(device, to_device ? 0 : 0x5a, BYTES));
	OK(cudaEventRecord(a, NULL));
	OK(cudaMemcpyAsync(to_device ? device : back, to_device ? host : device, BYTES,
			   cudaMemcpyDefault, NULL));
	OK(cudaEventRecord(b, NULL));
	OK(cudaDeviceSynchronize());
	OK(cudaEventElapsedTime(&ms, a, b));
	*wrong_at = -1;
	if (to_device) /* in pieces of another size, which the fault leaves alone */
		for (size_t at = 0; at < BYTES; at += 4096)
			OK(cudaMemcpy(back + at, device + at, 4096, cudaMemcpyDefault));
	for (size_t i = 0; i < BYTES && *wrong_at < 0; i++)
		*wrong_at = back[i] == 0x5a ? -1 : (ssize_t)i;
	return ms * 1e-3;
}

static bool near(double value, double truth)
{
	return fabs(value / truth - 1) < 0.02;
}

/* ---- the faults ---- */

static void downtrained(void)
{
	const struct sim_gpu *g = &sim_profile()->gpu[3];
	ssize_t wrong;
	void *d = nvml_gpu(3);

	CHECK(near(copy_s(2, true, &wrong), BYTES / g->h2d_pinned_bytes_s));
	CHECK(near(copy_s(3, true, &wrong),
		   BYTES / (g->h2d_pinned_bytes_s / 8))); /* Gen5 to Gen3, half as wide */
	CHECK(nvml_u32("nvmlDeviceGetCurrPcieLinkGeneration", d) == 3);
	CHECK(nvml_u32("nvmlDeviceGetCurrPcieLinkWidth", d) == 8);
	CHECK(nvml_u32("nvmlDeviceGetMaxPcieLinkGeneration", d) == 5);
	CHECK(nvml_u32("nvmlDeviceGetCurrPcieLinkGeneration", nvml_gpu(2)) == 5);
	CHECK(nvml_u32("nvmlDeviceGetCurrPcieLinkGeneration", nvml_gpu(1)) == 1); /* idle */
}

static void copies_on_3(void)
{
	ssize_t wrong;

	copy_s(3, true, &wrong);
}

static void copies_on_2(void)
{
	ssize_t wrong;

	copy_s(2, true, &wrong);
	CHECK(wrong < 0);
}

static void opens_3(void)
{
	OK(cudaSetDevice(3));
}

static void asks_nvml_3(void)
{
	nvml_u32("nvmlDeviceGetMaxPcieLinkWidth", nvml_gpu(3));
}

static void sticky(void)
{
	char *device, host[64] = "";

	OK(cudaSetDevice(3));
	OK(cudaMalloc((void **)&device, 64));
	OK(cudaMemcpy(device, host, 64, cudaMemcpyHostToDevice)); /* it has not been there yet */
	CHECK(cudaMemcpy(host, device, 64, cudaMemcpyDeviceToHost) == cudaErrorIllegalAddress);
	CHECK(cudaMalloc((void **)&device, 64) == cudaErrorIllegalAddress);
	CHECK(cudaDeviceSynchronize() == cudaErrorIllegalAddress);
	CHECK(cudaGetLastError() == cudaErrorIllegalAddress);
	CHECK(cudaGetLastError() == cudaErrorIllegalAddress); /* it stays */
	copies_on_2();
}

static void corrupted(void)
{
	ssize_t wrong;

	copy_s(3, true, &wrong);
	CHECK(wrong == 12345);
	copy_s(3, false, &wrong); /* dir=h2d: the other way is sound */
	CHECK(wrong == -1);
	copies_on_2();
}

static void corrupted_somewhere(void)
{
	ssize_t wrong;

	copy_s(3, false, &wrong);
	CHECK(wrong == BYTES / 2);
}

static void too_old(void)
{
	int n = -1, driver, runtime;
	char text[80];

	CHECK(cudaGetDeviceCount(&n) == cudaErrorInsufficientDriver && n == 0);
	OK(cudaDriverGetVersion(&driver));
	OK(cudaRuntimeGetVersion(&runtime));
	CHECK(driver < runtime);
	nvml_gpu(0);
	CHECK(!NVML("nvmlSystemGetDriverVersion", char *, unsigned)(text, sizeof(text)));
	CHECK(!strncmp(text, runtime >= 13000 ? "525." : "470.", 4));
}

static void mismatched(void)
{
	int n;

	CHECK(NVML("nvmlInit_v2", void)() == 18);
	CHECK(cudaGetDeviceCount(&n) == cudaErrorSystemDriverMismatch);
	CHECK(strcmp(sim_module(), sim_driver()) != 0);
}

struct fabric {
	unsigned version;
	unsigned char cluster[16];
	int status;
	unsigned clique;
	unsigned char state;
	unsigned health;
};

static unsigned char fabric_state(void)
{
	struct fabric f = {.version = (unsigned)sizeof(f) | 2u << 24};

	CHECK(!NVML("nvmlDeviceGetGpuFabricInfoV", void *, struct fabric *)(nvml_gpu(0), &f));
	return f.state;
}

static void fabric_waits(void)
{
	int n;

	CHECK(fabric_state() == 2);
	CHECK(cudaGetDeviceCount(&n) == cudaErrorSystemNotReady);
}

static void busy(void)
{
	struct {
		unsigned pid;
		unsigned long long used;
		unsigned a, b;
	} p[8];
	unsigned n = 8;
	int (*ask)(void *, unsigned *, void *) = (int (*)(void *, unsigned *, void *))nvml(
		"nvmlDeviceGetComputeRunningProcesses_v3");
	struct {
		unsigned long long total, free, used;
	} m;

	CHECK(!ask(nvml_gpu(3), &n, p) && n == 1 && p[0].pid > 1 && p[0].used > 1u << 30);
	CHECK(!NVML("nvmlDeviceGetMemoryInfo", void *, void *)(nvml_gpu(3), &m) &&
	      m.used > 1u << 30);
	n = 8;
	CHECK(!ask(nvml_gpu(2), &n, p) && n == 0);
}

static void missing(void)
{
	unsigned n;
	int count, i;

	OK(cudaGetDeviceCount(&count));
	CHECK(count == 7);
	nvml_gpu(0);
	CHECK(!NVML("nvmlDeviceGetCount_v2", unsigned *)(&n) && n == 7);
	CHECK(cudaDeviceGetByPCIBusId(&i, sim_profile()->gpu[5].pci) == cudaErrorInvalidDevice);
	OK(cudaDeviceGetByPCIBusId(&i, sim_profile()->gpu[6].pci));
	CHECK(i == 5);
}

static void shifted(void)
{
	const struct sim_gpu *g = &sim_profile()->gpu[3];
	ssize_t wrong;

	CHECK(near(copy_s(3, true, &wrong), BYTES / (g->h2d_pinned_bytes_s * 0.9)));
	CHECK(near(copy_s(3, false, &wrong), BYTES / g->d2h_pinned_bytes_s));
	CHECK(near(copy_s(2, true, &wrong), BYTES / g->h2d_pinned_bytes_s));
}

/* What firmware says is wrong everywhere; the copies tell the truth. */
static void on_the_wrong_node(void)
{
	const struct sim_gpu *g = &sim_profile()->gpu[3];
	unsigned long set[2] = {0, 0};
	struct err e = ERR_INIT;
	ssize_t wrong;
	int node;

	OK(cudaDeviceGetAttribute(&node, (enum cudaDeviceAttr)134, 3));
	CHECK(node == 1);
	OK(cudaDeviceGetAttribute(&node, (enum cudaDeviceAttr)134, 2));
	CHECK(node == 0);
	CHECK(!NVML("nvmlDeviceGetMemoryAffinity", void *, unsigned, unsigned long *,
		    int)(nvml_gpu(3), 2, set, 0) &&
	      set[0] == 2);
	CHECK(!NVML("nvmlDeviceGetCpuAffinity", void *, unsigned, unsigned long *)(nvml_gpu(3), 2,
										   set) &&
	      set[0] >> 56 == 0xff && !(set[0] & 1));
	CHECK(!placement_policy(0, &e));
	CHECK(near(copy_s(3, true, &wrong), BYTES / g->h2d_pinned_bytes_s));
	CHECK(!placement_policy(1, &e));
	CHECK(near(copy_s(3, true, &wrong), BYTES / (g->h2d_pinned_bytes_s * g->remote_share)));
}

static void sound(void)
{
	copies_on_3();
	copies_on_2();
	CHECK(fabric_state() == 3);
	CHECK(!strcmp(sim_module(), sim_driver()));
}

/* ---- tests ---- */

#define H100 "hgx-h100"

static void test_none(void **s)
{
	assert_server(H100, "", sound);
}

static void test_pcie_downtrain(void **s)
{
	assert_server(H100, "pcie_downtrain gpu=3 gen=3 width=8", downtrained);
}

static void test_hang(void **s)
{
	assert_hangs(H100, "hang gpu=3", copies_on_3);
	assert_server(H100, "hang gpu=3", copies_on_2);
	assert_server(H100, "hang gpu=3 after=1000000", copies_on_3);
	assert_server(H100, "hang gpu=3", opens_3);
	assert_hangs(H100, "hang gpu=3 at=init", opens_3);
	assert_hangs(H100, "hang gpu=3 at=nvml", asks_nvml_3);
	assert_server(H100, "hang gpu=2 at=nvml", asks_nvml_3);
}

static void test_sticky_error(void **s)
{
	assert_server(H100, "sticky_error gpu=3", sticky);
}

static void test_corrupt_copy(void **s)
{
	assert_server(H100, "corrupt_copy gpu=3 dir=h2d size=64MiB offset=12345", corrupted);
	assert_server(H100, "corrupt_copy gpu=3", corrupted_somewhere);
}

static void test_driver(void **s)
{
	assert_server(H100, "driver_too_old", too_old);
	assert_server(H100, "driver_mismatch", mismatched);
	assert_server(H100, "fabric_not_ready", fabric_waits);
}

static void test_gpu(void **s)
{
	assert_server(H100, "gpu_busy gpu=3", busy);
	assert_server(H100, "gpu_missing gpu=5", missing);
}

static void test_wrong_numa(void **s)
{
	assert_server(H100, "wrong_numa gpu=3 node=1", on_the_wrong_node);
}

static void test_shift(void **s)
{
	assert_server(H100, "shift what=h2d by=0.1 gpu=3", shifted);
	assert_server(H100, " ; shift what=h2d by=0.1 gpu=3; gpu_busy gpu=0;", shifted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),	     cmocka_unit_test(test_pcie_downtrain),
		cmocka_unit_test(test_hang),	     cmocka_unit_test(test_sticky_error),
		cmocka_unit_test(test_corrupt_copy), cmocka_unit_test(test_driver),
		cmocka_unit_test(test_gpu),	     cmocka_unit_test(test_shift),
		cmocka_unit_test(test_wrong_numa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
