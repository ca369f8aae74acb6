/*
 * Device memory as the stand-in keeps it. What kernels and copies put there is mostly a pattern
 * (kernels/pattern.h) or one byte repeated, so it is described, not stored: a gigabyte that is
 * filled, copied, poisoned and checked costs no gigabyte. So are numbers that a function of their
 * index gives. Anything else is stored byte for byte. A program cannot see the difference.
 */
#ifndef ASSAY_SIM_DEVMEM_H
#define ASSAY_SIM_DEVMEM_H

#include "../../kernels/pattern.h"

#include <stdbool.h>
#include <stddef.h>

struct dev;

struct dev *dev_new(size_t bytes); /* undefined content; NULL: no memory */
void dev_free(struct dev *d);

/* All offsets and sizes lie within the allocation: the caller has checked. */
void dev_set(struct dev *d, size_t at, size_t bytes, uint8_t value);
void dev_pattern(struct dev *d, size_t at, size_t bytes, uint32_t seed); /* starts at `at` */
void dev_write(struct dev *d, size_t at, const void *src, size_t bytes);
void dev_read(const struct dev *d, size_t at, void *dst, size_t bytes);

/* Described content stays described. From and to may be one allocation. */
void dev_copy(struct dev *to, size_t at, const struct dev *from, size_t from_at, size_t bytes);

/* Content that a function knows: bytes [offset, offset + bytes) of what it makes of its argument.
 */
struct dev_made {
	void (*make)(void *dst, size_t offset, size_t bytes, const uint64_t *arg);
	uint64_t arg[4];
	size_t origin; /* where byte 0 of it would lie; may be before the allocation (wraps) */
};
void dev_make(struct dev *d, size_t at, size_t bytes, const struct dev_made *m);
/* How many bytes from `at` on, at most `bytes`, have one description; .make NULL: another kind. */
size_t dev_part(const struct dev *d, size_t at, size_t bytes, struct dev_made *m);

/* Differences from the pattern that starts at `at`, added to *diff. */
void dev_check(const struct dev *d, size_t at, size_t bytes, uint32_t seed,
	       struct pattern_diff *diff);

/* ---- devmem_made.c ---- */

/* Whether all these bytes have that description. */
bool dev_is_made(const struct dev *d, size_t at, size_t bytes, const struct dev_made *m);
/*
 * Differences from it, added to *diff, counted in units of 1, 4 or 8 bytes, of which there are
 * whole ones; its first counts from base.
 */
void dev_check_made(const struct dev *d, size_t at, size_t bytes, const struct dev_made *want,
		    size_t unit, size_t base, struct pattern_diff *diff);

/* Numbers of kernels/values.h: the sum of count ranks from first, from its element start on. */
struct sim_values {
	uint64_t start;
	uint32_t seed, first, count;
};
void dev_values(struct dev *d, size_t at, size_t bytes, const struct sim_values *v);
/* Whether these bytes are known to be such numbers, and which. */
bool dev_is_values(const struct dev *d, size_t at, size_t bytes, struct sim_values *v);
/* Differences from them, added to *diff, whose first counts from base. */
void dev_check_values(const struct dev *d, size_t at, size_t bytes, const struct sim_values *v,
		      size_t base, struct pattern_diff *diff);

#endif
