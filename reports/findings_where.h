/* Where a finding is, in words. Inner header of the findings. */
#ifndef ASSAY_REPORTS_FINDINGS_WHERE_H
#define ASSAY_REPORTS_FINDINGS_WHERE_H

#include "report.h"

/*
 * "GPU 2 (0000:3a:00.0) to GPUs 0, 1, pinned, 4 B to 1 GiB" for n >= 1 rows of one benchmark. Of
 * what has several values all of which are affected, nothing is said. Caller frees.
 */
char *findings_where(const struct report *r, const struct result *const *row, size_t n);

#endif
