/*
 * The guard: whoever changes something on the machine has it changed by a guard, `assay guard`, a
 * process in a session of its own. It writes a journal (journal.h) before each change, and when the
 * pipe from its starter closes, whatever ended that, it puts everything back in reverse order,
 * removes the journal and ends. So a SIGKILL of the starter, of its children or of all of them at
 * once leaves nothing behind; what a killed guard left is put back by guard_mend at the start of
 * the next run, or by `assay restore`. Several guards may live at once, each with its own journal.
 */
#ifndef ASSAY_PROBE_GUARD_H
#define ASSAY_PROBE_GUARD_H

#include "../base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define GUARD_PATIENCE_S 60 /* for one answer, and for putting everything back */
#define GUARD_ANSWER	 8192

struct guard;

/* Starts `SELF guard`. 0, or a negative errno: it cannot be started. */
int guard_start(struct guard **g, const char *self, struct err *e);

/*
 * "clocks 0000:1b:00.0 1980 1980" (changes.h): journal, do, answer. 0, or a negative errno with the
 * guard's words in e: -EBUSY, another run's guard has changed the same thing; -EPERM, it is not
 * allowed; -EPIPE, the guard is dead; -ETIMEDOUT, it does not answer and is not asked again.
 * answer may be NULL.
 */
int guard_ask(struct guard *g, const char *request, char *answer, size_t size, struct err *e);

/*
 * Closes the pipe, waits until all is put back and frees. 0, or a negative errno: something was not
 * put back; e says what, and the journal of it stays. g may be NULL.
 */
int guard_end(struct guard *g, struct err *e);

/* ---- what killed guards left ---- */

/* One line of what was found or put back. */
typedef void guard_say_fn(void *arg, const char *line);

/*
 * Puts back what the journals of dead guards name, in this process; dry: only says it. *found: how
 * many journals there were, live ones too. 0, or a negative errno: something is left; e has the
 * first of it.
 */
int guard_restore(bool dry, guard_say_fn *say, void *arg, size_t *found, struct err *e);

/*
 * For the start of a run, which loads no driver library: starts `SELF restore` where a journal was
 * left behind, what it says goes to standard error. 0 (most often there is nothing), or -EIO.
 */
int guard_mend(const char *self, struct err *e);

/* ---- the process ---- */

/* Serves the pipe on standard input and output until it closes. 0, or a negative errno. */
int guard_serve(struct err *e);

#endif
