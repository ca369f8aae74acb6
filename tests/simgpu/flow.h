/*
 * Transfers in virtual time. A flow is one copy, or one kernel that moves bytes over a wire. Alone
 * it takes
 *
 *     slower * (latency_s + bytes / rate)
 *
 * where slower holds noise and shifts. Flows under way at the same time share what they have in
 * common: each gets an equal part of every thing that they use, and what one cannot use is left
 * to the others (max-min fairness); a wire that carries both directions leaves each of them
 * both_share of its rate. What a copy has done when others come or go, it has done of its latency
 * as well. All rates are before noise, so that a share is what the profile says.
 */
#ifndef ASSAY_SIM_FLOW_H
#define ASSAY_SIM_FLOW_H

#include "profile.h"

enum sim_dir { SIM_H2D, SIM_D2H };
enum sim_engine { SIM_CE, SIM_SM };
/* Registered memory and that of huge pages are pinned. */
enum sim_kind { SIM_KIND_PAGEABLE, SIM_KIND_PINNED, SIM_KIND_WC };

/* What flows share, by number: one direction of a GPU's link or of a hop, a node's DRAM … */
#define SIM_USE_LINK(gpu, dir)	 ((gpu)*2 + (int)(dir))
#define SIM_USE_HOP(hop, dir)	 (64 + (hop)*2 + (int)(dir))
#define SIM_USE_DRAM(node)	 (512 + (node))
#define SIM_USE_SOCKET(from, to) (768 + (from)*8 + (to))
#define SIM_USE_PEER(i)		 (832 + (i)) /* NVLink and the like, 0 to 191 */
#define SIM_USES		 1024
#define SIM_MAX_USES		 12
#define SIM_MAX_FLOWS		 256 /* at the same time */

struct sim_use {
	int what;
	double bytes_s; /* what it carries, for all together */
};

struct sim_flow {
	double bytes, latency_s;
	double rate;   /* bytes/s alone */
	double slower; /* factor on its time */
	int wire,
		dir; /* flows with equal wire and different dir oppose each other; wire -1: none */
	double both_share;
	struct sim_use use[SIM_MAX_USES];
	int n_uses;
};

/* Between host memory on a node and a GPU. Draws the noise. */
SIM_API void sim_flow_host(struct sim_flow *f, int gpu, enum sim_dir dir, enum sim_engine engine,
			   enum sim_kind kind, int node, double bytes);
/* The hops that the GPU's path has in common with others; PCI Express only. */
SIM_API void sim_use_hops(struct sim_flow *f, int gpu, enum sim_dir dir);
SIM_API void sim_use(struct sim_flow *f, int what, double bytes_s);

/* Bytes/s that each of n flows gets while all of them run. */
SIM_API void sim_share(const struct sim_flow *const *f, int n, double *rate);
/* Seconds of the flow at that rate. */
SIM_API double sim_flow_s(const struct sim_flow *f, double rate);

/*
 * Seconds of an SM kernel that copies between host memory and its GPU, or follows pointers
 * through host memory, while nothing else runs; noise and shifts included, its launch not. A
 * kernel that shall share wires with others gives its flow instead: see struct rt_kernel.
 */
SIM_API double sim_sm_copy_s(int gpu, enum sim_dir dir, enum sim_kind kind, int node, double bytes);
SIM_API double sim_sm_chase_s(int gpu, int node, double loads);

#endif
