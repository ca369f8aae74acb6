/*
 * From evidence to numbers: one result for each arm and metric key, made again at will from
 * a bundle. Pure: no I/O but what results_write says. The unit is the process: the median is
 * the median of process medians; with one process the interval is "within this process".
 */
#ifndef ASSAY_JUDGE_RESULTS_H
#define ASSAY_JUDGE_RESULTS_H

#include "../base/err.h"
#include "../base/status.h"
#include "../formats/bundle.h"
#include "../stats/stats.h"

struct process_result {
	unsigned block, step, process, attempt;
	size_t n;
	double median;
	bool valid;
	const char *cause; /* points into the bundle; "" if valid */
};

struct result {
	/* point into the bundle, which must outlive the results; metric is "" where a step or
	 * case gave no number: then status and reason say why */
	const char *arm, *bench, *metric, *labels, *unit, *better, *cls;
	struct process_result *process; /* owned */
	size_t processes, cap;
	struct summary s; /* s.n is 0 where there is no number */
	double ceiling;	  /* in the metric's unit, 0 if none is known */
	const char *ceiling_source;
	enum status status; /* FAIL where the median is above its ceiling */
	char reason[256];
};

struct results {
	struct result *r; /* sorted: arm, bench, metric, labels as a person counts */
	size_t n, cap;
};

int results_make(struct results *out, const struct bundle_data *d, struct err *e);
void results_free(struct results *r);

/* Writes results.csv and processes.csv into the bundle's folder. */
int results_write(const struct results *r, const struct bundle_data *d, struct err *e);

/* What the whole run came to: counts, the program's exit code, one sentence for people. */
struct outcome {
	unsigned steps[ST_N];  /* steps by their last status */
	unsigned numbers;      /* results that hold a number */
	unsigned required_missing;
	enum exit_code exit;
	char sentence[256];
};
void outcome_make(struct outcome *o, const struct results *r, const struct bundle_data *d);

#endif
