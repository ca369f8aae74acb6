/* Shared by expand.c and expand_gpus.c: one parameter's values on their way. */
#ifndef ASSAY_RUN_EXPAND_PARTS_H
#define ASSAY_RUN_EXPAND_PARTS_H

#include "expand.h"

struct where {
	const struct bench *b;
	const struct param *p;
	const char *file;
	unsigned line;
	struct err *e;
};

/* -EINVAL with "FILE:LINE: BENCH: PARAM: …" in w->e. */
int expand_bad(const struct where *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds a value that is not there yet. */
int expand_add(struct values *out, const struct where *w, const char *s);

/*
 * "all" of a PARAM_GPU: whole GPUs where MIG is off, their instances where it is on; of a
 * PARAM_PEER and a PARAM_GPUS (one set) whole GPUs alone. Adds nothing where there is none; m may
 * be NULL.
 */
int expand_all_gpus(struct values *out, const struct where *w, const struct machine *m);
/* "4+0+1" becomes "0+1+4". */
int expand_set(struct values *out, const struct where *w, const char *text,
	       const struct machine *m);
/* "0:7.0" */
int expand_instance(struct values *out, const struct where *w, const char *s,
		    const struct machine *m);
/* Whether a whole GPU of that number can be named here. */
int expand_check_gpu(const struct where *w, const struct machine *m, uint64_t v);

#endif
