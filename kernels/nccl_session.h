/*
 * The step's side of NCCL: a gang of one process a GPU with one communicator over all of them.
 * Free of CUDA.
 */
#ifndef ASSAY_KERNELS_NCCL_SESSION_H
#define ASSAY_KERNELS_NCCL_SESSION_H

#include "nccl_orders.h"

struct nccl_session {
	struct gang *gang;
	unsigned n;
	int gpu[GANG_MAX]; /* host numbers, by rank */
	char name_text[GANG_MAX][16];
	const char *name[GANG_MAX]; /* "GPU 3" */
	uint32_t seed;
	double patience_s;     /* for what should take a moment */
	struct nccl_seen seen; /* of rank 0 */
	bool all_nvlink, all_multicast;
	char address[GANG_MAX][32]; /* by rank; "": not known */
};

#define NCCL_MAX_ENV 12 /* variables that a benchmark sets for its members */

/* Who takes part, from the step's gpus. 0 or -ENOTSUP. */
int session_init(struct nccl_session *s, struct ctx *c, struct err *e);

/* Starts the members and makes the communicator. session_stop also after errors. */
int session_start(struct nccl_session *s, struct ctx *c, const struct gang_spec *how,
		  struct err *e);
void session_stop(struct nccl_session *s);

/* Gives an order to all. The members' patience is o->patience_s, 0: the session's. */
int session_order(struct nccl_session *s, enum nccl_what what, struct nccl_order *o, struct err *e);

/* After NCCL_ROOM: what all of them have, bytes of a buffer. */
uint64_t session_room(const struct nccl_session *s);

/*
 * After a collective failed: aborts, and finds out whose fault it is, with fresh communicators of
 * neighbours where nobody says so himself. why becomes a sentence that names the GPU. The session
 * cannot be used afterwards.
 */
void session_blame(struct nccl_session *s, struct err *why);

#endif
