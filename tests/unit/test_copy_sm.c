/* The SM copy kernel's index map, run on the CPU: each byte is copied, by one thread, and no other.
 */
#include "../../kernels/copy_sm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { POISON = 0xee, MARGIN = 64 };

static void *aligned(size_t bytes)
{
	void *p = NULL;

	assert_int_equal(posix_memalign(&p, 16, bytes), 0);
	return p;
}

/* Counts for each byte how many threads wrote it. A thread's writes show as the poison gone. */
static void each_byte_once(uint64_t bytes, uint64_t threads)
{
	size_t room = bytes + MARGIN;
	uint8_t *from = aligned(room), *to = aligned(room), *times = calloc(room, 1);

	for (size_t b = 0; b < room; b++)
		from[b] = (uint8_t)(b * 7 % POISON);
	for (uint64_t t = 0; t < threads; t++) {
		memset(to, POISON, room);
		copy_sm_part(to, from, bytes, t, threads);
		for (size_t b = 0; b < room; b++) {
			if (to[b] == POISON)
				continue;
			assert_int_equal(to[b], from[b]);
			times[b]++;
		}
	}
	for (size_t b = 0; b < room; b++)
		assert_int_equal(times[b], b < bytes);
	free(times);
	free(to);
	free(from);
}

static void every_size(void **state)
{
	static const uint64_t sizes[] = {
		1, 3, 15, 16, 17, 4096, 4099, 16 * 64 * 4, 16 * 64 * 4 + 31, 40001};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		each_byte_once(sizes[i], 64);
		each_byte_once(sizes[i], 192);
	}
}

static void a_whole_grid(void **state)
{
	enum { BYTES = 16 * COPY_SM_THREADS * 13 + 5 };
	uint64_t threads = (uint64_t)copy_sm_blocks(BYTES, 3) * COPY_SM_THREADS;
	uint8_t *from = aligned(BYTES), *to = aligned(BYTES + MARGIN);

	for (size_t b = 0; b < BYTES; b++)
		from[b] = (uint8_t)(b * 31 >> 3);
	memset(to, POISON, BYTES + MARGIN);
	for (uint64_t t = 0; t < threads; t++)
		copy_sm_part(to, from, BYTES, t, threads);
	assert_memory_equal(to, from, BYTES);
	for (int b = 0; b < MARGIN; b++)
		assert_int_equal(to[BYTES + b], POISON);
	free(to);
	free(from);
}

/* As many blocks as there is work for, and no more than there are SMs. */
static void blocks(void **state)
{
	uint64_t of_block = 16 * COPY_SM_THREADS;

	assert_int_equal(copy_sm_blocks(1, 132), 1);
	assert_int_equal(copy_sm_blocks(of_block, 132), 1);
	assert_int_equal(copy_sm_blocks(of_block + 1, 132), 2);
	assert_int_equal(copy_sm_blocks((uint64_t)1 << 30, 132), 132);
	assert_int_equal(copy_sm_blocks((uint64_t)16 << 30, 7), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size),
		cmocka_unit_test(a_whole_grid),
		cmocka_unit_test(blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
