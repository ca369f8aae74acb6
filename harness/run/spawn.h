/*
 * Starting a step and getting rid of it again. The child's standard input is its lifeline, its
 * standard output carries frames, everything else it says goes to the log. It is ended, in this
 * order, by: its own deadline; SIGTERM; SIGKILL and the launcher's --stop; what is still not
 * reaped then (a driver that hangs in the kernel) is abandoned and named by pid.
 */
#ifndef ASSAY_RUN_SPAWN_H
#define ASSAY_RUN_SPAWN_H

#include "../base/err.h"
#include "../base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct spawn {
	const char *const *argv; /* the whole command, launcher first where there is one */
	const char *nonce;
	double deadline_s; /* that the child keeps itself */
	/* command that stops what the launcher left, NULL-terminated; NULL or empty if none */
	const char *const *stop;
	/* set from a signal handler: end the child and return */
	const volatile int *interrupted;
	int (*on_row)(void *arg, const char *const *fields, size_t n, struct err *e);
	void (*on_text)(void *arg, const char *line, size_t n);
	void (*on_tick)(void *arg); /* about ten times a second, for progress; may be NULL */
	void *arg;
};

struct spawned {
	enum status status;
	char reason[1024];
	int exit; /* status, or 128 + signal */
	double wall_s;
	pid_t abandoned; /* 0, or the pid of a process that could not be killed */
	bool interrupted;
};

/* Runs it to its end. Never fails: what goes wrong is the result's status and reason. */
void spawn_run(const struct spawn *s, struct spawned *out);

#endif
