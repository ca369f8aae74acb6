/*
 * The inside of a step: `assay step …`, a process of its own that measures one step of the plan
 * and says so in frames on its standard output.
 */
#ifndef ASSAY_RUN_STEP_H
#define ASSAY_RUN_STEP_H

#include "ctx.h"

/*
 * Starts the two threads that end this process whatever happens: the watchdog says TIMEOUT at
 * the deadline, the lifeline exits when standard input ends (the parent is gone).
 */
void step_guard(struct emitter *m, double deadline_s, bool lifeline, const struct ctx *c);

/* Runs all cases of a benchmark. Returns its status; reason is filled (text for people). */
enum status step_run(struct ctx *c, char *reason, size_t n);

#endif
