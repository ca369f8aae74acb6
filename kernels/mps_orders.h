/*
 * What the step of the mps benchmark tells its clients (mps_member.c), and what they answer. All
 * get the same order; bit r of .who says whether client r acts.
 */
#ifndef ASSAY_KERNELS_MPS_ORDERS_H
#define ASSAY_KERNELS_MPS_ORDERS_H

#include "gang.h"
#include "mps_load.h"

enum mps_what {
	MPS_OPEN,  /* a context on the GPU: struct mps_client, also where that fails */
	MPS_ROOM,  /* memory for .shape.n vectors */
	MPS_FILL,  /* the first .shape.n of them begin anew */
	MPS_READY, /* one launch that is not looked at, and what was seen is forgotten */
	MPS_GO,	   /* .launches of them: struct mps_seen */
	MPS_CHECK, /* the first .shape.n vectors hold what they must: struct pattern_diff */
};

struct mps_order {
	uint64_t who;
	struct mps_shape shape;
	uint32_t launches, seed;
};

struct mps_client {
	int32_t cuda_error; /* why there is no context; 0 */
	int32_t mps;	    /* cudaDevAttrMpsEnabled; -1: not reported */
	int32_t sms;	    /* that the client may use */
	int32_t exclusive;  /* the compute mode leaves one process a context */
	uint64_t free_bytes, l2_bytes;
};

extern const struct gang_role mps_member; /* with nvcc only */

#endif
