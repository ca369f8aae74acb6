/*
 * The measured clock on the simulated server (link seam, see harness/base/clock.h): virtual
 * time. Reading it costs a little, as on real hardware, so that a loop until a time ends.
 */
#include "share.h"
#include "sim.h"
#include "../../harness/base/clock.h"

#include <stdio.h>

#define READ_S 20e-9

uint64_t clock_meas_ns(void)
{
	sim_advance(READ_S);
	return (uint64_t)(sim_now() * 1e9 + 0.5);
}

uint64_t clock_meas_tick_ns(void)
{
	return (uint64_t)(READ_S * 1e9);
}

void clock_meas_begin(uint64_t stream)
{
	sim_begin(stream);
}

void clock_meas_meet(uint64_t ns)
{
	sim_advance_to((double)ns * 1e-9);
	sim_turn(ns);
}

const char *clock_meas_simulated(void)
{
	return sim_title();
}

void clock_utc(char out[32])
{
	snprintf(out, 32, "%.31s", sim_profile()->server.utc);
}
