/* Peer access, NVLinks and copies between GPUs of the simulated server, against its profiles. */
#include "sim.h"

#ifdef ASSAY_CUDA

#include "../simgpu/peer.h"
#include "../simgpu/sim.h"
#include "../../harness/base/clock.h"
#include "../../harness/base/err.h"
#include "../../kernels/lanes.h"
#include "../../kernels/peer_copy.h"

#include <cuda_runtime_api.h>
#include <errno.h>
#include <math.h>

#define OK(call) CHECK((call) == cudaSuccess)
#define MIB	 ((size_t)1 << 20)

/* Two GPUs that copy; the seconds of a batch. */
struct rig {
	struct peer_copy copy;
	bool read, both;
};

static struct rig *rig(size_t size, bool on)
{
	static struct rig only; /* of this process */
	struct rig *r = &only;
	struct err e = ERR_INIT;

	setenv("CUDA_MODULE_LOADING", "EAGER", 1);
	clock_meas_begin(1);
	CHECK(!peer_copy_open(&r->copy, (const int[]){0, 1}, 2, size, 7, &e));
	r->copy.size = size;
	for (int i = 0; i < 2 && on; i++) {
		OK(cudaSetDevice(i));
		OK(cudaDeviceEnablePeerAccess(!i, 0));
	}
	return r;
}

static int queue(void *arg, int lane, struct CUstream_st *stream)
{
	const struct rig *r = arg;

	return r->read ? peer_copy_queue(&r->copy, !lane, lane, stream)
		       : peer_copy_queue(&r->copy, lane, !lane, stream);
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Median seconds of a copy. */
static double seconds(struct rig *r)
{
	struct err e = ERR_INIT;
	double v[15];

	for (int i = 0; i < 15; i++) {
		CHECK(!lanes_time(&r->copy.lanes, r->both ? 2 : 1, true, queue, r, 16, &v[i], &e));
		v[i] /= 16;
	}
	qsort(v, 15, sizeof(v[0]), ascending);
	return v[7];
}

static void near_to(double is, double truth)
{
	if (fabs(is / truth - 1) > 0.005)
		fprintf(stderr, "%g, profile says %g\n", is, truth);
	CHECK(fabs(is / truth - 1) <= 0.005);
}

static const struct sim_gpu *gpu0(void)
{
	return &sim_profile()->gpu[0];
}

static void rates_of_a_pair(void)
{
	double bytes = 256.0 * (double)MIB, rate, one;
	struct rig *r = rig(256 * MIB, true);

	rate = gpu0()->peer_bytes_s;
	near_to(seconds(r), gpu0()->peer_latency_s + bytes / rate);
	r->read = true;
	near_to(seconds(r), gpu0()->peer_latency_s + bytes / rate);
	r->read = false;
	r->copy.sm = true;
	one = seconds(r);
	near_to(one, gpu0()->launch_s + bytes / (rate * gpu0()->peer_sm_share));
	r->copy.sm = false;
	r->both = true;
	near_to(seconds(r), gpu0()->peer_latency_s + bytes / (rate * gpu0()->peer_both_share));
}

static void without_access(void)
{
	double bytes = 64.0 * (double)MIB;
	struct rig *r = rig(64 * MIB, false);

	near_to(seconds(r), gpu0()->peer_off_latency_s + bytes / gpu0()->peer_off_bytes_s);
	r->copy.size = 4096;
	near_to(seconds(r), gpu0()->peer_off_latency_s + 4096 / gpu0()->peer_off_bytes_s);
	/* a kernel that reaches for the other's memory all the same */
	struct err e = ERR_INIT;
	double s;

	r->copy.sm = true;
	CHECK(lanes_time(&r->copy.lanes, 1, true, queue, r, 1, &s, &e));
	CHECK(strstr(e.text, "cudaErrorIllegalAddress"));
}

static void calls(void)
{
	int can = -1, rank = -1;

	OK(cudaDeviceCanAccessPeer(&can, 0, 1));
	CHECK(can == 1);
	OK(cudaDeviceCanAccessPeer(&can, 0, 0));
	CHECK(can == 0);
	CHECK(cudaDeviceCanAccessPeer(&can, 0, 99) == cudaErrorInvalidDevice);
	OK(cudaDeviceGetP2PAttribute(&rank, cudaDevP2PAttrPerformanceRank, 0, 1));
	CHECK(rank == 0);
	OK(cudaSetDevice(0));
	CHECK(cudaDeviceDisablePeerAccess(1) == cudaErrorPeerAccessNotEnabled);
	OK(cudaDeviceEnablePeerAccess(1, 0));
	CHECK(cudaDeviceEnablePeerAccess(1, 0) == cudaErrorPeerAccessAlreadyEnabled);
	OK(cudaDeviceDisablePeerAccess(1));
	CHECK(!strcmp(cudaGetErrorName(cudaErrorPeerAccessUnsupported),
		      "cudaErrorPeerAccessUnsupported"));
}

static void across_sockets(void)
{
	int can = -1;

	OK(cudaDeviceCanAccessPeer(&can, 0, 1));
	CHECK(can == 1);
	OK(cudaDeviceCanAccessPeer(&can, 0, 2));
	CHECK(can == 0);
	OK(cudaSetDevice(0));
	CHECK(cudaDeviceEnablePeerAccess(2, 0) == cudaErrorPeerAccessUnsupported);
}

/* What arrives of a write from 0 to 1, and of a read by 1 from 0. */
static void dropped(void)
{
	struct rig *r = rig(MIB + 3, true);
	struct err e = ERR_INIT;
	double s;

	for (int sm = 0; sm < 2; sm++) {
		r->copy.sm = sm;
		CHECK(!peer_copy_prepare(&r->copy, 0, 1, &e));
		CHECK(!lanes_wait(&r->copy.lanes, "preparing", &e));
		CHECK(!lanes_time(&r->copy.lanes, 1, true, queue, r, 1, &s, &e));
		CHECK(peer_copy_check(&r->copy, 1, &e, "GPU %d writes to GPU 1", 0) == -EBADMSG);
		CHECK(strstr(e.text, "GPU 0 writes to GPU 1: nothing of 1048579 bytes arrived"));
		err_clear(&e);
		CHECK(!peer_copy_prepare(&r->copy, 1, 0, &e));
		CHECK(!lanes_wait(&r->copy.lanes, "preparing", &e));
		r->read = true; /* GPU 0 from GPU 1 */
		CHECK(!lanes_time(&r->copy.lanes, 1, true, queue, r, 1, &s, &e));
		r->read = false;
		CHECK(!peer_copy_check(&r->copy, 0, &e, "GPU 0 reads from GPU 1"));
	}
}

static void slow(void)
{
	struct rig *r = rig(256 * MIB, true);

	near_to(seconds(r),
		gpu0()->peer_latency_s + 256.0 * (double)MIB / (gpu0()->peer_bytes_s * 0.7));
}

static void one_link_down(void)
{
	struct rig *r = rig(256 * MIB, true);

	CHECK(sim_nvlink_pair(0, 1) == 17 && sim_nvlink_pair(2, 3) == 18);
	CHECK(!sim_nvlink_up(1, 5) && sim_nvlink_up(0, 5));
	near_to(seconds(r),
		gpu0()->peer_latency_s + 256.0 * (double)MIB / (gpu0()->peer_bytes_s * 17 / 18));
}

static void errors_grow(void)
{
	struct rig *r = rig(MIB, true);
	double before = sim_nvlink_errors(1, 0);

	seconds(r);
	CHECK(sim_nvlink_errors(1, 0) > before);
	CHECK(fabs(sim_nvlink_errors(1, 1)) < 1e-9 && fabs(sim_nvlink_errors(0, 0)) < 1e-9);
}

/* ---- NVLinks from GPU to GPU ---- */

/* hgx-h100 as a cube: six links to each of three GPUs, none to the other four. */
static void write_cube(const char *path)
{
	FILE *in = fopen("tests/simgpu/servers/hgx-h100.ini", "r"), *out = fopen(path, "w");
	char line[512];
	int g;

	assert_non_null(in);
	assert_non_null(out);
	while (fgets(line, sizeof(line), in)) {
		fputs(line, out);
		if (sscanf(line, "[gpu %d]", &g) == 1)
			fprintf(out, "nvlink_to = %d x6, %d x6, %d x6\n", g ^ 1, g ^ 2, g ^ 4);
	}
	fclose(in);
	fclose(out);
}

static void cube(void)
{
	struct rig *r = rig(256 * MIB, true);

	CHECK(sim_nvlink_to(0, 0) == 1 && sim_nvlink_to(0, 6) == 2 && sim_nvlink_to(0, 17) == 4);
	CHECK(sim_nvlink_pair(0, 1) == 6 && sim_nvlink_pair(0, 3) == 0);
	near_to(seconds(r),
		gpu0()->peer_latency_s + 256.0 * (double)MIB / (gpu0()->peer_bytes_s / 3));
}

/* The eighth link of GPU 0 leads to GPU 2 and ends in the second of those that lead back. */
static void cube_with_a_link_down(void)
{
	CHECK(sim_nvlink_pair(0, 2) == 5 && sim_nvlink_pair(2, 0) == 5);
	CHECK(sim_nvlink_pair(0, 1) == 6);
	for (int i = 0; i < 18; i++) {
		CHECK(sim_nvlink_up(0, i) == (i != 7));
		CHECK(sim_nvlink_up(2, i) == (i != 7));
	}
}

/* ---- what NVML says of it ---- */

static void nvml_links_of(void)
{
	int (*init)(void) = nvml("nvmlInit_v2");
	int (*handle)(unsigned, void **) = nvml("nvmlDeviceGetHandleByIndex_v2");
	int (*state)(void *, unsigned, unsigned *) = nvml("nvmlDeviceGetNvLinkState");
	int (*version)(void *, unsigned, unsigned *) = nvml("nvmlDeviceGetNvLinkVersion");
	int (*remote)(void *, unsigned, unsigned *) = nvml("nvmlDeviceGetNvLinkRemoteDeviceType");
	unsigned v = 0;
	void *d;

	CHECK(!init() && !handle(1, &d));
	CHECK(!state(d, 5, &v) && v == 0);
	CHECK(!state(d, 6, &v) && v == 1);
	CHECK(state(d, 18, &v) == 2);
	CHECK(!version(d, 0, &v) && v == 6);
	CHECK(!remote(d, 0, &v) && v == 2);
}

/* Fields 170 to 172: links, whether the last one is up, its MB/s. */
static void c2c_fields(bool there)
{
	static const unsigned want[] = {10, 1, 44712};
	struct {
		unsigned id, scope;
		long long at, took;
		unsigned type;
		int code;
		unsigned long long value;
	} f[4] = {{.id = 170},
		  {.id = 171, .scope = 9},
		  {.id = 172, .scope = 9},
		  {.id = 171, .scope = 10}};
	int (*init)(void) = nvml("nvmlInit_v2");
	int (*handle)(unsigned, void **) = nvml("nvmlDeviceGetHandleByIndex_v2");
	int (*get)(void *, int, void *) = nvml("nvmlDeviceGetFieldValues");
	void *d;

	CHECK(!init() && !handle(1, &d) && !get(d, 4, f));
	for (int i = 0; i < 3; i++)
		CHECK(there ? !f[i].code && f[i].value == want[i] : f[i].code == 3);
	CHECK(f[3].code == (there ? 2 : 3)); /* no such link, not supported */
}

static void c2c(void)
{
	c2c_fields(true);
}

static void no_c2c(void)
{
	c2c_fields(false);
}

static void links_to_the_host(void **state)
{
	assert_server("gb200-nvl4", "", c2c);
	assert_server("hgx-h100", "", no_c2c);
}

static void the_rates_are_the_profiles(void **state)
{
	assert_server("hgx-h100", "", rates_of_a_pair);
	assert_server("a100-pcie", "", rates_of_a_pair);
	assert_server("hgx-h100", "", without_access);
}

static void access_is_asked_for(void **state)
{
	assert_server("hgx-h100", "", calls);
	assert_server("a100-pcie", "", across_sockets);
}

static void writes_vanish(void **state)
{
	assert_server("hgx-h100", "p2p_silent_drop gpu=0 peer=1", dropped);
}

static void a_pair_is_slow(void **state)
{
	assert_server("hgx-h100", "slow_pair gpu=1 peer=0 by=0.3", slow);
}

static void links_fail(void **state)
{
	assert_server("hgx-h100", "nvlink_down gpu=1 link=5", one_link_down);
	assert_server("hgx-h100", "nvlink_errors gpu=1", errors_grow);
	assert_server("hgx-h100", "nvlink_down gpu=1 link=5", nvml_links_of);
}

static void links_lead_to_gpus(void **state)
{
	char path[] = "/tmp/assay-cube-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	write_cube(path);
	assert_server(path, "", cube);
	assert_server(path, "nvlink_down gpu=0 link=7", cube_with_a_link_down);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_lead_to_gpus),  cmocka_unit_test(the_rates_are_the_profiles),
		cmocka_unit_test(access_is_asked_for), cmocka_unit_test(writes_vanish),
		cmocka_unit_test(a_pair_is_slow),      cmocka_unit_test(links_fail),
		cmocka_unit_test(links_to_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
