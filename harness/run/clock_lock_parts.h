/* Between the files clock_lock*.c alone. */
#ifndef ASSAY_RUN_CLOCK_LOCK_PARTS_H
#define ASSAY_RUN_CLOCK_LOCK_PARTS_H

#include "clock_lock.h"
#include "../probe/clocks.h"

struct locking {
	struct clock_lock *l;
	struct parent *p;
	const struct machine *m;
	struct arm host; /* loads run there, whatever the arms are */
	unsigned best;	 /* auto: what all GPUs so far hold, MHz; 0: none so far */
};

/* What a load told. */
struct load {
	double clock_hz, memory_hz;
	unsigned long long reasons;
};

/* light_clock on one GPU, which ends early at wanted_mhz (0: the maximum). 0, -EINTR or -EIO. */
int clock_lock_light(const struct locking *k, size_t gpu, unsigned wanted_mhz, struct load *x,
		     struct err *e);

/* As much power as a program takes: a product of matrices. 0, -EINTR or -EIO. */
int clock_lock_heavy(const struct locking *k, size_t gpu, struct err *e);

/* What NVML says of the GPU's clocks, through the guard. */
int clock_lock_look(const struct locking *k, size_t gpu, struct clocks_seen *s, struct err *e);

/* Locks; mhz 0: the base clock, which NVML knows and does not tell. */
int clock_lock_at(const struct locking *k, size_t gpu, unsigned mhz, struct err *e);

/* -ENOTSUP where NVML does not tell enough, or the cap acts at half the maximum still. */
int clock_lock_find_auto(struct locking *k, size_t gpu, const struct clocks_seen *s, unsigned *mhz,
			 struct err *e);

#endif
