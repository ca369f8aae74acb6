/*
 * What runs when: all GPUs of the process, event by event in virtual time. An operation begins
 * when it is queued, its stream has come to it and its engine is free; of those that wait for one
 * engine the first queued goes first. Flows that run together share (flow.h), so that whenever
 * one comes or goes the ends of the others move. A closed gate ends when the host has opened it,
 * at the time of the call that sees that, or gives up. Known error: a kernel does its work
 * when it begins.
 */
#include "cudart.h"
#include "device_memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double later(double a, double b)
{
	return a > b ? a : b;
}

static bool works(const struct rt_gpu *g)
{
	return g->context && !g->hung && g->sticky == cudaSuccess;
}

/* The next stream of any GPU that works and has something to do; NULL after the last. */
static struct rt_stream *next_stream(struct rt_stream *s)
{
	struct rt *r = rt_get();
	struct rt_gpu *g = s ? s->owner : r->gpu;

	s = s ? s->next : g->streams;
	for (;;) {
		for (; s && works(g); s = s->next) {
			if (s->n)
				return s;
		}
		if (++g >= r->gpu + r->n_gpus)
			return NULL;
		s = g->streams;
	}
}

#define FOR_STREAMS(s) for (struct rt_stream *s = next_stream(NULL); s; s = next_stream(s))

/* ---- gates ---- */

static bool is_gate(const struct rt_op *op)
{
	return op->kind == RT_KERNEL && op->u.kernel.k->waits;
}

static bool gate_open(const struct rt_op *op, double *give_up_s)
{
	return op->u.kernel.k->waits(op->u.kernel.arg, false, give_up_s);
}

bool rt_at_gate(const struct rt_stream *s)
{
	return s->n && is_gate(rt_head(s));
}

/* When the gate ends, as things are. */
static double gate_end(const struct rt_stream *s, bool may_give_up)
{
	double give_up_s;

	if (gate_open(rt_head(s), &give_up_s))
		return later(s->began, later(sim_now(), rt_get()->now));
	return may_give_up ? s->began + give_up_s : INFINITY;
}

/* ---- what other processes take part in ---- */

/* Whether it is known when it ends; asks the others once more where it is not. */
static bool has_end(struct rt_stream *s)
{
	const struct rt_op *op = rt_head(s);

	return !isinf(s->ends) || op->u.external.fn(op->u.external.arg, s->began, &s->ends);
}

static bool waits_for_others(void)
{
	FOR_STREAMS(s)
	{
		if (s->running && rt_head(s)->kind == RT_EXTERNAL && !has_end(s))
			return true;
	}
	return false;
}

/* ---- how long ---- */

static bool needs_engine(const struct rt_op *op)
{
	return (op->kind <= RT_GRAPH && !is_gate(op)) || op->kind == RT_EXTERNAL;
}

static enum rt_engine engine_of(const struct rt_gpu *g, const struct rt_op *op)
{
	int copy_engines = (int)rt_profile(g)->copy_engines, e;

	if (op->kind == RT_KERNEL && op->u.kernel.k->flow)
		return RT_NO_ENGINE;
	if (op->kind != RT_COPY || sim_fault(FAULT_NO_OVERLAP, g->index))
		return RT_COMPUTE;
	e = op->u.copy.dir <= SIM_D2H ? op->u.copy.dir : RT_WITHIN;
	return (enum rt_engine)(e < copy_engines ? e : copy_engines - 1);
}

/* Whether another stream of the GPU has a kernel to run, now or later. */
static bool has_kernel_beside(const struct rt_stream *s)
{
	for (const struct rt_stream *o = s->owner->streams; o; o = o->next) {
		for (size_t i = 0; o != s && i < o->n; i++) {
			if (o->op[(o->head + i) % o->cap].kind == RT_KERNEL)
				return true;
		}
	}
	return false;
}

static void begin_copy(struct rt_stream *s, const struct rt_op *op)
{
	double bytes = (double)op->u.copy.bytes, worse = sim_shift("overlap", s->owner->index);

	s->flows = op->u.copy.dir <= SIM_D2H || op->u.copy.dir == RT_PEER;
	if (op->u.copy.dir == RT_PEER)
		rt_peer_flow(s->owner->index, op, &s->flow);
	else if (s->flows)
		sim_flow_host(&s->flow, op->u.copy.gpu, (enum sim_dir)op->u.copy.dir, SIM_CE,
			      op->u.copy.kind, op->u.copy.node, bytes);
	else if (op->u.copy.dir == RT_DEVICE)
		s->fixed_s = sim_local_copy_s(op->u.copy.gpu, bytes);
	else
		s->fixed_s = (rt_profile(s->owner)->copy_latency_s +
			      bytes / sim_profile()->memory.thread_bytes_s) *
			     sim_noise("h2h", -1);
	if (s->flows && worse != 0 && has_kernel_beside(s))
		s->flow.slower /= 1 - worse;
}

/*
 * The same copy again, before memory may have changed, moves what is there already and takes as
 * long: s->flow and s->fixed_s still hold.
 */
static bool same_again(const struct rt_stream *s, const struct rt_op *op)
{
	return s->last.kind == RT_COPY && s->last_changes == rt_get()->changes &&
	       s->last.u.copy.dst == op->u.copy.dst && s->last.u.copy.src == op->u.copy.src &&
	       s->last.u.copy.bytes == op->u.copy.bytes &&
	       !sim_fault(FAULT_CORRUPT_COPY, s->owner->index);
}

/* What the GPU needs to begin with a kernel, a graph or a fill. */
static double launch_s(const struct rt_gpu *g)
{
	return rt_cost_s(g, "launch", rt_profile(g)->launch_s);
}

static void begin_kernel(struct rt_stream *s, const struct rt_op *op)
{
	const struct rt_kernel *k = op->u.kernel.k;
	int gpu = s->owner->index;
	double took = k->run ? k->run(gpu, op->u.kernel.arg) : 0;

	rt_get()->changes++;
	if (took < 0)
		s->owner->sticky = cudaErrorIllegalAddress;
	s->fixed_s = launch_s(s->owner) + later(took, 0);
	s->flows = took >= 0 && k->flow && k->flow(gpu, op->u.kernel.arg, &s->flow);
}

static void begin_graph(struct rt_stream *s, const struct rt_op *op)
{
	double took = rt_graph_run(s->owner, op->u.graph);

	rt_get()->changes++;
	if (took < 0)
		s->owner->sticky = cudaErrorIllegalAddress;
	s->fixed_s = launch_s(s->owner) + later(took, 0);
}

static void begin_work(struct rt_stream *s, const struct rt_op *op)
{
	enum rt_engine e = engine_of(s->owner, op);

	if (op->kind != RT_COPY || !same_again(s, op)) {
		s->flows = false;
		s->fixed_s = 0;
		if (op->kind == RT_COPY)
			begin_copy(s, op);
		else if (op->kind == RT_KERNEL)
			begin_kernel(s, op);
		else if (op->kind == RT_GRAPH)
			begin_graph(s, op);
		else if (op->kind == RT_EXTERNAL)
			s->fixed_s = INFINITY; /* until all have come */
		else
			s->fixed_s =
				launch_s(s->owner) +
				(double)op->u.set.bytes / rt_profile(s->owner)->memory_copy_bytes_s;
	}
	if (e != RT_NO_ENGINE)
		s->owner->busy[e] = true;
	s->running = true;
	s->began = rt_get()->now;
	s->took = s->flows ? INFINITY : s->fixed_s;
	s->ends = s->began + s->took;
}

/* ---- beginning ---- */

static bool waited_for(const struct rt_op *op)
{
	return op->u.wait.stream->ran >= op->u.wait.seq;
}

static void record(struct rt_stream *s, const struct rt_op *op)
{
	if (op->u.event->stream == s && op->u.event->seq == op->seq)
		op->u.event->at = rt_get()->now;
}

/* Another stream that wants the same engine: they take turns, the one that had it last waits. */
static bool is_passed_over(const struct rt_stream *s, enum rt_engine e)
{
	for (const struct rt_stream *o = s->owner->streams; o; o = o->next) {
		if (o == s || !o->n || o->running || rt_head(o)->queued > rt_get()->now ||
		    !needs_engine(rt_head(o)) || engine_of(s->owner, rt_head(o)) != e)
			continue;
		if (o->done < s->done ||
		    (o->done == s->done && rt_head(o)->queued < rt_head(s)->queued))
			return true;
	}
	return false;
}

/* Begins the first operation, or does it where it takes no time; false if it has to wait. */
static bool begin(struct rt_stream *s, bool *changed)
{
	struct rt_op *op = rt_head(s);
	enum rt_engine e;

	if (s->running || op->queued > rt_get()->now || (op->kind == RT_WAIT && !waited_for(op)))
		return false;
	if (needs_engine(op)) {
		e = engine_of(s->owner, op);
		if (e != RT_NO_ENGINE && (s->owner->busy[e] || is_passed_over(s, e)))
			return false;
		begin_work(s, op);
		*changed |= s->flows;
		return true;
	}
	if (is_gate(op)) {
		s->running = true;
		s->flows = false;
		s->began = rt_get()->now;
		return true;
	}
	if (op->kind == RT_RECORD)
		record(s, op);
	else if (op->kind == RT_HOST)
		op->u.host.fn(op->u.host.arg);
	rt_get()->changes += op->kind == RT_HOST;
	rt_pop(s);
	return true;
}

/* ---- sharing ---- */

/* New ends for all that flow, from what they have done by now. */
static void share_again(void)
{
	struct rt_stream *who[SIM_MAX_FLOWS];
	const struct sim_flow *flow[SIM_MAX_FLOWS];
	double rate[SIM_MAX_FLOWS], now = rt_get()->now;
	int n = 0;

	FOR_STREAMS(s)
	{
		if (!s->running || !s->flows || n == SIM_MAX_FLOWS)
			continue;
		who[n] = s;
		flow[n++] = &s->flow;
	}
	sim_share(flow, n, rate);
	for (int i = 0; i < n; i++) {
		struct rt_stream *s = who[i];
		double took = s->fixed_s + sim_flow_s(&s->flow, rate[i]);
		double left = isinf(s->took) ? 1 : (s->ends - now) / s->took;

		if (took == s->took)
			continue;
		s->took = took;
		s->ends = now + left * took;
	}
}

static void begin_all(void)
{
	bool progress, changed = false;

	do {
		progress = false;
		FOR_STREAMS(s)
		{
			while (s->n && works(s->owner) && begin(s, &changed))
				progress = true;
		}
	} while (progress);
	if (changed || rt_get()->flow_ended)
		share_again();
	rt_get()->flow_ended = false;
}

/* ---- ending ---- */

/* What faults do to a GPU that has copied. */
static void after_copy(struct rt_gpu *g)
{
	const struct fault *hang = sim_fault(FAULT_HANG, g->index);
	const struct fault *sticky = sim_fault(FAULT_STICKY_ERROR, g->index);

	g->copies++;
	if (hang && !strcmp(hang->at, "copy") && g->copies > (uint64_t)hang->after)
		g->hung = true;
	if (sticky && g->copies > (uint64_t)sticky->after)
		g->sticky = cudaErrorIllegalAddress;
}

static void end_copy(struct rt_stream *s, const struct rt_op *op)
{
	if (!same_again(s, op)) {
		if (rt_move(s->owner, op))
			rt_get()->changes++;
		s->last = *op;
		s->last_changes = rt_get()->changes;
	}
	if (op->u.copy.staging) {
		free(op->u.copy.staging);
		s->last.kind = RT_SET; /* never again the same */
	}
	after_copy(s->owner);
}

static void end_gate(const struct rt_op *op)
{
	double give_up_s;

	rt_get()->changes++;
	if (!gate_open(op, &give_up_s))
		op->u.kernel.k->waits(op->u.kernel.arg, true, &give_up_s);
}

static void count_work(struct rt_gpu *g, const struct rt_op *op, double seconds)
{
	enum sim_load load = op->kind == RT_KERNEL ? op->u.kernel.k->load : SIM_LIGHT;

	load = load < SIM_LIGHT ? SIM_LIGHT : load;
	sim_worked(g->index, load, seconds);
}

static void end(struct rt_stream *s)
{
	struct rt_op op = *rt_head(s);
	enum rt_engine e = engine_of(s->owner, &op);

	s->running = false;
	rt_pop(s);
	if (is_gate(&op)) {
		end_gate(&op);
		return;
	}
	if (e != RT_NO_ENGINE)
		s->owner->busy[e] = false;
	rt_get()->flow_ended |= s->flows;
	count_work(s->owner, &op, rt_get()->now - s->began);
	if (op.kind == RT_COPY)
		end_copy(s, &op);
	else if (op.kind == RT_SET)
		rt_set(op.u.set.p, op.u.set.value, op.u.set.bytes);
	rt_get()->changes += op.kind == RT_SET || op.kind == RT_EXTERNAL;
}

/* ---- from event to event ---- */

static double next_event(bool may_give_up)
{
	double first = INFINITY, t;

	FOR_STREAMS(s)
	{
		if (s->running)
			t = is_gate(rt_head(s)) ? gate_end(s, may_give_up) : s->ends;
		else
			t = rt_head(s)->queued;
		if (t < first && (s->running || t > rt_get()->now))
			first = t;
	}
	return first;
}

/* Goes to the next event that is not after `until`; false if there is none. */
static bool step(double until, bool may_give_up)
{
	struct rt *r = rt_get();
	double t;

	begin_all();
	r->frozen = waits_for_others();
	if (r->frozen)
		return false;
	t = next_event(may_give_up);
	if (isinf(t) || t > until)
		return false;
	r->now = later(r->now, t);
	FOR_STREAMS(s)
	{
		if (!s->running)
			continue;
		if ((is_gate(rt_head(s)) ? gate_end(s, may_give_up) : s->ends) <= r->now)
			end(s);
	}
	return true;
}

void rt_catch_up(void)
{
	struct rt *r = rt_get();

	r->changes++; /* the host was here */
	while (step(sim_now(), true))
		;
	if (!r->frozen) /* not asked again: the others may have come since */
		r->now = later(r->now, sim_now());
}

bool rt_reach(struct rt_stream *s, uint64_t seq, bool may_give_up)
{
	rt_catch_up();
	while (s->ran < seq && works(s->owner) && step(INFINITY, may_give_up))
		;
	sim_advance_to(rt_get()->now);
	return s->ran >= seq;
}
