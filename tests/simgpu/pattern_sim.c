/*
 * Parts of the pattern. On x86-64 the two loops exist twice, once for AVX2, because generating
 * gigabytes of it is what a simulated run spends its time on.
 */
#include "pattern_sim.h"

#include <string.h>

static uint8_t byte_at(size_t offset, uint32_t seed)
{
	return (uint8_t)(pattern_word((uint32_t)(offset / 4), seed) >> (offset % 4 * 8));
}

static inline __attribute__((always_inline)) void fill_loop(char *dst, uint32_t first, size_t n,
							    uint32_t seed)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t w = pattern_word(first + (uint32_t)i, seed);

		memcpy(dst + 4 * i, &w, 4);
	}
}

/* Blocks, so that a difference ends it early and the loop inside still vectorises. */
static inline __attribute__((always_inline)) bool equal_loop(const char *p, uint32_t first,
							     size_t n, uint32_t seed)
{
	for (size_t at = 0; at < n; at += 1024) {
		size_t m = n - at < 1024 ? n - at : 1024;
		uint32_t wrong = 0;

		for (size_t i = 0; i < m; i++) {
			uint32_t w;

			memcpy(&w, p + 4 * (at + i), 4);
			wrong |= w ^ pattern_word(first + (uint32_t)(at + i), seed);
		}
		if (wrong)
			return false;
	}
	return true;
}

static void fill_plain(char *dst, uint32_t first, size_t n, uint32_t seed)
{
	fill_loop(dst, first, n, seed);
}

static bool equal_plain(const char *p, uint32_t first, size_t n, uint32_t seed)
{
	return equal_loop(p, first, n, seed);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void fill_avx2(char *dst, uint32_t first, size_t n,
						      uint32_t seed)
{
	fill_loop(dst, first, n, seed);
}

__attribute__((target("avx2"))) static bool equal_avx2(const char *p, uint32_t first, size_t n,
						       uint32_t seed)
{
	return equal_loop(p, first, n, seed);
}

static bool wide(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
#define fill_avx2  fill_plain
#define equal_avx2 equal_plain

static bool wide(void)
{
	return false;
}
#endif

void part_fill(void *dst, size_t offset, size_t bytes, uint32_t seed)
{
	char *p = dst;
	size_t words;

	for (; bytes && offset % 4; bytes--)
		*p++ = (char)byte_at(offset++, seed);
	words = bytes / 4;
	(wide() ? fill_avx2 : fill_plain)(p, (uint32_t)(offset / 4), words, seed);
	for (size_t b = 4 * words; b < bytes; b++)
		p[b] = (char)byte_at(offset + b, seed);
}

bool part_equal(const void *src, size_t offset, size_t bytes, uint32_t seed)
{
	const char *p = src;
	size_t words;

	for (; bytes && offset % 4; bytes--) {
		if (*p++ != (char)byte_at(offset++, seed))
			return false;
	}
	words = bytes / 4;
	if (!(wide() ? equal_avx2 : equal_plain)(p, (uint32_t)(offset / 4), words, seed))
		return false;
	for (size_t b = 4 * words; b < bytes; b++) {
		if (p[b] != (char)byte_at(offset + b, seed))
			return false;
	}
	return true;
}
