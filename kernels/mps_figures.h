/*
 * The arithmetic of sharing: how fast each client got on while all were at work, and what that
 * comes to. Pure functions of what the clients say of a round.
 */
#ifndef ASSAY_KERNELS_MPS_FIGURES_H
#define ASSAY_KERNELS_MPS_FIGURES_H

#include <stdint.h>

/* One client's round, on a clock that all clients share: its launches' ends, in order. */
struct mps_round {
	uint64_t begin_ns;
	const uint64_t *end_ns;
	unsigned launches; /* 1 or more */
};

/* STP and ANTT as Eyerman and Eeckhout define them (IEEE Micro 28(3), 2008). */
struct mps_figures {
	double stp;	   /* sum of alone / shared: how many clients' worth of work gets done */
	double antt;	   /* mean of shared / alone: how much longer a client waits */
	double overlap;	   /* clients * alone / makespan: the same, ends of the round included */
	double fairness;   /* slowest client's progress / fastest one's */
	double launches_s; /* of all clients together, a second */
};

/* How many launches were done by then; of the one under way its share of time counts. */
double mps_done(const struct mps_round *r, double at_ns);

/* Seconds that a launch takes on the average of the whole round. */
double mps_launch_s(const struct mps_round *r);

/*
 * n clients' rounds of equal length. Only the time in which all were at work counts (but for
 * overlap): whoever ends early leaves more to the others. alone_s: a launch of a client alone.
 * -EDOM where there is no such time, or a client got nothing done in it: then they did not share.
 */
int mps_figures(const struct mps_round *r, unsigned n, double alone_s, struct mps_figures *out);

#endif
