/*
 * The simulated server apart from CUDA: noise and seeds, placement and host rates, profiles and
 * faults that are refused, and scripts/sim that starts it.
 */
#include "sim_shell.h"
#include "../simgpu/sim.h"
#include "../../harness/base/clock.h"
#include "../../harness/probe/placement.h"

#include <errno.h>
#include <math.h>
#include <sys/stat.h>

#define H100 "hgx-h100"

/* ---- noise ---- */

static double draws[4000];
static int n_draws;

/* Chases of one load amount under a stream; the values go to a pipe that the parent reads. */
static int pipe_fd[2];
static uint64_t process_stream, case_stream;

static void measure(void)
{
	struct host_load l = {.kind = HOST_CHASE, .threads = 1, .amount = 1e6};

	clock_meas_begin(process_stream);
	clock_meas_begin(case_stream);
	for (int i = 0; i < n_draws; i++)
		draws[i] = placement_time(&l, 1) / 1e6;
	CHECK(write(pipe_fd[1], draws, (size_t)n_draws * sizeof(*draws)) ==
	      (ssize_t)((size_t)n_draws * sizeof(*draws)));
}

static void measure_in_process(uint64_t process, uint64_t case_, int n)
{
	size_t want, got = 0;

	process_stream = process;
	case_stream = case_;
	n_draws = n;
	want = (size_t)n * sizeof(*draws);
	assert_int_equal(pipe(pipe_fd), 0);
	assert_server(H100, "", measure); /* all of it fits into the pipe */
	close(pipe_fd[1]);
	while (got < want) {
		ssize_t r = read(pipe_fd[0], (char *)draws + got, want - got);

		assert_true(r > 0);
		got += (size_t)r;
	}
	close(pipe_fd[0]);
}

static double mean_log(int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += log(draws[i]);
	return sum / n;
}

static double sd_log(int n, double mean)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += (log(draws[i]) - mean) * (log(draws[i]) - mean);
	return sqrt(sum / (n - 1));
}

/* What the profile says of itself. */
static double stated(const char *key)
{
	char out[64];
	int rc = shell(out, sizeof(out),
		       "$BUILD/simgpu/simtree --show tests/simgpu/servers/hgx-h100.ini | sed -n "
		       "'s/^%s=//p'",
		       key);

	assert_int_equal(rc, 0);
	assert_true(*out);
	return atof(out);
}

static void test_one_seed_same_numbers(void **s)
{
	double first[50];

	measure_in_process(1, 2, 50);
	memcpy(first, draws, sizeof(first));
	measure_in_process(1, 2, 50);
	assert_memory_equal(first, draws, sizeof(first));
	measure_in_process(1, 3, 50);
	assert_memory_not_equal(first, draws, sizeof(first));
	measure_in_process(2, 2, 50);
	assert_memory_not_equal(first, draws, sizeof(first));
}

static void test_noise_is_as_stated(void **s)
{
	enum { N = 4000, PROCESSES = 200 };
	double mean, sd, lag = 0, processes[PROCESSES], sum = 0, squares = 0;

	need_programs();
	measure_in_process(11, 12, N);
	mean = mean_log(N);
	sd = sd_log(N, mean);
	for (int i = 1; i < N; i++)
		lag += (log(draws[i]) - mean) * (log(draws[i - 1]) - mean) / (sd * sd * (N - 1));
	assert_true(fabs(sd / stated("noise.sample_sd") - 1) < 0.1);
	assert_true(fabs(lag - stated("noise.autocorrelation")) < 0.06);

	for (int p = 0; p < PROCESSES; p++) {
		measure_in_process(1000 + (uint64_t)p, 5, 200);
		processes[p] = mean_log(200);
		sum += processes[p];
	}
	for (int p = 0; p < PROCESSES; p++)
		squares += (processes[p] - sum / PROCESSES) * (processes[p] - sum / PROCESSES);
	assert_true(fabs(exp(sum / PROCESSES) / stated("memory.latency_local_s") - 1) < 0.0005);
	assert_true(fabs(sqrt(squares / (PROCESSES - 1)) / stated("noise.process_sd") - 1) < 0.25);
}

/* ---- placement and host memory ---- */

static int calls;

static void count(void *arg, uint64_t n)
{
	calls += (int)n;
}

static double rate(enum host_work kind, int cpu_node, int node, int threads)
{
	struct host_load l = {.kind = kind,
			      .cpu_node = cpu_node,
			      .node = node,
			      .threads = threads,
			      .amount = 1e9};

	return 1e9 / placement_time(&l, 1);
}

static void host_rates(void)
{
	const struct sim_memory *m = &sim_profile()->memory;
	struct host_load l = {
		.kind = HOST_CHASE, .cpu_node = 0, .node = 1, .threads = 1, .amount = 1e6};
	uint64_t t = clock_meas_ns();
	double s;

	l.work = count;
	s = placement_time(&l, 3);
	placement_time(&l, 5);
	CHECK(calls == 1); /* done once, whatever is asked */
	CHECK(fabs(s / (3e6 * m->latency_remote_s) - 1) < 0.02);
	CHECK((double)(clock_meas_ns() - t) * 1e-9 > s);
	CHECK(fabs(rate(HOST_TRIAD, 0, 0, 112) / m->triad_bytes_s - 1) < 0.02);
	CHECK(fabs(rate(HOST_READ, 1, 1, 112) / m->read_bytes_s - 1) < 0.02);
	CHECK(fabs(rate(HOST_WRITE, 1, 0, 112) / (m->write_bytes_s * m->remote_share) - 1) < 0.02);
	CHECK(fabs(rate(HOST_COPY, 0, 0, 1) / m->thread_bytes_s - 1) < 0.02);
	CHECK(fabs(rate(HOST_ALU, 0, 0, 1) * 8 / 3.8e9 - 1) < 0.02);
	CHECK(fabs(rate(HOST_START, 0, 0, 1) * 1.5e-3 - 1) < 0.02);
	CHECK(fabs(rate(HOST_CHASE_CACHE, 0, 0, 1) * 70 / 3.8e9 - 1) < 0.02);
}

static void shifted_rates(void)
{
	const struct sim_memory *m = &sim_profile()->memory;
	struct host_load l = {.kind = HOST_CHASE, .threads = 1, .amount = 1e6};

	CHECK(fabs(placement_time(&l, 1) / (1e6 * m->latency_local_s * 1.2) - 1) < 0.02);
	CHECK(fabs(rate(HOST_TRIAD, 0, 0, 112) / (m->triad_bytes_s * 0.9) - 1) < 0.02);
	CHECK(fabs(rate(HOST_ALU, 0, 0, 1) * 8 * 1.3 / 3.8e9 - 1) < 0.02);
}

static void placement(void)
{
	struct placement_buf b;
	struct placement_proof p;
	struct err e = ERR_INIT;
	int cpus[256];

	CHECK(placement_alloc(&b, 1 << 20, 7, PAGES_4K, &e) == -EINVAL);
	CHECK(!placement_alloc(&b, 1 << 20, 1, PAGES_HUGETLB, NULL));
	CHECK(b.node == 1 && b.pages == PAGES_THP); /* this server keeps no huge pages */
	placement_prove(b.p, b.bytes, 1, &p);
	CHECK(p.result == PROOF_PROVEN && p.pages == 256 && !p.elsewhere);
	placement_prove(b.p, b.bytes, 0, &p);
	CHECK(p.result == PROOF_WRONG && p.elsewhere == 256 && p.found == 1);
	placement_free(&b);
	placement_prove(&p, sizeof(p), 0, &p);
	CHECK(p.result == PROOF_UNPROVEN && *p.source);
	CHECK(placement_cpus(1, cpus, 256) == 112 && cpus[0] == 56 && cpus[111] == 223);
	CHECK(!placement_pin_cpu(60, NULL) && sim_memory_node() == 1);
	CHECK(!placement_policy(0, NULL) && sim_memory_node() == 0);
	CHECK(!placement_policy(-1, NULL) && sim_memory_node() == 1);
}

static void test_host(void **s)
{
	assert_server(H100, "", host_rates);
	assert_server(H100,
		      "shift what=host_latency by=0.2; shift what=host_triad by=0.1; "
		      "shift what=host_alu by=0.3",
		      shifted_rates);
	assert_server(H100, "", placement);
}

/* ---- scripts/sim ---- */

static void write_profile(const char *path, const char *sed)
{
	char out[4096];

	assert_int_equal(shell(out, sizeof(out), "sed '%s' tests/simgpu/servers/hgx-h100.ini >%s",
			       sed, path),
			 0);
}

static void test_bad_profiles(void **s)
{
	static const struct {
		const char *sed, *says;
	} bad[] = {
		{"s/^sockets = 2/sockets = two/", ":20: sockets=two is no whole number"},
		{"s/^sockets = 2/sockets = 99/", ":20: sockets=99 is not within 1 and 8"},
		{"s/^sockets = 2/sockts = 2/", ":20: [cpu] has no key \"sockts\""},
		{"s/^sockets = 2/sockets = 2\\nsockets = 2/",
		 ":21: sockets is given twice in [cpu]"},
		{"/^sockets/d", ": [cpu] lacks sockets"},
		{"s/^\\[cpu\\]/[cpus]/", ": no section [cpus]"},
		{"s/^ecc = on/ecc = maybe/", "ecc=maybe is none of on|off|none"},
		{"s/^memory_bytes = .*/memory_bytes = 80GB/", "memory_bytes=80GB is no size"},
		{"s/^node = 1/node = 5/", "node 5, there are 2"},
		{"s/^h2d_pinned_bytes_s = .*/h2d_pinned_bytes_s = 62e9/",
		 "copies faster than its PCIe link can"},
		{"s/^h2d_sm_bytes_s = .*/h2d_sm_bytes_s = 62e9/",
		 "copies faster than its PCIe link can"},
		{"s/^pcie_gen = .*/&\\nlink = agp/", "link=agp is none of pcie|c2c"},
		{"s/^node = 1/node = 1\\nnode_near = 2/", "node 2, there are 2"},
		{"s/^node = 1/node = 1\\nmemory_node = 1/", "memory_node=1 is a node with CPUs"},
		{"s/^\\[gpu 3\\]/[gpu 4]/", "[gpu N] sections count up"},
		{"s/^sockets = 2/sockets/", ":20: "},
		{"s/^mig = off/mig = maybe/", "[gpu 0] mig=maybe is neither on, off, none nor"},
		{"s/^mig = off/mig = 1.0 5g.50gb/", "but there is no [mig 5g.50gb]"},
		{"$a [mig 1g.10gb]\\nsms = 16", "[mig 1g.10gb] lacks slices"},
	};
	char out[4096], path[64];

	need_programs();
	snprintf(path, sizeof(path), "/tmp/assay-bad-profile-%d.ini", (int)getpid());
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		write_profile(path, bad[i].sed);
		assert_int_equal(
			shell(out, sizeof(out), "scripts/sim %s -- echo STARTED 2>&1", path), 2);
		assert_non_null(strstr(out, path));
		if (!strstr(out, bad[i].says))
			fail_msg("\"%s\" does not say \"%s\"", out, bad[i].says);
		assert_null(strstr(out, "STARTED"));
	}
	unlink(path);
}

static void test_bad_faults(void **s)
{
	static const struct {
		const char *fault, *says;
	} bad[] = {
		{"hung gpu=3", "no fault \"hung\""},
		{"hang", "hang lacks gpu"},
		{"hang gpu=8", "GPUs 0 to 7"},
		{"hang gpu=-1", "gpu=-1 is out of range"},
		{"hang gpu=3 gpu=4", "gpu needs one value"},
		{"hang gpu=3 at=noon", "at=noon: there is only |copy|init|nvml|"},
		{"hang gpu=3 now=1", "hang has no \"now\""},
		{"hang gpu", "gpu needs one value"},
		{"pcie_downtrain gpu=3", "pcie_downtrain lacks gen"},
		{"pcie_downtrain gpu=3 gen=9", "gen=9 is out of range"},
		{"shift what=h2d by=nan", "by=nan is out of range"},
		{"shift what=speed by=0.1", "what=speed"},
		{"wrong_numa gpu=1", "wrong_numa lacks node"},
		{"wrong_numa gpu=1 node=2", "no node 2, there are 2"},
		{"cpuset node=2", "cpuset: no node 2, there are 2"},
		{"corrupt_copy gpu=1 size=1KB", "size=1KB is out of range"},
		{"hang gpu=3; oops", "FAULT:2: no fault \"oops\""},
	};
	char out[4096];

	need_programs();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(shell(out, sizeof(out),
				       "scripts/sim hgx-h100 --fault='%s' -- echo STARTED 2>&1",
				       bad[i].fault),
				 2);
		if (!strstr(out, bad[i].says))
			fail_msg("\"%s\" does not say \"%s\"", out, bad[i].says);
		assert_null(strstr(out, "STARTED"));
	}
}

static void test_start_script(void **s)
{
	char out[4096], run[4096];

	need_programs();
	assert_int_equal(shell(out, sizeof(out), "scripts/sim no-such -- true 2>&1"), 2);
	assert_non_null(strstr(out, "hgx-h100"));
	assert_int_equal(shell(out, sizeof(out), "scripts/sim hgx-h100 2>&1"), 2);
	assert_int_equal(shell(out, sizeof(out), "scripts/sim h200-vm -- sh -c 'exit 7'"), 7);
	assert_int_equal(shell(out, sizeof(out), "echo word | scripts/sim h200-vm -- cat"), 0);
	assert_string_equal(out, "word\n");
	/* the run's folder is gone on every way out */
	assert_int_equal(shell(run, sizeof(run),
			       "scripts/sim h200-vm -- sh -c 'echo $ASSAY_SYSROOT; kill $PPID'"),
			 143);
	run[strcspn(run, "\n")] = '\0';
	assert_true(strlen(run) > 5);
	assert_int_equal(access(dirname(run), F_OK), -1);
	assert_int_equal(shell(out, sizeof(out),
			       "scripts/sim h200-vm --fault=nvml_missing -- sh -c "
			       "'test -s $LD_LIBRARY_PATH/libnvidia-ml.so.1'"),
			 1);
	assert_int_equal(shell(out, sizeof(out),
			       "scripts/sim h200-vm -- sh -c "
			       "'test -s $LD_LIBRARY_PATH/libnvidia-ml.so.1'"),
			 0);
}

/* Reading and writing a GPU's memory as a node, over C2C. */
static void gpu_memory_as_node(void)
{
	const struct sim_gpu *g = &sim_profile()->gpu[1];
	const struct sim_memory *m = &sim_profile()->memory;
	struct host_load l = {.kind = HOST_CHASE, .node = 10, .threads = 1, .amount = 1e6};
	struct placement_buf b;
	struct placement_proof p;
	struct err e = ERR_INIT;

	CHECK(!placement_alloc(&b, 1 << 20, 10, PAGES_4K, &e));
	placement_prove(b.p, b.bytes, 10, &p);
	CHECK(p.result == PROOF_PROVEN && p.pages == 16); /* of 64 KiB */
	placement_free(&b);
	CHECK(placement_pin_node(10, &e) == -EINVAL && strstr(e.text, "has no CPU"));
	CHECK(placement_alloc(&b, 1 << 20, 11, PAGES_4K, NULL) == -EINVAL);
	CHECK(fabs(rate(HOST_READ, 0, 10, 72) / g->d2h_pinned_bytes_s - 1) < 0.02);
	CHECK(fabs(rate(HOST_WRITE, 1, 10, 72) / (g->h2d_pinned_bytes_s * g->remote_share) - 1) <
	      0.02);
	CHECK(fabs(placement_time(&l, 1) / (1e6 * g->sm_latency_s) - 1) < 0.02);
	l.cpu_node = 1;
	CHECK(fabs(placement_time(&l, 1) /
			   (1e6 * (g->sm_latency_s + m->latency_remote_s - m->latency_local_s)) -
		   1) < 0.02);
}

static void test_gpu_memory_node(void **s)
{
	assert_server("gb200-nvl4", "", gpu_memory_as_node);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_seed_same_numbers),
		cmocka_unit_test(test_noise_is_as_stated),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_bad_profiles),
		cmocka_unit_test(test_bad_faults),
		cmocka_unit_test(test_start_script),
		cmocka_unit_test(test_gpu_memory_node),
	};

	find_build(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
