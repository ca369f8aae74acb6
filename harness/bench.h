/*
 * The contract between kernels/ (what is measured) and harness/ (the machinery, which
 * knows no benchmark). A benchmark is one file with one `const struct bench`, named in
 * kernels/list.h. It emits samples through the context that it is given; it opens no
 * file but those that it measures, reads no environment variable and decides no verdict.
 */
#ifndef ASSAY_BENCH_H
#define ASSAY_BENCH_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ctx;	  /* one running step, owned by harness/run */
struct gang_role; /* kernels/gang.h */

/* ---- the tables: one source for suite check, help, man page ---- */

enum param_type {
	PARAM_INT,    /* whole number */
	PARAM_SIZE,   /* bytes, "4KiB" */
	PARAM_ENUM,   /* one of .choices */
	PARAM_GPU,    /* index in the host's PCI order, or a MIG instance, "3:7.0"; "all" */
	PARAM_PEER,   /* step: another GPU beside a PARAM_GPU above it in the table; "all" others */
	PARAM_GPUS,   /* step: GPUs that act together in one process, "0+1+4"; "all" */
	PARAM_MEMBER, /* case: one of the PARAM_GPUS above it, or "sum"; "all": each, then sum */
	PARAM_NODE,   /* NUMA node with memory; "all", "local" (the GPU's own, or cpu_node's) */
	PARAM_CPU_NODE, /* NUMA node with CPUs; "all" */
	PARAM_PATH, /* absolute, without blanks and commas; an option, since no key holds a '/' */
};

/*
 * What a step sees of its GPUs: only them, in this order: that of PARAM_GPU is CUDA's ordinal 0 and
 * its peer ordinal 1; of PARAM_GPUS the ordinals count up as the numbers of the set do. In plan and
 * key a set is always the ascending list of its numbers; without a GPU it stays "all". A pair of a
 * GPU with itself is not planned; where there is one GPU only, one step is, with the peer "none",
 * which supported() refuses. Where MIG is on, "all" of PARAM_GPU is the instances; each is CUDA's
 * ordinal 0, ctx_u64 gives the number of its GPU, and it has no peer and is in no set. "local" of a
 * node beside PARAM_GPUS stays that word: the own node of each.
 */
enum param_scope {
	SCOPE_STEP, /* one process each, so that a hang loses one value only */
	SCOPE_CASE, /* looped inside one process */
};

struct param {
	const char *name;
	enum param_type type;
	enum param_scope scope;
	const char *def;     /* default as in a suite file; NULL: must be given */
	uint64_t min, max;   /* PARAM_INT and PARAM_SIZE; max 0: no upper limit */
	const char *choices; /* PARAM_ENUM: "pinned|pageable" */
	const char *unit;    /* for help; "" if none */
	const char *help;    /* one line */
	bool option;	     /* steers the measurement but is not part of the key */
};

enum better { BETTER_HIGHER, BETTER_LOWER, BETTER_NONE };

struct metric {
	const char *name;
	const char *unit; /* SI base unit: "bytes/s", "s", "FLOP/s", "1" */
	enum better better;
	const char *cls; /* margin class: "bandwidth", "latency", "compute", "info" */
	const char *help;
	/*
	 * Labels over which a healthy machine gives equal values, the rest of the key being equal:
	 * "gpu", "gpu,peer"; NULL: none. Judge finds the one that is slower than the others. Local
	 * and remote memory it takes apart by itself; where results differ by construction for
	 * another reason, the benchmark says so with a fact of the kind "kin": only those of equal
	 * kin are compared.
	 */
	const char *siblings;
};

struct bench {
	const char *name;
	const char *summary;	    /* one line */
	const char *method;	    /* two or three sentences for the report's method section */
	const struct param *params; /* ends with .name == NULL; labels are sorted by the harness */
	const struct metric *metrics; /* ends with .name == NULL */
	size_t state_bytes;	      /* of ctx_state: zeros before setup */
	bool quiet;		      /* NVML must not be polled beside it: it measures latencies */
	double process_s; /* about what a process takes, for the plan, if it does not warm up; or 0
			   */
	/*
	 * Which combinations of its values are cases, by the parameters of the current one; NULL:
	 * all. What is none is neither planned nor run, and no skip.
	 */
	bool (*applies)(const struct ctx *c);
	/*
	 * All return 0 or a negative errno with e filled. supported: -ENOTSUP with the reason is
	 * a SKIP. setup, run, verify, teardown: an error is a step's ERROR; verify: -EBADMSG is a
	 * FAIL of that case (the case's samples are marked "corrupt", other cases go on);
	 * setup or run: -ENOTSUP is a SKIP of the step or of the case.
	 * Order: supported, setup, then for each case run and verify, then teardown, which comes
	 * after an error of setup as well.
	 */
	int (*supported)(struct ctx *c, struct err *e); /* may be NULL */
	int (*setup)(struct ctx *c, struct err *e);	/* may be NULL; once a process */
	int (*run)(struct ctx *c, struct err *e);	/* once a case; NULL: not in this build */
	int (*verify)(struct ctx *c, struct err *e);	/* may be NULL; once a case */
	void (*teardown)(struct ctx *c);		/* may be NULL */
	/* what `assay member NAME` does, where several processes act together; else NULL */
	const struct gang_role *member;
};

/* ---- what a benchmark may ask of its context ---- */

/* Parameters of the current case. ctx_u64 for INT, SIZE, GPU, PEER, NODE; ctx_str for all. */
const char *ctx_str(const struct ctx *c, const char *param);
uint64_t ctx_u64(const struct ctx *c, const char *param);

/* Largest value of a case-scope parameter over all cases of this process: for one allocation. */
uint64_t ctx_max_u64(const struct ctx *c, const char *param);
/* Its value number i of this process, NULL after the last. */
const char *ctx_nth(const struct ctx *c, const char *param, size_t i);
/* Whether some case of this process has that value. */
bool ctx_has(const struct ctx *c, const char *param, const char *value);

/*
 * The host's numbers of the GPUs that this process sees, out[i] that of CUDA's ordinal i; at most
 * max. Returns how many: one for PARAM_GPU, two with a peer, the set for PARAM_GPUS.
 */
int ctx_gpus(const struct ctx *c, int *out, int max);

uint64_t ctx_seed(const struct ctx *c);	     /* of the run: the same in every process */
uint64_t ctx_case_seed(const struct ctx *c); /* of this very process and case */

/* The program file to start for a process of our own (base/self.h); absolute. */
const char *ctx_self(const struct ctx *c);
/* The arm that is measured. */
const char *ctx_arm(const struct ctx *c);
/*
 * Where a launcher started one assay a rank: the socket at which they meet and how many they are
 * (kernels/gang_ranks.h). NULL where it did not.
 */
const char *ctx_ranks(const struct ctx *c, unsigned *ranks);

/* The benchmark's own state of state_bytes, from setup to teardown; owned by the context. */
void *ctx_state(const struct ctx *c);

/* How many bytes of pinned memory this step may take on a node (a guest takes at most 25 %). */
uint64_t ctx_pinned_limit(const struct ctx *c, int node);

/* ---- what a benchmark gives back ---- */

/* One value that needs no sampling loop, in the metric's unit. */
void ctx_emit(struct ctx *c, const char *metric, double value);

/*
 * A statement about the keys of this benchmark, kept in the manifest: kind "ceiling" (value in
 * the metric's unit), "equal_part" (the same where GPUs share it: no bound of one alone),
 * "placement" (PROVEN, UNPROVEN, WRONG), "pages" (4K, THP, HUGETLB), "kin"
 * labels: the parameters it depends on, "gpu,dir" (their current values are put in); NULL: all.
 * source says where it was read or how it was found.
 */
void ctx_fact(struct ctx *c, const char *kind, const char *metric, const char *labels,
	      const char *value, const char *source);
void ctx_fact_num(struct ctx *c, const char *kind, const char *metric, const char *labels,
		  double value, const char *source);

/*
 * What was found beside what is right, such as "Gen3 x16" and "Gen5 x16" of what = "link": kept as
 * facts of the kinds "found.WHAT" and "wanted.WHAT". Where they differ, judge fails every number
 * with these labels (of that metric; "": of all) and says what to do; the words for each WHAT are
 * in judge/expect.c. The benchmark decides nothing. labels as in ctx_fact; what is a label's name.
 */
void ctx_expect(struct ctx *c, const char *what, const char *metric, const char *labels,
		const char *found, const char *wanted, const char *source);

/*
 * What a reader must know of every number with these labels (of that metric; "": of all) although
 * it is right: a power limit that held the clock down, a clock that could not be locked. A number
 * that has one is explained: being slower than its siblings makes no FAIL of it. Kept as a fact of
 * the kind "remark".
 */
void ctx_remark(struct ctx *c, const char *metric, const char *labels, const char *text,
		const char *source);

/* A line for run.log. */
void ctx_log(struct ctx *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Does `n` operations (n >= 1) and says how long they took, in seconds of the benchmark's
 * own timer (GPU events, or clock_meas_ns). Returns 0 or a negative errno.
 */
typedef int ctx_batch_fn(void *arg, uint64_t n, double *seconds, struct err *e);

enum sample_form {
	SAMPLE_RATE, /* value = work * n / seconds */
	SAMPLE_TIME, /* value = seconds / (work * n): time of one unit of work */
	SAMPLE_SAID, /* of a twin: value = *said */
};

/* One more metric of the same samples. */
struct twin {
	const char *metric; /* NULL ends a list */
	enum sample_form form;
	double work;
	const double *said; /* SAMPLE_SAID: what the batch has just left there; NAN: nothing */
};

struct sampling {
	const char *metric;
	enum sample_form form;
	double work;	       /* units of work (bytes, loads, FLOP) in one operation */
	double tick_s;	       /* resolution of that timer */
	uint64_t max_batch;    /* most operations in one batch (128 behind a gate); 0: no limit */
	const char *rate_wall; /* CPU benchmarks: metric for all work / wall time; NULL: none */
	const struct twin *twins; /* what else the samples say; NULL: nothing */
	bool brief; /* no warm-up and the small budget, even of a gate: controls, starts, disks */
	ctx_batch_fn *batch;
	void *arg;
};

/*
 * Warms up (once a process, unless brief), sizes the batch, samples until the interval is narrow
 * enough or the case's budget is spent, and emits every sample: harness/run/sampling.c. 0 or the
 * batch's error.
 */
int ctx_sample(struct ctx *c, const struct sampling *s, struct err *e);

#endif
