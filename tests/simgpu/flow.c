/*
 * How long transfers take alone, what they share and how they share it: see flow.h. Known errors:
 * host threads that stream through memory do not slow copies down, nor do other processes; a hop
 * that carries both directions loses nothing, only the GPU's own link does.
 */
#include "flow.h"
#include "sim.h"

#include <pthread.h>
#include <string.h>

#define MAX_HOPS 8

/* ---- hops that several GPUs have in common ---- */

struct hop {
	int id;
	double bytes_s[2]; /* by direction: what the fastest GPU below it gets alone */
};

static struct {
	pthread_once_t once;
	struct hop hop[SIM_MAX_GPUS][MAX_HOPS]; /* the shared ones of each GPU */
	int n[SIM_MAX_GPUS];
} paths = {.once = PTHREAD_ONCE_INIT};

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* The best that any engine gets over the GPU's link, as it could train. */
static double link_bytes_s(int gpu, enum sim_dir dir)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];

	return dir == SIM_H2D ? larger(g->h2d_pinned_bytes_s, g->h2d_sm_bytes_s)
			      : larger(g->d2h_pinned_bytes_s, g->d2h_sm_bytes_s);
}

/* Adds the hop at address, the position-th of that GPU's path, if another GPU has it too. */
static void add_hop(int gpu, int position, const char *address)
{
	struct hop h = {.id = -1};
	int users = 0;

	for (int g = 0; g < sim_profile()->n_gpus; g++) {
		if (!strstr(sim_profile()->gpu[g].path, address))
			continue;
		if (!users++)
			h.id = g * MAX_HOPS + position;
		h.bytes_s[SIM_H2D] = larger(h.bytes_s[SIM_H2D], link_bytes_s(g, SIM_H2D));
		h.bytes_s[SIM_D2H] = larger(h.bytes_s[SIM_D2H], link_bytes_s(g, SIM_D2H));
	}
	if (users > 1)
		paths.hop[gpu][paths.n[gpu]++] = h;
}

static void find_hops(void)
{
	for (int g = 0; g < sim_profile()->n_gpus; g++) {
		char path[SIM_TEXT], *save, *hop;
		int position = 0;

		strcpy(path, sim_profile()->gpu[g].path);
		for (hop = strtok_r(path, ", ", &save); hop && position < MAX_HOPS;
		     hop = strtok_r(NULL, ", ", &save))
			add_hop(g, position++, hop);
	}
}

/* ---- one flow ---- */

void sim_use(struct sim_flow *f, int what, double bytes_s)
{
	if (f->n_uses < SIM_MAX_USES)
		f->use[f->n_uses++] = (struct sim_use){what, bytes_s};
}

void sim_use_hops(struct sim_flow *f, int gpu, enum sim_dir dir)
{
	gpu = sim_profile()->gpu[gpu].parent; /* a MIG instance goes by its GPU's path */
	pthread_once(&paths.once, find_hops);
	for (int i = 0; i < paths.n[gpu] && !sim_is_c2c(gpu); i++) {
		const struct hop *h = &paths.hop[gpu][i];

		sim_use(f, SIM_USE_HOP(h->id, dir), h->bytes_s[dir]);
	}
}

static bool is_remote(int gpu, int node)
{
	int near = sim_gpu_near(gpu);

	return near >= 0 && node >= 0 && sim_node_socket(near) != sim_node_socket(node);
}

/* Bytes/s between the GPU and host memory of that kind; what is staged goes over the link too. */
static double host_rate(int gpu, enum sim_dir dir, enum sim_engine engine, enum sim_kind kind,
			int node)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];
	bool to = dir == SIM_H2D;
	double pinned = to ? g->h2d_pinned_bytes_s : g->d2h_pinned_bytes_s;
	double rate = engine == SIM_CE ? pinned : to ? g->h2d_sm_bytes_s : g->d2h_sm_bytes_s;
	double staged = to ? g->h2d_pageable_bytes_s : g->d2h_pageable_bytes_s;

	if (kind == SIM_KIND_WC)
		rate *= (to ? g->h2d_wc_bytes_s : g->d2h_wc_bytes_s) / pinned;
	rate *= sim_trained_share(gpu) * (is_remote(gpu, node) ? g->remote_share : 1);
	return kind == SIM_KIND_PAGEABLE && engine == SIM_CE && staged < rate ? staged : rate;
}

static double slower(int gpu, enum sim_dir dir, enum sim_engine engine)
{
	static const char *const name[2][2] = {{"h2d", "h2d_sm"}, {"d2h", "d2h_sm"}};
	const char *what = name[dir][engine];

	return sim_noise(what, gpu) / (1 - sim_shift(what, gpu));
}

void sim_flow_host(struct sim_flow *f, int gpu, enum sim_dir dir, enum sim_engine engine,
		   enum sim_kind kind, int node, double bytes)
{
	const struct sim_gpu *g = &sim_profile()->gpu[gpu];
	const struct sim_memory *m = &sim_profile()->memory;

	*f = (struct sim_flow){.bytes = bytes,
			       .rate = host_rate(gpu, dir, engine, kind, node),
			       .slower = slower(gpu, dir, engine),
			       .wire = g->parent,
			       .dir = (int)dir,
			       .both_share = g->both_share};
	if (engine == SIM_CE)
		f->latency_s =
			kind == SIM_KIND_PAGEABLE ? g->pageable_latency_s : g->copy_latency_s;
	sim_use(f, SIM_USE_LINK(g->parent, dir),
		link_bytes_s(g->parent, dir) * sim_trained_share(gpu));
	sim_use_hops(f, gpu, dir);
	if (node >= 0)
		sim_use(f, SIM_USE_DRAM(node), m->dma_bytes_s);
	if (is_remote(gpu, node)) {
		int host = sim_node_socket(node), device = sim_node_socket(sim_gpu_near(gpu));

		sim_use(f,
			dir == SIM_H2D ? SIM_USE_SOCKET(host, device)
				       : SIM_USE_SOCKET(device, host),
			m->socket_bytes_s);
	}
}

double sim_flow_s(const struct sim_flow *f, double rate)
{
	return f->slower * (f->latency_s + f->bytes / rate);
}

double sim_sm_copy_s(int gpu, enum sim_dir dir, enum sim_kind kind, int node, double bytes)
{
	struct sim_flow f;

	sim_flow_host(&f, gpu, dir, SIM_SM, kind, node, bytes);
	return sim_flow_s(&f, f.rate);
}

/* What another socket's memory adds to a load of the CPU, it adds to one of the GPU. */
double sim_sm_chase_s(int gpu, int node, double loads)
{
	const struct sim_memory *m = &sim_profile()->memory;
	double load = sim_profile()->gpu[gpu].sm_latency_s;

	if (is_remote(gpu, node))
		load += m->latency_remote_s - m->latency_local_s;
	return loads * load * sim_noise("sm_latency", gpu) * (1 + sim_shift("sm_latency", gpu));
}

/* ---- several flows ---- */

struct sharing {
	const struct sim_flow *const *f;
	int n;
	double *rate; /* -1: not settled yet */
	double cap[SIM_MAX_FLOWS];
	double left[SIM_USES]; /* of each thing that is used */
	int users[SIM_USES];   /* of it, that are not settled yet */
};

/* What the flow gets at most: its own rate, less where the other direction runs too. */
static double own_cap(const struct sharing *s, int i)
{
	const struct sim_flow *f = s->f[i];

	for (int k = 0; k < s->n && f->wire >= 0; k++) {
		if (s->f[k]->wire == f->wire && s->f[k]->dir != f->dir)
			return f->rate * f->both_share;
	}
	return f->rate;
}

static void settle(struct sharing *s, int i, double rate)
{
	s->rate[i] = rate;
	for (int u = 0; u < s->f[i]->n_uses; u++) {
		int what = s->f[i]->use[u].what;

		s->left[what] -= rate;
		s->users[what]--;
	}
}

/* The equal part that flow i gets at most of what it uses, if all others there take as much. */
static double part_of(const struct sharing *s, int i)
{
	double least = s->cap[i];

	for (int u = 0; u < s->f[i]->n_uses; u++) {
		int what = s->f[i]->use[u].what;
		double part = s->left[what] / s->users[what];

		least = part < least ? part : least;
	}
	return least;
}

static void prepare(struct sharing *s)
{
	for (int i = 0; i < s->n; i++) {
		s->rate[i] = -1;
		s->cap[i] = own_cap(s, i);
		for (int u = 0; u < s->f[i]->n_uses; u++) {
			s->left[s->f[i]->use[u].what] = s->f[i]->use[u].bytes_s;
			s->users[s->f[i]->use[u].what] = 0;
		}
	}
	for (int i = 0; i < s->n; i++) {
		for (int u = 0; u < s->f[i]->n_uses; u++)
			s->users[s->f[i]->use[u].what]++;
	}
}

/* Progressive filling: whoever has the smallest part gets it, and the rest is divided again. */
void sim_share(const struct sim_flow *const *f, int n, double *rate)
{
	struct sharing s; /* of its tables only what is used is set */

	s.f = f;
	s.n = n;
	s.rate = rate;
	prepare(&s);
	for (int settled = 0; settled < n; settled++) {
		int first = -1;
		double least = 0;

		for (int i = 0; i < n; i++) {
			double part = rate[i] < 0 ? part_of(&s, i) : 0;

			if (rate[i] < 0 && (first < 0 || part < least)) {
				first = i;
				least = part;
			}
		}
		settle(&s, first, least);
	}
}
