/*
 * What it costs to hand the GPU something to do: an empty kernel (with few and with many bytes of
 * arguments), an event to record, a stream to wait for. Four times, each with its own clock:
 *
 *   call          the host's clock around up to 128 calls on a stream that was idle, so that the
 *                 GPU's queue never fills; how long they take to run is outside
 *   latency_host  the host's clock from one call to the return of cudaStreamSynchronize; for "sync"
 *                 from the word that lets a waiting kernel end
 *   interval      GPU events around up to 128 kernels behind a gate: what a kernel costs the GPU
 *                 where the host is far ahead
 *   throughput    the host's clock around thousands of calls and one wait: the slower of the two
 *
 * The thread runs on the CPUs of the named node. Known errors: a synchronisation spins, as is
 * CUDA's way where there are more CPUs than contexts, and says nothing of blocking ones; the
 * waiting kernel sees the word about a microsecond late, as it polls over the bus; the event after
 * the last kernel is in its interval, below 1 % of 128.
 *
 * After each case kernels are launched that count, and the count is checked; an event and a
 * synchronisation must have waited for a kernel of known length.
 */
#include "gpu.h"

#include <errno.h>
#include <string.h>

static const struct param params[] = {
	GPU_PARAM_GPU,
	GPU_PARAM_CALLER_NODE,
	{.name = "op",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "all",
	 .choices = "kernel|kernel_4k|event|sync",
	 .help = "what is called: an empty kernel, with 4 KiB of arguments, cudaEventRecord, "
		 "cudaStreamSynchronize"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "call",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "of the host's thread for one call"},
	{.name = "latency_host",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "from the call to the return of the synchronisation; sync: from letting the GPU "
		 "go on"},
	{.name = "interval",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "from one empty kernel to the next on the GPU, the host far ahead"},
	{.name = "throughput",
	 .unit = "1/s",
	 .better = BETTER_HIGHER,
	 .cls = "latency",
	 .siblings = "gpu,node",
	 .help = "empty kernels a second, thousands in a row"},
	{.name = NULL},
};

#ifdef ASSAY_CUDA

#include "launch.h"
#include "launch_ground.h"

#include "../harness/base/clock.h"

#include <cuda_runtime_api.h>

#define IN_A_ROW   1024
#define SETTLE_NS  50000   /* until a kernel that was launched runs, and more */
#define WAIT_NS	   2000000 /* of the kernel that verification waits for */
#define VERIFY_OPS 100

struct launch {
	struct launch_ground ground;
	unsigned long long *to; /* what kernels count into: its word, or NULL while timed */
	/* of the current case */
	int (*call)(const struct launch *k, struct CUstream_st *stream); /* cudaError_t */
};

/* ---- one call ---- */

static int call_kernel(const struct launch *k, struct CUstream_st *stream)
{
	return launch_empty(k->to, stream);
}

static int call_kernel_4k(const struct launch *k, struct CUstream_st *stream)
{
	return launch_empty_4k(k->to, stream);
}

static int call_event(const struct launch *k, struct CUstream_st *stream)
{
	return (int)cudaEventRecord(k->ground.lanes.lane[0].start, stream);
}

static int call_sync(const struct launch *k, struct CUstream_st *stream)
{
	return (int)cudaStreamSynchronize(stream);
}

static const struct op {
	const char *name;
	int (*call)(const struct launch *k, struct CUstream_st *stream);
} ops[] = {
	{"kernel", call_kernel},
	{"kernel_4k", call_kernel_4k},
	{"event", call_event},
	{"sync", call_sync},
};

static bool is_kernel(const struct launch *k)
{
	return k->call == call_kernel || k->call == call_kernel_4k;
}

/* ---- many, timed ---- */

static int batch_call(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct launch *k = arg;
	uint64_t spent_ns = 0;
	int rc = 0;

	for (uint64_t done = 0; done < n && !rc; done += GATE_MAX_OPS) {
		uint64_t part = n - done < GATE_MAX_OPS ? n - done : GATE_MAX_OPS;
		uint64_t start_ns = clock_meas_ns();

		for (uint64_t i = 0; i < part && !rc; i++)
			rc = k->call(k, launch_stream(&k->ground));
		spent_ns += clock_meas_ns() - start_ns;
		if (!rc)
			rc = (int)cudaStreamSynchronize(launch_stream(&k->ground));
	}
	*seconds = (double)spent_ns * 1e-9;
	return gpu_error(rc, e, "calling");
}

static int batch_host(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct launch *k = arg;
	uint64_t start_ns = clock_meas_ns();
	int rc = 0;

	for (uint64_t i = 0; i < n && !rc; i++) {
		rc = k->call(k, launch_stream(&k->ground));
		if (!rc)
			rc = (int)cudaStreamSynchronize(launch_stream(&k->ground));
	}
	*seconds = (double)(clock_meas_ns() - start_ns) * 1e-9;
	return gpu_error(rc, e, "calling and waiting");
}

/* A kernel waits at the gate; the time from opening it until the synchronisation knows. */
static int wake_once(struct launch *k, uint64_t *spent_ns)
{
	struct gate *gate = k->ground.lanes.gate;
	uint64_t start_ns;
	int rc;

	__atomic_store_n(&gate->open, 0, __ATOMIC_RELEASE);
	rc = gate_launch(gate, GATE_GIVE_UP_NS, launch_stream(&k->ground));
	for (start_ns = clock_meas_ns(); clock_meas_ns() - start_ns < SETTLE_NS;)
		;
	start_ns = clock_meas_ns();
	__atomic_store_n(&gate->open, 1, __ATOMIC_RELEASE);
	if (!rc)
		rc = (int)cudaStreamSynchronize(launch_stream(&k->ground));
	*spent_ns += clock_meas_ns() - start_ns;
	return rc;
}

static int batch_wake(void *arg, uint64_t n, double *seconds, struct err *e)
{
	uint64_t spent_ns = 0;
	int rc = 0;

	for (uint64_t i = 0; i < n && !rc; i++)
		rc = wake_once(arg, &spent_ns);
	*seconds = (double)spent_ns * 1e-9;
	return gpu_error(rc, e, "waiting for a kernel that was let go");
}

static int queue(void *arg, int lane, struct CUstream_st *stream)
{
	const struct launch *k = arg;

	return k->call(k, stream);
}

static int batch_interval(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct launch *k = arg;

	return lanes_time(&k->ground.lanes, 1, true, queue, k, n, seconds, e);
}

static int batch_row(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct launch *k = arg;
	uint64_t start_ns = clock_meas_ns();
	int rc = 0;

	for (uint64_t i = 0; i < n * IN_A_ROW && !rc; i++)
		rc = k->call(k, launch_stream(&k->ground));
	if (!rc)
		rc = (int)cudaStreamSynchronize(launch_stream(&k->ground));
	*seconds = (double)(clock_meas_ns() - start_ns) * 1e-9;
	return gpu_error(rc, e, "launching %d kernels in a row", IN_A_ROW);
}

/* ---- the benchmark ---- */

static int setup(struct ctx *c, struct err *e)
{
	struct launch *k = ctx_state(c);

	return launch_ground_open(&k->ground, c, e);
}

/* First, since the GPU's own times are steady soon: by them a process sees that it is warm. */
static int sample_interval(struct ctx *c, struct launch *k, struct err *e)
{
	struct sampling s = {.metric = "interval",
			     .form = SAMPLE_TIME,
			     .work = 1,
			     .tick_s = EVENT_TICK_S,
			     .max_batch = GATE_MAX_OPS,
			     .batch = batch_interval,
			     .arg = k};

	return ctx_sample(c, &s, e);
}

static int sample_host(struct ctx *c, struct launch *k, struct err *e)
{
	struct sampling s = {.metric = "call",
			     .form = SAMPLE_TIME,
			     .work = 1,
			     .tick_s = (double)clock_meas_tick_ns() * 1e-9,
			     .brief = !is_kernel(k),
			     .batch = batch_call,
			     .arg = k};
	int rc = ctx_sample(c, &s, e);

	if (rc || k->call == call_event)
		return rc;
	s.metric = "latency_host";
	s.batch = k->call == call_sync ? batch_wake : batch_host;
	rc = ctx_sample(c, &s, e);
	if (rc || !is_kernel(k))
		return rc;
	s.metric = "throughput";
	s.form = SAMPLE_RATE;
	s.work = IN_A_ROW;
	s.batch = batch_row;
	return ctx_sample(c, &s, e);
}

static int run(struct ctx *c, struct err *e)
{
	struct launch *k = ctx_state(c);
	int rc;

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (!strcmp(ops[i].name, ctx_str(c, "op")))
			k->call = ops[i].call;
	}
	rc = is_kernel(k) ? sample_interval(c, k, e) : 0;
	return rc ? rc : sample_host(c, k, e);
}

/* ---- verification ---- */

static int verify_count(struct launch *k, struct err *e)
{
	unsigned long long counted = 0;
	int rc = launch_count_zero(&k->ground);

	k->to = k->ground.count;
	for (int i = 0; i < VERIFY_OPS && !rc; i++)
		rc = k->call(k, launch_stream(&k->ground));
	k->to = NULL;
	if (!rc)
		rc = launch_count_read(&k->ground, &counted);
	if (rc || counted == VERIFY_OPS)
		return gpu_error(rc, e, "counting kernels");
	return err_set(e, EBADMSG, "%llu of %d kernels ran", counted, VERIFY_OPS);
}

/* What is behind a kernel of known length must not be done before it. */
static int verify_wait(struct launch *k, struct err *e)
{
	uint64_t start_ns = clock_meas_ns(), spent_ns;
	cudaError_t early = cudaSuccess;
	int rc = launch_delay(WAIT_NS, launch_stream(&k->ground));

	if (!rc)
		rc = call_event(k, launch_stream(&k->ground));
	if (!rc)
		early = cudaEventQuery(k->ground.lanes.lane[0].start);
	cudaGetLastError(); /* which keeps "not ready", though it is no error */
	if (!rc)
		rc = call_sync(k, launch_stream(&k->ground));
	spent_ns = clock_meas_ns() - start_ns;
	if (!rc && early == cudaErrorNotReady && spent_ns >= WAIT_NS / 2)
		rc = (int)cudaEventQuery(k->ground.lanes.lane[0].start);
	else if (!rc)
		return err_set(e, EBADMSG, "%s did not wait for a kernel of %d us",
			       early == cudaErrorNotReady ? "the synchronisation" : "the event",
			       WAIT_NS / 1000);
	return gpu_error(rc, e, "waiting for a kernel of known length");
}

static int verify(struct ctx *c, struct err *e)
{
	struct launch *k = ctx_state(c);

	return is_kernel(k) ? verify_count(k, e) : verify_wait(k, e);
}

static void teardown(struct ctx *c)
{
	struct launch *k = ctx_state(c);

	launch_ground_close(&k->ground);
}

#endif

const struct bench bench_launch = {
	.name = "launch",
	.summary = "what it costs to launch a kernel, to record an event, to wait",
	.method =
		"Empty kernels on one stream, by a thread on the GPU's own node. The call: by the "
		"host's clock around up to 128 calls that find an idle stream; latency: from one "
		"call to the return of the synchronisation; interval: between GPU events around "
		"kernels behind a gate; throughput: thousands in a row. After each case kernels "
		"that count are launched and the count is checked.",
	.params = params,
	.metrics = metrics,
	.quiet = true,
	.supported = gpu_supported,
#ifdef ASSAY_CUDA
	.state_bytes = sizeof(struct launch),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
#endif
};
