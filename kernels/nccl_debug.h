/*
 * What NCCL chose: a pass that nothing times, by a gang of its own whose members print what NCCL
 * says (NCCL_DEBUG=INFO): the way between each pair of GPUs, whether NVLS is there, the algorithm
 * of each collective and size. NCCL has no call that tells.
 */
#ifndef ASSAY_KERNELS_NCCL_DEBUG_H
#define ASSAY_KERNELS_NCCL_DEBUG_H

#include "../harness/formats/nccl_log.h"
#include "nccl_session.h"

#define NCCL_MAX_SIZES 64

struct nccl_said {
	struct nccl_log log;
	struct nccl_choice choice[NCCL_COLLS][NCCL_MAX_SIZES]; /* by number in the suite's list */
	struct ctx *c; /* for run.log, where all that NCCL says goes */
};

/*
 * env: as in gang_spec, room for two more before its NULL is the caller's. 0, or the members' error
 * with the GPU to blame.
 */
int debug_pass(struct nccl_session *s, struct ctx *c, struct gang_spec *how, struct nccl_said *said,
	       struct err *e);

/* The way between the GPUs against what the node offers: a finding where it is another. */
void debug_say_transport(const struct nccl_session *s, struct ctx *c, const struct nccl_said *said);

#endif
