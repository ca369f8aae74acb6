/*
 * Noise of durations: a factor that a process keeps (it got other pages, other links) times one
 * that changes from sample to sample and remembers a little of the last (AR(1)), times what the
 * node and the boot are fast or slow at, where one is named. Processes and samples come from
 * hashes of the streams that the harness names, nodes and boots from their names: one seed gives
 * one set of numbers in one boot, and another one in the next.
 */
#include "sim.h"
#include "../../harness/base/rng.h"

#include <math.h>
#include <stdbool.h>

/* One simulated server a process, by design of the link seam: the only mutable state here. */
static struct {
	uint64_t process;
	bool named;
	double whole; /* factor on everything this process does */
	struct rng rng;
	double ar;
	uint64_t draws; /* of ar */
} noise = {.whole = 1};

/* Whether this process is one that went astray, and how far the machine has drifted by now. */
static double whole_process(uint64_t stream)
{
	const struct fault *stray = sim_fault(FAULT_CONTAMINATE, -1),
			   *drift = sim_fault(FAULT_DRIFT, -1);
	struct rng r = {rng_hash_str(stream, "stray")};
	double factor = 1;

	if (stray && rng_uniform(&r) < stray->share)
		factor *= 1 + stray->by;
	if (drift)
		factor *= pow(1 + drift->by, sim_processes_before());
	return factor;
}

void sim_begin(uint64_t stream)
{
	if (!noise.named) {
		noise.process = rng_hash(sim_boot_hash(sim_profile()), stream);
		noise.whole = whole_process(noise.process);
	}
	noise.named = true;
	noise.rng.state = rng_hash(noise.process, stream);
	noise.draws++;
	noise.ar = rng_normal(&noise.rng);
}

void sim_epoch(void)
{
	double rho = sim_profile()->noise.autocorrelation;

	noise.draws++;
	noise.ar = rho * noise.ar + sqrt(1 - rho * rho) * rng_normal(&noise.rng);
}

uint64_t sim_draws(void)
{
	return noise.draws;
}

/* What a node or a boot is slow at: GPUs differ, and so do directions and kinds of work. */
static double of_server(uint64_t who, const char *channel, int gpu)
{
	struct rng r = {rng_hash(rng_hash_str(who, channel), (uint64_t)(gpu + 1))};

	return rng_normal(&r);
}

double sim_noise(const char *channel, int gpu)
{
	const struct sim_profile *p = sim_profile();
	const struct sim_noise_cfg *c = &p->noise;
	const struct fault *noisy = sim_fault(FAULT_NOISY_MACHINE, -1);
	struct rng r = {rng_hash_str(noise.process, channel)};
	double log_factor = (noisy ? noisy->sd : c->process_sd) * rng_normal(&r);

	if (p->server.one_of_many)
		log_factor += c->node_sd * of_server(sim_node_hash(p), channel, gpu);
	if (p->server.session)
		log_factor += c->session_sd * of_server(sim_boot_hash(p), channel, gpu);
	return noise.whole * exp(log_factor + c->sample_sd * noise.ar);
}
