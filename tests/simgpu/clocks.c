/* At which clock a GPU works, and how long it takes to compute. */
#include "sim.h"

#include <stdio.h>
#include <unistd.h>

double sim_sm_hz(int gpu, enum sim_load load)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];

	return (double)(load == SIM_IDLE ? g->sm_idle_hz : g->sm_max_hz);
}

double sim_flop_s(int gpu, enum compute_type type, double flop, double share)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];
	double rate = g->flop_clk[type] * (double)g->sms * sim_sm_hz(gpu, SIM_COMPUTE) * share;

	if (!(rate > 0)) {
		fprintf(stderr, "simulated server: this profile has no rate for number format %d\n",
			(int)type);
		_exit(2);
	}
	return flop / rate * sim_noise("compute", gpu) / (1 - sim_shift("compute", gpu));
}
