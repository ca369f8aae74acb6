/*
 * Inside of the stand-in for libnccl.so.2: ranks are processes, which meet in a mapped file. An
 * operation ends in all of them at one virtual time: the latest start and the model's duration,
 * with the noise of rank 0. Its data is really moved and summed: device memory that is known to
 * hold numbers of kernels/values.h is described, anything else is taken byte for byte.
 */
#ifndef ASSAY_SIM_NCCL_H
#define ASSAY_SIM_NCCL_H

#include "collective.h"
#include "sim.h"

#include <stdatomic.h>

#define ID_BYTES   128
#define MAX_RANKS  SIM_MAX_GPUS
#define SLOTS	   4		      /* a rank is never more than one operation ahead */
#define AREA_BYTES ((size_t)64 << 20) /* of bytes that a rank gives undescribed */

/* ncclResult_t */
enum {
	OK = 0,
	CUDA_ERROR = 1,
	SYSTEM_ERROR = 2,
	INTERNAL_ERROR = 3,
	INVALID_ARGUMENT = 4,
	INVALID_USAGE = 5,
	REMOTE_ERROR = 6,
	IN_PROGRESS = 7,
};

/* POINT: sends to one rank each, ALLTOALL: to several. */
enum kind { ALL_GATHER, ALL_REDUCE, BROADCAST, REDUCE_SCATTER, POINT, ALLTOALL };

/* What a rank gives to all, or to one. */
struct gift {
	bool described;
	struct sim_values v;
	uint64_t n;	  /* numbers */
	uint64_t in_area; /* where its bytes begin there */
};

/* One operation among all ranks. */
struct slot {
	_Atomic uint32_t come; /* ranks, over all operations of this slot */
	double start[MAX_RANKS], factor;
	uint32_t kind[MAX_RANKS];
	uint64_t bytes[MAX_RANKS];
	struct gift gift[MAX_RANKS][MAX_RANKS]; /* by giver, and for sends by taker, else at 0 */
};

struct shared {
	_Atomic uint32_t joined;
	_Atomic int32_t failed_rank; /* 1 + the rank that reports an error; 0: none */
	int32_t gpu[MAX_RANKS];
	double joined_at[MAX_RANKS];
	struct slot slot[SLOTS];
};

typedef struct ncclComm {
	struct ncclComm *next; /* of all that this process made: they stay until it ends */
	struct shared *shared;
	char *area; /* of all ranks, mapped after the shared part */
	char path[256];
	int rank, size, gpu;
	bool ready, aborted;
	uint64_t ops; /* this rank's, queued */
} * comm_t;

/* ---- nccl_shared.c ---- */

/* A name that no other communicator has. */
void shared_name(char id[ID_BYTES]);
/* Maps it. 0 or -1. */
int shared_open(struct ncclComm *c, const char *id);
void shared_close(struct ncclComm *c);
/* Bytes that a rank gives undescribed: AREA_BYTES, its own or another's. */
char *shared_area(struct ncclComm *c, int rank);

/* ---- nccl_model.c ---- */

/* Whether NCCL would use it among these GPUs: hardware, NCCL_NVLS_ENABLE, NCCL_ALGO. */
bool model_nvls(const struct ncclComm *c);
/* "P2P/CUMEM" or "SHM/direct/direct" between two ranks. */
const char *model_way(const struct ncclComm *c, int from, int to);
/* "NVLS", "RING"; NULL where what is forced by NCCL_ALGO is not there. */
const char *model_algorithm(const struct ncclComm *c, enum kind kind, uint64_t bytes);
/* Seconds without noise. */
double model_seconds(const struct ncclComm *c, enum kind kind, uint64_t bytes);

/* ---- nccl_say.c: NCCL's own format, where NCCL_DEBUG=INFO ---- */

void say_ready(const struct ncclComm *c);
void say_choice(const struct ncclComm *c, enum kind kind, uint64_t bytes, const char *algorithm);

/* ---- nccl_coll.c ---- */

struct CUstream_st;

/* One rank's part of an operation, as it was called. */
struct call {
	struct ncclComm *c;
	enum kind kind;
	uint64_t number; /* of the communicator's operations */
	uint64_t bytes;	 /* that time is counted by */
	const char *send[MAX_RANKS];
	char *recv[MAX_RANKS];
	uint64_t sends[MAX_RANKS], recvs[MAX_RANKS]; /* numbers; of sends by peer, else at 0 */
	int root;
	bool come;
};

/* Takes the call (from calloc) and queues it. An ncclResult_t. */
int coll_queue(struct call *call, struct CUstream_st *stream);

#endif
