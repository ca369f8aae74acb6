/* chase: one cycle over all elements, in no order that a prefetcher could know. */
#include "../../kernels/chase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STRIDE = 256, N = 5000 };

static void *ring(size_t bytes, size_t stride, uint64_t seed)
{
	void *p = aligned_alloc(STRIDE, (size_t)N * STRIDE);

	memset(p, 0xff, (size_t)N * STRIDE);
	chase_build(p, bytes, stride, seed);
	return p;
}

static void every_element_is_visited_once(void **state)
{
	static const size_t strides[] = {8, 64, 256, 1000};

	for (size_t i = 0; i < 4; i++) {
		for (size_t n = 2; n < 1200; n += 399) {
			size_t bytes = n * strides[i] + strides[i] / 2; /* half a stride is left */
			uint8_t *p = ring(bytes, strides[i], n);
			assert_int_equal(chase_elements(bytes, strides[i]), n);
			assert_int_equal(chase_walk(p, p, bytes, n), n);
			for (size_t k = n * strides[i]; k < bytes; k++)
				assert_int_equal(p[k], 0xff);
			free(p);
		}
	}
}

static void run_follows_the_ring(void **state)
{
	uint8_t *p = ring((size_t)N * STRIDE, STRIDE, 1);
	void *at = p;

	for (int i = 0; i < 160; i++)
		at = *(void **)at;
	assert_ptr_equal(chase_run(p, 160), at);
	assert_ptr_equal(chase_run(p, 150), at); /* rounded up to CHASE_UNROLL */
	free(p);
}

static void a_broken_ring_is_found(void **state)
{
	size_t bytes = (size_t)N * STRIDE;
	uint8_t *p = ring(bytes, STRIDE, 1);
	void **third = *(void ***)*(void ***)p;

	void *next = *third;
	*third = p; /* a shorter cycle */
	assert_int_equal(chase_walk(p, p, bytes, N), 3);
	*third = third; /* a cycle that the start is not on */
	assert_int_equal(chase_walk(p, p, bytes, N), 0);
	*third = p + bytes; /* out of the ring */
	assert_int_equal(chase_walk(p, p, bytes, N), 0);
	*third = next;
	assert_int_equal(chase_walk(p, p, bytes, N), N);
	assert_int_equal(chase_walk(p, p, bytes, N - 1), 0);
	free(p);
}

/* Steps to the neighbour: 1 in N by chance. */
static void the_order_is_random(void **state)
{
	uint8_t *p = ring((size_t)N * STRIDE, STRIDE, 1), *q = ring((size_t)N * STRIDE, STRIDE, 2);
	size_t near = 0, same = 0;

	for (size_t i = 0; i < N; i++) {
		uint8_t *next = *(uint8_t **)(void *)(p + i * STRIDE);
		uint8_t *other = *(uint8_t **)(void *)(q + i * STRIDE);
		long step = (next - p) / STRIDE - (long)i;
		near += labs(step) <= 4;
		same += next - p == other - q;
	}
	assert_true(near < 40); /* 8 are expected */
	assert_true(same < 20); /* 1 is */
	free(p);
	free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_element_is_visited_once),
		cmocka_unit_test(run_follows_the_ring),
		cmocka_unit_test(a_broken_ring_is_found),
		cmocka_unit_test(the_order_is_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
