/* Streams and events of the stand-in: the calls. */
#include "cudart.h"

#include <math.h>
#include <stdlib.h>

/* Resolution of event times on hardware, seconds. */
#define EVENT_TICK_S 0.5e-6

static cudaError_t create(cudaStream_t *out, unsigned flags)
{
	struct rt_gpu *g;
	struct rt_stream *s;
	cudaError_t e = rt_enter_gpu(&g);

	if (e != cudaSuccess)
		return rt_leave(e);
	if (!out || flags & ~(unsigned)cudaStreamNonBlocking)
		return rt_leave(cudaErrorInvalidValue);
	s = rt_stream_new(g, !(flags & cudaStreamNonBlocking), false);
	*out = (cudaStream_t)(void *)s;
	return rt_leave(s ? cudaSuccess : cudaErrorMemoryAllocation);
}

cudaError_t cudaStreamCreate(cudaStream_t *s)
{
	return create(s, 0);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, unsigned flags)
{
	return create(s, flags);
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t *s, unsigned flags, int priority)
{
	return create(s, flags);
}

/* Enters with a stream of the current GPU. */
static cudaError_t enter_stream(struct rt_gpu **g, cudaStream_t handle, struct rt_stream **s)
{
	cudaError_t e = rt_enter_gpu(g);

	if (e == cudaSuccess && !(*s = rt_stream(*g, handle)))
		e = cudaErrorInvalidResourceHandle;
	return e;
}

cudaError_t cudaStreamDestroy(cudaStream_t handle)
{
	struct rt_gpu *g;
	struct rt_stream *s;
	cudaError_t e = enter_stream(&g, handle, &s);

	if (e == cudaSuccess && s->legacy)
		e = cudaErrorInvalidResourceHandle;
	if (e == cudaSuccess)
		s->dead = true; /* what is queued still runs; its few bytes stay until the process
				   ends */
	return rt_leave(e);
}

/* Ends a wait that began then: who really slept pays for waking up; a new sample begins. */
static void waited(struct rt_gpu *g, double began)
{
	if (sim_now() > began)
		sim_advance(rt_profile(g)->sync_s);
	sim_epoch();
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle)
{
	struct rt_gpu *g;
	struct rt_stream *s;
	cudaError_t e = enter_stream(&g, handle, &s);

	if (e == cudaSuccess) {
		double began = sim_now();

		e = rt_finish(g, s, s->seq, &s->done);
		waited(g, began);
	}
	return rt_leave(e);
}

cudaError_t cudaDeviceSynchronize(void)
{
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);
	double began = sim_now();

	for (struct rt_stream *s = e == cudaSuccess ? g->streams : NULL; s && e == cudaSuccess;
	     s = s->next)
		e = rt_finish(g, s, s->seq, &s->done);
	if (e == cudaSuccess)
		waited(g, began);
	return rt_leave(e);
}

/*
 * Whether the stream has reached seq, whose time is at. Who polls and finds it unfinished lets the
 * virtual time pass to its end, so that the number of polls depends on nothing real.
 */
static cudaError_t query(struct rt_gpu *g, struct rt_stream *s, uint64_t seq, const double *at)
{
	rt_drain(g);
	if (g->sticky != cudaSuccess)
		return g->sticky;
	if (s->ran < seq || g->hung)
		return cudaErrorNotReady;
	if (*at > sim_now()) {
		sim_advance_to(*at);
		return cudaErrorNotReady;
	}
	return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t handle)
{
	struct rt_gpu *g;
	struct rt_stream *s;
	cudaError_t e = enter_stream(&g, handle, &s);

	if (e == cudaSuccess)
		e = query(g, s, s->seq, &s->done);
	if (e == cudaSuccess)
		sim_epoch();
	return rt_leave(e);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *out, unsigned flags)
{
	struct rt_gpu *g;
	struct rt_event *ev;
	cudaError_t e = rt_enter_gpu(&g);

	if (e != cudaSuccess)
		return rt_leave(e);
	ev = calloc(1, sizeof(*ev));
	if (!ev)
		return rt_leave(cudaErrorMemoryAllocation);
	ev->next = g->events;
	g->events = ev;
	ev->timing = !(flags & cudaEventDisableTiming);
	*out = (cudaEvent_t)(void *)ev;
	return rt_leave(cudaSuccess);
}

cudaError_t cudaEventCreate(cudaEvent_t *out)
{
	return cudaEventCreateWithFlags(out, 0);
}

static struct rt_event *event(cudaEvent_t e)
{
	return (struct rt_event *)(void *)e;
}

/* Queued operations may still name it, so its few bytes stay, as a stream's do. */
cudaError_t cudaEventDestroy(cudaEvent_t handle)
{
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);

	return rt_leave(e == cudaSuccess && !handle ? cudaErrorInvalidResourceHandle : e);
}

cudaError_t cudaEventRecord(cudaEvent_t handle, cudaStream_t stream)
{
	struct rt_gpu *g;
	struct rt_stream *s;
	struct rt_op op = {.kind = RT_RECORD, .u.event = event(handle)};
	cudaError_t e = enter_stream(&g, stream, &s);

	if (e == cudaSuccess && !handle)
		e = cudaErrorInvalidResourceHandle;
	if (e == cudaSuccess)
		e = rt_queue(g, s, &op);
	if (e == cudaSuccess) {
		op.u.event->stream = s;
		op.u.event->seq = s->seq;
	}
	return rt_leave(e);
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t handle, cudaStream_t stream, unsigned flags)
{
	return cudaEventRecord(handle, stream);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t handle, unsigned flags)
{
	struct rt_gpu *g;
	struct rt_stream *s;
	struct rt_event *ev = event(handle);
	cudaError_t e = enter_stream(&g, stream, &s);

	if (e == cudaSuccess && !ev)
		e = cudaErrorInvalidResourceHandle;
	if (e == cudaSuccess && ev->stream) {
		struct rt_op op = {.kind = RT_WAIT, .u.wait = {ev->stream, ev, ev->seq}};

		e = rt_queue(g, s, &op);
	}
	return rt_leave(e);
}

cudaError_t cudaEventSynchronize(cudaEvent_t handle)
{
	struct rt_gpu *g;
	struct rt_event *ev = event(handle);
	cudaError_t e = rt_enter_gpu(&g);

	if (e == cudaSuccess && !ev)
		e = cudaErrorInvalidResourceHandle;
	if (e != cudaSuccess)
		return rt_leave(e);
	if (ev->stream) {
		double began = sim_now();

		e = rt_finish(g, ev->stream, ev->seq, &ev->at);
		waited(g, began);
	}
	return rt_leave(e);
}

cudaError_t cudaEventQuery(cudaEvent_t handle)
{
	struct rt_gpu *g;
	struct rt_event *ev = event(handle);
	cudaError_t e = rt_enter_gpu(&g);

	if (e == cudaSuccess && !ev)
		e = cudaErrorInvalidResourceHandle;
	if (e == cudaSuccess && ev->stream)
		e = query(g, ev->stream, ev->seq, &ev->at);
	if (e == cudaSuccess)
		sim_epoch();
	return rt_leave(e);
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t a, cudaEvent_t b)
{
	struct rt_gpu *g;
	struct rt_event *x = event(a), *y = event(b);
	cudaError_t e = rt_enter_gpu(&g);

	if (e != cudaSuccess)
		return rt_leave(e);
	if (!x || !y || !x->timing || !y->timing || !x->stream || !y->stream)
		return rt_leave(cudaErrorInvalidResourceHandle);
	rt_drain(g);
	if (x->stream->ran < x->seq || y->stream->ran < y->seq || y->at > sim_now())
		return rt_leave(cudaErrorNotReady);
	*ms = (float)((round(y->at / EVENT_TICK_S) - round(x->at / EVENT_TICK_S)) * EVENT_TICK_S *
		      1e3);
	return rt_leave(cudaSuccess);
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t fn, void *arg)
{
	struct rt_gpu *g;
	struct rt_stream *s;
	struct rt_op op = {.kind = RT_HOST, .u.host = {fn, arg}};
	cudaError_t e = enter_stream(&g, stream, &s);

	return rt_leave(e == cudaSuccess ? rt_queue(g, s, &op) : e);
}
