/*
 * Telemetry: one NVML process beside a GPU step, at most ten readings a second, joined to the
 * samples by time. It runs on the host whatever the arm is, never in the measuring process, and
 * not at all beside benchmarks that it would disturb (bench.quiet).
 */
#ifndef ASSAY_RUN_TELEMETRY_H
#define ASSAY_RUN_TELEMETRY_H

#include "emit.h"
#include "parent.h"

/* ---- the process (assay step telemetry): reads GPUs until its standard input ends ---- */

/* n <= GPUS_MAX. 0, or a negative errno with the reason: NVML missing, no such GPU. */
int telemetry_read(struct emitter *out, const char *const *pci_address, size_t n, struct err *e);

/* ---- the parent's side ---- */

struct telemetry; /* a running one */

/* NULL where it cannot be started: telemetry is never a reason to fail. */
struct telemetry *telemetry_start(const struct parent *p, const struct arm *arm,
				  const struct gpus *gpus);

/* Takes what has arrived into the bundle. t may be NULL. 0 or the bundle's error. */
int telemetry_pump(struct telemetry *t, struct err *e);

/* Ends the process, takes the rest, frees. t may be NULL. */
int telemetry_stop(struct telemetry *t, struct err *e);

#endif
