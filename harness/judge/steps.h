/* Steps as they ended: which attempt counts, and what each planned step came to. */
#ifndef ASSAY_JUDGE_STEPS_H
#define ASSAY_JUDGE_STEPS_H

#include "results.h"

/* The last attempt of one process; earlier ones do not count. */
struct ended {
	const struct step_row *row;
	unsigned position; /* among the arms of the same block, step and process */
};

/* All last attempts, sorted for ended_find; the caller frees. NULL where there are none. */
struct ended *ended_list(const struct bundle_data *d, size_t *n);
const struct ended *ended_find(const struct ended *list, size_t n, const char *arm, unsigned step,
			       unsigned block, unsigned process);

/* Fills out->step from plan and last attempts. */
void steps_make(struct results *out, const struct bundle_data *d, const struct ended *list,
		size_t n);

/* How bad: PASS < SKIP < BUSY < TIMEOUT < ERROR < FAIL. */
int steps_severity(enum status s);

/* Keeps a string until results_free; takes it. */
const char *results_keep(struct results *r, char *text);

#endif
