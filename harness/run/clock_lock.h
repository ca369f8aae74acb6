/*
 * Locked SM clocks for a run (--lock-clocks): which clock, made by a guard on the host
 * (probe/guard.h), whether it holds, and what the bundle says of it. Only where it is permitted:
 * any other GPU is observed, and that is said. Only whole GPUs: a lock on one with MIG instances
 * would be everybody's.
 *
 * Rows of the manifest, arm "": clocks.lock.asked (as the user said it), clocks.lock.restore
 * ("unlocked", or "MIN,MAX" in MHz), for each GPU clocks.lock.gpu.N (in words) with .held (yes,
 * no), .before, .clock, .light, .memory (Hz: under a light load before the lock; the lock; under
 * that load behind it; of the memory), and clocks.lock.restored at the end.
 */
#ifndef ASSAY_RUN_CLOCK_LOCK_H
#define ASSAY_RUN_CLOCK_LOCK_H

#include "parent.h"

struct guard;

enum clock_lock_how {
	CLOCK_LOCK_NONE,
	CLOCK_LOCK_AUTO,
	CLOCK_LOCK_BASE,
	CLOCK_LOCK_MAX,
	CLOCK_LOCK_MHZ
};

struct clock_lock_gpu {
	bool wanted;		    /* some step measures it whole */
	double before_hz, light_hz; /* under a light load; NAN if not seen */
	double memory_hz, max_hz;   /* NAN if not reported */
	unsigned mhz;		    /* that is locked; 0: none, or base */
	bool locked, held;
	char *status; /* in words; owned */
};

struct clock_lock {
	enum clock_lock_how how;
	const char *asked; /* the option's text, of the command line or of a bundle; NULL: none */
	unsigned mhz;	   /* CLOCK_LOCK_MHZ */
	unsigned back[2];  /* what to leave behind, MHz; 0: unlocked */
	struct guard *guard;
	struct clock_lock_gpu *gpu; /* by number; owned */
	size_t n;
};

/* --lock-clocks=auto|base|max|MHZ and --restore-clocks=MIN,MAX. 0 or -EINVAL. */
int clock_lock_take(struct clock_lock *l, const char *what, struct err *e);
int clock_lock_take_restore(struct clock_lock *l, const char *range, struct err *e);

/*
 * As the bundle had it, which must outlive the lock; `auto` gives the very clock that was found
 * then. What the user says wins, but not where the bundle is resumed: then anything else is
 * -EINVAL.
 */
int clock_lock_again(struct clock_lock *l, const struct bundle_data *d, bool resume, struct err *e);

/*
 * Before the first step, after parent_open: looks, locks, and tries whether it holds. Nothing where
 * no lock was asked for. 0; -EINVAL: there is no such clock; -ECANCELED: a clock is below its
 * maximum under a light load and nothing says why (--force=clocks); -EINTR; or the guard's error.
 */
int clock_lock_begin(struct clock_lock *l, struct parent *p, const struct machine *m,
		     struct err *e);

/* The rows, once the bundle is open. 0 or the bundle's error. */
int clock_lock_record(const struct clock_lock *l, const struct parent *p, struct err *e);

/* Puts back. record: whether the bundle is to say so. What is not put back is said as a warning. */
int clock_lock_end(struct clock_lock *l, const struct parent *p, bool record, struct err *e);
void clock_lock_free(struct clock_lock *l); /* puts back what still is locked */

#endif
