/* Which copies there are to measure: the parameters of copy and what they mean together. */
#ifndef ASSAY_KERNELS_COPY_CASES_H
#define ASSAY_KERNELS_COPY_CASES_H

#include "copy_memory.h"

enum copy_dir { COPY_H2D, COPY_D2H, COPY_BOTH, COPY_BOTH_H2D, COPY_BOTH_D2H, COPY_DIRS };
#define COPY_DIR_CHOICES "h2d|d2h|both|both_h2d|both_d2h"

enum copy_dir copy_dir(const char *name);
/* Whether both directions run, and how many of them are counted. */
bool copy_dir_both(enum copy_dir dir);
int copy_dir_ways(enum copy_dir dir);

extern const struct param copy_params[];

/* For bench.applies: pageable memory is copied by the copy engine and one way only; sweep=short. */
bool copy_applies(const struct ctx *c);

/* Whether some case of this process runs both directions. */
bool copy_both(const struct ctx *c);

/* Where the part of the second direction starts behind that of the first. */
size_t copy_part(size_t size);

/* Bytes of a buffer that does for all cases with that kind of memory, or with any. */
size_t copy_bytes(const struct ctx *c, enum copy_kind kind);
size_t copy_bytes_most(const struct ctx *c);

#endif
