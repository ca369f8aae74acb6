/*
 * The parent: carries out a plan step by step, each in a process of its own, and writes the
 * bundle as the rows arrive. It never initialises CUDA or NVML.
 */
#ifndef ASSAY_RUN_PARENT_H
#define ASSAY_RUN_PARENT_H

#include "../base/err.h"
#include "../formats/bundle.h"
#include "machine.h"
#include "plan.h"
#include "preflight.h"

struct arm {
	const char *name;     /* "host", "podman" … */
	const char *launcher; /* program that starts the step elsewhere; NULL: none */
};

struct parent {
	const char *self; /* our own program, absolute */
	struct arm arm;
	uint64_t seed;
	struct forced forced;
	struct machine *m;
	const struct plan *plan;
	struct bundle *bundle;
	unsigned attempt;		 /* how often this bundle was resumed */
	const struct bundle_data *done;	 /* steps of earlier attempts; NULL: none */
	const volatile int *interrupted; /* signal number, 0 while none */
};

/*
 * Runs `assay step probe` in the arm and puts its rows into p->m (and nowhere else). A probe that
 * fails leaves cuda.status and nvml.status saying why.
 */
void parent_probe(struct parent *p);

/*
 * Runs all steps. 0, -EINTR when interrupted, or the bundle's error (a full disk), with e filled.
 */
int parent_run(struct parent *p, struct err *e);

#endif
