/*
 * From a suite to the steps that will run: parameters checked against the benchmarks' tables,
 * lists expanded, one step for each combination of step-scope values. Everything wrong in a
 * suite is found here, before anything runs.
 */
#ifndef ASSAY_RUN_PLAN_H
#define ASSAY_RUN_PLAN_H

#include "../bench.h"
#include "../formats/bundle.h"
#include "../formats/suite.h"
#include "gpus.h"
#include "machine.h"

struct plan_step {
	struct plan_row row; /* owned strings */
	const struct bench *bench;
	struct gpus gpus; /* none where the step needs none, or the machine has none */
	unsigned cases;
};

struct plan {
	char *name, *summary;
	char *gate;	 /* canonical key patterns, separated by spaces */
	char *required;	 /* section names, separated by spaces */
	double budget_s; /* what the suite promises; 0 if it promises nothing */
	struct plan_step *step;
	size_t n, cap;
};

struct plan_options {
	unsigned processes; /* 0: as the suite says */
	bool without_nvml;  /* --force=nvml */
	const char *const
		*set; /* "bench.param=value" or "param=value" overrides; NULL-terminated */
};

/*
 * benches: NULL-terminated. m NULL: only checks the suite. 0, or -EINVAL with file and line.
 */
int plan_make(struct plan *p, const struct suite *s, const struct bench *const *benches,
	      const struct machine *m, const struct plan_options *o, struct err *e);

/* The very plan of a bundle again, on the machine as it is now. 0 or -EINVAL. */
int plan_like(struct plan *p, const struct bundle_data *d, const struct bench *const *benches,
	      const struct machine *m, bool without_nvml, struct err *e);

/* Why a step will not even be started, "STATUS:reason", or "". Caller frees. */
char *plan_why_not(const struct plan_step *st, const struct machine *m, bool without_nvml);

void plan_free(struct plan *p);

/* Seconds that all steps and processes will take, roughly. */
double plan_estimate_s(const struct plan *p);
/* How many processes will be started for them. */
unsigned plan_processes(const struct plan *p);

/* Keys of a section that are not a benchmark's parameters: for help. Ends with .name == NULL. */
struct section_option {
	const char *name, *def, *help;
};
extern const struct section_option section_options[];
extern const struct section_option suite_options[]; /* those of [suite] */

#endif
