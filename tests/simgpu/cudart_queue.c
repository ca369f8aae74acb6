/*
 * Streams: queues in virtual time. An operation starts when its stream, its engine and what it
 * waits for are done. A gate that is closed holds its stream; the host opens it by writing
 * memory, which is seen at the next call that looks.
 */
#include "cudart.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct rt_stream *rt_stream_new(struct rt_gpu *g, bool blocking, bool legacy)
{
	struct rt_stream *s = calloc(1, sizeof(*s)), **at = &g->streams;

	if (!s)
		return NULL;
	s->gpu = g->index;
	s->blocking = blocking;
	s->legacy = legacy;
	while (*at)
		at = &(*at)->next;
	*at = s;
	return s;
}

struct rt_stream *rt_stream(struct rt_gpu *g, cudaStream_t handle)
{
	struct rt_stream *s = g->streams;

	if (!handle || handle == cudaStreamLegacy || handle == cudaStreamPerThread)
		return s;
	while (s && (s->dead || (cudaStream_t)(void *)s != handle))
		s = s->next;
	return s;
}

static struct rt_op *head(struct rt_stream *s)
{
	return &s->op[s->head % s->cap];
}

static bool gate_closed(struct rt_stream *s)
{
	double give_up;
	struct rt_op *o = s->n ? head(s) : NULL;

	return o && o->kind == RT_KERNEL && o->u.kernel.k->waits &&
	       !o->u.kernel.k->waits(o->u.kernel.arg, false, &give_up);
}

bool rt_gated(struct rt_gpu *g)
{
	rt_drain(g);
	for (struct rt_stream *s = g->streams; s; s = s->next) {
		if (gate_closed(s))
			return true;
	}
	return false;
}

void rt_need_idle(struct rt_gpu *g)
{
	struct timespec nap = {0, 5000000};

	while (rt_gated(g))
		nanosleep(&nap, NULL);
	rt_drain(g);
}

static void push(struct rt_stream *s, struct rt_op *op)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		struct rt_op *ring = calloc(cap, sizeof(*ring));

		if (!ring)
			abort();
		for (size_t i = 0; i < s->n; i++)
			ring[i] = s->op[(s->head + i) % s->cap];
		free(s->op);
		s->op = ring;
		s->cap = cap;
		s->head = 0;
	}
	op->seq = ++s->seq;
	op->queued = sim_now();
	s->op[(s->head + s->n++) % s->cap] = *op;
}

static void wait_for(struct rt_stream *s, struct rt_stream *other)
{
	struct rt_op w = {.kind = RT_WAIT, .u.wait = {other, NULL, other->seq}};

	push(s, &w);
}

/* The legacy stream waits for all blocking streams and they for it. */
static void legacy_order(struct rt_gpu *g, struct rt_stream *s)
{
	struct rt_stream *legacy = g->streams;

	if (s->legacy) {
		for (struct rt_stream *o = legacy->next; o; o = o->next) {
			if (o->blocking && o->n)
				wait_for(s, o);
		}
	} else if (s->blocking && s->seen != legacy->seq) {
		s->seen = legacy->seq;
		wait_for(s, legacy);
	}
}

cudaError_t rt_queue(struct rt_gpu *g, struct rt_stream *s, struct rt_op *op)
{
	if (!s)
		return cudaErrorInvalidResourceHandle;
	if (s->n >= RT_QUEUE_MAX)
		rt_need_idle(g);
	legacy_order(g, s);
	push(s, op);
	return g->sticky;
}

static int engine_of(const struct rt_op *op)
{
	return op->kind == RT_COPY && op->u.copy.dir <= SIM_D2H ? op->u.copy.dir : 2;
}

static double copy_seconds(struct rt_gpu *g, const struct rt_op *op)
{
	const struct sim_gpu *p = rt_profile(g);
	double bytes = (double)op->u.copy.bytes;

	if (op->u.copy.dir == RT_DEVICE)
		return (p->copy_latency_s + 2 * bytes / p->memory_copy_bytes_s) *
		       sim_noise("d2d", g->index);
	if (op->u.copy.dir == RT_HOST_ONLY)
		return (p->copy_latency_s + bytes / sim_profile()->memory.thread_bytes_s) *
		       sim_noise("h2h", -1);
	return sim_copy_s(g->index, (enum sim_dir)op->u.copy.dir, op->u.copy.pinned,
			  op->u.copy.node, bytes) *
	       sim_noise(op->u.copy.dir == SIM_H2D ? "h2d" : "d2h", g->index);
}

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

/*
 * Runs the copy and says how long it took. The same one again, before the host or another
 * operation came in between, moves what is there already and takes as long.
 */
static double run_copy(struct rt_gpu *g, const struct rt_op *op)
{
	if (g->last.kind == RT_COPY && g->last.u.copy.dst == op->u.copy.dst &&
	    g->last.u.copy.src == op->u.copy.src && g->last.u.copy.bytes == op->u.copy.bytes &&
	    !sim_fault(FAULT_CORRUPT_COPY, g->index))
		return g->last_s;
	rt_move(g, op);
	g->last = *op;
	g->last_s = copy_seconds(g, op);
	return g->last_s;
}

static void run_work(struct rt_gpu *g, struct rt_stream *s, struct rt_op *op)
{
	const struct sim_gpu *p = rt_profile(g);
	double *engine = &g->engine[engine_of(op)], start = op->queued, took;

	start = s->done > start ? s->done : start;
	start = *engine > start ? *engine : start;
	if (op->kind == RT_COPY) {
		took = run_copy(g, op);
	} else if (op->kind == RT_SET) {
		took = p->launch_s + (double)op->u.set.bytes / p->memory_copy_bytes_s;
		rt_set(op->u.set.p, op->u.set.value, op->u.set.bytes);
	} else {
		took = op->u.kernel.k->run(g->index, op->u.kernel.arg);
		if (took < 0)
			g->sticky = cudaErrorIllegalAddress;
		took = p->launch_s + (took > 0 ? took : 0);
	}
	s->done = *engine = start + took;
	sim_busy(g->index, took);
	if (op->kind == RT_COPY)
		after_copy(g);
}

static bool run_wait(struct rt_stream *s, const struct rt_op *op)
{
	const struct rt_stream *o = op->u.wait.stream;
	const struct rt_event *e = op->u.wait.event;
	double until;

	if (o->ran < op->u.wait.seq)
		return false;
	until = e && e->seq == op->u.wait.seq ? e->at : o->done;
	if (until > s->done)
		s->done = until;
	return true;
}

static bool run_gate(struct rt_stream *s, const struct rt_op *op)
{
	double give_up, start = op->queued > s->done ? op->queued : s->done;

	if (!op->u.kernel.k->waits(op->u.kernel.arg, false, &give_up))
		return false;
	s->done = start > sim_now() ? start : sim_now();
	return true;
}

static void run_record(struct rt_stream *s, const struct rt_op *op)
{
	double at = op->queued > s->done ? op->queued : s->done;

	s->done = at;
	if (op->u.event->stream == s && op->u.event->seq == op->seq)
		op->u.event->at = at;
}

/* Runs the first operation of the stream; false where it has to wait. */
static bool run_head(struct rt_gpu *g, struct rt_stream *s)
{
	struct rt_op op;
	bool ran = true;

	if (!s->n || g->hung || g->sticky != cudaSuccess)
		return false;
	op = *head(s);
	if (op.kind == RT_WAIT)
		ran = run_wait(s, &op);
	else if (op.kind == RT_KERNEL && op.u.kernel.k->waits)
		ran = run_gate(s, &op);
	else if (op.kind == RT_RECORD)
		run_record(s, &op);
	else if (op.kind == RT_HOST)
		op.u.host.fn(op.u.host.arg);
	else
		run_work(g, s, &op);
	if (op.kind != RT_COPY)
		g->last.kind = op.kind;
	if (ran) {
		s->ran = op.seq;
		s->head = (s->head + 1) % s->cap;
		s->n--;
	}
	return ran;
}

void rt_drain(struct rt_gpu *g)
{
	bool progress = true;

	g->last.kind = RT_RECORD; /* the host was here */
	while (progress) {
		progress = false;
		for (struct rt_stream *s = g->streams; s; s = s->next) {
			while (run_head(g, s))
				progress = true;
		}
	}
}

/* Nothing runs any more: the gate that gives up first does so. False where no gate is closed. */
static bool give_up_one(struct rt_gpu *g)
{
	struct rt_stream *first = NULL;
	double at = 0, wait;
	bool timed_out = true;

	for (struct rt_stream *s = g->streams; s; s = s->next) {
		if (!gate_closed(s))
			continue;
		head(s)->u.kernel.k->waits(head(s)->u.kernel.arg, false, &wait);
		wait += head(s)->queued > s->done ? head(s)->queued : s->done;
		if (!first || wait < at) {
			first = s;
			at = wait;
		}
	}
	if (!first)
		return false;
	head(first)->u.kernel.k->waits(head(first)->u.kernel.arg, timed_out, &wait);
	first->done = at;
	first->ran = head(first)->seq;
	first->head = (first->head + 1) % first->cap;
	first->n--;
	return true;
}

cudaError_t rt_finish(struct rt_gpu *g, struct rt_stream *s, uint64_t seq, const double *at)
{
	rt_drain(g);
	while (s->ran < seq && g->sticky == cudaSuccess) {
		if (g->hung || !give_up_one(g))
			sim_hang();
		rt_drain(g);
	}
	if (g->hung)
		sim_hang();
	sim_advance_to(*at);
	return g->sticky;
}
