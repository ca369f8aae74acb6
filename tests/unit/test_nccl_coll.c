/*
 * The arithmetic of collectives, against collectives made here by hand: what each rank must hold,
 * how much it gives and gets, and the factors of bus bandwidth.
 */
#include "../../kernels/nccl_coll.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_RANKS 8
#define SEED	  77u

/* What rank r gives at index i. */
static float own(unsigned r, uint64_t i)
{
	return values_sum(i, SEED, r, 1);
}

/* Element i of what rank me must have, from the meaning of each collective. */
static float meant(enum nccl_coll coll, unsigned me, unsigned n, uint64_t chunk, uint64_t i)
{
	float sum = 0;

	switch (coll) {
	case NCCL_ALL_GATHER:
		return own((unsigned)(i / chunk), i % chunk);
	case NCCL_ALLTOALL: /* rank b's part for me */
		return own((unsigned)(i / chunk), me * chunk + i % chunk);
	case NCCL_BROADCAST:
		return own(0, i);
	case NCCL_SENDRECV:
		return own((me + n - 1) % n, i);
	case NCCL_REDUCE_SCATTER:
		i += me * chunk;
		break;
	default:
		break;
	}
	for (unsigned r = 0; r < n; r++)
		sum += own(r, i);
	return sum;
}

static void parts_are_what_is_meant(void **state)
{
	for (enum nccl_coll coll = 0; coll < NCCL_COLLS; coll++) {
		for (unsigned n = 1; n <= MAX_RANKS; n++) {
			uint64_t chunk = coll_chunk(coll, 1000, n);
			uint64_t recv = coll_recv(coll, chunk, n);

			for (unsigned me = 0; me < n; me++) {
				uint64_t seen = 0;
				struct values_part p;

				for (unsigned i = 0; coll_part(coll, me, n, chunk, i, &p); i++) {
					assert_int_equal(p.at, seen); /* one after the other */
					for (uint64_t k = 0; k < p.n; k++)
						assert_true(values_sum(p.start + k, SEED, p.first,
								       p.count) ==
							    meant(coll, me, n, chunk, p.at + k));
					seen += p.n;
				}
				assert_int_equal(seen, recv); /* nothing is left unchecked */
			}
		}
	}
}

static void sizes(void **state)
{
	assert_int_equal(coll_chunk(NCCL_ALL_REDUCE, 1 << 20, 8), 1 << 18);
	assert_int_equal(coll_chunk(NCCL_ALL_GATHER, 1 << 20, 8), 1 << 15);
	assert_int_equal(coll_chunk(NCCL_ALLTOALL, 8, 8), 0); /* two numbers for eight ranks */
	assert_int_equal(coll_bytes(NCCL_ALLTOALL, coll_chunk(NCCL_ALLTOALL, 1000, 7), 7), 980);
	for (enum nccl_coll coll = 0; coll < NCCL_COLLS; coll++) {
		for (unsigned n = 1; n <= MAX_RANKS; n++) {
			uint64_t chunk = coll_chunk(coll, 1 << 20, n);
			uint64_t most = (1 << 20) / sizeof(float);

			/* a buffer of the array's size is enough for all */
			assert_true(coll_send(coll, chunk, n) <= most);
			assert_true(coll_recv(coll, chunk, n) <= most);
			assert_true(coll_bytes(coll, chunk, n) <= 1 << 20);
			assert_true(coll_bytes(coll, chunk, n) > (1 << 20) - 4 * MAX_RANKS);
		}
	}
	assert_int_equal(coll_send(NCCL_REDUCE_SCATTER, 10, 4), 40);
	assert_int_equal(coll_recv(NCCL_REDUCE_SCATTER, 10, 4), 10);
	assert_int_equal(coll_send(NCCL_ALL_GATHER, 10, 4), 10);
	assert_int_equal(coll_recv(NCCL_ALL_GATHER, 10, 4), 40);
}

static void factors(void **state)
{
	assert_true(fabs(coll_bus_factor(NCCL_ALL_REDUCE, 8) - 1.75) < 1e-12);
	assert_true(fabs(coll_bus_factor(NCCL_ALL_GATHER, 8) - 0.875) < 1e-12);
	assert_true(fabs(coll_bus_factor(NCCL_REDUCE_SCATTER, 4) - 0.75) < 1e-12);
	assert_true(fabs(coll_bus_factor(NCCL_ALLTOALL, 2) - 0.5) < 1e-12);
	assert_true(coll_bus_factor(NCCL_BROADCAST, 8) == 1);
	assert_true(coll_bus_factor(NCCL_SENDRECV, 8) == 1);
}

static void names(void **state)
{
	for (enum nccl_coll coll = 0; coll < NCCL_COLLS; coll++)
		assert_int_equal(coll_named(coll_name(coll)), coll);
	assert_int_equal(coll_named("all_reduc"), NCCL_COLLS);
	assert_true(coll_has_algorithm(NCCL_SENDRECV, "default"));
	assert_false(coll_has_algorithm(NCCL_SENDRECV, "ring"));
	assert_true(coll_has_algorithm(NCCL_BROADCAST, "ring"));
	assert_false(coll_has_algorithm(NCCL_BROADCAST, "nvls"));
	assert_true(coll_has_algorithm(NCCL_REDUCE_SCATTER, "nvls"));
}

/* Sums are exact: adding in any order gives the same, and every rank matters. */
static void sums_are_exact(void **state)
{
	for (uint64_t i = 0; i < 5000; i++) {
		float up = 0, down = 0;

		for (unsigned r = 0; r < 64; r++) {
			up += own(r, i);
			down += own(63 - r, i);
		}
		assert_true(up == down && up == values_sum(i, SEED, 0, 64) && up < 1 << 24);
	}
	for (unsigned r = 0; r < 64; r++) {
		unsigned same = 0;

		for (uint64_t i = 0; i < 4096; i++)
			same += own(r, i) == own((r + 1) % 64, i);
		assert_true(same < 4096 / 64); /* two ranks seldom have the same number */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_what_is_meant),
		cmocka_unit_test(sizes),
		cmocka_unit_test(factors),
		cmocka_unit_test(names),
		cmocka_unit_test(sums_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
