/*
 * The pointer chase of host_latency. The order is made in a compact array of indices first:
 * shuffling in the ring itself would cost a miss of the cache and of the TLB for each step.
 */
#include "chase.h"

#include "../harness/base/mem.h"
#include "../harness/base/rng.h"

#include <stdlib.h>

size_t chase_elements(size_t bytes, size_t stride)
{
	return bytes / stride;
}

/* Sattolo 1986: like Fisher-Yates, but an element never stays: exactly one cycle. */
static void one_cycle(uint32_t *next, size_t n, uint64_t seed)
{
	struct rng r = {seed};

	for (size_t i = 0; i < n; i++)
		next[i] = (uint32_t)i;
	for (size_t i = n - 1; i > 0; i--) {
		size_t j = (size_t)rng_below(&r, i);
		uint32_t swap = next[i];
		next[i] = next[j];
		next[j] = swap;
	}
}

void chase_build(void *p, size_t bytes, size_t stride, uint64_t seed)
{
	size_t n = chase_elements(bytes, stride);
	uint32_t *next = mem_zalloc(n, sizeof(*next));
	uint8_t *base = p;

	one_cycle(next, n, seed);
	for (size_t i = 0; i < n; i++)
		*(void **)(void *)(base + i * stride) = base + next[i] * stride;
	free(next);
}

#define STEP	 at = *(void *volatile *)at;
#define STEPS_4	 STEP STEP STEP STEP
#define STEPS_16 STEPS_4 STEPS_4 STEPS_4 STEPS_4

void *chase_run(void *at, uint64_t loads)
{
	for (uint64_t i = 0; i < loads; i += CHASE_UNROLL) {
		STEPS_16
	}
	return at;
}

size_t chase_walk(void *start, const void *p, size_t bytes, size_t most)
{
	uintptr_t base = (uintptr_t)p;
	void *at = start;

	for (size_t n = 1; n <= most; n++) {
		at = *(void *volatile *)at;
		if ((uintptr_t)at - base > bytes - sizeof(void *))
			return 0;
		if (at == start)
			return n;
	}
	return 0;
}
