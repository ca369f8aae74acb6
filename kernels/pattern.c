/*
 * The host side of pattern.h. Whole words in blocks with a plain inner loop, which gcc and
 * clang vectorise; only a block that differs is looked at byte by byte.
 */
#include "pattern.h"

#include <string.h>

enum { BLOCK = 1024 }; /* words: 4 KiB */

static uint8_t pattern_byte(uint64_t offset, uint32_t seed)
{
	return (uint8_t)(pattern_word((uint32_t)(offset / 4), seed) >> (offset % 4 * 8));
}

void pattern_fill(void *p, uint64_t bytes, uint32_t seed)
{
	uint64_t words = bytes / 4;
	uint32_t *w = p;

	for (uint64_t base = 0; base < words; base += BLOCK) {
		uint32_t n = (uint32_t)(words - base < BLOCK ? words - base : BLOCK);
		uint32_t first = (uint32_t)base;
		for (uint32_t i = 0; i < n; i++)
			w[base + i] = pattern_word(first + i, seed);
	}
	for (uint64_t b = words * 4; b < bytes; b++)
		((uint8_t *)p)[b] = pattern_byte(b, seed);
}

/* Non-zero where any of n words differs. */
static uint32_t block_differs(const uint32_t *w, uint32_t n, uint32_t first, uint32_t seed)
{
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < n; i++)
		wrong |= w[i] ^ pattern_word(first + i, seed);
	return wrong;
}

static void check_bytes(const uint8_t *p, uint64_t from, uint64_t to, uint32_t seed,
			struct pattern_diff *d)
{
	for (uint64_t b = from; b < to; b++) {
		if (p[b] == pattern_byte(b, seed))
			continue;
		if (d->first == PATTERN_NONE)
			d->first = b;
		d->bytes++;
	}
}

struct pattern_diff pattern_check(const void *p, uint64_t bytes, uint32_t seed)
{
	struct pattern_diff d = PATTERN_DIFF_INIT;
	uint64_t words = bytes / 4;
	const uint32_t *w = p;

	for (uint64_t base = 0; base < words; base += BLOCK) {
		uint32_t n = (uint32_t)(words - base < BLOCK ? words - base : BLOCK);
		if (block_differs(w + base, n, (uint32_t)base, seed))
			check_bytes(p, base * 4, (base + n) * 4, seed, &d);
	}
	check_bytes(p, words * 4, bytes, seed, &d);
	return d;
}
