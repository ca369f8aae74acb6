/* Copies, streams and gates of the simulated server against what its profile says. */
#include "sim.h"

#ifdef ASSAY_CUDA

#include "../simgpu/sim.h"
#include "../../harness/base/clock.h"
#include "../../harness/base/rng.h"
#include "../../harness/probe/placement.h"
#include "../../kernels/gate.h"
#include "../../kernels/pattern.h"

#include <cuda_runtime_api.h>
#include <math.h>

#define OK(call) CHECK((call) == cudaSuccess)
#define BATCH	 64

struct rig {
	cudaStream_t stream;
	cudaEvent_t start, stop;
	struct gate *gate;
	char *host, *device;
	size_t bytes;
};

static struct rig rig_on(int node, size_t bytes)
{
	struct rig r = {.bytes = bytes};
	struct err e = ERR_INIT;

	CHECK(!placement_policy(node, &e));
	OK(cudaStreamCreateWithFlags(&r.stream, cudaStreamNonBlocking));
	OK(cudaEventCreate(&r.start));
	OK(cudaEventCreate(&r.stop));
	OK(cudaHostAlloc((void **)&r.gate, sizeof(*r.gate), cudaHostAllocMapped));
	OK(cudaHostAlloc((void **)&r.host, bytes, 0));
	OK(cudaMalloc((void **)&r.device, bytes));
	return r;
}

/* Seconds of n copies behind a gate, by events. */
static double gated(struct rig *r, int n, bool to_device)
{
	float ms = -1;

	r->gate->open = 0;
	OK(gate_launch(r->gate, GATE_GIVE_UP_NS, r->stream));
	OK(cudaEventRecord(r->start, r->stream));
	for (int i = 0; i < n; i++)
		OK(to_device ? cudaMemcpyAsync(r->device, r->host, r->bytes, cudaMemcpyHostToDevice,
					       r->stream)
			     : cudaMemcpyAsync(r->host, r->device, r->bytes, cudaMemcpyDeviceToHost,
					       r->stream));
	OK(cudaEventRecord(r->stop, r->stream));
	CHECK(cudaStreamQuery(r->stream) == cudaErrorNotReady &&
	      cudaGetLastError() == cudaErrorNotReady);
	r->gate->open = 1;
	OK(cudaStreamSynchronize(r->stream));
	OK(cudaEventElapsedTime(&ms, r->start, r->stop));
	return ms * 1e-3;
}

/* Median of several batches, so that the sample noise is small beside the tolerance. */
static double median_gated(struct rig *r, int n, bool to_device)
{
	double v[15];

	for (int i = 0; i < 15; i++) {
		double t = gated(r, n, to_device);
		int k = i;

		for (; k > 0 && v[k - 1] > t; k--)
			v[k] = v[k - 1];
		v[k] = t;
	}
	return v[7];
}

static void expect_near(double value, double truth, double tolerance)
{
	if (fabs(value / truth - 1) > tolerance)
		fprintf(stderr, "%g, expected %g\n", value, truth);
	CHECK(fabs(value / truth - 1) <= tolerance);
}

static void gated_times(void)
{
	const struct sim_gpu *g = &sim_profile()->gpu[0];
	static const size_t sizes[] = {4, 4096, 1 << 20, 256 << 20};

	for (size_t i = 0; i < 4; i++) {
		struct rig r = rig_on(0, sizes[i]);
		double bytes = (double)sizes[i];

		expect_near(median_gated(&r, BATCH, true),
			    BATCH * (g->copy_latency_s + bytes / g->h2d_pinned_bytes_s), 0.01);
		expect_near(median_gated(&r, BATCH, false),
			    BATCH * (g->copy_latency_s + bytes / g->d2h_pinned_bytes_s), 0.01);
		OK(cudaFree(r.device));
		OK(cudaFreeHost(r.host));
	}
}

static void remote_node(void)
{
	const struct sim_gpu *g = &sim_profile()->gpu[0];
	struct rig r = rig_on(1, 256 << 20);

	expect_near(median_gated(&r, 8, true),
		    8 * ((double)r.bytes / (g->h2d_pinned_bytes_s * g->remote_share)), 0.01);
}

static void pageable_time(void)
{
	const struct sim_gpu *g = &sim_profile()->gpu[0];
	size_t bytes = 64 << 20;
	char *host = malloc(bytes), *device;
	uint64_t t;

	memset(host, 1, bytes);
	OK(cudaMalloc((void **)&device, bytes));
	t = clock_meas_ns();
	for (int i = 0; i < 10; i++)
		OK(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, NULL));
	OK(cudaStreamSynchronize(NULL));
	expect_near((double)(clock_meas_ns() - t) * 1e-9,
		    10 * ((double)bytes / g->h2d_pageable_bytes_s), 0.02);
}

static void pageable_behind_gate(void)
{
	struct rig r = rig_on(0, 4096);
	char pageable[64];

	r.gate->open = 0;
	OK(gate_launch(r.gate, GATE_GIVE_UP_NS, r.stream));
	cudaMemcpyAsync(r.device, pageable, sizeof(pageable), cudaMemcpyHostToDevice, r.stream);
}

/* Its last bytes are on their way when it returns; another stream sees them after a wait only. */
static void pageable_returns_early(void)
{
	struct rig r = rig_on(0, 1 << 20);
	char *pageable = calloc(1, r.bytes), *seen = r.host;

	OK(cudaMemset(r.device, 1, r.bytes));
	OK(cudaDeviceSynchronize());
	OK(cudaMemcpy(r.device, pageable, r.bytes, cudaMemcpyHostToDevice));
	memset(pageable, 2, r.bytes); /* it is the caller's again */
	OK(cudaMemcpyAsync(seen + r.bytes - 1, r.device + r.bytes - 1, 1, cudaMemcpyDeviceToHost,
			   r.stream));
	OK(cudaStreamSynchronize(r.stream));
	CHECK(seen[r.bytes - 1] == 1);
	OK(cudaDeviceSynchronize());
	OK(cudaMemcpyAsync(seen, r.device, r.bytes, cudaMemcpyDeviceToHost, r.stream));
	OK(cudaStreamSynchronize(r.stream));
	CHECK(seen[0] == 0 && seen[r.bytes - 1] == 0);
	free(pageable);
}

static void kernel_behind_gate(void)
{
	struct rig r = rig_on(0, 4096);

	r.gate->open = 0;
	OK(gate_launch(r.gate, GATE_GIVE_UP_NS, r.stream));
	OK(pattern_fill_launch(r.device, 4096, 1, r.stream));
}

static void eager_kernel_behind_gate(void)
{
	setenv("CUDA_MODULE_LOADING", "EAGER", 1);
	kernel_behind_gate();
}

static void too_many_behind_gate(void)
{
	struct rig r = rig_on(0, 4096);

	r.gate->open = 0;
	OK(gate_launch(r.gate, GATE_GIVE_UP_NS, r.stream));
	for (int i = 0; i < 1000; i++)
		OK(cudaMemcpyAsync(r.device, r.host, 4, cudaMemcpyHostToDevice, r.stream));
}

static void gate_gives_up(void)
{
	struct rig r = rig_on(0, 4096);
	uint64_t t = clock_meas_ns();

	r.gate->open = r.gate->gave_up = 0;
	OK(gate_launch(r.gate, GATE_GIVE_UP_NS, r.stream));
	OK(cudaStreamSynchronize(r.stream));
	CHECK(r.gate->gave_up == 1);
	expect_near((double)(clock_meas_ns() - t), (double)GATE_GIVE_UP_NS, 0.001);
}

/* What was copied is what is there; before the host waits nothing is. */
static void data_moves(void)
{
	struct rig r = rig_on(0, (1 << 20) + 3);
	struct pattern_diff *diff;

	OK(cudaHostAlloc((void **)&diff, sizeof(*diff), 0));
	*diff = (struct pattern_diff)PATTERN_DIFF_INIT;
	pattern_fill(r.host, r.bytes, 7);
	OK(cudaMemcpyAsync(r.device, r.host, r.bytes, cudaMemcpyHostToDevice, r.stream));
	OK(pattern_check_launch(r.device, r.bytes, 7, diff, r.stream));
	OK(cudaStreamSynchronize(r.stream));
	CHECK(diff->first == PATTERN_NONE && !diff->bytes);

	memset(r.host, 0xa5, r.bytes);
	OK(cudaMemcpyAsync(r.host, r.device, r.bytes, cudaMemcpyDeviceToHost, r.stream));
	CHECK(pattern_check(r.host, r.bytes, 7).first == 0);
	OK(cudaStreamSynchronize(r.stream));
	CHECK(pattern_check(r.host, r.bytes, 7).first == PATTERN_NONE);

	OK(cudaMemset(r.device + 12345, 0, 1));
	OK(pattern_check_launch(r.device, r.bytes, 7, diff, r.stream));
	OK(cudaStreamSynchronize(r.stream));
	CHECK(diff->first == 12345 && diff->bytes == 1);
}

/* Device memory is described, not stored: whatever is done to it, it must read as if it were. */
static void memory_reads_as_written(void)
{
	enum { N = 1 << 14 }; /* what is larger is moved only where samples differ */
	struct rig r = rig_on(0, N);
	static uint8_t mirror[N], part[N], other[N];
	struct rng rng = {42};
	char *second;

	OK(cudaMalloc((void **)&second, N));
	OK(cudaMemset(r.device, 0, N));
	OK(cudaMemset(second, 0, N));
	for (int i = 0; i < 3000; i++) {
		size_t at = rng_below(&rng, N / 4) * 4, n = 1 + rng_below(&rng, i % 2 ? 64 : N);
		uint32_t seed = (uint32_t)rng_below(&rng, 2);
		int what = (int)rng_below(&rng, 5);
		size_t from = rng_below(&rng, N / 4) * 4;

		n = n > N - at ? N - at : n;
		if (what == 4) { /* there and back, to another place */
			n = n > N - from ? N - from : n;
			OK(cudaMemcpy(second + from, r.device + at, n, cudaMemcpyDeviceToDevice));
			memcpy(other + from, mirror + at, n);
			OK(cudaMemcpy(r.device, second, N, cudaMemcpyDeviceToDevice));
			memcpy(mirror, other, N);
			continue;
		}
		if (what == 0)
			OK(cudaMemset(r.device + at, (int)seed + 7, n));
		else if (what == 1)
			OK(pattern_fill_launch(r.device + at, n, seed, NULL));
		if (what == 0)
			memset(mirror + at, (int)seed + 7, n);
		else
			pattern_fill(mirror + at, n, seed);
		if (what == 2) /* anything, and often what the last pattern has there */
			mirror[at + rng_below(&rng, n)] ^= (uint8_t)(1 + rng_below(&rng, 255));
		if (what >= 2)
			OK(cudaMemcpy(r.device + at, mirror + at, n, cudaMemcpyHostToDevice));
		memset(part, 0xee, N);
		OK(cudaMemcpy(part, r.device, N, cudaMemcpyDeviceToHost));
		CHECK(!memcmp(part, mirror, N));
	}
}

/* The kernel that checks finds what the host's function finds. */
static void checks_agree(void)
{
	enum { N = 12001 };
	struct rig r = rig_on(0, N);
	struct pattern_diff *diff, want;

	OK(cudaHostAlloc((void **)&diff, sizeof(*diff), 0));
	for (int i = 0; i < 4; i++) {
		size_t at = i == 3 ? 4096 : 0;

		*diff = (struct pattern_diff)PATTERN_DIFF_INIT;
		pattern_fill(r.host, N, 7);
		r.host[5000] = (char)(r.host[5000] ^ (i == 1));
		r.host[N - 1] = (char)(r.host[N - 1] ^ (i == 2));
		OK(pattern_fill_launch(r.device, N, 7, r.stream));
		OK(cudaMemcpyAsync(r.device, r.host, N, cudaMemcpyHostToDevice, r.stream));
		OK(pattern_check_launch(r.device + at, N - at, 7, diff, r.stream));
		OK(cudaStreamSynchronize(r.stream));
		want = pattern_check(r.host + at, N - at, 7);
		CHECK(diff->first == want.first && diff->bytes == want.bytes);
		CHECK((want.first == PATTERN_NONE) == (i == 0));
	}
}

/* The same copy again carries what the host has changed since. */
static void source_changes(void)
{
	struct rig r = rig_on(0, 4096);
	char back;

	for (int i = 0; i < 3; i++) {
		r.host[100] = (char)i;
		OK(cudaMemcpyAsync(r.device, r.host, r.bytes, cudaMemcpyHostToDevice, r.stream));
		OK(cudaStreamSynchronize(r.stream));
		OK(cudaMemcpyAsync(r.device, r.host, r.bytes, cudaMemcpyHostToDevice, r.stream));
		r.host[100] = (char)(i + 50); /* the copy has not run yet */
		OK(cudaStreamSynchronize(r.stream));
		OK(cudaMemcpy(&back, r.device + 100, 1, cudaMemcpyDeviceToHost));
		CHECK(back == i + 50);
	}
}

/* A stream that waits for an event of another starts where that one was reached. */
static void streams_wait(void)
{
	struct rig a = rig_on(0, 64 << 20);
	cudaStream_t other;
	cudaEvent_t begin, end;
	float ms;

	OK(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking));
	OK(cudaEventCreate(&begin));
	OK(cudaEventCreate(&end));
	a.gate->open = 0;
	OK(gate_launch(a.gate, GATE_GIVE_UP_NS, a.stream));
	OK(cudaEventRecord(a.start, a.stream));
	OK(cudaStreamWaitEvent(other, a.start, 0));
	OK(cudaEventRecord(begin, other));
	OK(cudaMemcpyAsync(a.device, a.host, a.bytes, cudaMemcpyHostToDevice, a.stream));
	OK(cudaMemcpyAsync(a.host, a.device, a.bytes, cudaMemcpyDeviceToHost, other));
	OK(cudaEventRecord(end, other));
	a.gate->open = 1;
	OK(cudaStreamSynchronize(other));
	OK(cudaStreamSynchronize(a.stream));
	OK(cudaEventElapsedTime(&ms, a.start, begin));
	CHECK(ms == 0);
	OK(cudaEventElapsedTime(&ms, a.start, end)); /* both engines at once */
	expect_near(ms * 1e-3,
		    (double)a.bytes / (sim_profile()->gpu[0].d2h_pinned_bytes_s *
				       sim_profile()->gpu[0].both_share),
		    0.02);
}

static void touches_device_memory(void)
{
	char *device;

	OK(cudaMalloc((void **)&device, 4096));
	signal(SIGSEGV, SIG_DFL); /* cmocka and sanitizers have theirs */
	signal(SIGBUS, SIG_DFL);
	device[0] = 1;
}

static void test_gated_times(void **s)
{
	assert_server("hgx-h100", "", gated_times);
	assert_server("h200-vm", "", gated_times);
	assert_server("pcie4-workstation", "", gated_times);
}

static void test_remote_node(void **s)
{
	assert_server("hgx-h100", "", remote_node);
}

static void test_pageable(void **s)
{
	assert_server("hgx-h100", "", pageable_time);
	assert_server("hgx-h100", "", pageable_returns_early);
	assert_hangs("hgx-h100", "", pageable_behind_gate);
}

static void test_gate_holds(void **s)
{
	assert_hangs("hgx-h100", "", kernel_behind_gate);
	assert_server("hgx-h100", "", eager_kernel_behind_gate);
	assert_hangs("hgx-h100", "", too_many_behind_gate);
	assert_server("hgx-h100", "", gate_gives_up);
}

static void test_data(void **s)
{
	assert_server("hgx-h100", "", data_moves);
	assert_server("hgx-h100", "", memory_reads_as_written);
	assert_server("hgx-h100", "", checks_agree);
	assert_server("hgx-h100", "", source_changes);
	assert_true(WIFSIGNALED(on_server("hgx-h100", "", 10, touches_device_memory)));
}

static void test_streams(void **s)
{
	assert_server("hgx-h100", "", streams_wait);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gated_times), cmocka_unit_test(test_remote_node),
		cmocka_unit_test(test_pageable),    cmocka_unit_test(test_gate_holds),
		cmocka_unit_test(test_data),	    cmocka_unit_test(test_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
