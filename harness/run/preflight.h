/*
 * A guest on somebody's server: before the first step and after each, every GPU that the plan
 * uses is looked at through NVML in a child of its own, and locked for us alone.
 */
#ifndef ASSAY_RUN_PREFLIGHT_H
#define ASSAY_RUN_PREFLIGHT_H

#include "../base/err.h"
#include "../base/status.h"
#include "machine.h"

#include <stdbool.h>

/* What --force=NAME can override; ends with .name == NULL. */
struct preflight_check {
	const char *name, *help;
};
extern const struct preflight_check preflight_checks[];

struct forced {
	unsigned mask; /* bit i: preflight_checks[i] is overridden */
};
/* "busy,ecc" -> mask. 0 or -EINVAL naming the unknown word. */
int forced_parse(struct forced *f, const char *text, struct err *e);
bool forced_has(const struct forced *f, const char *name);

/*
 * Why this GPU, or its MIG instance mig ("" for the whole GPU), must not be measured now, from rows
 * that a probe has put into the machine; NULL if it may. *status: ST_BUSY (somebody is using it) or
 * ST_FAIL (it is not in order). Caller frees.
 */
char *preflight_gpu(const struct machine *m, size_t gpu, const char *mig, const struct forced *f,
		    enum status *status);

/*
 * One line of warning about a GPU (confidential computing, vGPU, MIG, a cpuset without its node),
 * "" if none. Caller frees.
 */
char *preflight_warning(const struct machine *m, size_t gpu);

/* The same about the machine as a whole: DCGM, whose profiling disturbs what is measured. */
const char *preflight_machine_warning(const struct machine *m);

/* All of these, and the nodes that this process may not use, as lines of the log. */
void preflight_warn(const struct machine *m);

/*
 * Takes the lock of a GPU or instance (a file named by its UUID under the runtime directory) for as
 * long as this process lives. Returns a descriptor to close, or -EBUSY with the holder's pid in e.
 */
int preflight_lock(const char *uuid, struct err *e);

#endif
