/*
 * What went wrong, was not measured or is worth a look, told once for all rows that share
 * benchmark, status and reason: what, where, how much against what was wanted, what to do.
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
	struct finding *f; /* failures, then what was skipped, then remarks */
	size_t n, cap;
	size_t failures; /* FAIL, ERROR, TIMEOUT, BUSY */
	size_t skipped;	 /* SKIP; the others are remarks on numbers that passed */
};

void findings_make(struct findings *out, const struct report *r);
void findings_free(struct findings *f);

#endif
