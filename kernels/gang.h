/*
 * A gang: processes that must act together, such as one a GPU for NCCL or the clients of MPS. The
 * step's process, which stays free of CUDA, starts the members (`assay member BENCHMARK`), gives
 * all of them the same order at one time, collects their answers, and alone writes rows. So an
 * order is a barrier, and a deadline stands over each: a member that dies or does not answer is
 * named, and the others go on waiting for orders.
 *
 * Members die with the step: the kernel kills them (PR_SET_PDEATHSIG), and a thread of theirs ends
 * them when the socket to the step closes. Orders and answers are messages of a few hundred bytes;
 * bulk data has no business here. Known error: members get an order one after the other, some
 * microseconds apart; what must start closer together synchronises itself (a collective does).
 */
#ifndef ASSAY_KERNELS_GANG_H
#define ASSAY_KERNELS_GANG_H

#include "../harness/base/err.h"
#include "../harness/bench.h"

#define GANG_MAX	64
#define GANG_DATA_BYTES 1024 /* of an order or an answer */
#define GANG_WHY_BYTES	400

/* ---- the step's side ---- */

struct gang;

struct gang_spec {
	const char *bench; /* whose .member the processes run */
	unsigned size;	   /* 1..GANG_MAX */
	/* who they are, for messages: "GPU 3"; the caller keeps them */
	const char *const *name;
	const char *drop; /* variables that begin so are taken away first; NULL: none */
	/* "NAME=VALUE" sets, "NAME" takes away; NULL at its end, or NULL */
	const char *const *env;
	/* each line that a member prints; NULL: they go to run.log */
	void (*on_line)(void *arg, unsigned member, const char *line);
	void *arg;
};

/* What became of the last order at one member. */
struct gang_answer {
	int code; /* 0 or a negative errno; -ETIMEDOUT: none came, -EPIPE: it died */
	char why[GANG_WHY_BYTES]; /* "" if all is well */
	unsigned bytes;
	unsigned char data[GANG_DATA_BYTES];
};

/*
 * Starts the members; they wait for orders. Where a launcher started one assay a rank
 * (gang_ranks.h), the other ranks are the members 1 and up. 0 or a negative errno. gang_stop ends
 * them and frees; it may be called with NULL, and after errors.
 */
int gang_start(struct gang **g, struct ctx *c, const struct gang_spec *s, struct err *e);
void gang_stop(struct gang *g);

/*
 * Gives all members the order `what` with the same data (n <= GANG_DATA_BYTES) and waits for every
 * answer, at most patience_s. 0, or the first member's error with its name in front: that of a
 * member that died, then one that said why, then those that did not answer. A member that owes an
 * answer gets no further order: the gang must be stopped.
 */
int gang_order(struct gang *g, unsigned what, const void *data, size_t n, double patience_s,
	       struct err *e);
const struct gang_answer *gang_answer(const struct gang *g, unsigned member);

/* The caller's variables that begin so: "NCCL_ALGO=Ring NCCL_DEBUG=WARN". Caller frees. */
char *gang_variables(const char *prefix);

/* ---- a member's side ---- */

/* An order at a member. It fills the answer's data, at most GANG_DATA_BYTES. */
struct gang_turn {
	unsigned rank, size; /* which member of how many */
	unsigned what;
	const void *data;
	size_t n;
	void *answer;
	size_t answer_bytes; /* 0 before */
};

struct gang_role {
	size_t state_bytes; /* of the member's own, zeroed before the first order */
	/* 0, or a negative errno with e filled: the step reads both */
	int (*act)(void *state, struct gang_turn *t, struct err *e);
	void (*end)(void *state); /* after the last order */
};

/* Carries out orders from fd until the step closes it. Returns an exit code. */
int gang_serve(const struct gang_role *role, int fd, unsigned rank, unsigned size);

/* ---- between both sides: gang.c, gang_member.c, gang_ranks.c ---- */

/* Order and answer, one message (SOCK_SEQPACKET keeps their borders). */
struct gang_message {
	uint32_t what;
	int32_t code;
	uint64_t time_ns; /* measured clock: latest of all at an order, own at an answer */
	uint64_t stream;  /* of the case, for clock_meas_begin */
	char why[GANG_WHY_BYTES];
	uint32_t bytes;
	_Alignas(8) unsigned char data[GANG_DATA_BYTES];
};
#define GANG_MESSAGE_BYTES(bytes) (offsetof(struct gang_message, data) + (bytes))

/* Reads one whole message. 0, -EPIPE where the other side is gone, -EPROTO for a broken one. */
int gang_receive(int fd, struct gang_message *m);
/* 0 or -EPIPE. */
int gang_send(int fd, const struct gang_message *m);

#endif
