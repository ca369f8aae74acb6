/*
 * The process's view of CUDA: which GPUs CUDA_VISIBLE_DEVICES leaves, contexts, errors. The state
 * of the driver (too old, mismatched, fabric not ready) decides here whether anything works.
 */
#include "cudart.h"
#include "mig.h"
#include "share.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct {
	pthread_mutex_t lock;
	bool ready;
	struct rt rt;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static __thread int ordinal;
static __thread cudaError_t last;

static cudaError_t driver_state(void)
{
	if (sim_fault(FAULT_DRIVER_MISMATCH, -1))
		return cudaErrorSystemDriverMismatch;
	if (sim_fault(FAULT_DRIVER_TOO_OLD, -1))
		return cudaErrorInsufficientDriver;
	if (sim_fault(FAULT_FABRIC_NOT_READY, -1))
		return cudaErrorSystemNotReady;
	return cudaSuccess;
}

/* What CUDA makes of a GPU: itself; where MIG is on its first instance, -1 if it has none. */
static int resolve(int gpu)
{
	const struct sim_profile *p = sim_profile();

	return sim_mig_on(&p->gpu[gpu]) ? sim_mig_first(p, gpu) : gpu;
}

/* Whether this entry of CUDA_VISIBLE_DEVICES names that device by its UUID or a part of it. */
static bool is_named(int device, const char *entry, size_t len)
{
	return len > 4 && !strncmp(sim_profile()->gpu[device].uuid, entry, len);
}

/* The device that one entry of CUDA_VISIBLE_DEVICES names among the n GPUs present, -1 if none. */
static int match(const char *entry, size_t len, const int *present, int n)
{
	const struct sim_profile *p = sim_profile();
	int found = -1;

	if (len && isdigit((unsigned char)*entry)) {
		char *end;
		long i = strtol(entry, &end, 10);

		return end == entry + len && i < n ? resolve(present[i]) : -1;
	}
	for (int i = 0; i < p->n_devices; i++) {
		bool here = false;

		for (int k = 0; k < n; k++)
			here |= present[k] == p->gpu[i].parent;
		if (!here || !is_named(i, entry, len))
			continue;
		if (found >= 0)
			return -1; /* a prefix of two */
		found = i < p->n_gpus ? resolve(i) : i;
	}
	return found;
}

static void add_gpu(struct rt *r, int index)
{
	r->gpu[r->n_gpus++].index = index;
}

/* A process sees one MIG instance at most, and no whole GPU beside it. */
static void keep_one_instance(struct rt *r)
{
	for (int i = 0; i < r->n_gpus; i++) {
		if (r->gpu[i].index < sim_profile()->n_gpus)
			continue;
		r->gpu[0].index = r->gpu[i].index;
		r->n_gpus = 1;
	}
}

/* As the runtime does: the first entry that names nothing ends the list. */
static void visible(struct rt *r, const char *list)
{
	int present[SIM_MAX_GPUS], n = 0;

	for (int i = 0; i < sim_profile()->n_gpus; i++) {
		if (!sim_fault(FAULT_GPU_MISSING, i))
			present[n++] = i;
	}
	for (int i = 0; !list && i < n; i++) {
		if (resolve(present[i]) >= 0)
			add_gpu(r, resolve(present[i]));
	}
	while (list && *list && r->n_gpus < SIM_MAX_GPUS) {
		size_t len = strcspn(list, ",");
		int g = match(list, len, present, n);

		for (int i = 0; i < r->n_gpus; i++) {
			if (r->gpu[i].index == g)
				g = -1;
		}
		if (g < 0)
			break;
		add_gpu(r, g);
		list += len + (list[len] == ',');
	}
	keep_one_instance(r);
}

static void start(void)
{
	struct rt *r = &state.rt;
	const char *loading = getenv("CUDA_MODULE_LOADING");

	r->driver = driver_state();
	r->eager = loading && !strcmp(loading, "EAGER");
	visible(r, getenv("CUDA_VISIBLE_DEVICES"));
	if (r->driver == cudaSuccess && !r->n_gpus)
		r->driver = cudaErrorNoDevice;
	for (int i = 0; i < r->n_gpus; i++)
		rt_stream_new(&r->gpu[i], true, true);
	state.ready = true;
}

struct rt *rt_get(void)
{
	return &state.rt;
}

int rt_ordinal(void)
{
	return ordinal;
}

void rt_set_ordinal(int i)
{
	ordinal = i;
}

struct rt_gpu *rt_current(void)
{
	return &state.rt.gpu[ordinal];
}

const struct sim_gpu *rt_profile(const struct rt_gpu *g)
{
	return &sim_profile()->gpu[g->index];
}

cudaError_t rt_enter(void)
{
	pthread_mutex_lock(&state.lock);
	if (!state.ready)
		start();
	return state.rt.driver;
}

double rt_cost_s(const struct rt_gpu *g, const char *what, double seconds)
{
	return seconds * sim_noise(what, g->index) / (1 - sim_shift(what, g->index));
}

/* Remembered for as long as it stays the same: there are millions of calls. */
double rt_call_s(struct rt_gpu *g)
{
	if (g->call_draw != sim_draws() + 1) {
		g->call_s = rt_cost_s(g, "call", rt_profile(g)->call_s);
		g->call_draw = sim_draws() + 1;
	}
	return g->call_s;
}

/* Whether the driver must wake the GPU: nobody else keeps it awake, nor does persistence mode. */
static bool sleeps(const struct rt_gpu *g)
{
	int pid;

	return strcmp(rt_profile(g)->persistence, "on") != 0 &&
	       !sim_context_pids(rt_profile(g)->parent, &pid, 1);
}

static cudaError_t make_context(struct rt_gpu *g)
{
	double seconds = rt_profile(g)->context_s + (sleeps(g) ? rt_profile(g)->wake_s : 0);
	const struct fault *f = sim_fault(FAULT_HANG, g->index);
	cudaError_t refused;

	if (f && !strcmp(f->at, "init"))
		sim_hang();
	refused = (cudaError_t)sim_mps_connect(g->index);
	if (refused)
		return refused;
	g->context = true;
	sim_context_open(g->index);
	sim_advance(rt_cost_s(g, "context", seconds));
	if (state.rt.eager)
		rt_load_modules();
	return cudaSuccess;
}

cudaError_t rt_enter_gpu(struct rt_gpu **g)
{
	cudaError_t e = rt_enter();

	if (e != cudaSuccess)
		return e;
	*g = rt_current();
	if (!(*g)->context)
		e = make_context(*g);
	if (e != cudaSuccess)
		return e;
	sim_advance(rt_call_s(*g));
	return (*g)->sticky;
}

cudaError_t rt_leave(cudaError_t e)
{
	if (e != cudaSuccess)
		last = e;
	pthread_mutex_unlock(&state.lock);
	return e;
}

cudaError_t rt_last_error(bool clear)
{
	cudaError_t e = last;

	if (clear)
		last = cudaSuccess;
	if (state.ready && state.rt.n_gpus && rt_current()->sticky != cudaSuccess)
		e = rt_current()->sticky;
	return e;
}
