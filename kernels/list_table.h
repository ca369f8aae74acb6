/* The table of all benchmarks, sorted by name, NULL at its end. */
#ifndef ASSAY_KERNELS_LIST_TABLE_H
#define ASSAY_KERNELS_LIST_TABLE_H

#include "../harness/bench.h"

extern const struct bench *const bench_list[];

/* NULL where there is none of that name. */
const struct bench *bench_find(const char *name);

#endif
