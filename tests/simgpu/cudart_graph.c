/*
 * Graphs of the stand-in: what a stream captures, copied when it is instantiated, one entry in the
 * queue when it is launched. Kernels in a line and nothing else; the GPU takes graph_node_s for
 * each beside its work. Known error: what was launched once stays until the process ends.
 */
#include "cudart.h"

#include <stdlib.h>
#include <string.h>

struct rt_graph {
	size_t n, cap;
	struct rt_op *node;
	bool launched, wrong; /* wrong: something that no graph of ours holds */
};

static struct rt_graph *graph_of(void *handle)
{
	return handle;
}

static struct rt_graph *graph_new(void)
{
	return calloc(1, sizeof(struct rt_graph));
}

static void graph_free(struct rt_graph *g)
{
	free(g->node);
	free(g);
}

cudaError_t rt_graph_add(struct rt_graph *g, const struct rt_op *op)
{
	struct rt_op *more;

	if (op->kind != RT_KERNEL || op->u.kernel.k->waits || op->u.kernel.k->flow) {
		g->wrong = true;
		return cudaErrorStreamCaptureUnsupported;
	}
	if (g->n == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 64;
		more = realloc(g->node, g->cap * sizeof(*more));
		if (!more)
			return cudaErrorMemoryAllocation;
		g->node = more;
	}
	g->node[g->n++] = *op;
	return cudaSuccess;
}

double rt_graph_run(const struct rt_gpu *g, const struct rt_graph *graph)
{
	double seconds = rt_cost_s(g, "graph", (double)graph->n * rt_profile(g)->graph_node_s);

	for (size_t i = 0; i < graph->n; i++) {
		const struct rt_op *op = &graph->node[i];
		double took = op->u.kernel.k->run(g->index, op->u.kernel.arg);

		if (took < 0)
			return took;
		seconds += took;
	}
	return seconds;
}

/* ---- the calls ---- */

static cudaError_t enter_stream(cudaStream_t handle, struct rt_gpu **g, struct rt_stream **s)
{
	cudaError_t e = rt_enter_gpu(g);

	if (e == cudaSuccess && (!(*s = rt_stream(handle)) || (*s)->owner != *g))
		e = cudaErrorInvalidResourceHandle;
	return e;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, enum cudaStreamCaptureMode mode)
{
	struct rt_gpu *g;
	struct rt_stream *s;
	cudaError_t e = enter_stream(handle, &g, &s);

	if (e == cudaSuccess && (s->legacy || s->capture))
		e = cudaErrorStreamCaptureUnsupported;
	if (e == cudaSuccess && !(s->capture = graph_new()))
		e = cudaErrorMemoryAllocation;
	return rt_leave(e);
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t *out)
{
	struct rt_gpu *g;
	struct rt_stream *s;
	cudaError_t e = enter_stream(handle, &g, &s);

	if (e == cudaSuccess && !s->capture)
		e = cudaErrorIllegalState;
	if (e != cudaSuccess)
		return rt_leave(e);
	*out = (cudaGraph_t)(void *)s->capture;
	if (s->capture->wrong) {
		graph_free(s->capture);
		*out = NULL;
		e = cudaErrorStreamCaptureInvalidated;
	}
	s->capture = NULL;
	return rt_leave(e);
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t *out, cudaGraph_t graph,
					  unsigned long long flags)
{
	const struct rt_graph *from = graph_of(graph);
	struct rt_graph *made;
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);

	if (e == cudaSuccess && (!from || flags))
		e = cudaErrorInvalidValue;
	if (e != cudaSuccess)
		return rt_leave(e);
	made = graph_new();
	if (!made || !(made->node = malloc((from->n + 1) * sizeof(*made->node)))) {
		free(made);
		return rt_leave(cudaErrorMemoryAllocation);
	}
	if (from->n)
		memcpy(made->node, from->node, from->n * sizeof(*made->node));
	made->n = made->cap = from->n;
	sim_advance(rt_cost_s(g, "graph", (double)from->n * rt_profile(g)->graph_instantiate_s));
	*out = (cudaGraphExec_t)(void *)made;
	return rt_leave(cudaSuccess);
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t handle)
{
	struct rt_op op = {.kind = RT_GRAPH, .u.graph = graph_of(exec)};
	struct rt_gpu *g;
	struct rt_stream *s;
	cudaError_t e = enter_stream(handle, &g, &s);

	if (e == cudaSuccess && !exec)
		e = cudaErrorInvalidValue;
	if (e != cudaSuccess)
		return rt_leave(e);
	op.u.graph->launched = true;
	sim_advance(rt_cost_s(g, "graph", rt_profile(g)->graph_call_s));
	return rt_leave(rt_queue(s, &op));
}

static cudaError_t destroy(void *handle)
{
	struct rt_gpu *g;
	cudaError_t e = rt_enter_gpu(&g);

	if (e == cudaSuccess && !handle)
		e = cudaErrorInvalidValue;
	if (e == cudaSuccess && !graph_of(handle)->launched)
		graph_free(graph_of(handle));
	return rt_leave(e);
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
	return destroy(exec);
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
	return destroy(graph);
}
