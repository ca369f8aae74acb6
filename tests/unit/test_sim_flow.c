/*
 * Transfers of the simulated server that run at the same time, as a program sees them, against
 * times computed by hand from the profiles: several GPUs in one process, both directions, kernels
 * that touch host memory, kinds of memory. The servers here have no noise.
 */
#include "sim_quiet.h"

#ifdef ASSAY_CUDA

#include "../simgpu/sim.h"
#include "../../harness/probe/placement.h"
#include "../../kernels/gate.h"
#include "../../kernels/pattern.h"

#include <cuda_runtime_api.h>
#include <math.h>

#define OK(call) CHECK((call) == cudaSuccess)
#define MIB	 ((size_t)1 << 20)

struct lane {
	int gpu;
	cudaStream_t stream;
	cudaEvent_t begin, end;
	char *host, *device;
};

static struct lane lane_on(int gpu, size_t bytes)
{
	struct lane l = {.gpu = gpu};
	struct err e = ERR_INIT;

	setenv("CUDA_MODULE_LOADING", "EAGER", 1); /* kernels behind gates */
	OK(cudaSetDevice(gpu));
	CHECK(!placement_policy(sim_gpu_near(gpu), &e));
	OK(cudaStreamCreateWithFlags(&l.stream, cudaStreamNonBlocking));
	OK(cudaEventCreate(&l.begin));
	OK(cudaEventCreate(&l.end));
	OK(cudaHostAlloc((void **)&l.host, bytes, 0));
	OK(cudaMalloc((void **)&l.device, bytes));
	return l;
}

static void queue(struct lane *l, bool to_device, size_t bytes, int n)
{
	for (int i = 0; i < n; i++)
		OK(cudaMemcpyAsync(to_device ? l->device : l->host, to_device ? l->host : l->device,
				   bytes, cudaMemcpyDefault, l->stream));
}

/* All lanes begin when the first one's gate opens. */
static struct gate *hold(struct lane *l, int n)
{
	struct gate *gate;
	cudaEvent_t go;

	OK(cudaSetDevice(l[0].gpu));
	OK(cudaHostAlloc((void **)&gate, sizeof(*gate), cudaHostAllocMapped));
	OK(cudaEventCreate(&go));
	gate->open = 0;
	OK(gate_launch(gate, GATE_GIVE_UP_NS, l[0].stream));
	OK(cudaEventRecord(go, l[0].stream));
	for (int i = 0; i < n; i++) {
		if (i)
			OK(cudaStreamWaitEvent(l[i].stream, go, 0));
		OK(cudaEventRecord(l[i].begin, l[i].stream));
	}
	return gate;
}

static void release(struct gate *gate, struct lane *l, int n)
{
	for (int i = 0; i < n; i++)
		OK(cudaEventRecord(l[i].end, l[i].stream));
	gate->open = 1;
	for (int i = 0; i < n; i++)
		OK(cudaStreamSynchronize(l[i].stream));
}

/* Within the tick of events. */
static void expect_s(const struct lane *l, double truth)
{
	float ms;
	double off;

	OK(cudaEventElapsedTime(&ms, l->begin, l->end));
	off = fabs(ms * 1e-3 - truth);
	if (off > 0.6e-6)
		fprintf(stderr, "GPU %d: %.9g s, expected %.9g\n", l->gpu, ms * 1e-3, truth);
	CHECK(off <= 0.6e-6);
}

/*
 * GPU 1 copies half as much as GPU 0 behind the same switch: it has half the hop all the time,
 * GPU 0 has half of it until then and the whole for the rest.
 */
static void one_ends_before(void)
{
	struct lane l[2] = {lane_on(0, 256 * MIB), lane_on(1, 256 * MIB)};
	struct gate *gate = hold(l, 2);
	double half = 128. * MIB / 55.3e9;

	queue(&l[0], true, 256 * MIB, 1);
	queue(&l[1], true, 128 * MIB, 1);
	release(gate, l, 2);
	expect_s(&l[1], 2 * half + 1.4e-6);
	expect_s(&l[0], 3 * half + 1.4e-6);
}

static void many_at_once(void)
{
	struct lane l[8];
	struct gate *gate;

	for (int i = 0; i < 8; i++)
		l[i] = lane_on(i, 64 * MIB);
	gate = hold(l, 8);
	for (int i = 0; i < 8; i++)
		queue(&l[i], true, 64 * MIB, 10);
	release(gate, l, 8);
	for (int i = 0; i < 8; i++)
		expect_s(&l[i], 10 * (1.4e-6 + 64. * MIB / 27.65e9));
}

/* Both copy engines of GPU 0, streams of one GPU. */
static void both_ways(void)
{
	struct lane l[2] = {lane_on(0, 64 * MIB), lane_on(0, 64 * MIB)};
	struct gate *gate = hold(l, 2);

	queue(&l[0], true, 64 * MIB, 3);
	queue(&l[1], false, 64 * MIB, 3);
	release(gate, l, 2);
	/* 55.3 is done first; then 54.9 has its link for itself: 3 copies less what it had done */
	double first = 3 * (1.4e-6 + 64. * MIB / (55.3e9 * 0.78));
	double copy = 1.4e-6 + 64. * MIB / (54.9e9 * 0.78);

	expect_s(&l[0], first);
	expect_s(&l[1], first + (3 - first / copy) * (1.4e-6 + 64. * MIB / 54.9e9));
}

/* With one copy engine they go one after another. */
static void one_engine(void)
{
	struct lane l[2] = {lane_on(0, 64 * MIB), lane_on(0, 64 * MIB)};
	struct gate *gate = hold(l, 2);
	int engines;

	OK(cudaDeviceGetAttribute(&engines, cudaDevAttrAsyncEngineCount, 0));
	CHECK(engines == 1);
	queue(&l[0], true, 64 * MIB, 1);
	queue(&l[1], false, 64 * MIB, 1);
	release(gate, l, 2);
	expect_s(&l[1], 2 * 1.4e-6 + 64. * MIB / 55.3e9 + 64. * MIB / 54.9e9);
}

/* A kernel that writes mapped host memory, beside a copy the same way and the other. */
static void kernel_on_the_link(void)
{
	struct lane l[2] = {lane_on(0, 64 * MIB), lane_on(0, 64 * MIB)};
	struct gate *gate = hold(l, 2);
	void *mapped;

	OK(cudaHostGetDevicePointer(&mapped, l[0].host, 0));
	OK(pattern_fill_launch(mapped, 64 * MIB, 7, l[0].stream));
	queue(&l[1], false, 64 * MIB, 2);
	release(gate, l, 2);
	CHECK(pattern_check(l[0].host, 64 * MIB, 7).first == PATTERN_NONE);
	/* the link carries 54.9 that way */
	expect_s(&l[0], 2.4e-6 + 64. * MIB / 27.45e9);

	gate = hold(l, 2);
	OK(pattern_fill_launch(mapped, 64 * MIB, 8, l[0].stream));
	queue(&l[1], true, 64 * MIB, 2);
	release(gate, l, 2);
	expect_s(&l[0], 2.4e-6 + 64. * MIB / (52.4e9 * 0.78));
}

/* GPU 2 goes on when GPU 0 is done: events order streams of different GPUs. */
static void waits_for_another_gpu(void)
{
	struct lane l[2] = {lane_on(0, 64 * MIB), lane_on(2, 64 * MIB)};
	struct gate *gate = hold(l, 2);
	cudaEvent_t done;

	OK(cudaSetDevice(0));
	OK(cudaEventCreate(&done));
	queue(&l[0], true, 64 * MIB, 1);
	OK(cudaEventRecord(done, l[0].stream));
	OK(cudaStreamWaitEvent(l[1].stream, done, 0));
	queue(&l[1], true, 64 * MIB, 1);
	release(gate, l, 2);
	expect_s(&l[1], 2 * (1.4e-6 + 64. * MIB / 55.3e9));
}

static void streams_have_a_gpu(void)
{
	struct lane l[2] = {lane_on(0, 4096), lane_on(2, 4096)};
	float ms;

	OK(cudaSetDevice(0));
	CHECK(cudaEventRecord(l[1].begin, l[0].stream) == cudaErrorInvalidResourceHandle);
	CHECK(pattern_fill_launch(l[0].device, 4096, 1, l[1].stream) ==
	      cudaErrorInvalidResourceHandle);
	queue(&l[1], true, 4096, 1); /* a copy may */
	OK(cudaStreamSynchronize(l[1].stream));
	OK(cudaEventRecord(l[0].begin, l[0].stream));
	OK(cudaEventRecord(l[1].begin, l[1].stream));
	OK(cudaEventSynchronize(l[0].begin));
	OK(cudaEventSynchronize(l[1].begin));
	CHECK(cudaEventElapsedTime(&ms, l[0].begin, l[1].begin) == cudaErrorInvalidResourceHandle);
	OK(cudaFree(l[1].device)); /* whichever is current */
}

/* What a kernel may not touch: memory that is not mapped, and more than is. */
static void illegal(void)
{
	struct lane l = lane_on(0, 4096);
	char *plain = malloc(4096);

	OK(pattern_fill_launch(plain, 4096, 1, l.stream));
	CHECK(cudaStreamSynchronize(l.stream) == cudaErrorIllegalAddress);
}

static void beyond(void)
{
	struct lane l = lane_on(0, 4096);

	OK(pattern_fill_launch(l.host, 8192, 1, l.stream));
	CHECK(cudaStreamSynchronize(l.stream) == cudaErrorIllegalAddress);
}

/* Over C2C a GPU reads what the host has. */
static void unmapped_over_c2c(void)
{
	struct lane l = lane_on(0, 4096);
	char *plain = malloc(4096);

	OK(pattern_fill_launch(plain, 4096, 1, l.stream));
	OK(cudaStreamSynchronize(l.stream));
	CHECK(pattern_check(plain, 4096, 1).first == PATTERN_NONE);
}

/* Registered pages are pinned where they lie; write-combined ones are known as such. */
static void host_kinds(void)
{
	struct lane l = lane_on(0, 64 * MIB);
	struct placement_buf b;
	struct err e = ERR_INIT;
	struct gate *gate;

	CHECK(!placement_alloc(&b, 64 * MIB, 1, PAGES_HUGETLB, &e));
	OK(cudaHostRegister(b.p, b.bytes, cudaHostRegisterPortable));
	l.host = b.p;
	gate = hold(&l, 1);
	queue(&l, true, 64 * MIB, 1);
	release(gate, &l, 1);
	expect_s(&l, 1.4e-6 + 64. * MIB / (55.3e9 * 0.71)); /* node 1 */
	OK(cudaHostUnregister(b.p));

	CHECK(!placement_policy(1, &e)); /* where new memory is from now, not later */
	l.host = malloc(64 * MIB);
	OK(cudaHostRegister(l.host, 64 * MIB, 0));
	CHECK(!placement_policy(0, &e));
	gate = hold(&l, 1);
	queue(&l, true, 64 * MIB, 1);
	release(gate, &l, 1);
	expect_s(&l, 1.4e-6 + 64. * MIB / (55.3e9 * 0.71));

	OK(cudaHostAlloc((void **)&l.host, 64 * MIB, cudaHostAllocWriteCombined));
	gate = hold(&l, 1);
	queue(&l, true, 64 * MIB, 1);
	release(gate, &l, 1);
	expect_s(&l, 1.4e-6 + 64. * MIB / 54.6e9);
}

/* Device to device within one GPU: 2.9 TB/s read and written. */
static void local_copy(void)
{
	struct lane l = lane_on(0, 64 * MIB);
	struct gate *gate = hold(&l, 1);
	char *other;

	OK(cudaMalloc((void **)&other, 64 * MIB));
	OK(cudaMemcpyAsync(other, l.device, 64 * MIB, cudaMemcpyDeviceToDevice, l.stream));
	release(gate, &l, 1);
	expect_s(&l, 1.4e-6 + 128. * MIB / 2.9e12);
}

/* ---- tests ---- */

static void test_together(void **s)
{
	static const char *const one[] = {"copy_engines = 1", NULL};

	on_quiet("hgx-h100", "", one_ends_before);
	on_quiet("hgx-h100", "", many_at_once);
	on_quiet("hgx-h100", "", both_ways);
	on_quiet("hgx-h100", "", kernel_on_the_link);
	assert_server(server("hgx-h100", one), "", one_engine);
}

static void test_several_gpus(void **s)
{
	on_quiet("hgx-h100", "", waits_for_another_gpu);
	on_quiet("hgx-h100", "", streams_have_a_gpu);
}

static void test_host_memory(void **s)
{
	on_quiet("hgx-h100", "", host_kinds);
	on_quiet("hgx-h100", "", local_copy);
	on_quiet("hgx-h100", "", illegal);
	on_quiet("hgx-h100", "", beyond);
	on_quiet("gb200-nvl4", "", unmapped_over_c2c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_several_gpus),
		cmocka_unit_test(test_host_memory),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	unlink(quiet);
	return failed;
}

#else
#include "without_nvcc.h"
#endif
