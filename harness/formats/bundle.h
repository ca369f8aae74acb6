/*
 * The bundle: a folder that proves what was measured (design: Bundle). This file is the
 * one place that knows its columns. Values are SI base units in the C locale.
 *
 * Sealed evidence: manifest.csv plan.csv steps.csv samples.csv telemetry.csv SHA256SUMS.
 * Derived from it at will: results.csv processes.csv verdicts.csv report.html.
 */
#ifndef ASSAY_FORMATS_BUNDLE_H
#define ASSAY_FORMATS_BUNDLE_H

#include "../base/err.h"
#include "../base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define BUNDLE_SCHEMA 1

struct intern; /* a pool of texts, formats/intern.h */

/*
 * manifest.csv. Keys are dotted names; two forms carry more:
 *   metric.BENCH.METRIC.unit|better|class    the metric tables of the benchmarks that ran
 *   metric.BENCH.METRIC.siblings             labels over which values should be equal
 *   bench.BENCH.summary|method
 *   bench.BENCH.options                      "patience,variables": parameters that are in no key
 *   fact.KIND.BENCH[.METRIC]{labels}         a statement about every key that has these labels:
 *                                            KIND ceiling (value in the metric's unit), placement
 *                                            (PROVEN, UNPROVEN, WRONG), pages (4K, THP, HUGETLB),
 *                                            found.WHAT and wanted.WHAT (alike, or a FAIL), kin
 * source says where the value was read or how it was found.
 */
struct manifest_row {
	char *arm, *key, *value, *source;
};

/* plan.csv: one step each; params is "gpu=3 memory=pinned,pageable size=4,16": every parameter
 * with its expanded, canonical values (SI numbers), names sorted. */
struct plan_row {
	unsigned step;
	char *bench, *label, *params;
	unsigned processes;
	double deadline_s, budget_s, estimate_s; /* a process */
	bool required;
	char *skip;    /* why it will not even be started (status:reason), "" otherwise */
	unsigned line; /* of the suite file */
};

struct step_row {
	char *arm;
	unsigned block, step, process, attempt;
	double start_s, wall_s; /* since the run began; real time */
	int exit;		/* exit status, or 128+signal */
	enum status status;
	char *reason;
	unsigned rows; /* sample rows that belong to it */
};

struct sample_row {
	char *arm;
	unsigned block, step, process, attempt;
	char *bench, *metric, *labels;
	unsigned sample;
	double t_s;   /* since the process began to measure, measured clock */
	double value; /* in the metric's unit */
	char *valid;  /* "" = valid, else the named cause ("thermal", "unsteady" …) */
};

/* telemetry.csv: long form, one reading a row. */
struct telemetry_row {
	char *arm;
	double t_s;
	char *gpu, *field; /* "0"; "sm_clock", "power" … */
	double value;
};

struct bundle_data {
	char *dir;
	struct manifest_row *manifest;
	struct plan_row *plan;
	struct step_row *steps;
	struct sample_row *samples;
	struct telemetry_row *telemetry;
	size_t n_manifest, n_plan, n_steps, n_samples, n_telemetry;
	size_t cap_manifest, cap_plan, cap_steps, cap_samples, cap_telemetry;
	bool sealed;	     /* SHA256SUMS is there */
	struct intern *text; /* owns every text of the rows; equal texts have equal addresses */
};

/* ---- reading ---- */

/*
 * Loads a bundle, a cut-off one to its last whole row. Sample rows of steps without an entry
 * in steps.csv are left out. A newer schema is refused by name. 0 or negative errno.
 */
int bundle_load(struct bundle_data *d, const char *dir, struct err *e);
/* The same, manifest and plan alone: what was measured on what, without the numbers. */
int bundle_load_head(struct bundle_data *d, const char *dir, struct err *e);
void bundle_data_free(struct bundle_data *d);

/* First manifest row of that key and arm (arm NULL: any), NULL if there is none; its value. */
const struct manifest_row *bundle_row(const struct bundle_data *d, const char *arm,
				      const char *key);
const char *bundle_value(const struct bundle_data *d, const char *arm, const char *key);
/* How often the bundle was resumed. Attempts below may have left samples of a process cut off. */
unsigned bundle_resumed(const struct bundle_data *d);

/* What the metric tables say: what is unit, better, class, siblings. "" where they don't know. */
const char *bundle_metric(const struct bundle_data *d, const char *bench, const char *metric,
			  const char *what);

/* Labels as a key of the benchmark has them: without its options. Caller frees. */
char *bundle_without_options(const struct bundle_data *d, const char *bench, const char *labels);

/*
 * The most specific fact of that kind about a metric key: its value (and source), NULL if
 * none. *mixed (may be NULL) is set where two equally specific facts disagree.
 */
const struct manifest_row *bundle_fact(const struct bundle_data *d, const char *arm,
				       const char *kind, const char *bench, const char *metric,
				       const char *labels, bool *mixed);
/* The same; of equally specific facts the first that has another value than this one. */
const struct manifest_row *bundle_fact_unlike(const struct bundle_data *d, const char *arm,
					      const char *kind, const char *bench,
					      const char *metric, const char *labels,
					      const char *value);

/* ---- writing ---- */

struct bundle; /* an open bundle: files appended and flushed row by row */

/* Creates the folder and its files (the folder must not exist, or be empty). */
int bundle_create(struct bundle **b, const char *dir, struct err *e);
/* Opens one that was cut off: torn last rows are removed, rows are appended after them. */
int bundle_reopen(struct bundle **b, const char *dir, struct err *e);

int bundle_add_manifest(struct bundle *b, const char *arm, const char *key, const char *value,
			const char *source, struct err *e);
int bundle_add_plan(struct bundle *b, const struct plan_row *r, struct err *e);
int bundle_add_step(struct bundle *b, const struct step_row *r, struct err *e);
int bundle_add_sample(struct bundle *b, const struct sample_row *r, struct err *e);
int bundle_add_telemetry(struct bundle *b, const struct telemetry_row *r, struct err *e);
void bundle_log(struct bundle *b, const char *text, size_t n); /* run.log, one line */

/* Sorts manifest.csv (duplicate rows once), writes SHA256SUMS. The bundle stays open. */
int bundle_seal(struct bundle *b, struct err *e);
void bundle_close(struct bundle *b);
const char *bundle_dir(const struct bundle *b);

/* Writes a derived file through a temporary name and rename. */
int bundle_write_file(const char *dir, const char *name, const char *data, size_t n, struct err *e);

#endif
