/*
 * Processes that share a GPU: by turns, or side by side as clients of an MPS daemon.
 *
 * What runs beside what is not left to real time: a process that waits for others' orders has turns
 * (clock_meas_meet brings all of them to one time, which names the turn). Who works in a turn says
 * so in the run's state, and is slowed down by those who worked in the turn before: all of
 * them have said so by then, since the next order is given after everybody's answer. So a gang
 * whose members work in two turns in a row, one to be warm and one that counts, sees in the second
 * exactly those that take part.
 */
#ifndef ASSAY_SIM_SHARE_H
#define ASSAY_SIM_SHARE_H

#include "profile.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SIM_SHARERS 80 /* processes on one GPU; more than any limit of clients */

/* Of one process, in the run's state. Written by it alone, the turn last. */
struct sim_sharer {
	_Atomic int32_t pid;
	_Atomic int32_t client; /* of MPS */
	struct {
		_Atomic uint64_t turn;	    /* 0: none */
		int64_t sms, memory, noise; /* in millionths of a millionth */
	} said[2];
};

/* Those of a GPU or MIG instance: state.c. */
SIM_API struct sim_sharer *sim_sharers(int gpu);

/* The time at which this process meets others: the next turn. */
SIM_API void sim_turn(uint64_t ns);

/*
 * Seconds of a kernel that takes alone_s alone, and then keeps that share of the GPU's SMs, and of
 * its memory's bandwidth, busy. Where others take part, its noise is the mean of all.
 */
SIM_API double sim_shared_s(int gpu, double alone_s, double sms, double memory);

/* ---- MPS ---- */

/*
 * Whether an MPS daemon answers where this process looks for one (CUDA_MPS_PIPE_DIRECTORY), at
 * the time of its first context. It is then a client of it until it ends.
 */
SIM_API bool sim_mps(void);
/* SMs that this process may use: all, or of a client its percentage, in pairs. */
SIM_API int sim_mps_sms(int gpu);
/* This process becomes a client on that GPU: 0, or the code with which CUDA refuses it. */
SIM_API int sim_mps_connect(int gpu);
/* Whether that process is a client, on any GPU. */
SIM_API bool sim_mps_serves(int pid);

#endif
