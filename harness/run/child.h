/* The command line of a step, and what becomes of its rows. */
#ifndef ASSAY_RUN_CHILD_H
#define ASSAY_RUN_CHILD_H

#include "parent.h"
#include "spawn.h"

struct child_job {
	const char *what;	  /* "probe", "state" or a benchmark */
	const char *const *extra; /* further arguments, NULL-terminated; may be NULL */
	double deadline_s;
	int (*on_row)(void *arg, const char *const *fields, size_t n, struct err *e);
	void (*on_tick)(void *arg);
	void *arg, *tick_arg;
};

/* Runs `assay step WHAT …` in the arm; its other output goes to run.log. */
void child_run(const struct parent *p, const struct arm *arm, const struct child_job *job,
	       struct spawned *out);

/*
 * Runs one process of a step and puts its rows into the bundle. 0, or the bundle's error; what
 * the step itself came to is in out, the number of sample rows in rows. CPU throttling that the
 * step saw is added to the arm's.
 */
int child_step(const struct parent *p, const struct turn *turn, void (*on_tick)(void *),
	       void *tick_arg, struct spawned *out, unsigned *rows, struct err *e);

#endif
