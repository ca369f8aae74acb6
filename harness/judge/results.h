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

#include <stdbool.h>
#include <stddef.h>

struct process_result {
	unsigned block, step, process, attempt;
	unsigned position; /* which arm of the block ran first: 0, 1, … */
	size_t n;	   /* samples behind the median: the valid ones, all of them if none is */
	double median;
	bool valid;
	const char *cause; /* points into the bundle; "" if valid */
};

/* What one planned step came to in one arm, over all its processes. */
struct step_result {
	const char *arm;
	const struct plan_row *plan; /* NULL where plan.csv lacks it */
	const char *bench, *labels;  /* labels: the parameters that have a single value */
	unsigned step;
	unsigned processes; /* that ended, repetitions counted once */
	bool not_run;	    /* no process was started and the plan gave no reason */
	enum status status; /* the worst of its processes' last attempts */
	char reason[256];   /* with PASS: what the step says about itself */
};

struct result {
	/* point into the bundle or into struct results.text; both must outlive this. metric is
	 * "" where a step or case gave no number: then status and reason say why */
	const char *arm, *bench, *metric, *labels, *unit, *better, *cls;
	const struct step_result
		*of_step;		/* the step that this row is about, NULL for the others */
	struct process_result *process; /* owned */
	size_t processes, cap;		/* processes: all, processes_valid of them count */
	size_t processes_valid;
	/* median and interval over processes (within the process where there is one), the spread
	 * (min … p99, mad, cv, rho, tau) over the pooled valid samples; n is 0: no number */
	struct summary s;
	double ceiling; /* in the metric's unit, 0 if none is known */
	const char *ceiling_source;
	bool above_ceiling; /* a broken measurement */
	bool untrue;	    /* above its ceiling, or of memory that lay elsewhere */
	bool explained;	    /* a remark of the benchmark says what holds it down */
	enum status status; /* FAIL where the number cannot be true or shows a fault */
	const char *rule;   /* which rule failed the number: "ceiling", "link" …; "" for none */
	double excess;	    /* how far beyond what the rule allows, to find the worst; 0: no rank */
	char reason[512];   /* with PASS: what a reader should know about the number */
};

struct results {
	struct result *r; /* sorted: arm, bench, metric, labels as a person counts */
	size_t n, cap;
	struct step_result *step; /* sorted: step, arm */
	size_t n_steps, cap_steps;
	char **text; /* owned strings that rows point to */
	size_t n_text, cap_text;
};

/* 0 or negative errno; out is freed by results_free in both cases. */
int results_make(struct results *out, const struct bundle_data *d, struct err *e);
void results_free(struct results *r);

/* The order of results: arm, benchmark, metric, labels. Returns <0, 0, >0. */
int result_by_key(const struct result *a, const struct result *b);

/* Writes results.csv and processes.csv into the bundle's folder. */
int results_write(const struct results *r, const struct bundle_data *d, struct err *e);

/* The text of both files, for tests. */
struct buf;
void results_csv(struct buf *out, const struct results *r);
void results_processes_csv(struct buf *out, const struct results *r);

/* What the whole run came to: counts, the program's exit code, one sentence for people. */
struct outcome {
	unsigned steps[ST_N];	   /* step results by status */
	unsigned not_run;	   /* those of steps[ST_SKIP] that the run never came to */
	bool cut_off;		   /* steps never ran, or the run says that it did not end */
	unsigned numbers;	   /* results that hold a number */
	unsigned failed_numbers;   /* those of them with FAIL */
	unsigned required_missing; /* required steps, or cases of such, without a number */
	enum exit_code exit;
	char sentence[640];
};
void outcome_make(struct outcome *o, const struct results *r, const struct bundle_data *d);

#endif
