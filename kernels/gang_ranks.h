/*
 * A gang whose members a launcher has started: `srun -n8 assay run nccl` and the like start one
 * assay a rank. Rank 0 runs the suite; its step listens on a Unix socket, and each other rank
 * (harness/run/ranks.h) comes to it, is told what to run, starts that member as its own child with
 * the socket's end, and comes again. One host only: what is measured is one server.
 */
#ifndef ASSAY_KERNELS_GANG_RANKS_H
#define ASSAY_KERNELS_GANG_RANKS_H

#include "gang.h"

/*
 * Waits for the ranks 1 to size - 1 and starts their members: fd[i] and text[i] become their
 * sockets and pipes. 0 or a negative errno; -ETIMEDOUT names the ranks that did not come.
 */
int gang_ranks_gather(struct ctx *c, const struct gang_spec *s, int *fd, int *text, struct err *e);

/*
 * The other side, in the process that the launcher started: one turn. 0: served a member to its
 * end; -EAGAIN: nobody wants one at this time; another negative errno with e filled.
 */
int gang_ranks_serve(const char *path, unsigned rank, const char *self, struct err *e);

#endif
