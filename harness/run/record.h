/* What the bundle says about the run as a whole, before the first step and after the last. */
#ifndef ASSAY_RUN_RECORD_H
#define ASSAY_RUN_RECORD_H

#include "parent.h"

/* Plan, metric tables, suite, seed, program: rows with an empty arm. suite_hash as hexadecimal. */
int record_run(const struct parent *p, const char *suite_hash, const char *argv, struct err *e);

/* The arm's own view of the machine, as its probe said. */
int record_arm(const struct parent *p, const struct arm *arm, struct err *e);

/* How the arm was throttled by its control groups (limits.throttled_*), after its last step. */
int record_throttling(const struct parent *p, const struct arm *arm, struct err *e);

/* run.status: "complete", after the last step. */
int record_end(const struct parent *p, struct err *e);

/*
 * Whether a bundle may be gone on with: same boot, driver, program build, GPUs and simulated
 * server. 0, or -EINVAL saying what differs.
 */
int record_same(const struct arm *arm, const struct bundle_data *d, struct err *e);

/* 64-bit hash of a file's bytes as 16 hexadecimal digits; out "" where it cannot be read. */
void record_file_hash(const char *path, char out[17]);

#endif
