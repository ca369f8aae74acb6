/* Any part of the pattern of kernels/pattern.h, from any byte on, as fast as memory allows. */
#ifndef ASSAY_SIM_PATTERN_H
#define ASSAY_SIM_PATTERN_H

#include "../../kernels/pattern.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes [offset, offset + bytes) of the pattern with that seed. */
void part_fill(void *dst, size_t offset, size_t bytes, uint32_t seed);
bool part_equal(const void *p, size_t offset, size_t bytes, uint32_t seed);

#endif
