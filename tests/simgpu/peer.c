/*
 * See peer.h. Known error: links from GPU to GPU carry what their own pair sends and nothing is
 * routed over a third; what goes through the host shares nothing with others.
 */
#include "peer.h"
#include "sim.h"

#include <stdio.h>
#include <string.h>

static const struct sim_gpu *profile(int gpu)
{
	return &sim_profile()->gpu[gpu];
}

static bool is_divided(int gpu)
{
	return strcmp(profile(gpu)->mig, "off") != 0 && strcmp(profile(gpu)->mig, "none") != 0;
}

bool sim_peer_access(int gpu, int peer)
{
	bool far = sim_node_socket(sim_gpu_near(gpu)) != sim_node_socket(sim_gpu_near(peer));

	if (gpu == peer || is_divided(gpu) || is_divided(peer))
		return false;
	if (far && !strcmp(profile(gpu)->peer_reach, "socket"))
		return false;
	return profile(gpu)->peer_bytes_s > 0 && profile(peer)->peer_bytes_s > 0;
}

/* ---- NVLinks ---- */

static bool switched(int gpu)
{
	return !strcmp(profile(gpu)->nvlink_to, "switch");
}

int sim_nvlink_to(int gpu, int link)
{
	const char *p = profile(gpu)->nvlink_to;
	int to, n, used;

	while (!switched(gpu) && sscanf(p, " %d x%d%n", &to, &n, &used) == 2) {
		if (link < n)
			return to;
		link -= n;
		p += used;
		p += strspn(p, ", ");
	}
	return SIM_TO_SWITCH;
}

/* The link at the other end of one that leads to a GPU: the first of each lead to the same. */
static int other_end(int gpu, int link)
{
	int to = sim_nvlink_to(gpu, link), nth = 0;

	for (int i = 0; i < link; i++)
		nth += sim_nvlink_to(gpu, i) == to;
	for (int i = 0; i < profile(to)->nvlinks; i++) {
		if (sim_nvlink_to(to, i) == gpu && nth-- == 0)
			return i;
	}
	return -1;
}

static bool is_down(int gpu, int link)
{
	return sim_fault_with(FAULT_NVLINK_DOWN, gpu, -1, link);
}

bool sim_nvlink_up(int gpu, int link)
{
	int to = sim_nvlink_to(gpu, link);
	int end = to == SIM_TO_SWITCH ? -1 : other_end(gpu, link);

	return !is_down(gpu, link) && (end < 0 || !is_down(to, end));
}

static int links_up(int gpu, int to)
{
	int n = 0;

	for (int i = 0; i < profile(gpu)->nvlinks; i++)
		n += sim_nvlink_to(gpu, i) == to && sim_nvlink_up(gpu, i);
	return n;
}

double sim_nvlinks_share(int gpu)
{
	int n = (int)profile(gpu)->nvlinks, up = 0;

	for (int i = 0; i < n; i++)
		up += sim_nvlink_up(gpu, i);
	return n ? (double)up / n : 1;
}

int sim_nvlink_pair(int gpu, int peer)
{
	int a, b;

	if (!switched(gpu))
		return links_up(gpu, peer);
	a = links_up(gpu, SIM_TO_SWITCH);
	b = links_up(peer, SIM_TO_SWITCH);
	return a < b ? a : b;
}

/* All on the first link, one for each copy that the GPU had a part in. */
double sim_nvlink_errors(int gpu, int link)
{
	return link == 0 && sim_fault(FAULT_NVLINK_ERRORS, gpu) ? sim_peer_copies(gpu) : 0;
}

/* ---- copies ---- */

/* Directly, by the copy engine. The profile's rate is that of all NVLinks together, or of PCIe. */
static double rate_of_path(int gpu, int peer)
{
	const struct sim_gpu *g = profile(gpu);
	double a = sim_trained_share(gpu), b = sim_trained_share(peer), pci = a < b ? a : b;
	int links = sim_nvlink_pair(gpu, peer);

	if (links > 0)
		return g->peer_bytes_s * links / (double)g->nvlinks;
	return pci * (g->nvlinks > 0 ? g->d2h_pinned_bytes_s : g->peer_bytes_s);
}

static bool one_switch(int gpu, int peer)
{
	const char *a = profile(gpu)->path, *b = profile(peer)->path;
	const char *second = strchr(a, ',');
	size_t n = second ? (size_t)(second - a) + 1 + strcspn(second + 1, ",") : 0;

	return n && !strncmp(a, b, n);
}

/* What a GPU sends to all its peers, and gets from them, goes through its own links. */
static void use_path(struct sim_flow *f, int from, int to)
{
	sim_use(f, SIM_USE_PEER(2 * from), profile(from)->peer_bytes_s);
	sim_use(f, SIM_USE_PEER(2 * to + 1), profile(to)->peer_bytes_s);
	if (sim_nvlink_pair(from, to) > 0 || one_switch(from, to))
		return;
	sim_use_hops(f, from, SIM_D2H);
	sim_use_hops(f, to, SIM_H2D);
}

/* What the fault slow_pair leaves, in either order. */
static double good_share(int from, int to)
{
	const struct fault *f = sim_fault_with(FAULT_SLOW_PAIR, from, to, -1);

	if (!f)
		f = sim_fault_with(FAULT_SLOW_PAIR, to, from, -1);
	return f ? 1 - f->by : 1;
}

void sim_flow_peer(struct sim_flow *f, int by, int from, int to, enum sim_engine engine,
		   bool access, double bytes)
{
	const struct sim_gpu *g = profile(by);
	int low = from < to ? from : to, high = from < to ? to : from;

	*f = (struct sim_flow){.bytes = bytes,
			       .rate = g->peer_off_bytes_s,
			       .slower = sim_noise("peer", by) / (1 - sim_shift("peer", by)),
			       .wire = SIM_MAX_GPUS * (1 + low) + high,
			       .dir = from > to,
			       .both_share = g->peer_both_share};
	if (engine == SIM_CE)
		f->latency_s = access ? g->peer_latency_s : g->peer_off_latency_s;
	if (access) {
		f->rate = rate_of_path(from, to) * good_share(from, to) *
			  (engine == SIM_SM ? g->peer_sm_share : 1);
		use_path(f, from, to);
		sim_peer_copied(from, to);
	}
}

double sim_peer_chase_s(int gpu, double loads)
{
	return loads * profile(gpu)->peer_load_s * sim_noise("peer_load", gpu);
}

bool sim_peer_drops(int by, int from, int to)
{
	return by == from && sim_fault_with(FAULT_P2P_SILENT_DROP, from, to, -1);
}
