/*
 * A ring of pointers, one at the start of every stride, in random order: one cycle over all of
 * them (Sattolo's algorithm), so that each load's address is the value of the load before and
 * no prefetcher can guess it.
 */
#ifndef ASSAY_KERNELS_CHASE_H
#define ASSAY_KERNELS_CHASE_H

#include <stddef.h>
#include <stdint.h>

/* chase_run does a multiple of this many loads. */
#define CHASE_UNROLL 16

/* Elements of a ring: whole strides. */
size_t chase_elements(size_t bytes, size_t stride);

/* Writes the ring; stride >= sizeof(void *), at least 2 and less than 2^32 elements. */
void chase_build(void *p, size_t bytes, size_t stride, uint64_t seed);

/* Follows `loads` pointers, rounded up to a multiple of CHASE_UNROLL; returns where it ends. */
void *chase_run(void *at, uint64_t loads);

/* How many steps from `start` back to it; 0 where they are more than `most` or leave the ring. */
size_t chase_walk(void *start, const void *p, size_t bytes, size_t most);

#endif
