/* The machine and the run in a few lines, for the head of every report. */
#ifndef ASSAY_REPORTS_DIGEST_H
#define ASSAY_REPORTS_DIGEST_H

#include "findings.h"
#include "report.h"

/* One line: the suite and its summary. */
void digest_suite(struct buf *out, const struct bundle_data *d);

/* One side of a comparison: machine, GPUs, driver, date, and of how many bundles it is one. */
void digest_side(struct buf *out, const struct bundle_data *d, size_t bundles);

struct digest_line {
	const char *name;
	struct buf text;
};
#define DIGEST_LINES 9
/* All of them, in order; lines that have no text are left out. Free each text. */
size_t digest_make(struct digest_line line[DIGEST_LINES], const struct report *r,
		   const struct findings *f);

#endif
