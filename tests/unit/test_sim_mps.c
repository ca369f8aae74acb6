/*
 * Processes that share a simulated GPU, against times computed by hand: by turns, and as clients of
 * MPS. Who takes part is who worked in the turn before.
 */
#include "sim.h"

#ifdef ASSAY_CUDA

#include "../simgpu/share.h"
#include "../../harness/base/clock.h"
#include "../../kernels/mps_load.h"

#include <cuda_runtime_api.h>
#include <math.h>
#include <pthread.h>
#include <sys/mman.h>

#define OK(call)    CHECK((call) == cudaSuccess)
#define ABOUT(a, b) CHECK(fabs((a) / (b)-1) < 0.01)
#define CLIENTS	    50
#define SMS	    132 /* of hgx-h100 */
#define MPS_ENABLED 133
#define TURN_NS	    10000000000ull /* far enough that none comes late */

/* What the processes share. */
struct meeting {
	pthread_barrier_t barrier;
	double seconds[CLIENTS]; /* of a launch */
	int error[CLIENTS], mps[CLIENTS], sms[CLIENTS];
	int listed, listed_mps; /* by NVML, in the end */
};

struct scene {
	int n, workers; /* the first of n clients work */
	uint32_t blocks;
	const char *percent;
	uint64_t vectors; /* 0: one for each thread */
};

static char pipes[64];

/* A pipe directory with the pid of somebody who lives: that is all a client looks at. */
static void make_pipes(void)
{
	char path[128];
	FILE *f;

	snprintf(pipes, sizeof(pipes), "/tmp/test-sim-mps.XXXXXX");
	CHECK(mkdtemp(pipes));
	snprintf(path, sizeof(path), "%s/nvidia-cuda-mps-control.pid", pipes);
	f = fopen(path, "w");
	CHECK(f);
	fprintf(f, "%d\n", (int)getpid());
	fclose(f);
}

static void remove_pipes(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/nvidia-cuda-mps-control.pid", pipes);
	unlink(path);
	rmdir(pipes);
}

struct client {
	struct mps_vector *x;
	struct mps_seen *seen;
	struct mps_shape shape;
};

static void turn(struct meeting *m, unsigned number)
{
	pthread_barrier_wait(&m->barrier); /* nobody is given an order before all have answered */
	clock_meas_meet(number * TURN_NS);
}

static double launch(struct client *c)
{
	struct mps_seen seen = {.begin_ns = UINT64_MAX};

	OK(cudaMemcpy(c->seen, &seen, sizeof(seen), cudaMemcpyHostToDevice));
	OK((cudaError_t)mps_load_launch(c->x, &c->shape, c->seen, 0, NULL));
	OK(cudaMemcpy(&seen, c->seen, sizeof(seen), cudaMemcpyDeviceToHost));
	return 1e-9 * (double)(seen.end_ns[0] - seen.begin_ns);
}

static void count_processes(struct meeting *m)
{
	unsigned n = 64;
	char room[64 * 64];
	void *d;

	CHECK(!NVML("nvmlInit_v2", void)());
	CHECK(!NVML("nvmlDeviceGetHandleByIndex_v2", unsigned, void **)(0, &d));
	CHECK(!NVML("nvmlDeviceGetComputeRunningProcesses_v3", void *, unsigned *, void *)(d, &n,
											   room));
	m->listed = (int)n;
	n = 64;
	CHECK(!NVML("nvmlDeviceGetMPSComputeRunningProcesses_v3", void *, unsigned *,
		    void *)(d, &n, room));
	m->listed_mps = (int)n;
}

static void work(struct meeting *m, const struct scene *s, int me)
{
	struct client c = {.shape = {.blocks = s->blocks, .passes = 1, .rounds = 20000}};

	c.shape.n = s->vectors ? s->vectors : (uint64_t)s->blocks * MPS_THREADS;
	c.shape.rounds = s->vectors ? 1 : 20000;
	clock_meas_begin((uint64_t)me + 1);
	for (int i = 0; i < s->n; i++) { /* one after the other, as the benchmark does */
		pthread_barrier_wait(&m->barrier);
		if (i == me)
			m->error[me] = (int)cudaFree(NULL);
	}
	pthread_barrier_wait(&m->barrier);
	if (!m->error[me]) {
		OK(cudaDeviceGetAttribute(&m->mps[me], (enum cudaDeviceAttr)MPS_ENABLED, 0));
		OK(cudaDeviceGetAttribute(&m->sms[me], cudaDevAttrMultiProcessorCount, 0));
		OK(cudaMalloc((void **)&c.x, c.shape.n * sizeof(*c.x)));
		OK(cudaMalloc((void **)&c.seen, sizeof(*c.seen)));
	}
	turn(m, 1);
	if (me < s->workers)
		launch(&c);
	turn(m, 2);
	if (me < s->workers)
		m->seconds[me] = launch(&c);
	pthread_barrier_wait(&m->barrier);
	if (!me)
		count_processes(m);
	pthread_barrier_wait(&m->barrier);
}

static struct meeting *play(const struct scene *s)
{
	struct meeting *m =
		mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_barrierattr_t shared;
	int status;

	CHECK(m != MAP_FAILED);
	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&m->barrier, &shared, (unsigned)s->n);
	sim_sharers(0); /* one state for all that come from here */
	if (s->percent)
		setenv("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", s->percent, 1);
	fflush(NULL);
	for (int i = 0; i < s->n; i++) {
		if (!fork()) {
			alarm(50);
			work(m, s, i);
			exit(0);
		}
	}
	for (int i = 0; i < s->n; i++) {
		CHECK(wait(&status) > 0);
		CHECK(passed(status));
	}
	unsetenv("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE");
	return m;
}

/* Seconds of a launch of `blocks` that has that many SMs: 4 words, 20000 steps, 64 a clock. */
static double compute_s(int blocks, int sms)
{
	return blocks * (double)MPS_THREADS * 4 * 20000 / (64.0 * sms * 1.98e9);
}

static void by_turns(void)
{
	struct meeting *m;

	setenv("CUDA_MPS_PIPE_DIRECTORY", "/nowhere", 1);
	m = play(&(struct scene){.n = 4, .workers = 4, .blocks = SMS / 2});
	for (int i = 0; i < 4; i++) {
		CHECK(!m->mps[i] && m->sms[i] == SMS);
		ABOUT(m->seconds[i], 4 / 0.97 * compute_s(SMS / 2, SMS / 2));
	}
	CHECK(m->listed == 4 && m->listed_mps == 0);
	/* who only has a context takes no turn */
	m = play(&(struct scene){.n = 4, .workers = 1, .blocks = SMS / 2});
	ABOUT(m->seconds[0], compute_s(SMS / 2, SMS / 2));
}

static void side_by_side(void)
{
	const double half_s = compute_s(SMS / 2, SMS / 2), all_s = compute_s(2 * SMS, SMS);
	const uint64_t stream = 64u << 20;
	struct meeting *m;

	make_pipes();
	setenv("CUDA_MPS_PIPE_DIRECTORY", pipes, 1);
	m = play(&(struct scene){.n = 2, .workers = 2, .blocks = SMS / 2});
	CHECK(m->mps[0] && m->mps[1] && m->listed == 0 && m->listed_mps == 2);
	ABOUT(m->seconds[1], half_s);
	m = play(&(struct scene){.n = 6, .workers = 6, .blocks = SMS / 2});
	ABOUT(m->seconds[5], 3 * half_s);
	m = play(&(struct scene){.n = 3, .workers = 3, .blocks = 2 * SMS});
	ABOUT(m->seconds[2], 3 * all_s);
	/* a quarter of 132 SMs, in pairs: 32 */
	m = play(&(struct scene){.n = 4, .workers = 4, .blocks = SMS / 2, .percent = "25"});
	CHECK(m->sms[0] == 32);
	ABOUT(m->seconds[3], compute_s(SMS / 2, 32));
	m = play(&(struct scene){
		.n = 2, .workers = 2, .blocks = 2 * SMS, .percent = "50", .vectors = stream});
	ABOUT(m->seconds[1], 2 * 32.0 * (double)stream / 2.9e12);
	remove_pipes();
}

static void one_too_many(void)
{
	struct meeting *m;

	make_pipes();
	setenv("CUDA_MPS_PIPE_DIRECTORY", pipes, 1);
	m = play(&(struct scene){.n = 50, .blocks = 1});
	CHECK(!m->error[0] && !m->error[47]);
	CHECK(m->error[48] == cudaErrorMpsMaxClientsReached && m->error[49]);
	remove_pipes();
}

static void refused_after_two(void)
{
	struct meeting *m;

	make_pipes();
	setenv("CUDA_MPS_PIPE_DIRECTORY", pipes, 1);
	m = play(&(struct scene){.n = 3, .blocks = 1});
	CHECK(!m->error[0] && !m->error[1] && m->error[2] == cudaErrorMpsMaxClientsReached);
	remove_pipes();
}

static void all_refused(void)
{
	struct meeting *m;

	make_pipes();
	setenv("CUDA_MPS_PIPE_DIRECTORY", pipes, 1);
	m = play(&(struct scene){.n = 1, .blocks = 1});
	CHECK(m->error[0] == cudaErrorMpsConnectionFailed);
	remove_pipes();
}

/* What was computed can be checked, and one wrong word is seen. */
static void checked(void)
{
	const struct mps_shape s = {.n = 5000, .blocks = 5, .passes = 2, .rounds = 3};
	struct pattern_diff diff = PATTERN_DIFF_INIT, *there;
	struct mps_vector *x;
	struct mps_seen *seen;
	uint32_t word;

	OK(cudaMalloc((void **)&x, s.n * sizeof(*x)));
	OK(cudaMalloc((void **)&seen, sizeof(*seen)));
	OK(cudaMalloc((void **)&there, sizeof(*there)));
	OK(cudaMemcpy(there, &diff, sizeof(diff), cudaMemcpyHostToDevice));
	OK((cudaError_t)pattern_fill_launch(x, s.n * sizeof(*x), 9, NULL));
	OK((cudaError_t)mps_load_launch(x, &s, seen, 0, NULL));
	OK((cudaError_t)mps_check_launch(x, s.n, 9, 6, there, NULL));
	OK(cudaMemcpy(&diff, there, sizeof(diff), cudaMemcpyDeviceToHost));
	CHECK(diff.bytes == 0);
	OK(cudaMemcpy(&word, &x[4999].word[1], sizeof(word), cudaMemcpyDeviceToHost));
	word ^= 0x100;
	OK(cudaMemcpy(&x[4999].word[1], &word, sizeof(word), cudaMemcpyHostToDevice));
	OK((cudaError_t)mps_check_launch(x, s.n, 9, 6, there, NULL));
	OK(cudaMemcpy(&diff, there, sizeof(diff), cudaMemcpyDeviceToHost));
	CHECK(diff.bytes == 4 && diff.first == 4999 * 16 + 4);
}

#define H100 "hgx-h100"

static void test_by_turns(void **state)
{
	assert_server(H100, "", by_turns);
}

static void test_side_by_side(void **state)
{
	assert_server(H100, "", side_by_side);
}

static void test_refusals(void **state)
{
	assert_server(H100, "", one_too_many);
	assert_server(H100, "mps_refuses after=2", refused_after_two);
	assert_server(H100, "mps_refuses", all_refused);
}

static void test_checked(void **state)
{
	assert_server(H100, "", checked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_turns),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
