/*
 * The step's side of the mps benchmark: its clients, one process each, on one GPU, and the private
 * MPS daemon that serves them where they are to have one. Free of CUDA.
 */
#ifndef ASSAY_KERNELS_MPS_SESSION_H
#define ASSAY_KERNELS_MPS_SESSION_H

#include "mps_orders.h"

struct guard;

struct mps_session {
	struct ctx *c;
	bool mps; /* else the GPU gives each process its turn */
	unsigned percent;
	double patience_s;
	struct guard *guard;	   /* starts and ends the daemon */
	char dir[64], env[4][160]; /* of the daemon; of the clients */
	struct gang *gang;
	char name_text[GANG_MAX][16];
	const char *name[GANG_MAX]; /* "client 3": they count from 1 */
	unsigned n;		    /* clients that have a context: the first n */
	int refused_code;	    /* of client n + 1: a negative errno; 0: all wanted are there */
	char refused[GANG_WHY_BYTES + 200];
	struct mps_client whole; /* what a process without MPS sees */
	struct mps_client client[GANG_MAX];
};

/*
 * Proves that a process without MPS can work, starts the daemon, then `wanted` clients one after
 * the other, so that it is known who was refused. -ENOTSUP with the reason where MPS cannot be had
 * or a daemon that is not ours is there. That clients are refused is no error: see n and refused.
 */
int mps_session_open(struct mps_session *s, struct ctx *c, unsigned wanted, struct err *e);

/*
 * Ends the clients, then the daemon. *after: what came of a fresh process without MPS afterwards,
 * "works" or words. For a session that mps_session_open left in any state.
 */
void mps_session_close(struct mps_session *s, char *after, size_t size);

/* An order to the clients of the mask; who of them answered what: mps_session_answer. */
int mps_session_order(struct mps_session *s, enum mps_what what, struct mps_order *o,
		      struct err *e);
const void *mps_session_answer(const struct mps_session *s, unsigned client);

#endif
