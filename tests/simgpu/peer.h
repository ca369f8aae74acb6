/*
 * GPUs that reach each other's memory: who may, over what, how fast. NVLinks lead to switches, so
 * that every pair has as many as its poorer end, or from GPU to GPU; without them a pair goes over
 * PCI Express. Without peer access the driver takes the bytes through host memory.
 */
#ifndef ASSAY_SIM_PEER_H
#define ASSAY_SIM_PEER_H

#include "flow.h"

#include <stdbool.h>

#define SIM_TO_SWITCH (-1)

/* Whether the hardware lets one reach the other's memory: CUDA's "can access". */
SIM_API bool sim_peer_access(int gpu, int peer);

/* A link of a GPU, from 0 to nvlinks - 1 of the profile. */
SIM_API bool sim_nvlink_up(int gpu, int link);
SIM_API int sim_nvlink_to(int gpu, int link); /* the GPU at its other end, or SIM_TO_SWITCH */
SIM_API double sim_nvlink_errors(int gpu, int link);
/* Of all of a GPU's links those that are up; 1 where it has none. */
SIM_API double sim_nvlinks_share(int gpu);
/* Links that are up between two GPUs; 0: PCI Express. */
SIM_API int sim_nvlink_pair(int gpu, int peer);

/*
 * A copy of bytes from one GPU to another, by an engine of `by`, which is one of them. access:
 * directly, else through host memory. Draws the noise.
 */
SIM_API void sim_flow_peer(struct sim_flow *f, int by, int from, int to, enum sim_engine engine,
			   bool access, double bytes);

/* Seconds of that many loads of an SM, one after another, from a peer's memory. */
SIM_API double sim_peer_chase_s(int gpu, double loads);

/* Whether that GPU's writes into its peer's memory vanish, though all calls succeed. */
SIM_API bool sim_peer_drops(int by, int from, int to);

#endif
