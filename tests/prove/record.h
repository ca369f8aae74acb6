/*
 * Recorded blocks of two equal arms: a table (block,bench,metric,labels,better,a,b) or the
 * processes.csv of a bundle that `assay ab` made. Only blocks that are whole in all series count.
 */
#ifndef ASSAY_PROVE_RECORD_H
#define ASSAY_PROVE_RECORD_H

#include "../../harness/base/err.h"

#include <stddef.h>

#define RECORD_SERIES 40  /* the most: a family of gates and controls */
#define RECORD_FILE   100 /* block 12 of the second file is block 112 */

/* One metric. */
struct series {
	char *bench, *metric, *labels;
	const char *better; /* "lower", "higher", "" where the file does not say: as lower */
	double *a, *b, *d;  /* of the record's blocks; d: + is worse in B; owned */
};

struct record {
	unsigned *block; /* their numbers; owned */
	size_t blocks;
	struct series *s; /* owned */
	size_t n;
};

/*
 * Of n files together. only: comma-separated beginnings of "bench.metric{labels}"; NULL: all.
 * -EINVAL with a reason where they do not hold at least `least` whole blocks of 1 to RECORD_SERIES
 * metrics.
 */
int record_read(struct record *r, const char *const *path, size_t n, const char *only, size_t least,
		struct err *e);
void record_free(struct record *r);

#endif
