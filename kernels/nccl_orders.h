/*
 * What the step of an NCCL benchmark tells its members (nccl_member.c), and what they answer. All
 * members get the same order; each knows its rank.
 */
#ifndef ASSAY_KERNELS_NCCL_ORDERS_H
#define ASSAY_KERNELS_NCCL_ORDERS_H

#include "gang.h"
#include "nccl_coll.h"

enum nccl_what {
	NCCL_OPEN,  /* a context on its GPU, NCCL loaded: struct nccl_seen */
	NCCL_ID,    /* rank 0 makes an id: NCCL_ID_BYTES */
	NCCL_JOIN,  /* a communicator of the ranks in .ranks; the others do nothing */
	NCCL_ROOM,  /* two buffers of .bytes each, or as much as there is: uint64_t */
	NCCL_ONCE,  /* one operation, for what NCCL prints */
	NCCL_TIME,  /* .n operations after one that is not timed: double, seconds */
	NCCL_CHECK, /* one operation between filled and poisoned buffers: struct nccl_wrong */
	NCCL_LEAVE, /* the communicator is ended in order */
	NCCL_ABORT, /* … at once; then the stream must end */
};

struct nccl_order {
	char id[NCCL_ID_BYTES];
	uint64_t ranks; /* bit r: rank r takes part */
	uint64_t bytes, chunk, n;
	uint32_t coll, seed;
	double patience_s;
};

struct nccl_seen {
	int32_t version;      /* of NCCL */
	int32_t nvlink_peers; /* GPUs of the gang that it reaches over NVLink */
	int32_t multicast;    /* whether driver and fabric offer it, which NVLS needs */
	char address[32];     /* of its GPU on the PCI bus, as CUDA writes it; "": not known */
	char path[240];	      /* of libnccl */
};

struct nccl_wrong {
	struct pattern_diff diff;
	float found, wanted; /* at diff.first */
};

extern const struct gang_role nccl_member; /* with nvcc only */

#endif
