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

/* Runs `assay step WHAT …` in the parent's arm; its other output goes to run.log. */
void child_run(struct parent *p, const struct child_job *job, struct spawned *out);

/*
 * Runs one process of a step and puts its rows into the bundle. 0, or the bundle's error; what
 * the step itself came to is in out, the number of sample rows in rows.
 */
int child_step(struct parent *p, const struct plan_step *st, unsigned process,
	       void (*on_tick)(void *), void *tick_arg, struct spawned *out, unsigned *rows,
	       struct err *e);

#endif
