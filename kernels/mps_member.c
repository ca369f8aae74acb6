/*
 * One client of the mps benchmark: see mps_orders.h. It queues a round's launches at once and waits
 * for them; when each began and ended the kernels note themselves, by the GPU's clock. It waits
 * without spinning: many clients may have few CPUs. Without nvcc this file is empty.
 */
#ifdef ASSAY_CUDA

#include "mps_orders.h"

#include "gpu.h"

#include <cuda_runtime_api.h>
#include <errno.h>
#include <string.h>

struct member {
	cudaStream_t stream;
	struct mps_vector *x;
	uint64_t n;	/* vectors that there is room for */
	uint64_t steps; /* of each word since it was filled */
	struct mps_seen *seen;
	struct pattern_diff *diff;
	uint32_t seed;
};

static int wait_stream(struct member *m, const char *what, struct err *e)
{
	return gpu_error((int)cudaStreamSynchronize(m->stream), e, "%s", what);
}

/* ---- orders ---- */

static int open_client(struct member *m, struct gang_turn *t, struct err *e)
{
	struct mps_client *me = t->answer;
	size_t free_bytes = 0, total;
	cudaError_t made = cudaSetDeviceFlags(cudaDeviceScheduleBlockingSync);

	if (!made)
		made = cudaFree(NULL); /* makes the context: here a client is refused */
	if (!made)
		made = cudaStreamCreateWithFlags(&m->stream, cudaStreamNonBlocking);
	if (!made)
		made = cudaMalloc((void **)&m->seen, sizeof(*m->seen));
	if (!made)
		made = cudaMalloc((void **)&m->diff, sizeof(*m->diff));
	if (!made)
		made = cudaMemGetInfo(&free_bytes, &total);
	*me = (struct mps_client){.cuda_error = (int32_t)made};
	t->answer_bytes = sizeof(*me);
	if (made)
		return gpu_error((int)made, e, "making a context");
	me->mps = gpu_attribute(GPU_ATTR_MPS_ENABLED, 0, -1);
	me->sms = gpu_attribute(cudaDevAttrMultiProcessorCount, 0, 0);
	me->l2_bytes = (uint64_t)gpu_attribute(cudaDevAttrL2CacheSize, 0, 0);
	me->exclusive =
		gpu_attribute(cudaDevAttrComputeMode, 0, 0) == cudaComputeModeExclusiveProcess;
	me->free_bytes = free_bytes;
	return 0;
}

static int make_room(struct member *m, const struct mps_order *o, struct err *e)
{
	m->n = o->shape.n;
	return gpu_error((int)cudaMalloc((void **)&m->x, m->n * sizeof(*m->x)), e,
			 "allocating %zu bytes", (size_t)m->n * sizeof(*m->x));
}

static int fill(struct member *m, const struct mps_order *o, struct err *e)
{
	int rc;

	if (o->shape.n > m->n)
		return err_set(e, EINVAL, "no room for %llu vectors",
			       (unsigned long long)o->shape.n);
	m->seed = o->seed;
	m->steps = 0;
	rc = gpu_error(pattern_fill_launch(m->x, o->shape.n * sizeof(*m->x), m->seed, m->stream), e,
		       "filling");
	return rc ? rc : wait_stream(m, "filling", e);
}

static int launch(struct member *m, const struct mps_order *o, uint32_t i, struct err *e)
{
	m->steps += (uint64_t)o->shape.passes * o->shape.rounds;
	return gpu_error(mps_load_launch(m->x, &o->shape, m->seen, i, m->stream), e, "launching");
}

static int get_ready(struct member *m, const struct mps_order *o, struct err *e)
{
	const struct mps_seen nothing = {.begin_ns = UINT64_MAX};
	int rc = launch(m, o, 0, e);

	if (!rc)
		rc = gpu_error((int)cudaMemcpyAsync(m->seen, &nothing, sizeof(nothing),
						    cudaMemcpyHostToDevice, m->stream),
			       e, "forgetting");
	return rc ? rc : wait_stream(m, "the launch before a round", e);
}

static int go(struct member *m, struct gang_turn *t, const struct mps_order *o, struct err *e)
{
	int rc = 0;

	for (uint32_t i = 0; i < o->launches && i < MPS_LAUNCHES && !rc; i++)
		rc = launch(m, o, i, e);
	if (!rc)
		rc = wait_stream(m, "a round", e);
	if (!rc)
		rc = gpu_error((int)cudaMemcpy(t->answer, m->seen, sizeof(*m->seen),
					       cudaMemcpyDeviceToHost),
			       e, "reading what was seen");
	t->answer_bytes = sizeof(*m->seen);
	return rc;
}

static int check(struct member *m, struct gang_turn *t, const struct mps_order *o, struct err *e)
{
	struct pattern_diff diff = PATTERN_DIFF_INIT;
	int rc = gpu_error((int)cudaMemcpyAsync(m->diff, &diff, sizeof(diff),
						cudaMemcpyHostToDevice, m->stream),
			   e, "preparing the check");

	if (!rc)
		rc = gpu_error(
			mps_check_launch(m->x, o->shape.n, m->seed, m->steps, m->diff, m->stream),
			e, "checking");
	if (!rc)
		rc = wait_stream(m, "checking", e);
	if (!rc)
		rc = gpu_error(
			(int)cudaMemcpy(&diff, m->diff, sizeof(diff), cudaMemcpyDeviceToHost), e,
			"reading the check");
	memcpy(t->answer, &diff, sizeof(diff));
	t->answer_bytes = sizeof(diff);
	return rc;
}

static int act(void *state, struct gang_turn *t, struct err *e)
{
	struct member *m = state;
	struct mps_order o;

	if (t->n != sizeof(o))
		return err_set(e, EPROTO, "an order of %zu bytes", t->n);
	memcpy(&o, t->data, sizeof(o));
	if (!(o.who >> t->rank & 1))
		return 0;
	switch ((enum mps_what)t->what) {
	case MPS_OPEN:
		return open_client(m, t, e);
	case MPS_ROOM:
		return make_room(m, &o, e);
	case MPS_FILL:
		return fill(m, &o, e);
	case MPS_READY:
		return get_ready(m, &o, e);
	case MPS_GO:
		return go(m, t, &o, e);
	case MPS_CHECK:
		return check(m, t, &o, e);
	}
	return err_set(e, EPROTO, "order %u", t->what);
}

/* In order: a client that leaves while its work is under way may take the others with it. */
static void end(void *state)
{
	cudaDeviceReset();
}

const struct gang_role mps_member = {.state_bytes = sizeof(struct member), .act = act, .end = end};

#endif
