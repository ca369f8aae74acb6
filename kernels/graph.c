/*
 * What a graph of empty kernels in a line costs: to instantiate it, to launch it, to run it.
 *
 *   instantiate   the host's clock around cudaGraphInstantiateWithFlags, by node
 *   call          the host's clock around one cudaGraphLaunch on an idle stream
 *   latency_host  from that call to the return of cudaStreamSynchronize
 *   per_node      GPU events around a few graphs, behind a kernel that lasts until all of them are
 *                 queued: what each node costs the GPU
 *
 * No gate is needed before a graph, and so none can deadlock: the kernel in front ends by itself.
 * Where it ended too early, which its event tells, it is tried again with a longer one. Known
 * errors: what the GPU needs to begin with a graph is in the time of its nodes, which shows with
 * few; the graph has been launched before, so that its upload is outside.
 *
 * After each case the same graph is made of kernels that count, and the count is checked.
 */
#include "gpu.h"

#include <errno.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	GPU_PARAM_CALLER_NODE,
	{.name = "nodes",
	 .type = PARAM_INT,
	 .scope = SCOPE_CASE,
	 .def = "1,16,256",
	 .min = 1,
	 .max = 4096,
	 .help = "empty kernels in the graph"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "call",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "of the host's thread to launch the graph"},
	{.name = "latency_host",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "from the launch to the return of the synchronisation"},
	{.name = "per_node",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "time of the GPU for the graph, by its nodes"},
	{.name = "instantiate",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "of the host's thread to instantiate it, by its nodes"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "launch.h"
#include "launch_ground.h"

#include "../harness/base/clock.h"

#include <cuda_runtime_api.h>

#define GROUP	       8
#define GRAPHS_MAX     64  /* queued behind one kernel */
#define NODES_MAX      512 /* in all of these, or two graphs */
#define DELAY_FIRST_NS 200000
#define DELAY_MAX_NS   200000000

struct graphs {
	struct launch_ground ground;
	uint64_t delay_ns; /* how long the kernel in front lasts */
	/* of the current case */
	int nodes;
	cudaGraph_t graph;
	cudaGraphExec_t exec;
};

/* ---- making ---- */

static int capture(const struct graphs *k, unsigned long long *count, cudaGraph_t *graph,
		   struct err *e)
{
	int rc = (int)cudaStreamBeginCapture(launch_stream(&k->ground),
					     cudaStreamCaptureModeThreadLocal);
	int ended;

	if (rc)
		return gpu_error(rc, e, "beginning to capture");
	for (int i = 0; i < k->nodes && !rc; i++)
		rc = launch_empty(count, launch_stream(&k->ground));
	ended = (int)cudaStreamEndCapture(launch_stream(&k->ground), graph);
	return gpu_error(rc ? rc : ended, e, "capturing %d kernels", k->nodes);
}

static int instantiate(const struct graphs *k, cudaGraph_t graph, cudaGraphExec_t *exec,
		       struct err *e)
{
	return gpu_error((int)cudaGraphInstantiateWithFlags(exec, graph, 0), e,
			 "instantiating a graph of %d kernels", k->nodes);
}

static void drop(struct graphs *k)
{
	if (k->exec)
		cudaGraphExecDestroy(k->exec);
	if (k->graph)
		cudaGraphDestroy(k->graph);
	k->exec = NULL;
	k->graph = NULL;
}

/* ---- timed ---- */

/* A few in a row, so that reading the clock is no part of it. */
static int instantiate_group(struct graphs *k, uint64_t *spent_ns, struct err *e)
{
	cudaGraphExec_t made[GROUP];
	uint64_t start_ns = clock_meas_ns();
	int n = 0, rc = 0;

	while (n < GROUP && !rc) {
		rc = instantiate(k, k->graph, &made[n], e);
		n += !rc;
	}
	*spent_ns += clock_meas_ns() - start_ns;
	while (n > 0)
		cudaGraphExecDestroy(made[--n]);
	return rc ? rc : lanes_wait(&k->ground.lanes, "waiting for nothing", e);
}

static int batch_instantiate(void *arg, uint64_t n, double *seconds, struct err *e)
{
	uint64_t spent_ns = 0;
	int rc = 0;

	for (uint64_t i = 0; i < n && !rc; i++)
		rc = instantiate_group(arg, &spent_ns, e);
	*seconds = (double)spent_ns * 1e-9;
	return rc;
}

/* Launches and waits, n times: the time of the calls alone, or with the waiting. */
static int launch_each(struct graphs *k, uint64_t n, bool waiting, double *seconds, struct err *e)
{
	uint64_t spent_ns = 0;
	int rc = 0;

	for (uint64_t i = 0; i < n && !rc; i++) {
		uint64_t start_ns = clock_meas_ns(), called_ns;

		rc = (int)cudaGraphLaunch(k->exec, launch_stream(&k->ground));
		called_ns = clock_meas_ns();
		if (!rc)
			rc = (int)cudaStreamSynchronize(launch_stream(&k->ground));
		spent_ns += (waiting ? clock_meas_ns() : called_ns) - start_ns;
	}
	*seconds = (double)spent_ns * 1e-9;
	return gpu_error(rc, e, "launching a graph of %d kernels", k->nodes);
}

static int batch_call(void *arg, uint64_t n, double *seconds, struct err *e)
{
	return launch_each(arg, n, false, seconds, e);
}

static int batch_host(void *arg, uint64_t n, double *seconds, struct err *e)
{
	return launch_each(arg, n, true, seconds, e);
}

/* early: whether the GPU came to the graphs before the last was queued. Returns a cudaError_t. */
static int run_behind(struct graphs *k, uint64_t n, bool *early)
{
	struct lane *at = &k->ground.lanes.lane[0];
	cudaError_t state;
	int rc = launch_delay(k->delay_ns, at->stream);

	if (!rc)
		rc = (int)cudaEventRecord(at->start, at->stream);
	for (uint64_t i = 0; i < n && !rc; i++)
		rc = (int)cudaGraphLaunch(k->exec, at->stream);
	if (!rc)
		rc = (int)cudaEventRecord(at->mark[0], at->stream);
	if (rc)
		return rc;
	state = cudaEventQuery(at->start);
	cudaGetLastError(); /* which keeps "not ready", though it is no error */
	*early = state == cudaSuccess;
	return (int)cudaStreamSynchronize(at->stream);
}

static int batch_node(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct graphs *k = arg;
	bool early = true;
	float ms = 0;
	int rc = run_behind(k, n, &early);

	while (!rc && early) {
		k->delay_ns *= 2;
		if (k->delay_ns > DELAY_MAX_NS)
			return err_set(e, ETIMEDOUT, "%d ms were too short to launch %llu graphs",
				       DELAY_MAX_NS / 1000000, (unsigned long long)n);
		rc = run_behind(k, n, &early);
	}
	if (!rc)
		rc = (int)cudaEventElapsedTime(&ms, k->ground.lanes.lane[0].start,
					       k->ground.lanes.lane[0].mark[0]);
	*seconds = ms * 1e-3;
	return gpu_error(rc, e, "running graphs of %d kernels", k->nodes);
}

/* ---- the benchmark ---- */

static int setup(struct ctx *c, struct err *e)
{
	struct graphs *k = ctx_state(c);

	k->delay_ns = DELAY_FIRST_NS;
	return launch_ground_open(&k->ground, c, e);
}

/* First, since the GPU's own times are steady soon: by them a process sees that it is warm. */
static int sample_nodes(struct ctx *c, struct graphs *k, struct err *e)
{
	const uint64_t together = (uint64_t)(NODES_MAX / k->nodes);
	struct sampling s = {.metric = "per_node",
			     .form = SAMPLE_TIME,
			     .work = k->nodes,
			     .tick_s = EVENT_TICK_S,
			     .batch = batch_node,
			     .arg = k};

	s.max_batch = together < 2 ? 2 : together > GRAPHS_MAX ? GRAPHS_MAX : together;
	return ctx_sample(c, &s, e);
}

/* Brief, since of the time that these take little is what they measure. */
static int sample_host(struct ctx *c, struct graphs *k, struct err *e)
{
	struct sampling s = {.metric = "call",
			     .form = SAMPLE_TIME,
			     .work = 1,
			     .tick_s = (double)clock_meas_tick_ns() * 1e-9,
			     .brief = true,
			     .batch = batch_call,
			     .arg = k};
	int rc = ctx_sample(c, &s, e);

	s.metric = "latency_host";
	s.batch = batch_host;
	if (!rc)
		rc = ctx_sample(c, &s, e);
	s.metric = "instantiate";
	s.work = (double)GROUP * k->nodes;
	s.batch = batch_instantiate;
	return rc ? rc : ctx_sample(c, &s, e);
}

static int run(struct ctx *c, struct err *e)
{
	struct graphs *k = ctx_state(c);
	double seconds;
	int rc;

	drop(k);
	k->nodes = (int)ctx_u64(c, "nodes");
	rc = capture(k, NULL, &k->graph, e);
	if (!rc)
		rc = instantiate(k, k->graph, &k->exec, e);
	if (!rc)
		rc = batch_host(k, GPU_WARM_UP_COPIES, &seconds, e);
	if (!rc)
		rc = sample_nodes(c, k, e);
	return rc ? rc : sample_host(c, k, e);
}

static int verify(struct ctx *c, struct err *e)
{
	struct graphs *k = ctx_state(c);
	unsigned long long counted = 0;
	int rc;

	drop(k);
	rc = capture(k, k->ground.count, &k->graph, e);
	if (!rc)
		rc = instantiate(k, k->graph, &k->exec, e);
	if (rc)
		return rc;
	rc = launch_count_zero(&k->ground);
	for (int i = 0; i < 2 && !rc; i++)
		rc = (int)cudaGraphLaunch(k->exec, launch_stream(&k->ground));
	if (!rc)
		rc = launch_count_read(&k->ground, &counted);
	if (rc || counted == 2ull * (unsigned)k->nodes)
		return gpu_error(rc, e, "counting the nodes of two graphs");
	return err_set(e, EBADMSG, "two graphs of %d kernels: %llu kernels ran", k->nodes, counted);
}

static void teardown(struct ctx *c)
{
	struct graphs *k = ctx_state(c);

	drop(k);
	launch_ground_close(&k->ground);
}

#endif

const struct bench bench_graph = {
	.name = "graph",
	.summary = "what it costs to instantiate, launch and run a graph of empty kernels",
	.method = "Graphs of empty kernels in a line, captured from a stream. Instantiating and "
		  "launching: the host's clock around the call; latency: from the call to the "
		  "return of the synchronisation; nodes: GPU events around graphs that were all "
		  "queued behind a kernel of known length. After each case a graph of as many "
		  "kernels that count is launched twice and the count is checked.",
	.params = params,
	.metrics = metrics,
	.quiet = true,
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct graphs),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
