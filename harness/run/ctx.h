/*
 * The inside of a benchmark's context (bench.h): one running step. Samples of a case are kept
 * until the case is verified, then sent; so nothing is written while something is measured.
 */
#ifndef ASSAY_RUN_CTX_H
#define ASSAY_RUN_CTX_H

#include "../bench.h"
#include "../formats/key.h"
#include "emit.h"
#include "expand.h"

struct step_args {
	const char *bench, *nonce, *arm, *gate;
	const char *gpu_uuid; /* "UUID,UUID" of those that the process may see; NULL: all */
	const char *self;     /* this program, absolute */
	uint64_t seed;
	unsigned block, step, process, attempt;
	double deadline_s;
	const char *rendezvous; /* socket of a launcher's other ranks; NULL */
	unsigned ranks;
	double slow;		   /* share by which every batch is made longer */
	const char *const *params; /* "gpu=3", "size=4,16" … */
	size_t n_params;
};

struct pending {
	const char *metric;
	unsigned sample;
	double t_s, value;
};

struct ctx {
	const struct bench *b;
	const struct step_args *args;
	struct emitter *out;
	struct values value[KEY_MAX_LABELS]; /* by index in b->params */
	size_t pick[KEY_MAX_LABELS];	     /* of the current case */
	char labels[512];		     /* of the current case */
	unsigned case_index, cases;
	uint64_t process_stream;
	uint64_t start_ns; /* measured clock */
	void *state;
	struct pending *pending;
	size_t n_pending, cap_pending;
	bool warm;		     /* the process has been warmed up */
	unsigned at_budget, precise; /* how the cases' sampling ended */
	char note[160];		     /* "unsteady …" for the step's reason */
};

/* Checks the parameters against the table. 0 or -EINVAL. */
int ctx_init(struct ctx *c, const struct bench *b, const struct step_args *a, struct emitter *out,
	     struct err *e);
void ctx_fini(struct ctx *c);

/* The next combination of values from i on that is a case of the benchmark; c->cases: none. */
unsigned ctx_next_case(struct ctx *c, unsigned i);
/* Makes case i (0-based, of all combinations) current. */
void ctx_begin_case(struct ctx *c, unsigned i);
/* How many cases a step with these parameters ("dir=h2d,d2h gpu=3") has; 0 after an error. */
unsigned ctx_count_cases(const struct bench *b, const char *params);
/* Sends the pending samples, marked with a cause ("" = valid), and forgets them. */
void ctx_flush_case(struct ctx *c, const char *cause);
void ctx_add(struct ctx *c, const char *metric, unsigned sample, double value);
/* Whether the current case belongs to a gate, and so gets the larger budget. */
bool ctx_is_primary(const struct ctx *c);

#endif
