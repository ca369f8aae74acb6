/*
 * Locked SM clocks, as a guard makes them (changes.h). Words of the requests:
 *
 *   clocks ADDRESS MIN MAX [RESTORE_MIN RESTORE_MAX]    MHz, or "base base"; undone: unlocked, or
 *                                                       locked from RESTORE_MIN to RESTORE_MAX
 *   clocks-look ADDRESS                                 answers as clocks_parse reads it
 *
 * NVML has no call that tells of a lock: what an administrator locked before is lost unless the
 * user says it. The guard holds NVML open, since without persistence mode a lock goes with the last
 * client.
 */
#ifndef ASSAY_PROBE_CLOCKS_H
#define ASSAY_PROBE_CLOCKS_H

#include "changes.h"

extern const struct change clocks_change, clocks_look;

#define CLOCKS_MAX 512 /* more steps than any GPU has */

struct clocks_seen {
	double sm_hz, sm_max_hz, memory_hz, memory_max_hz; /* NAN where not reported */
	double capped_s;	  /* how long the power cap has held the GPU back, ever; NAN */
	unsigned mhz[CLOCKS_MAX]; /* SM clocks that can be locked, falling */
	size_t n;		  /* 0: not reported */
};

/* Reads the answer of "clocks-look". 0 or -EPROTO. */
int clocks_parse(struct clocks_seen *s, const char *answer, struct err *e);

#endif
