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

/* Enters with a stream of any GPU. */
static cudaError_t enter_stream(cudaStream_t handle, struct rt_stream **s)
{
	struct rt_gpu *current;
	cudaError_t e = rt_enter_gpu(&current);

	if (e == cudaSuccess && !(*s = rt_stream(handle)))
		e = cudaErrorInvalidResourceHandle;
	return e;
}

cudaError_t cudaStreamDestroy(cudaStream_t handle)
{
	struct rt_stream *s;
	cudaError_t e = enter_stream(handle, &s);

	if (e == cudaSuccess && s->legacy)
		e = cudaErrorInvalidResourceHandle;
	if (e == cudaSuccess)
		s->dead = true; /* what is queued still runs; its few bytes stay until the process
				   ends */
	return rt_leave(e);
}

/* The host waits for that operation: who really slept pays for waking up; a new sample begins. */
static cudaError_t wait_until(struct rt_stream *s, uint64_t seq)
{
	double began = sim_now();
	bool waits = rt_at_gate(s);
	cudaError_t e = rt_finish(s, seq);

	if (waits || sim_now() > began)
		sim_advance(rt_cost_s(s->owner, "sync", rt_profile(s->owner)->sync_s));
	rt_pool_release(s->owner);
	sim_epoch();
	return e;
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle)
{
	struct rt_stream *s;
	cudaError_t e = enter_stream(handle, &s);

	return rt_leave(e == cudaSuccess ? wait_until(s, s->seq) : e);
}

cudaError_t cudaDeviceSynchronize(void)
{
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);
	double began = sim_now();

	for (struct rt_stream *s = e == cudaSuccess ? g->streams : NULL; s && e == cudaSuccess;
	     s = s->next)
		e = rt_finish(s, s->seq);
	if (e == cudaSuccess && sim_now() > began)
		sim_advance(rt_cost_s(g, "sync", rt_profile(g)->sync_s));
	if (e == cudaSuccess)
		sim_epoch();
	return rt_leave(e);
}

/*
 * Whether the stream has reached seq. Who polls and finds it unfinished lets the virtual time pass
 * to its end, so that the number of polls depends on nothing real; but no gate gives up for that.
 */
static cudaError_t query(struct rt_stream *s, uint64_t seq)
{
	bool was;

	rt_catch_up();
	was = s->ran >= seq;
	if (!was && s->owner->sticky == cudaSuccess)
		rt_reach(s, seq, false);
	if (s->owner->sticky != cudaSuccess)
		return s->owner->sticky;
	/* how often one asks until other processes come is not ours: it costs nothing */
	if (!was && rt_get()->frozen)
		sim_advance(-rt_call_s(s->owner));
	if (!was || s->owner->hung)
		return cudaErrorNotReady;
	sim_epoch();
	return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t handle)
{
	struct rt_stream *s;
	cudaError_t e = enter_stream(handle, &s);

	return rt_leave(e == cudaSuccess ? query(s, s->seq) : e);
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
	ev->gpu = g->index;
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

static cudaError_t enter_event(cudaEvent_t handle)
{
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);

	return e == cudaSuccess && !handle ? cudaErrorInvalidResourceHandle : e;
}

/* Queued operations may still name it, so its few bytes stay, as a stream's do. */
cudaError_t cudaEventDestroy(cudaEvent_t handle)
{
	return rt_leave(enter_event(handle));
}

cudaError_t cudaEventRecord(cudaEvent_t handle, cudaStream_t stream)
{
	struct rt_stream *s;
	struct rt_event *ev = event(handle);
	struct rt_op op = {.kind = RT_RECORD, .u.event = ev};
	cudaError_t e = enter_stream(stream, &s);

	if (e == cudaSuccess && (!ev || ev->gpu != s->owner->index)) /* not of another GPU */
		e = cudaErrorInvalidResourceHandle;
	if (e == cudaSuccess)
		e = rt_queue(s, &op);
	if (e == cudaSuccess) {
		ev->stream = s;
		ev->seq = s->seq;
	}
	return rt_leave(e);
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t handle, cudaStream_t stream, unsigned flags)
{
	return cudaEventRecord(handle, stream);
}

/* The event may be another GPU's. */
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t handle, unsigned flags)
{
	struct rt_stream *s;
	struct rt_event *ev = event(handle);
	cudaError_t e = enter_stream(stream, &s);

	if (e == cudaSuccess && !ev)
		e = cudaErrorInvalidResourceHandle;
	if (e == cudaSuccess && ev->stream) {
		struct rt_op op = {.kind = RT_WAIT, .u.wait = {ev->stream, ev->seq}};

		e = rt_queue(s, &op);
	}
	return rt_leave(e);
}

cudaError_t cudaEventSynchronize(cudaEvent_t handle)
{
	struct rt_event *ev = event(handle);
	cudaError_t e = enter_event(handle);

	return rt_leave(e == cudaSuccess && ev->stream ? wait_until(ev->stream, ev->seq) : e);
}

cudaError_t cudaEventQuery(cudaEvent_t handle)
{
	struct rt_event *ev = event(handle);
	cudaError_t e = enter_event(handle);

	return rt_leave(e == cudaSuccess && ev->stream ? query(ev->stream, ev->seq) : e);
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t a, cudaEvent_t b)
{
	struct rt_gpu *g;
	struct rt_event *x = event(a), *y = event(b);
	cudaError_t e = rt_enter_gpu(&g);

	if (e != cudaSuccess)
		return rt_leave(e);
	if (!x || !y || !x->timing || !y->timing || !x->stream || !y->stream || x->gpu != y->gpu)
		return rt_leave(cudaErrorInvalidResourceHandle);
	rt_catch_up();
	if (x->stream->ran < x->seq || y->stream->ran < y->seq)
		return rt_leave(cudaErrorNotReady);
	*ms = (float)((round(y->at / EVENT_TICK_S) - round(x->at / EVENT_TICK_S)) * EVENT_TICK_S *
		      1e3);
	return rt_leave(cudaSuccess);
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t fn, void *arg)
{
	struct rt_stream *s;
	struct rt_op op = {.kind = RT_HOST, .u.host = {fn, arg}};
	cudaError_t e = enter_stream(stream, &s);

	return rt_leave(e == cudaSuccess ? rt_queue(s, &op) : e);
}
