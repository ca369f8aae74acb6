/*
 * Noise of durations: a factor that a process keeps (it got other pages, other links) times one
 * that changes from sample to sample and remembers a little of the last (AR(1)). Both come
 * from hashes of the streams that the harness names, so one seed gives one set of numbers.
 */
#include "sim.h"
#include "../../harness/base/rng.h"

#include <math.h>
#include <stdbool.h>

/* One simulated server a process, by design of the link seam: the only mutable state here. */
static struct {
	uint64_t process;
	bool named;
	struct rng rng;
	double ar;
} noise;

void sim_begin(uint64_t stream)
{
	if (!noise.named)
		noise.process = stream;
	noise.named = true;
	noise.rng.state = rng_hash(noise.process, stream);
	noise.ar = rng_normal(&noise.rng);
}

void sim_epoch(void)
{
	double rho = sim_profile()->noise.autocorrelation;

	noise.ar = rho * noise.ar + sqrt(1 - rho * rho) * rng_normal(&noise.rng);
}

double sim_noise(const char *channel)
{
	const struct sim_noise_cfg *c = &sim_profile()->noise;
	struct rng r = {rng_hash_str(noise.process, channel)};

	return exp(c->process_sd * rng_normal(&r) + c->sample_sd * noise.ar);
}
