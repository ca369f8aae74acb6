/*
 * MIG: GPUs that are divided. A profile describes each kind of instance once ([mig 1g.10gb]) and
 * says which instances a GPU holds (mig = 1.0 4g.40gb, 2.0 3g.40gb). Each instance then is one more
 * device of the model, after the last GPU: a copy of its GPU with its share of everything, so that
 * all that counts for a GPU counts for it.
 */
#ifndef ASSAY_SIM_MIG_H
#define ASSAY_SIM_MIG_H

#include "profile.h"

/* Whether MIG is on there, with instances or without. */
SIM_API bool sim_mig_on(const struct sim_gpu *g);
/* The first instance of a GPU as an index in profile.gpu, -1 if it has none. */
SIM_API int sim_mig_first(const struct sim_profile *p, int gpu);

/* Makes the instances of all GPUs. 0, or -EINVAL with e filled. */
int sim_mig_divide(struct sim_profile *p, struct err *e);
/* Gives them their UUIDs; host: a hash of this very server. */
void sim_mig_name(struct sim_profile *p, uint64_t host);

#endif
