/*
 * At which clock a GPU works, what power it takes and how warm it is, by what it does. Scripted, no
 * physics: power grows in a straight line with the SM clock, from power_idle_w to what the load
 * takes at its own clock; the power limit cuts that line, heat takes a share of the
 * clock. Clocks are of the grid that NVML lists. Known error: no clock moves while a kernel runs.
 */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STEP_HZ 15000000

static const struct sim_gpu *profile(int gpu)
{
	return &sim_profile()->gpu[gpu];
}

/* The greatest clock of the grid that is not above hz; idle's at least. */
static double on_grid(const struct sim_gpu *g, double hz)
{
	double max = (double)g->sm_max_hz, steps = ceil((max - hz) / STEP_HZ - 1e-6);

	return fmax(max - STEP_HZ * fmax(steps, 0), (double)g->sm_idle_hz);
}

int sim_sm_clocks(int gpu, double *hz, int max)
{
	const struct sim_gpu *g = profile(gpu);
	int n = 0;

	for (int64_t f = g->sm_max_hz; f >= g->sm_idle_hz; f -= STEP_HZ) {
		if (n < max)
			hz[n] = (double)f;
		n++;
	}
	return n;
}

/* ---- power ---- */

/* The clock under that load of which the profile says that a power limit holds it there; or 0. */
static double held_hz(const struct sim_gpu *g, enum sim_load load)
{
	return load == SIM_COMPUTE ? (double)g->sm_compute_hz : 0;
}

/* Where the straight line ends: the clock under memory's load or compute, and its power. */
static double full_hz(const struct sim_gpu *g, enum sim_load load)
{
	return held_hz(g, load) > 0 ? held_hz(g, load) : (double)g->sm_max_hz;
}

static double full_w(const struct sim_gpu *g, enum sim_load load)
{
	if (load == SIM_MEMORY)
		return g->power_memory_w > 0 ? g->power_memory_w : g->power_busy_w;
	if (g->power_compute_w > 0)
		return g->power_compute_w;
	return g->sm_compute_hz ? g->power_limit_w : g->power_busy_w;
}

double sim_power_limit_w(int gpu)
{
	const struct fault *f = sim_fault(FAULT_POWER_CAP, gpu);
	double w = profile(gpu)->power_limit_w;

	return !f ? w : f->watts > 0 ? fmin(f->watts, w) : round(0.6 * w);
}

/* The clock at which a load takes the power limit; above the maximum where none reaches it. */
static double power_hz(int gpu, enum sim_load load)
{
	const struct sim_gpu *g = profile(gpu);
	double share =
		(sim_power_limit_w(gpu) - g->power_idle_w) / (full_w(g, load) - g->power_idle_w);

	if (load < SIM_MEMORY || (!(held_hz(g, load) > 0) && share >= 1))
		return INFINITY;
	return on_grid(g, full_hz(g, load) * fmin(share, 1));
}

double sim_power_w(int gpu, enum sim_load load)
{
	const struct sim_gpu *g = profile(gpu);

	switch (load) {
	case SIM_IDLE:
		return g->power_idle_w;
	case SIM_LIGHT:
		return g->power_busy_w;
	case SIM_MEMORY:
	case SIM_COMPUTE:
		break;
	}
	return g->power_idle_w +
	       (full_w(g, load) - g->power_idle_w) * sim_sm_hz(gpu, load) / full_hz(g, load);
}

/* ---- heat ---- */

/* Where the driver, and above it the board itself, begin to slow down. */
enum { SLOWDOWN_SW_C = 87, SLOWDOWN_HW_C = 92, MEMORY_WARMER_C = 8 };

static bool hot(int gpu, const char *what)
{
	const struct fault *f = sim_fault(FAULT_THERMAL, gpu);

	return f && !strcmp(*f->what ? f->what : "sw", what);
}

double sim_temperature_c(int gpu, enum sim_load load)
{
	const struct sim_gpu *g = profile(gpu);

	if (load == SIM_IDLE)
		return (double)g->temperature_idle_c;
	if (hot(gpu, "sw") || hot(gpu, "hw"))
		return hot(gpu, "sw") ? SLOWDOWN_SW_C : SLOWDOWN_HW_C;
	return (double)(load == SIM_LIGHT || !g->temperature_full_c ? g->temperature_busy_c
								    : g->temperature_full_c);
}

double sim_memory_temperature_c(int gpu, enum sim_load load)
{
	return sim_temperature_c(gpu, load) + MEMORY_WARMER_C;
}

/* ---- the clock ---- */

/* By what the lock and the load ask for, before power and heat. */
static double asked_hz(int gpu, enum sim_load load)
{
	const struct sim_gpu *g = profile(gpu);
	double hz = (double)(load == SIM_IDLE ? g->sm_idle_hz : g->sm_max_hz);
	unsigned min, max;

	if (sim_fault(FAULT_LOCK_IGNORED, gpu) || !sim_lock(gpu, &min, &max))
		return hz;
	return on_grid(g, fmin(fmax(hz, min * 1e6), max * 1e6));
}

double sim_sm_hz(int gpu, enum sim_load load)
{
	const struct fault *f = sim_fault(FAULT_THERMAL, gpu);
	double hz = asked_hz(gpu, load);

	hz = fmin(hz, power_hz(gpu, load));
	if (f && load != SIM_IDLE)
		hz = on_grid(profile(gpu), hz * (1 - (f->by > 0 ? f->by : 0.3)));
	return hz;
}

unsigned sim_clock_events(int gpu, enum sim_load load)
{
	unsigned events = 0;

	if (load == SIM_IDLE)
		return SIM_EVENT_IDLE;
	if (power_hz(gpu, load) < asked_hz(gpu, load))
		events |= SIM_EVENT_POWER_CAP;
	if (hot(gpu, "sw"))
		events |= SIM_EVENT_SW_THERMAL;
	if (hot(gpu, "hw"))
		events |= SIM_EVENT_HW | SIM_EVENT_HW_THERMAL;
	if (hot(gpu, "brake"))
		events |= SIM_EVENT_HW | SIM_EVENT_BRAKE;
	return events;
}

/* ---- how long ---- */

double sim_flop_s(int gpu, enum compute_type type, double flop, double share)
{
	const struct sim_gpu *g = profile(gpu);
	double rate = g->flop_clk[type] * (double)g->sms * sim_sm_hz(gpu, SIM_COMPUTE) * share;

	if (!(rate > 0)) {
		fprintf(stderr, "simulated server: this profile has no rate for number format %d\n",
			(int)type);
		_exit(2);
	}
	return flop / rate * sim_noise("compute", gpu) / (1 - sim_shift("compute", gpu));
}
