/*
 * One rank of NCCL in a process of its own: see nccl_orders.h. It waits for the GPU by asking the
 * stream and the communicator in turns, never with a call that could hang, and gives up after the
 * order's patience; then the step orders an abort. Time is between two GPU events around the
 * operations; one operation before them brings the ranks together. Without nvcc this file is empty.
 */
#ifdef ASSAY_CUDA

#include "nccl_orders.h"

#include "../harness/base/clock.h"
#include "gpu.h"

#include <cuda_runtime_api.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPIN_NS	       200000 /* before polling begins to sleep */
#define NAP_NS	       20000
#define LEFT_BYTES     ((uint64_t)1 << 30) /* of GPU memory, for what NCCL allocates later */
#define LEAST_BYTES    4096
#define ATTR_MULTICAST 132 /* CU_DEVICE_ATTRIBUTE_MULTICAST_SUPPORTED */

struct member {
	struct nccl *lib;
	nccl_comm comm;
	int rank, size; /* in the communicator */
	cudaStream_t stream;
	cudaEvent_t start, stop;
	float *send, *recv;
	uint64_t room; /* bytes of each */
	struct pattern_diff *diff;
};

/* ---- waiting ---- */

/* Until the stream is done: 0, the communicator's error (if there is one) or -ETIMEDOUT. */
static int wait_stream(struct member *m, double patience_s, struct err *e)
{
	uint64_t start = clock_wall_ns(), spent;
	int rc;

	for (;;) {
		cudaError_t state = cudaStreamQuery(m->stream);

		if (state != cudaErrorNotReady)
			return gpu_error((int)state, e, "waiting for the stream");
		cudaGetLastError(); /* which keeps that, though it is none */
		rc = m->comm ? nccl_check(m->lib, m->comm, e) : 0;
		if (rc)
			return rc;
		spent = clock_wall_ns() - start;
		if ((double)spent > patience_s * 1e9)
			return err_set(e, ETIMEDOUT, "the operation did not end within %g s",
				       patience_s);
		if (spent > SPIN_NS)
			clock_wall_sleep_ns(NAP_NS);
		else
			sched_yield();
	}
}

static int queue(struct member *m, const struct nccl_order *o, struct err *e)
{
	const struct nccl_op op = {.coll = (enum nccl_coll)o->coll,
				   .send = m->send,
				   .recv = m->recv,
				   .chunk = o->chunk,
				   .rank = m->rank,
				   .size = m->size};

	return nccl_queue(m->lib, m->comm, &op, m->stream, o->patience_s, e);
}

/* ---- orders ---- */

/* Only NVLink (and C2C) gives atomics between GPUs their native form. */
static int nvlink_peers(int device, int devices)
{
	int n = 0;

	for (int i = 0; i < devices; i++) {
		int native = 0;

		if (i == device)
			continue;
		if (cudaDeviceGetP2PAttribute(&native, cudaDevP2PAttrNativeAtomicSupported, device,
					      i))
			cudaGetLastError();
		n += native == 1;
	}
	return n;
}

static int use_device(const struct gang_turn *t, int *devices, struct err *e)
{
	int rc = gpu_error((int)cudaGetDeviceCount(devices), e, "looking for GPUs");

	if (!rc && *devices != (int)t->size)
		rc = err_set(e, ENODEV,
			     "it sees %d GPUs of %u: each rank must see all of the set (srun "
			     "--gpu-bind=none, no CUDA_VISIBLE_DEVICES of its own)",
			     *devices, t->size);
	if (!rc)
		rc = gpu_error((int)cudaSetDevice((int)t->rank), e, "choosing the GPU");
	if (!rc)
		rc = gpu_error((int)cudaFree(NULL), e, "making a context");
	return rc;
}

static int open_gpu(struct member *m, struct gang_turn *t, struct err *e)
{
	struct nccl_seen *seen = t->answer;
	int devices = 0, rc = nccl_open(&m->lib, e);
	cudaError_t made;

	if (!rc)
		rc = use_device(t, &devices, e);
	if (!rc)
		rc = gpu_not_shared(e);
	if (rc)
		return rc;
	made = cudaStreamCreateWithFlags(&m->stream, cudaStreamNonBlocking);
	if (!made)
		made = cudaEventCreate(&m->start);
	if (!made)
		made = cudaEventCreate(&m->stop);
	if (!made)
		made = cudaMalloc((void **)&m->diff, sizeof(*m->diff));
	memset(seen, 0, sizeof(*seen));
	seen->version = nccl_version(m->lib);
	seen->nvlink_peers = nvlink_peers((int)t->rank, devices);
	seen->multicast = gpu_attribute(ATTR_MULTICAST, (int)t->rank, 0);
	if (cudaDeviceGetPCIBusId(seen->address, sizeof(seen->address), (int)t->rank))
		seen->address[0] = '\0';
	snprintf(seen->path, sizeof(seen->path), "%s", nccl_path(m->lib));
	t->answer_bytes = sizeof(*seen);
	return gpu_error((int)made, e, "making a stream and two events");
}

static int make_id(struct member *m, struct gang_turn *t, struct err *e)
{
	if (t->rank)
		return 0;
	t->answer_bytes = NCCL_ID_BYTES;
	return nccl_id(m->lib, t->answer, e);
}

static int join(struct member *m, const struct gang_turn *t, const struct nccl_order *o,
		struct err *e)
{
	uint64_t me = (uint64_t)1 << t->rank;

	if (!(o->ranks & me))
		return 0;
	m->rank = __builtin_popcountll(o->ranks & (me - 1));
	m->size = __builtin_popcountll(o->ranks);
	return nccl_init(m->lib, &m->comm, o->id, m->size, m->rank, o->patience_s, e);
}

static int make_room(struct member *m, struct gang_turn *t, const struct nccl_order *o,
		     struct err *e)
{
	size_t free_bytes = 0, total;
	int rc = gpu_error((int)cudaMemGetInfo(&free_bytes, &total), e, "asking for free memory");
	uint64_t most = free_bytes > LEFT_BYTES ? (free_bytes - LEFT_BYTES) / 2 : 0;

	if (!m->room) {
		/* halved, so that ranks agree in spite of small differences */
		for (m->room = o->bytes; m->room > most && m->room > LEAST_BYTES;)
			m->room /= 2;
		m->room = m->room < LEAST_BYTES ? LEAST_BYTES : m->room;
		if (!rc)
			rc = gpu_error((int)cudaMalloc((void **)&m->send, m->room), e,
				       "allocating %llu bytes", (unsigned long long)m->room);
		if (!rc)
			rc = gpu_error((int)cudaMalloc((void **)&m->recv, m->room), e,
				       "allocating %llu bytes", (unsigned long long)m->room);
		if (!rc) /* what is timed carries numbers, too */
			rc = gpu_error(values_fill_launch(m->send, m->room / sizeof(float), o->seed,
							  (uint32_t)m->rank, m->stream),
				       e, "filling a buffer");
	}
	memcpy(t->answer, &m->room, sizeof(m->room));
	t->answer_bytes = sizeof(m->room);
	return rc;
}

static int fill(struct member *m, const struct nccl_order *o, struct err *e)
{
	uint64_t send = coll_send((enum nccl_coll)o->coll, o->chunk, (unsigned)m->size);
	uint64_t recv = coll_recv((enum nccl_coll)o->coll, o->chunk, (unsigned)m->size);
	int rc;

	if ((send > recv ? send : recv) * sizeof(float) > m->room)
		return err_set(e, EINVAL, "%llu elements do not fit",
			       (unsigned long long)(send > recv ? send : recv));
	rc = values_fill_launch(m->send, send, o->seed, (uint32_t)m->rank, m->stream);
	if (!rc)
		rc = (int)cudaMemsetAsync(m->recv, PATTERN_POISON, recv * sizeof(float), m->stream);
	return gpu_error(rc, e, "filling the buffers");
}

static int once(struct member *m, const struct nccl_order *o, struct err *e)
{
	int rc = m->comm ? fill(m, o, e) : 0;

	/* a line of our own, so that what NCCL prints next can be told apart */
	printf("assay: %s, %llu elements\n", coll_name((enum nccl_coll)o->coll),
	       (unsigned long long)o->chunk);
	if (!rc && m->comm)
		rc = queue(m, o, e);
	return rc || !m->comm ? rc : wait_stream(m, o->patience_s, e);
}

static int time_n(struct member *m, struct gang_turn *t, const struct nccl_order *o, struct err *e)
{
	float ms = 0;
	double seconds;
	int rc = queue(m, o, e);

	if (!rc)
		rc = gpu_error((int)cudaEventRecord(m->start, m->stream), e, "recording an event");
	for (uint64_t i = 0; i < o->n && !rc; i++)
		rc = queue(m, o, e);
	if (!rc)
		rc = gpu_error((int)cudaEventRecord(m->stop, m->stream), e, "recording an event");
	if (!rc)
		rc = wait_stream(m, o->patience_s, e);
	if (!rc)
		rc = gpu_error((int)cudaEventElapsedTime(&ms, m->start, m->stop), e,
			       "reading the events");
	seconds = ms * 1e-3;
	memcpy(t->answer, &seconds, sizeof(seconds));
	t->answer_bytes = sizeof(seconds);
	return rc;
}

/* What stands at the first wrong place, and what should. */
static int look_at_wrong(struct member *m, const struct nccl_order *o, struct nccl_wrong *w,
			 struct err *e)
{
	uint64_t at = w->diff.first / sizeof(float);
	struct values_part part;

	for (unsigned i = 0; coll_part((enum nccl_coll)o->coll, (unsigned)m->rank,
				       (unsigned)m->size, o->chunk, i, &part);
	     i++) {
		if (at >= part.at && at < part.at + part.n)
			w->wanted = values_sum(part.start + at - part.at, o->seed, part.first,
					       part.count);
	}
	return gpu_error(
		(int)cudaMemcpy(&w->found, m->recv + at, sizeof(w->found), cudaMemcpyDeviceToHost),
		e, "reading a wrong value");
}

static int check(struct member *m, struct gang_turn *t, const struct nccl_order *o, struct err *e)
{
	struct nccl_wrong w = {.diff = PATTERN_DIFF_INIT};
	struct values_part part;
	int rc = fill(m, o, e);

	if (!rc)
		rc = queue(m, o, e);
	if (!rc)
		rc = wait_stream(m, o->patience_s, e);
	if (!rc) /* on the stream of the check: the legacy one does not hold it back */
		rc = gpu_error((int)cudaMemcpyAsync(m->diff, &w.diff, sizeof(w.diff),
						    cudaMemcpyHostToDevice, m->stream),
			       e, "preparing the check");
	for (unsigned i = 0; !rc && coll_part((enum nccl_coll)o->coll, (unsigned)m->rank,
					      (unsigned)m->size, o->chunk, i, &part);
	     i++)
		rc = gpu_error(values_check_launch(m->recv, &part, o->seed, m->diff, m->stream), e,
			       "checking the result");
	if (!rc)
		rc = wait_stream(m, o->patience_s, e);
	if (!rc)
		rc = gpu_error(
			(int)cudaMemcpy(&w.diff, m->diff, sizeof(w.diff), cudaMemcpyDeviceToHost),
			e, "reading the check");
	if (!rc && w.diff.bytes)
		rc = look_at_wrong(m, o, &w, e);
	memcpy(t->answer, &w, sizeof(w));
	t->answer_bytes = sizeof(w);
	return rc;
}

static int leave(struct member *m, const struct nccl_order *o, struct err *e)
{
	nccl_comm comm = m->comm;

	m->comm = NULL;
	return nccl_finish(m->lib, comm, o->patience_s, e);
}

static int abort_all(struct member *m, const struct nccl_order *o, struct err *e)
{
	nccl_comm comm = m->comm;

	m->comm = NULL;
	nccl_abort(m->lib, comm);
	unsetenv("NCCL_ALGO"); /* what comes now are pairs, which NVLS cannot serve */
	return wait_stream(m, o->patience_s, e);
}

static int act(void *state, struct gang_turn *t, struct err *e)
{
	struct member *m = state;
	struct nccl_order o;

	if (t->n != sizeof(o))
		return err_set(e, EPROTO, "an order of %zu bytes", t->n);
	memcpy(&o, t->data, sizeof(o));
	switch ((enum nccl_what)t->what) {
	case NCCL_OPEN:
		return open_gpu(m, t, e);
	case NCCL_ID:
		return make_id(m, t, e);
	case NCCL_JOIN:
		return join(m, t, &o, e);
	case NCCL_ROOM:
		return make_room(m, t, &o, e);
	case NCCL_ONCE:
		return once(m, &o, e);
	case NCCL_TIME:
		return time_n(m, t, &o, e);
	case NCCL_CHECK:
		return check(m, t, &o, e);
	case NCCL_LEAVE:
		return leave(m, &o, e);
	case NCCL_ABORT:
		return abort_all(m, &o, e);
	}
	return err_set(e, EPROTO, "order %u", t->what);
}

/* The context goes with the process: what hangs in it must not be waited for. */
static void end(void *state)
{
	struct member *m = state;

	if (m->comm)
		nccl_abort(m->lib, m->comm);
	nccl_close(m->lib);
}

const struct gang_role nccl_member = {.state_bytes = sizeof(struct member), .act = act, .end = end};

#endif
