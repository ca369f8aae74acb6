/* See chaser.h. */
#ifdef ASSAY_CUDA

#include "chaser.h"
#include "gpu.h"
#include "gpu_chase.h"
#include "gpu_state.h"

#include <cuda_runtime_api.h>

int chaser_open(struct chaser *k, uint64_t steps, struct err *e)
{
	int rc = lanes_open(&k->lanes, 1, e);

	k->steps = steps;
	k->sms = 1;
	return rc ? rc
		  : gpu_error((int)cudaHostAlloc((void **)&k->at, sizeof(*k->at),
						 cudaHostAllocMapped),
			      e, "allocating a word of pinned memory");
}

int chaser_spread(struct chaser *k, struct err *e)
{
	cudaError_t rc = cudaDeviceGetAttribute(&k->of_sms, cudaDevAttrMultiProcessorCount, 0);

	k->sms = k->of_sms < CHASER_SMS ? k->of_sms : CHASER_SMS;
	if (!rc)
		rc = cudaHostAlloc((void **)&k->sm, CHASER_SMS * sizeof(*k->sm),
				   cudaHostAllocMapped);
	return gpu_error((int)rc, e, "allocating %d words of pinned memory", CHASER_SMS);
}

void chaser_close(struct chaser *k)
{
	if (k->sm)
		cudaFreeHost(k->sm);
	if (k->at)
		cudaFreeHost(k->at);
	lanes_close(&k->lanes);
}

static int queue(void *arg, int lane, struct CUstream_st *stream)
{
	const struct chaser *k = arg;
	int rc = 0;

	if (k->sms == 1)
		return gpu_chase_launch(k->at, k->steps, stream);
	for (int i = 0; i < k->sms && !rc; i++)
		rc = gpu_chase_launch_elsewhere(k->at, k->steps / (uint64_t)k->sms,
						(unsigned)(i * k->of_sms / k->sms), &k->sm[i],
						stream);
	return rc;
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct chaser *k = arg;

	return lanes_time(&k->lanes, 1, true, queue, k, n, seconds, e);
}

int chaser_sample(struct ctx *c, struct chaser *k, struct err *e)
{
	uint64_t of_each = k->steps / (uint64_t)k->sms, loads = of_each * (uint64_t)k->sms;
	const struct sampling s = {.metric = "latency",
				   .form = SAMPLE_TIME,
				   .work = (double)loads,
				   .tick_s = EVENT_TICK_S,
				   .max_batch = (uint64_t)(GATE_MAX_OPS / k->sms),
				   .brief = true,
				   .batch = batch,
				   .arg = k};

	return ctx_sample(c, &s, e);
}

int chaser_check(struct chaser *k, struct gpu_state *state, struct err *e)
{
	const struct lane *own = &k->lanes.lane[0];
	int rc = gpu_error((int)cudaSetDevice(own->device), e, "choosing the GPU");

	if (!rc)
		rc = gpu_error(gpu_chase_launch(k->at, CHASER_CHECKED_STEPS, own->stream), e,
			       "launching the chase that is verified");
	gpu_state_look(state);
	return rc ? rc : lanes_wait(&k->lanes, "waiting for that chase", e);
}

#endif
