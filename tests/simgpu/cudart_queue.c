/*
 * Streams: queues of operations, in the order that CUDA promises. What runs when is decided in
 * cudart_run.c.
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
	s->owner = g;
	s->blocking = blocking;
	s->legacy = legacy;
	s->last.kind = RT_RECORD; /* no copy */
	while (*at)
		at = &(*at)->next;
	*at = s;
	return s;
}

struct rt_stream *rt_stream(cudaStream_t handle)
{
	struct rt *r = rt_get();

	if (!handle || handle == cudaStreamLegacy || handle == cudaStreamPerThread)
		return rt_current()->streams;
	for (int g = 0; g < r->n_gpus; g++) {
		for (struct rt_stream *s = r->gpu[g].streams; s; s = s->next) {
			if ((cudaStream_t)(void *)s == handle && !s->dead)
				return s;
		}
	}
	return NULL;
}

struct rt_op *rt_head(const struct rt_stream *s)
{
	return &s->op[s->head % s->cap];
}

double rt_sm_clocks(struct rt_gpu *g)
{
	double now = rt_get()->now;
	enum sim_load load = g->load > SIM_LIGHT ? g->load : SIM_LIGHT;

	g->clocks += (now - g->clocks_at) * sim_sm_hz(g->index, load);
	g->clocks_at = now;
	return g->clocks;
}

/* Counts a kernel in or out, and tells NVML what the GPU does now. */
static void count_load(struct rt_gpu *g, const struct rt_op *op, unsigned more)
{
	enum sim_load load = SIM_COMPUTE;

	if (op->kind != RT_KERNEL || op->u.kernel.k->load <= SIM_LIGHT)
		return;
	g->queued[op->u.kernel.k->load] += more;
	while (load > SIM_LIGHT && !g->queued[load])
		load--;
	if (load == g->load)
		return;
	rt_sm_clocks(g);
	sim_load(g->index, load);
	g->load = load;
}

void rt_pop(struct rt_stream *s)
{
	count_load(s->owner, rt_head(s), -1u);
	s->ran = rt_head(s)->seq;
	s->done = rt_get()->now;
	s->head = (s->head + 1) % s->cap;
	s->n--;
}

static void nap(void)
{
	const struct timespec t = {0, 5000000};

	nanosleep(&t, NULL);
}

/* Whether it comes to an end without the host doing anything. */
static bool runs_out(struct rt_stream *s)
{
	return s->ran == s->seq || rt_reach(s, s->seq, false);
}

void rt_need_idle(struct rt_gpu *g)
{
	for (struct rt_stream *s = g->streams; s; s = s->next) {
		while (!runs_out(s) && g->sticky == cudaSuccess)
			nap();
	}
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
	count_load(s->owner, op, 1);
}

static void wait_for(struct rt_stream *s, struct rt_stream *other)
{
	struct rt_op w = {.kind = RT_WAIT, .u.wait = {other, other->seq}};

	push(s, &w);
}

/* The legacy stream waits for all blocking streams and they for it. */
static void legacy_order(struct rt_stream *s)
{
	struct rt_stream *legacy = s->owner->streams;

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

cudaError_t rt_queue(struct rt_stream *s, struct rt_op *op)
{
	if (s->capture)
		return rt_graph_add(s->capture, op);
	while (s->n >= RT_QUEUE_MAX && s->owner->sticky == cudaSuccess &&
	       !rt_reach(s, s->ran + 1, false))
		nap();
	legacy_order(s);
	push(s, op);
	return s->owner->sticky;
}

cudaError_t rt_finish(struct rt_stream *s, uint64_t seq)
{
	struct rt_gpu *g = s->owner;

	while (!rt_reach(s, seq, true) && rt_get()->frozen && g->sticky == cudaSuccess)
		nap(); /* the others are still to come */
	if ((!rt_reach(s, seq, true) && g->sticky == cudaSuccess) || g->hung)
		sim_hang();
	return g->sticky;
}
