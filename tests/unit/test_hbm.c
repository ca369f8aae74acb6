/*
 * The streams of kernels/hbm.h, run on the CPU for every thread of a grid: each element is done, as
 * often as there are rounds, and right; what they hold is all different and never rounded. Where
 * there is a GPU, its kernels do the same, and its SMs follow a ring.
 */
#include "../../kernels/hbm.h"
#include "../../kernels/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef ASSAY_CUDA
#include "../../kernels/gpu_chase.h"

#include <cuda_runtime_api.h>
#endif

enum { SEED = 42, MARGIN = 8 };

struct arrays {
	size_t vectors, n; /* n: doubles */
	uint64_t *a, *b, *c;
};

static uint64_t *aligned(size_t n)
{
	void *p = NULL;

	assert_int_equal(posix_memalign(&p, 16, n * sizeof(uint64_t)), 0);
	return p;
}

static struct arrays make(size_t vectors)
{
	struct arrays x = {.vectors = vectors, .n = 2 * vectors};

	x.a = aligned(x.n + MARGIN);
	x.b = aligned(x.n);
	x.c = aligned(x.n);
	memset(x.a, PATTERN_POISON, (x.n + MARGIN) * sizeof(*x.a));
	for (size_t i = 0; i < x.n; i++) {
		x.b[i] = hbm_bits(i, SEED, 0);
		x.c[i] = hbm_bits(i, SEED, 1);
	}
	return x;
}

static void drop(struct arrays *x)
{
	free(x->a);
	free(x->b);
	free(x->c);
}

/* All threads one after another; returns the sum of what they read. */
static uint64_t do_all(enum stream_op op, const struct arrays *x, uint64_t rounds, uint64_t threads)
{
	const struct hbm_part p = {
		x->a, x->b, x->c, hbm_fill_value(SEED), (uint32_t)x->vectors, rounds * x->vectors};
	uint64_t sum = 0;

	for (uint64_t t = 0; t < threads; t++)
		sum += hbm_do(op, &p, t, threads);
	return sum;
}

static void is_right(enum stream_op op, size_t vectors, uint64_t rounds, uint64_t threads)
{
	struct arrays x = make(vectors);
	uint64_t sum = do_all(op, &x, rounds, threads);

	if (op == STREAM_READ)
		assert_true(sum == rounds * hbm_sum(vectors * HBM_VECTOR_BYTES, SEED));
	else
		assert_int_equal(sum, 0);
	for (size_t i = 0; i < x.n + MARGIN; i++) {
		bool poison = op == STREAM_READ || i >= x.n;

		assert_true(x.a[i] == (poison ? 0xa5a5a5a5a5a5a5a5 : hbm_want(op, i, SEED)));
	}
	drop(&x);
}

/* Fewer vectors than threads, as many, more; walks that end within what is under way. */
static void every_size(void **state)
{
	static const size_t vectors[] = {1, 2, 63, 64, 65, 64 * 4, 64 * 8 + 1, 5000};
	static const uint64_t rounds[] = {1, 2, 3, 7};

	for (int op = STREAM_READ; op <= STREAM_TRIAD; op++) {
		for (size_t i = 0; i < 32; i++) {
			is_right((enum stream_op)op, vectors[i / 4], rounds[i % 4], 64);
			is_right((enum stream_op)op, vectors[i / 4], rounds[i % 4], 192);
		}
	}
}

static void a_whole_grid(void **state)
{
	enum { SMS = 3, THREADS = SMS * HBM_BLOCKS_OF_SM * HBM_THREADS };

	for (int op = STREAM_READ; op <= STREAM_TRIAD; op++) {
		is_right((enum stream_op)op, 13 * THREADS + 5, 1, THREADS);
		is_right((enum stream_op)op, 1000, 9, THREADS);
	}
}

/* A thread's own vectors: counted by what it writes into poison. */
static void work_is_shared_out(void **state)
{
	enum { VECTORS = 1000, THREADS = 64 };
	struct arrays x = make(VECTORS);
	const struct hbm_part p = {x.a, NULL, NULL, 1, VECTORS, VECTORS};
	size_t times[2 * VECTORS] = {0};

	for (uint64_t t = 0; t < THREADS; t++) {
		size_t own = 0;

		memset(x.a, PATTERN_POISON, x.n * sizeof(*x.a));
		hbm_do(STREAM_WRITE, &p, t, THREADS);
		for (size_t i = 0; i < x.n; i++) {
			bool written = x.a[i] != 0xa5a5a5a5a5a5a5a5;

			times[i] += written;
			own += written;
		}
		assert_in_range(own, 2 * (VECTORS / THREADS), 2 * (VECTORS / THREADS + 1));
	}
	for (size_t i = 0; i < x.n; i++)
		assert_int_equal(times[i], 1);
	drop(&x);
}

/* One element that is read, or written, wrongly must show. */
static void faults_show(void **state)
{
	struct arrays x = make(4096);

	x.b[4711] ^= 1ull << 63;
	assert_true(do_all(STREAM_READ, &x, 1, 64) != hbm_sum(4096 * HBM_VECTOR_BYTES, SEED));
	do_all(STREAM_TRIAD, &x, 1, 64);
	assert_true(x.a[4711] != hbm_want(STREAM_TRIAD, 4711, SEED));
	assert_true(x.a[4710] == hbm_want(STREAM_TRIAD, 4710, SEED));
	drop(&x);
}

/* In [1, 2), no two alike, and b + 3 c needs no rounding: a fused and a plain sum are equal. */
static void elements(void **state)
{
	for (uint64_t i = 0; i < 100000; i++) {
		double b = hbm_double(hbm_bits(i, SEED, 0)), c = hbm_double(hbm_bits(i, SEED, 1));
		double sum = b + 3 * c;

		assert_true(b >= 1 && b < 2 && c >= 1 && c < 2);
		assert_true(sum - b == 3 * c && sum - 3 * c == b);
		assert_true(hbm_bits(i, SEED, 0) != hbm_bits(i + 1, SEED, 0));
		assert_true(hbm_bits(i, SEED, 0) != hbm_bits(i, SEED, 1));
		assert_true(hbm_bits(i, SEED, 0) != hbm_bits(i, SEED + 1, 0));
	}
	assert_true(hbm_fill_value(SEED) > 1 && hbm_fill_value(SEED) < 2);
}

/* ---- on a GPU ---- */

#ifdef ASSAY_CUDA

static void *device(size_t bytes)
{
	void *p = NULL;

	assert_int_equal(cudaMalloc(&p, bytes), cudaSuccess);
	assert_int_equal(cudaMemset(p, PATTERN_POISON, bytes), cudaSuccess);
	return p;
}

/* One operation on the GPU: what it leaves, read back, is what the CPU says, and the rest poison.
 */
static void gpu_is_right(enum stream_op op, size_t vectors, uint64_t rounds)
{
	size_t bytes = vectors * HBM_VECTOR_BYTES, room = bytes + MARGIN * sizeof(uint64_t);
	void *a = device(room), *b = device(bytes), *c = device(bytes);
	uint64_t *sum = device(sizeof(*sum)), total = 0, *back = malloc(room);
	struct pattern_diff *there = device(sizeof(*there)), diff = PATTERN_DIFF_INIT;
	const struct hbm_part p = {
		a, b, c, hbm_fill_value(SEED), (uint32_t)vectors, rounds * vectors};

	cudaMemset(sum, 0, sizeof(*sum));
	cudaMemcpy(there, &diff, sizeof(diff), cudaMemcpyHostToDevice);
	assert_int_equal(hbm_fill_launch(b, bytes, SEED, 0, NULL), 0);
	assert_int_equal(hbm_fill_launch(c, bytes, SEED, 1, NULL), 0);
	assert_int_equal(hbm_launch(op, &p, sum, 3, NULL), 0);
	assert_int_equal(hbm_check_launch(op, op == STREAM_READ ? b : a, bytes, SEED, there, NULL),
			 0);
	cudaMemcpy(&total, sum, sizeof(total), cudaMemcpyDeviceToHost);
	cudaMemcpy(&diff, there, sizeof(diff), cudaMemcpyDeviceToHost);
	assert_int_equal(cudaMemcpy(back, a, room, cudaMemcpyDeviceToHost), cudaSuccess);
	assert_true(diff.first == PATTERN_NONE && diff.bytes == 0);
	assert_true(total == (op == STREAM_READ ? rounds * hbm_sum(bytes, SEED) : 0));
	for (size_t i = 0; i < room / sizeof(*back); i++) {
		bool poison = op == STREAM_READ || i >= 2 * vectors;

		assert_true(back[i] == (poison ? 0xa5a5a5a5a5a5a5a5 : hbm_want(op, i, SEED)));
	}
	free(back);
	cudaFree(a);
	cudaFree(b);
	cudaFree(c);
	cudaFree(sum);
	cudaFree(there);
}

static void gpu_streams(void)
{
	static const size_t vectors[] = {1, 63, 5000, 3 * 1024 * 8 + 5, 1 << 18};

	for (int op = STREAM_READ; op <= STREAM_TRIAD; op++) {
		for (size_t i = 0; i < 5; i++) {
			gpu_is_right((enum stream_op)op, vectors[i], 1);
			gpu_is_right((enum stream_op)op, vectors[i], 3);
		}
	}
}

/* One wrong byte is found at its place. */
static void gpu_check_finds(void)
{
	struct pattern_diff *there = device(sizeof(*there)), diff = PATTERN_DIFF_INIT;
	uint8_t *b = device(1 << 20);

	cudaMemcpy(there, &diff, sizeof(diff), cudaMemcpyHostToDevice);
	assert_int_equal(hbm_fill_launch(b, 1 << 20, SEED, 0, NULL), 0);
	cudaMemset(b + 4711, 0, 1);
	assert_int_equal(hbm_check_launch(STREAM_COPY, b, 1 << 20, SEED, there, NULL), 0);
	cudaMemcpy(&diff, there, sizeof(diff), cudaMemcpyDeviceToHost);
	assert_int_equal(diff.first, 4711);
	assert_int_equal(diff.bytes, 1);
	cudaFree(b);
	cudaFree(there);
}

static void gpu_chases(void)
{
	enum { BITS = 10, STEPS = 5000 };
	uint8_t *ring = device((size_t)RING_LINE << BITS);
	uint32_t line = 0, *sm = NULL;
	void **at = NULL;

	assert_int_equal(cudaHostAlloc((void **)&at, sizeof(*at), cudaHostAllocMapped), 0);
	assert_int_equal(cudaHostAlloc((void **)&sm, sizeof(*sm), cudaHostAllocMapped), 0);
	*at = ring;
	*sm = UINT32_MAX;
	assert_int_equal(ring_fill_launch(ring, BITS, SEED, NULL), 0);
	assert_int_equal(gpu_chase_launch_elsewhere(at, STEPS, 7, sm, NULL), 0);
	assert_int_equal(cudaDeviceSynchronize(), cudaSuccess);
	for (int i = 0; i < STEPS; i++)
		line = ring_next(line, BITS, SEED);
	assert_ptr_equal(*at, ring + (size_t)line * RING_LINE);
	assert_true(*sm < 4096);
	cudaFreeHost(at);
	cudaFreeHost(sm);
	cudaFree(ring);
}
#endif

static void on_a_gpu(void **state)
{
#ifdef ASSAY_CUDA
	int n = 0;

	if (cudaGetDeviceCount(&n) == cudaSuccess && n > 0) {
		gpu_streams();
		gpu_check_finds();
		gpu_chases();
		return;
	}
#endif
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size),	      cmocka_unit_test(a_whole_grid),
		cmocka_unit_test(work_is_shared_out), cmocka_unit_test(faults_show),
		cmocka_unit_test(elements),	      cmocka_unit_test(on_a_gpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
