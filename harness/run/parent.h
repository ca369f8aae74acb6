/*
 * The parent: starts the processes of a plan's steps one after the other, each in its arm, and
 * writes the bundle as the rows arrive. Which process comes next is the caller's business: rounds.h
 * for `assay run`, ab/ for comparisons. The parent never initialises CUDA or NVML.
 */
#ifndef ASSAY_RUN_PARENT_H
#define ASSAY_RUN_PARENT_H

#include "../base/err.h"
#include "../formats/bundle.h"
#include "arm.h"
#include "plan.h"
#include "preflight.h"

/* Set by the caller, shown while a process runs. */
struct progress {
	unsigned done, all; /* processes */
	double left_s;	    /* estimate of what is left, the current process included */
};

struct parent_gpu; /* what the parent remembers of one GPU */

struct parent {
	const char *self; /* our own program, absolute: probes of this host, telemetry */
	uint64_t seed;
	struct forced forced;
	const struct plan *plan;
	struct bundle *bundle;		 /* NULL: nothing is recorded (probes alone) */
	const volatile int *interrupted; /* signal number, 0 while none */
	struct progress progress;
	const char *rendezvous; /* of the other ranks that a launcher started (ranks.h); NULL */
	unsigned ranks;
	/* of the parent alone, between parent_open and parent_close */
	struct parent_gpu *gpu;
	size_t n_gpus;
	uint64_t start_ns;
};

/* One process of a step. */
struct turn {
	struct arm *arm;
	const struct plan_step *st;
	unsigned block, process, attempt;
};

/*
 * Runs `assay step probe` in the arm and puts its rows into arm->m (and nowhere else). A probe that
 * fails leaves cuda.status and nvml.status saying why.
 */
void parent_probe(const struct parent *p, struct arm *arm);

/* Before the first turn and after the last: GPU locks, the run's clock. n_gpus is set by then. */
void parent_open(struct parent *p);
void parent_close(struct parent *p); /* no matter if it was not opened */

/*
 * Takes the lock of a GPU, or of its MIG instance ("" for the whole), until parent_close, if this
 * run has not got it yet. NULL, or why not (another run has it). Caller frees.
 */
char *parent_claim(struct parent *p, const struct machine *m, size_t gpu, const char *mig);

/*
 * Carries out one turn and records it; *status is what it came to. 0, -EINTR when interrupted (then
 * nothing is recorded), or the bundle's error (a full disk), with e filled.
 */
int parent_turn(struct parent *p, const struct turn *t, enum status *status, struct err *e);

#endif
