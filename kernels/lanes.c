/* See lanes.h. Without nvcc this file is empty. */
#include "lanes.h"

#include "gpu.h"
#include "gpu_state.h"

#ifdef ASSAY_CUDA

#include <cuda_runtime_api.h>
#include <errno.h>
#include <string.h>

/* What is queued on the lanes of one call. */
struct queueing {
	struct lanes *l;
	int used, first; /* lanes: how many, and the one behind the gate */
	int marks;
	lanes_queue_fn *queue;
	void *arg;
	uint64_t n; /* operations before each mark */
};

/* ---- making and unmaking ---- */

int lanes_add(struct lanes *l, int device, struct err *e)
{
	struct lane *at = &l->lane[l->n];
	cudaError_t rc;

	if (l->n == LANES_MAX)
		return err_set(e, ENOTSUP, "at most %d streams can act together", LANES_MAX);
	l->n++;
	at->device = device;
	rc = cudaSetDevice(device);
	if (!rc)
		rc = cudaStreamCreateWithFlags(&at->stream, cudaStreamNonBlocking);
	if (!rc)
		rc = cudaEventCreate(&at->start);
	for (int m = 0; m < LANES_MARKS && !rc; m++)
		rc = cudaEventCreate(&at->mark[m]);
	return gpu_error((int)rc, e, "making a stream and events on GPU %d of this process",
			 device);
}

int lanes_open(struct lanes *l, int n, struct err *e)
{
	int device[LANES_MAX];

	for (int i = 0; i < n && i < LANES_MAX; i++)
		device[i] = i;
	return lanes_open_on(l, device, n < LANES_MAX ? n : LANES_MAX, e);
}

int lanes_open_on(struct lanes *l, const int *device, int n, struct err *e)
{
	cudaError_t code;
	int rc = 0;

	memset(l, 0, sizeof(*l));
	for (int i = 0; i < n && !rc; i++)
		rc = lanes_add(l, device[i], e);
	if (rc)
		return rc;
	code = cudaSetDevice(l->lane[0].device);
	if (!code)
		code = cudaEventCreate(&l->end);
	if (!code)
		code = cudaHostAlloc((void **)&l->gate, sizeof(*l->gate),
				     cudaHostAllocPortable | cudaHostAllocMapped);
	return gpu_error((int)code, e, "making a gate");
}

int lanes_watch(struct lanes *l, struct ctx *c, struct err *e)
{
	return gpu_state_open(&l->state, c, e);
}

static void close_lane(struct lane *at)
{
	cudaSetDevice(at->device);
	for (int m = 0; m < LANES_MARKS; m++) {
		if (at->mark[m])
			cudaEventDestroy(at->mark[m]);
	}
	if (at->start)
		cudaEventDestroy(at->start);
	if (at->stream)
		cudaStreamDestroy(at->stream);
}

void lanes_close(struct lanes *l)
{
	gpu_state_close(l->state);
	if (l->gate)
		cudaFreeHost(l->gate);
	if (l->end)
		cudaEventDestroy(l->end);
	for (int i = 0; i < l->n; i++)
		close_lane(&l->lane[i]);
	memset(l, 0, sizeof(*l));
}

/* ---- queueing ---- */

static bool takes_part(const struct queueing *q, int i)
{
	return i < q->used && !q->l->lane[i].off;
}

/* Outside of what is timed. */
static cudaError_t queue_around(const struct queueing *q, int i, bool after)
{
	const struct lanes_around *a = q->l->around;
	lanes_queue_fn *fn = !a ? NULL : after ? a->after : a->before;

	return fn ? (cudaError_t)fn(a->arg, i, q->l->lane[i].stream) : cudaSuccess;
}

static cudaError_t queue_lane(const struct queueing *q, int i)
{
	struct lane *at = &q->l->lane[i];
	cudaError_t rc = cudaSetDevice(at->device);

	if (!rc && i != q->first)
		rc = cudaStreamWaitEvent(at->stream, q->l->lane[q->first].start, 0);
	if (!rc)
		rc = queue_around(q, i, false);
	if (!rc)
		rc = cudaEventRecord(at->start, at->stream);
	for (int m = 0; m < q->marks && !rc; m++) {
		for (uint64_t k = 0; k < q->n && !rc; k++)
			rc = (cudaError_t)q->queue(q->arg, i, at->stream);
		if (!rc)
			rc = cudaEventRecord(at->mark[m], at->stream);
	}
	return rc ? rc : queue_around(q, i, true);
}

static cudaError_t queue_lanes(const struct queueing *q)
{
	cudaError_t rc = queue_lane(q, q->first);

	for (int i = q->first + 1; i < q->used && !rc; i++) {
		if (takes_part(q, i))
			rc = queue_lane(q, i);
	}
	return rc;
}

/* The first lane waits for the last mark of the others. */
static cudaError_t queue_end(const struct queueing *q)
{
	struct lane *first = &q->l->lane[0];
	cudaError_t rc = cudaSetDevice(first->device);

	for (int i = 1; i < q->used && !rc; i++)
		rc = cudaStreamWaitEvent(first->stream, q->l->lane[i].mark[q->marks - 1], 0);
	return rc ? rc : cudaEventRecord(q->l->end, first->stream);
}

int lanes_wait(struct lanes *l, const char *what, struct err *e)
{
	cudaError_t rc = cudaSuccess;

	for (int i = 0; i < l->n && !rc; i++) {
		rc = cudaSetDevice(l->lane[i].device);
		if (!rc)
			rc = cudaStreamSynchronize(l->lane[i].stream);
	}
	return gpu_error((int)rc, e, "%s", what);
}

/* Queues everything, behind a gate that is closed if `gated`, opens it and waits. */
static int run_lanes(const struct queueing *q, bool gated, bool end, struct err *e)
{
	struct lane *first = &q->l->lane[q->first];
	struct gate *gate = q->l->gate;
	int rc;

	if (gated && q->n > (uint64_t)(q->marks > 1 ? LANES_MOST : GATE_MAX_OPS))
		return err_set(e, EINVAL, "%llu operations behind a gate that holds %d",
			       (unsigned long long)q->n * (unsigned)q->marks, GATE_MAX_OPS);
	__atomic_store_n(&gate->gave_up, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&gate->open, !gated, __ATOMIC_RELEASE);
	rc = gpu_choose(first->device, e);
	if (!rc)
		rc = gpu_error(gate_launch(gate, GATE_GIVE_UP_NS, first->stream), e,
			       "launching the gate");
	if (!rc)
		rc = gpu_error((int)queue_lanes(q), e, "queueing behind the gate");
	if (!rc && end)
		rc = gpu_error((int)queue_end(q), e, "queueing behind the gate");
	/* also after an error: what is queued must run out */
	__atomic_store_n(&gate->open, 1, __ATOMIC_RELEASE);
	gpu_state_look(q->l->state);
	if (lanes_wait(q->l, "waiting for the streams", e) || rc)
		return -e->code;
	if (__atomic_load_n(&gate->gave_up, __ATOMIC_ACQUIRE))
		return err_set(e, ETIMEDOUT, "the gate gave up after %g s: queueing took longer",
			       GATE_GIVE_UP_NS * 1e-9);
	return 0;
}

/* ---- reading the events ---- */

static int elapsed(const struct lane *at, struct CUevent_st *to, double *seconds, struct err *e)
{
	float ms = 0;
	cudaError_t rc = cudaSetDevice(at->device);

	if (!rc)
		rc = cudaEventElapsedTime(&ms, at->start, to);
	*seconds = ms * 1e-3;
	return gpu_error((int)rc, e, "reading the events");
}

int lanes_time(struct lanes *l, int used, bool gated, lanes_queue_fn *queue, void *arg, uint64_t n,
	       double *seconds, struct err *e)
{
	struct queueing q = {.l = l, .used = used, .marks = 1, .queue = queue, .arg = arg, .n = n};
	int rc = run_lanes(&q, gated, used > 1, e);

	for (int i = 0; i < used && !rc; i++)
		rc = elapsed(&l->lane[i], l->lane[i].mark[0], &l->lane[i].seconds, e);
	*seconds = l->lane[0].seconds;
	return rc || used == 1 ? rc : elapsed(&l->lane[0], l->end, seconds, e);
}

int lanes_sample(struct lanes *l, struct ctx *c, const struct sampling *s, struct err *e)
{
	int rc;

	gpu_state_begin(l->state);
	rc = ctx_sample(c, s, e);
	gpu_state_end(l->state);
	return rc;
}

struct sampling lanes_bandwidth(ctx_batch_fn *batch, void *arg, double bytes)
{
	return (struct sampling){.metric = "bandwidth",
				 .form = SAMPLE_RATE,
				 .work = bytes,
				 .tick_s = EVENT_TICK_S,
				 .max_batch = GATE_MAX_OPS,
				 .batch = batch,
				 .arg = arg};
}

static int read_marks(const struct queueing *q, double at[][LANES_MARKS], double *window,
		      struct err *e)
{
	int rc = 0;

	for (int i = 0; i < q->used && !rc; i++) {
		double last;

		if (!takes_part(q, i))
			continue;
		for (int m = 0; m < LANES_MARKS && !rc; m++)
			rc = elapsed(&q->l->lane[i], q->l->lane[i].mark[m], &at[i][m], e);
		last = at[i][LANES_MARKS - 1];
		if (*window <= 0 || last < *window)
			*window = last;
	}
	return rc;
}

int lanes_rates(struct lanes *l, int used, lanes_queue_fn *queue, void *arg, uint64_t n,
		struct err *e)
{
	struct queueing q = {
		.l = l, .used = used, .marks = LANES_MARKS, .queue = queue, .arg = arg, .n = n};
	double at[LANES_MAX][LANES_MARKS] = {{0}}, window = 0;
	int rc;

	while (q.first < used - 1 && l->lane[q.first].off)
		q.first++;
	rc = run_lanes(&q, true, false, e);
	if (!rc)
		rc = read_marks(&q, at, &window, e);
	for (int i = 0; i < used && !rc; i++) {
		int m = LANES_MARKS - 1;

		if (!takes_part(&q, i))
			continue;
		while (m > 0 && at[i][m] > window)
			m--;
		if (!(at[i][m] > 0))
			return err_set(e, ERANGE, "%llu operations took no time at all",
				       (unsigned long long)n);
		l->lane[i].rate = (double)(m + 1) * (double)n / at[i][m];
	}
	return rc;
}

#endif
