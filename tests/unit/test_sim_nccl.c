/*
 * The stand-in for NCCL, called as a program calls it, by three processes: bytes that it knows
 * nothing of are really summed and moved; described numbers stay right among them.
 */
#include "sim.h"

#ifdef ASSAY_CUDA

#include "../simgpu/sim.h"
#include "../../harness/probe/nccl.h"
#include "../../kernels/values.h"

#include <cuda_runtime_api.h>
#include <sys/mman.h>

#define OK(call) CHECK((call) == cudaSuccess)
#define RANKS	 3
#define N	 999 /* numbers; divides among three */

/* What the ranks share: the id, and where each has come. */
struct meeting {
	char id[NCCL_ID_BYTES];
	volatile int made;
};

struct rank {
	struct nccl *lib;
	nccl_comm comm;
	cudaStream_t stream;
	float *send, *recv, host[N * RANKS];
	int rank;
};

/* By path, as nvml() of sim.h is found. */
static void library_path(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);

	CHECK(n > 0);
	path[n] = '\0';
	strcpy(strrchr(path, '/'), "/../../simgpu/driver/libnccl.so.2");
	CHECK(dlopen(path, RTLD_NOW)); /* now it is found by its name */
}

static void begin(struct rank *r, struct meeting *m, int rank)
{
	struct err e = ERR_INIT;

	memset(r, 0, sizeof(*r));
	r->rank = rank;
	library_path();
	OK(cudaSetDevice(rank));
	OK(cudaStreamCreateWithFlags(&r->stream, cudaStreamNonBlocking));
	OK(cudaMalloc((void **)&r->send, sizeof(r->host)));
	OK(cudaMalloc((void **)&r->recv, sizeof(r->host)));
	CHECK(!nccl_open(&r->lib, &e));
	if (rank == 0) {
		CHECK(!nccl_id(r->lib, m->id, &e));
		m->made = 1;
	}
	while (!m->made)
		usleep(1000);
	CHECK(!nccl_init(r->lib, &r->comm, m->id, RANKS, rank, 20, &e));
}

/* One operation; the result comes back into r->host. */
static void operate(struct rank *r, enum nccl_coll coll, size_t chunk)
{
	const struct nccl_op op = {.coll = coll,
				   .send = r->send,
				   .recv = r->recv,
				   .chunk = chunk,
				   .rank = r->rank,
				   .size = RANKS};
	struct err e = ERR_INIT;

	CHECK(!nccl_queue(r->lib, r->comm, &op, r->stream, 20, &e));
	OK(cudaStreamSynchronize(r->stream));
	OK(cudaMemcpy(r->host, r->recv, sizeof(r->host), cudaMemcpyDeviceToHost));
}

static float own(int rank, int i)
{
	return (float)(1000 * rank + i) + 0.5f;
}

static void give(struct rank *r)
{
	for (int i = 0; i < N; i++)
		r->host[i] = own(r->rank, i);
	OK(cudaMemcpy(r->send, r->host, N * sizeof(float), cudaMemcpyHostToDevice));
	OK(cudaDeviceSynchronize()); /* the stream of the rank does not wait for the legacy one */
}

static void sums(struct rank *r)
{
	operate(r, NCCL_ALL_REDUCE, N);
	for (int i = 0; i < N; i++)
		CHECK(r->host[i] == own(0, i) + own(1, i) + own(2, i));
	operate(r, NCCL_REDUCE_SCATTER, N / RANKS);
	for (int i = 0, k = r->rank * N / RANKS; i < N / RANKS; i++, k++)
		CHECK(r->host[i] == own(0, k) + own(1, k) + own(2, k));
}

static void moves(struct rank *r)
{
	operate(r, NCCL_ALL_GATHER, N);
	for (int i = 0; i < N * RANKS; i++)
		CHECK(r->host[i] == own(i / N, i % N));
	operate(r, NCCL_BROADCAST, N);
	for (int i = 0; i < N; i++)
		CHECK(r->host[i] == own(0, i));
	operate(r, NCCL_SENDRECV, N);
	for (int i = 0; i < N; i++)
		CHECK(r->host[i] == own((r->rank + RANKS - 1) % RANKS, i));
	operate(r, NCCL_ALLTOALL, N / RANKS);
	for (int i = 0; i < N; i++)
		CHECK(r->host[i] == own(i / (N / RANKS), r->rank * (N / RANKS) + i % (N / RANKS)));
}

/* Rank 1 gives bytes, the others described numbers, of which rank 2's have one that was changed. */
static void mixtures(struct rank *r)
{
	const float odd = 3.25f;

	if (r->rank != 1)
		OK((cudaError_t)values_fill_launch(r->send, N, 5, (uint32_t)r->rank, r->stream));
	OK(cudaStreamSynchronize(r->stream));
	if (r->rank == 2)
		OK(cudaMemcpy(r->send + 7, &odd, sizeof(odd), cudaMemcpyHostToDevice));
	OK(cudaDeviceSynchronize());
	operate(r, NCCL_ALL_REDUCE, N);
	for (int i = 0; i < N; i++)
		CHECK(r->host[i] == values_sum((uint64_t)i, 5, 0, 1) + own(1, i) +
					    (i == 7 ? odd : values_sum((uint64_t)i, 5, 2, 1)));
}

static void described(struct rank *r)
{
	OK((cudaError_t)values_fill_launch(r->send, N, 6, (uint32_t)r->rank, r->stream));
	operate(r, NCCL_ALL_REDUCE, N);
	for (int i = 0; i < N; i++)
		CHECK(r->host[i] == values_sum((uint64_t)i, 6, 0, RANKS));
}

static void all_of(struct meeting *m, int rank)
{
	struct err e = ERR_INIT;
	struct rank r;

	begin(&r, m, rank);
	give(&r);
	sums(&r);
	moves(&r);
	mixtures(&r);
	described(&r);
	CHECK(!nccl_check(r.lib, r.comm, &e));
	CHECK(!nccl_finish(r.lib, r.comm, 20, &e));
	nccl_close(r.lib);
}

/* The ranks are children of the server's process. */
static void three(void)
{
	struct meeting *m =
		mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid[RANKS];
	bool good = true;
	int status;

	CHECK(m != MAP_FAILED);
	for (int i = 0; i < RANKS; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			alarm(50);
			all_of(m, i);
			exit(0);
		}
	}
	for (int i = 0; i < RANKS; i++) {
		CHECK(wait(&status) > 0);
		good &= passed(status);
		for (int k = 0; k < RANKS && !good; k++)
			kill(pid[k], SIGKILL); /* the others wait for the one that gave up */
	}
	CHECK(good);
}

static void bytes_are_summed_and_moved(void **state)
{
	assert_server("hgx-h100", "", three);
}

static void the_fault_spoils_a_sum(void **state)
{
	/* the very check above must be able to fail */
	assert_false(passed(on_server("hgx-h100", "nccl_wrong_sum gpu=1", 60, three)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_summed_and_moved),
		cmocka_unit_test(the_fault_spoils_a_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
#include "without_nvcc.h"
#endif
