/*
 * What `run` and `ab` share: from a suite, or a bundle to go on with, to an open bundle with its
 * plan; and from its last step to the reports.
 */
#ifndef ASSAY_COMMANDS_JOB_H
#define ASSAY_COMMANDS_JOB_H

#include "../formats/suite.h"
#include "../run/clock_lock.h"
#include "../run/record.h"
#include "command.h"

#define JOB_ARMS 2

struct job;

/* What a command makes of the plan. Each returns 0 or a negative errno with e filled. */
struct job_kind {
	const char *name; /* the command, for messages */
	/* the arms of a bundle that is resumed, unless the user named them */
	int (*restore)(struct job *j, struct err *e);
	int (*extend)(struct job *j, struct err *e); /* adds steps to a plan; may be NULL */
	int (*record)(struct job *j, struct err *e); /* rows of its own, before the first step */
	int (*go)(struct job *j, struct err *e);
	void (*say)(const struct job *j); /* what will happen, on standard error */
};

struct job {
	const struct app *app;
	const struct job_kind *kind;
	void *own; /* the command's */
	/* what the user asked for */
	const char *suite, *out, *like, *resume;
	struct overrides change;
	struct forced forced;
	struct clock_lock lock;
	uint64_t seed;
	bool json;
	/* what becomes of it */
	struct arm arm[JOB_ARMS];
	size_t arms;
	struct parent p;
	struct plan plan;
	struct bundle_data old; /* of --like and --resume */
	unsigned attempt;	/* how often this bundle was resumed */
	char *argv;
	char hash[17];
};

/* The options that both have; their order is that of the help. */
#define JOB_OPTIONS                                                                                \
	{"out", "DIR",                                                                             \
	 "folder of the bundle (default results/UTC-HOST-SUITE; results/latest points at it)"},    \
		{"seed", "N", "seed of data and order (default 1)"},                               \
		{"set", "NAME=VALUE",                                                              \
		 "use another value for a parameter (NAME or BENCHMARK.NAME); may be repeated"},   \
		{"force", "CHECK,…",                                                               \
		 "measure in spite of a preflight check; assay help force lists them"},            \
		{"lock-clocks", "auto|base|max|MHZ",                                               \
		 "lock the SM clocks while it runs, where that is permitted; auto: the highest "   \
		 "clock at which the power cap does not act"},                                     \
		{"restore-clocks", "MIN,MAX",                                                      \
		 "leave the clocks locked in that range of MHz afterwards, instead of unlocked"},  \
		{"like", "BUNDLE", "run the very plan of that bundle again, instead of a suite"},  \
		{"resume", "BUNDLE", "finish a bundle that was cut off, instead of a suite"},      \
	{                                                                                          \
		"json", NULL, "print the results as JSON instead of the report"                    \
	}

/* Takes one of them. 1: it is none of them; 0 or -EINVAL. */
int job_option(struct job *j, const char *name, const char *value, struct err *e);

/* Takes the arm that "[NAME=]LAUNCHER" names as number i. 0 or -EINVAL. */
int job_arm(struct job *j, size_t i, const char *text, struct err *e);

/* All the rest; first: index of the first operand. Returns an exit code. */
int job_run(struct job *j, int first, int argc, char **argv);
void job_free(struct job *j);

#endif
