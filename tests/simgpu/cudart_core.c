/*
 * The process's view of CUDA: which GPUs CUDA_VISIBLE_DEVICES leaves, contexts, errors. The state
 * of the driver (too old, mismatched, fabric not ready) decides here whether anything works.
 */
#include "cudart.h"

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

/* The GPU that one entry of CUDA_VISIBLE_DEVICES names among the first n present, -1 if none. */
static int match(const char *entry, size_t len, const int *present, int n)
{
	const struct sim_profile *p = sim_profile();
	int found = -1;

	if (len && isdigit((unsigned char)*entry)) {
		char *end;
		long i = strtol(entry, &end, 10);

		return end == entry + len && i < n ? present[i] : -1;
	}
	for (int i = 0; i < n && len > 4; i++) {
		if (strncmp(p->gpu[present[i]].uuid, entry, len) != 0)
			continue;
		if (found >= 0)
			return -1; /* a prefix of two */
		found = present[i];
	}
	return found;
}

static void add_gpu(struct rt *r, int index)
{
	r->gpu[r->n_gpus++].index = index;
}

/* As the runtime does: the first entry that names nothing ends the list. */
static void visible(struct rt *r, const char *list)
{
	int present[SIM_MAX_GPUS], n = 0;

	for (int i = 0; i < sim_profile()->n_gpus; i++) {
		if (!sim_fault(FAULT_GPU_MISSING, i))
			present[n++] = i;
	}
	for (int i = 0; !list && i < n; i++)
		add_gpu(r, present[i]);
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

static void make_context(struct rt_gpu *g)
{
	const struct fault *f = sim_fault(FAULT_HANG, g->index);

	if (f && !strcmp(f->at, "init"))
		sim_hang();
	g->context = true;
	sim_context_open(g->index);
	sim_advance(rt_profile(g)->context_s * sim_noise("context", g->index));
	if (state.rt.eager)
		rt_load_modules();
}

cudaError_t rt_enter_gpu(struct rt_gpu **g)
{
	cudaError_t e = rt_enter();

	if (e != cudaSuccess)
		return e;
	*g = rt_current();
	if (!(*g)->context)
		make_context(*g);
	sim_advance(rt_profile(*g)->call_s);
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
