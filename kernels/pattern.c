/*
 * The host side of pattern.h, eight words at a time with vectors written out; where the CPU has
 * AVX2 the same text is compiled for it (four times as fast: SSE2 lacks the multiplication).
 * Only a block that differs is looked at byte by byte.
 */
#include "pattern.h"

#include <string.h>

enum { LANES = 8, BLOCK = 1024 }; /* words; BLOCK is 4 KiB */

typedef uint32_t vec __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

/* The words of the pattern in eight lanes, for the caller's first, seed. See pattern_word. */
#define VECTOR_WORDS(x)                                                                            \
	vec x = {0, 1, 2, 3, 4, 5, 6, 7};                                                          \
	x = (x + first) * 0x9e3779b1u + seed;                                                      \
	x = (x ^ (x >> 16)) * 0x85ebca6bu;                                                         \
	x = (x ^ (x >> 13)) | 1u

INLINE void fill_vectors(uint32_t *w, uint32_t n, uint32_t first, uint32_t seed)
{
	for (uint32_t i = 0; i < n; i += LANES, first += LANES) {
		VECTOR_WORDS(x);
		*(vec *)(w + i) = x;
	}
}

/* Non-zero where any of n words differs. */
INLINE uint32_t vectors_differ(const uint32_t *w, uint32_t n, uint32_t first, uint32_t seed)
{
	vec wrong = {0};
	uint32_t any = 0;

	for (uint32_t i = 0; i < n; i += LANES, first += LANES) {
		VECTOR_WORDS(x);
		wrong |= *(const vec *)(w + i) ^ x;
	}
	for (int k = 0; k < LANES; k++)
		any |= wrong[k];
	return any;
}

/* n is a multiple of LANES here. */
static void fill_base(uint32_t *w, uint32_t n, uint32_t first, uint32_t seed)
{
	fill_vectors(w, n, first, seed);
}

static uint32_t differ_base(const uint32_t *w, uint32_t n, uint32_t first, uint32_t seed)
{
	return vectors_differ(w, n, first, seed);
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))
static AVX2 void fill_avx2(uint32_t *w, uint32_t n, uint32_t first, uint32_t seed)
{
	fill_vectors(w, n, first, seed);
}

static AVX2 uint32_t differ_avx2(const uint32_t *w, uint32_t n, uint32_t first, uint32_t seed)
{
	return vectors_differ(w, n, first, seed);
}
#define CHOOSE(name) (__builtin_cpu_supports("avx2") ? name##_avx2 : name##_base)
#else
#define CHOOSE(name) name##_base
#endif

static uint8_t pattern_byte(uint64_t offset, uint32_t seed)
{
	return (uint8_t)(pattern_word((uint32_t)(offset / 4), seed) >> (offset % 4 * 8));
}

/* Words that vectors do; the bytes after them are done one by one. */
static uint64_t vector_words(uint64_t bytes)
{
	return bytes / 4 / LANES * LANES;
}

static uint32_t block_at(uint64_t base, uint64_t words)
{
	return (uint32_t)(words - base < BLOCK ? words - base : BLOCK);
}

void pattern_fill(void *p, uint64_t bytes, uint32_t seed)
{
	void (*fill)(uint32_t *, uint32_t, uint32_t, uint32_t) = CHOOSE(fill);
	uint64_t words = vector_words(bytes);

	for (uint64_t base = 0; base < words; base += BLOCK)
		fill((uint32_t *)p + base, block_at(base, words), (uint32_t)base, seed);
	for (uint64_t b = words * 4; b < bytes; b++)
		((uint8_t *)p)[b] = pattern_byte(b, seed);
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
	uint32_t (*differ)(const uint32_t *, uint32_t, uint32_t, uint32_t) = CHOOSE(differ);
	struct pattern_diff d = PATTERN_DIFF_INIT;
	uint64_t words = vector_words(bytes);

	for (uint64_t base = 0; base < words; base += BLOCK) {
		uint32_t n = block_at(base, words);
		if (differ((const uint32_t *)p + base, n, (uint32_t)base, seed))
			check_bytes(p, base * 4, (base + n) * 4, seed, &d);
	}
	check_bytes(p, words * 4, bytes, seed, &d);
	return d;
}
