/*
 * Two clocks. The wall clock is always real: deadlines, grace periods. The
 * measured clock is a link seam: clock_meas.c reads the same hardware clock, the
 * simulated server (tests/simgpu) puts its own virtual time in its place.
 */
#ifndef ASSAY_BASE_CLOCK_H
#define ASSAY_BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds, never simulated. */
uint64_t clock_wall_ns(void);

/* Seconds since an earlier clock_wall_ns, in whole microseconds: more digits would be noise. */
double clock_wall_since_s(uint64_t start_ns);

/* Sleeps on the wall clock. */
void clock_wall_sleep_ns(uint64_t ns);

/* The clock that measurements read, nanoseconds from an arbitrary start. */
uint64_t clock_meas_ns(void);

/* Smallest step of clock_meas_ns that was seen, nanoseconds; at least 1. */
uint64_t clock_meas_tick_ns(void);

/*
 * Says which case is measured next: a hash of (seed, arm, block, step, process,
 * attempt, case). The simulated server draws its noise from it; the real clock
 * ignores it.
 */
void clock_meas_begin(uint64_t stream);

/*
 * The processes that this one waited for had come to that time. The hardware's clock knows that;
 * on the simulated server each process has a time of its own, and this one's moves there.
 */
void clock_meas_meet(uint64_t ns);

/* "" on real hardware; otherwise the name of the simulated server. */
const char *clock_meas_simulated(void);

/* "2026-11-20T22:58:03Z" for now; the simulated server has a day of its own. out: >= 21 bytes. */
void clock_utc(char out[32]);

#endif
