/* Reproducible randomness: see rng.h. */
#include "rng.h"

#include <math.h>

#define GOLDEN 0x9e3779b97f4a7c15ull

uint64_t rng_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

uint64_t rng_hash(uint64_t h, uint64_t x)
{
	return rng_mix((h ^ rng_mix(x + GOLDEN)) + GOLDEN);
}

uint64_t rng_hash_str(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = rng_hash(h, (unsigned char)*s);
	return rng_hash(h, 0x100);
}

uint64_t rng_next(struct rng *r)
{
	r->state += GOLDEN;
	return rng_mix(r->state);
}

double rng_uniform(struct rng *r)
{
	return ((double)(rng_next(r) >> 11) + 0.5) * 0x1p-53;
}

double rng_normal(struct rng *r)
{
	double u = rng_uniform(r), v = rng_uniform(r);

	return sqrt(-2.0 * log(u)) * cos(2.0 * M_PI * v);
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
	return (uint64_t)(((__uint128_t)rng_next(r) * n) >> 64);
}

void rng_shuffle(struct rng *r, size_t *v, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = rng_below(r, i), t = v[i - 1];

		v[i - 1] = v[j];
		v[j] = t;
	}
}
