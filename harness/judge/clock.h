/* What clock a GPU really ran at, from readings that are made where it changes. */
#ifndef ASSAY_JUDGE_CLOCK_H
#define ASSAY_JUDGE_CLOCK_H

#include <stddef.h>

struct held {
	double value;
	double s; /* seconds that it held */
};

/*
 * The value that half of the busy time lies below; idle readings (under half of the highest) are
 * left out, ramps weigh as little as they last. v is put in another order. NaN where fewer than
 * `least` busy readings are there.
 */
double clock_typical(struct held *v, size_t n, size_t least);

#endif
