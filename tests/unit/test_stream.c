/* stream and pool: the loops compute what they say, on every width, by any number of threads. */
#include "../../kernels/pool.h"
#include "../../kernels/stream.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { N = 64 * STREAM_BLOCK, GUARD = STREAM_BLOCK };

struct arrays {
	double *a, *b, *c;
};

static struct arrays make(void)
{
	struct arrays v;
	size_t bytes = (N + GUARD) * sizeof(double);

	v.a = aligned_alloc(256, bytes);
	v.b = aligned_alloc(256, bytes);
	v.c = aligned_alloc(256, bytes);
	memset(v.a, 0xa5, bytes);
	stream_fill(v.b, 0, N + GUARD, false);
	stream_fill(v.c, 0, N + GUARD, true);
	return v;
}

static void drop(struct arrays *v)
{
	free(v->a);
	free(v->b);
	free(v->c);
}

static void loop_computes(const char *isa, enum stream_op op, bool nt)
{
	stream_fn *loop = stream_loop_named(isa, op, nt);
	struct arrays v = make();
	size_t at = 0;

	if (loop) {
		uint8_t behind = *(uint8_t *)(v.a + N);
		double sum = loop(v.a, v.b, v.c, N);
		assert_int_equal(stream_check(op, v.a, sum, 0, N, &at), 0);
		assert_int_equal(*(uint8_t *)(v.a + N), behind);
	}
	drop(&v);
}

static void loops_compute(void **state)
{
	static const char *const isa[] = {"base", "avx2", "avx512"};

	for (int op = STREAM_READ; op <= STREAM_TRIAD; op++) {
		for (int i = 0; i < 6; i++)
			loop_computes(isa[i / 2], (enum stream_op)op, i % 2);
		assert_non_null(stream_loop_named("base", (enum stream_op)op, false));
	}
	assert_null(stream_loop_named("base", STREAM_READ, true));
	assert_null(stream_loop_named("mmx", STREAM_READ, false));
}

static void the_widest_is_chosen(void **state)
{
	const char *isa;
	stream_fn *loop = stream_loop(STREAM_TRIAD, false, &isa);

	assert_ptr_equal(loop, stream_loop_named(isa, STREAM_TRIAD, false));
	if (stream_loop_named("avx2", STREAM_TRIAD, false))
		assert_string_not_equal(isa, "base");
}

static void a_part_knows_its_place(void **state)
{
	struct arrays v = make();
	const char *isa;
	stream_fn *triad = stream_loop(STREAM_TRIAD, false, &isa);
	stream_fn *read = stream_loop(STREAM_READ, false, &isa);
	size_t first = 8 * STREAM_BLOCK, n = 4 * STREAM_BLOCK, at;

	triad(v.a + first, v.b + first, v.c + first, n);
	assert_int_equal(stream_check(STREAM_TRIAD, v.a + first, 0, first, n, &at), 0);
	assert_true(stream_check(STREAM_TRIAD, v.a + first, 0, first + 1, n - 1, &at) > n / 2);
	double sum = read(NULL, v.b + first, NULL, n);
	assert_int_equal(stream_check(STREAM_READ, NULL, sum, first, n, &at), 0);
	assert_int_equal(stream_check(STREAM_READ, NULL, sum + 1, first, n, &at), n);
	assert_int_equal(at, first);
	drop(&v);
}

static void wrong_elements_are_counted(void **state)
{
	struct arrays v = make();
	const char *isa;
	size_t at;

	stream_loop(STREAM_COPY, false, &isa)(v.a, v.b, v.c, N);
	v.a[100] += 1;
	v.a[200] = v.a[201] == v.a[200] ? 0 : v.a[201];
	assert_int_equal(stream_check(STREAM_COPY, v.a, 0, 0, N, &at), 2);
	assert_int_equal(at, 100);
	memset(v.a, 0xa5, N * sizeof(double)); /* the poison, nothing written */
	assert_int_equal(stream_check(STREAM_COPY, v.a, 0, 0, N, &at), N);
	drop(&v);
}

static void values_are_small_integers(void **state)
{
	size_t differ = 0;

	for (size_t i = 0; i < 100000; i++) {
		double b = stream_value(i, false), c = stream_value(i, true);
		assert_true(b >= 1 && b <= 1024 && b == (double)(int)b);
		assert_true(c >= 1 && c <= 1024);
		differ += b != c;
	}
	assert_true(differ > 95000);
}

struct tally {
	atomic_int calls[4];
	int cpu[4];
};

static void count(void *arg, int thread)
{
	struct tally *t = arg;

	t->calls[thread]++;
	t->cpu[thread] = sched_getcpu();
}

static void all_threads_work_in_step(void **state)
{
	int cpu = sched_getcpu(), cpus[4] = {cpu, cpu, cpu, cpu}; /* they must share one CPU */
	struct err e = ERR_INIT;
	struct tally t = {0};
	struct pool *p;

	assert_int_equal(pool_open(&p, cpus, 4, &e), 0);
	assert_int_equal(pool_threads(p), 4);
	for (int i = 1; i <= 300; i++) {
		pool_run(p, count, &t);
		if (i == 150)
			usleep(20000); /* they fall asleep and must be woken */
		for (int k = 0; k < 4; k++) {
			assert_int_equal(t.calls[k], i);
			assert_int_equal(t.cpu[k], cpu);
		}
	}
	pool_close(p);
}

static void a_thread_that_cannot_be_pinned_is_an_error(void **state)
{
	int cpu = sched_getcpu(), cpus[3] = {cpu, cpu, 100000};
	struct err e = ERR_INIT;
	struct pool *p;

	assert_true(pool_open(&p, cpus, 3, &e) < 0);
	assert_null(p);
	assert_non_null(strstr(e.text, "100000"));
	err_clear(&e);
	assert_int_equal(pool_open(&p, cpus, 0, &e), -EINVAL);
	pool_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loops_compute),
		cmocka_unit_test(the_widest_is_chosen),
		cmocka_unit_test(a_part_knows_its_place),
		cmocka_unit_test(wrong_elements_are_counted),
		cmocka_unit_test(values_are_small_integers),
		cmocka_unit_test(all_threads_work_in_step),
		cmocka_unit_test(a_thread_that_cannot_be_pinned_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
