/*
 * The streams of kernels/hbm.h, run on the CPU for every thread of a grid: each element is done, as
 * often as there are rounds, and right; what they hold is all different and never rounded.
 */
#include "../../kernels/hbm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size),	      cmocka_unit_test(a_whole_grid),
		cmocka_unit_test(work_is_shared_out), cmocka_unit_test(faults_show),
		cmocka_unit_test(elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
