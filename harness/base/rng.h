/*
 * Reproducible randomness: splitmix64 (Steele, Lea, Flood 2014) as a hash and as
 * a stream. One seed gives the same numbers on every machine.
 */
#ifndef ASSAY_BASE_RNG_H
#define ASSAY_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

uint64_t rng_mix(uint64_t x);			  /* one splitmix64 finaliser */
uint64_t rng_hash(uint64_t h, uint64_t x);	  /* folds x into h */
uint64_t rng_hash_str(uint64_t h, const char *s); /* folds a string into h */
uint64_t rng_next(struct rng *r);		  /* uniform 64 bits */
double rng_uniform(struct rng *r);		  /* (0, 1) */
double rng_normal(struct rng *r);		  /* mean 0, sd 1 (Box-Muller, one of the pair) */
uint64_t rng_below(struct rng *r, uint64_t n);	  /* 0 .. n-1, n > 0 */
void rng_shuffle(struct rng *r, size_t *v, size_t n); /* Fisher-Yates */

#endif
