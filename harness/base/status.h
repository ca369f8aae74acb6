/* What a step came to, and what the program says to its caller (design: exit codes). */
#ifndef ASSAY_BASE_STATUS_H
#define ASSAY_BASE_STATUS_H

enum status { ST_PASS, ST_FAIL, ST_SKIP, ST_ERROR, ST_TIMEOUT, ST_BUSY, ST_N };

enum exit_code {
	EXIT_PASSED = 0,
	EXIT_FAILED = 1,       /* a FAIL, REGRESSED, ERROR or TIMEOUT */
	EXIT_USAGE = 2,	       /* wrong usage or bad input file */
	EXIT_NOTHING = 3,      /* nothing could be measured */
	EXIT_INCONCLUSIVE = 4, /* inconclusive, or something required was skipped */
};

/* The one that counts of two parts of one command: 2, 3, 1, 4, 0. */
enum exit_code exit_worse(enum exit_code a, enum exit_code b);

const char *status_name(enum status s);		   /* "PASS" … */
int status_parse(const char *s, enum status *out); /* 0 or -EINVAL */

#endif
