/*
 * What went wrong or was not measured, told once for all rows that share benchmark, status and
 * reason: what, where, how much against what was wanted, what to do.
 */
#ifndef ASSAY_REPORTS_FINDINGS_H
#define ASSAY_REPORTS_FINDINGS_H

#include "report.h"

#include <stdbool.h>

struct finding {
	enum status status;
	const char *bench, *arm;
	char *where;	    /* "GPU 3 (0000:9a:00.0), 256 MiB"; owned, "" where it is everything */
	char *reason;	    /* owned */
	const char *advice; /* what to do; "" for what was merely skipped */
	bool required;	    /* the suite asks for it */
	bool number;	    /* there is a number, and it shows a fault */
	bool untrue;	    /* or cannot be true at all */
	unsigned rows;
};

struct findings {
	struct finding *f; /* failures first, skipped last */
	size_t n, cap;
	size_t failures; /* the first so many are FAIL, ERROR, TIMEOUT, BUSY; the others SKIP */
};

void findings_make(struct findings *out, const struct report *r);
void findings_free(struct findings *f);

#endif
