/*
 * A run that a launcher started once a rank: `srun -n8 assay run nccl`, mpirun, torchrun, a job of
 * Kubernetes. Rank 0 runs the suite and alone writes; the others write nothing, serve as members of
 * its gangs (kernels/gang_ranks.h) and end with it. Rank and size come from the launcher's
 * variables. They meet in the runtime folder, under a name that all processes of one start have in
 * common; ASSAY_RENDEZVOUS=PATH names another place.
 */
#ifndef ASSAY_RUN_RANKS_H
#define ASSAY_RUN_RANKS_H

#include "../base/err.h"

struct ranks {
	unsigned rank, size; /* size 1: nobody but us */
	const char *from;    /* who says so: "SLURM_PROCID" */
	char path[200];	     /* of the socket; the lock beside it tells that rank 0 is at work */
	int lock;	     /* rank 0's; -1 */
};

/* Reads the environment. 0, or -EINVAL where rank and size make no sense. */
int ranks_read(struct ranks *r, struct err *e);

/* Rank 0, before its first step: says that it is there, until ranks_end or its death. */
int ranks_lead(struct ranks *r, struct err *e);
void ranks_end(struct ranks *r);

/* Any other rank: serves until rank 0 has ended. 0, or a negative errno where it never came. */
int ranks_serve(const struct ranks *r, const char *self, struct err *e);

#endif
