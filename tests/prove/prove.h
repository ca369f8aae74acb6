/*
 * The proof of the rule that decides (harness/judge/verdict.h): seeded simulations that call the
 * shipped functions, and claims about what came out. tests/prove/README.md tells what is claimed.
 */
#ifndef ASSAY_PROVE_H
#define ASSAY_PROVE_H

#include "../../harness/base/rng.h"
#include "../../harness/judge/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- trials (trials.c): the same counts from the same seed, with any number of threads ---- */

struct options {
	unsigned families; /* how often each row is tried */
	unsigned jobs;	   /* threads */
	uint64_t seed;
	bool brief; /* figures are held against the claims, not their 99 % bounds; speaks TAP */
};

#define COUNTS 64
/* One trial: adds to the counters. r is that trial's own. */
typedef void trial_fn(const void *arg, struct rng *r, uint64_t *count);
/* n trials; name and seed make their randomness. count is cleared first. */
void trials_run(uint64_t count[COUNTS], trial_fn *fn, const void *arg, unsigned n, const char *name,
		const struct options *o);

/* Where those trials' randomness begins: trial i has the state rng_hash(stream, i). */
uint64_t trials_stream(const char *name, const struct options *o);
/* What follows "NAME=" in a word of the command line, NULL if it is another. */
const char *option_value(const char *word, const char *name);

/* ---- claims (claims.c) ---- */

enum claim {
	AT_MOST,   /* the 99 % upper bound */
	MORE_THAN, /* the 99 % lower bound */
	AT_LEAST,  /* the figure */
	WITHIN,	   /* the figure, by `tolerance` */
};

struct table {
	const struct options *o;
	const char *only; /* rows whose text holds this; NULL: all */
	unsigned rows, failed;
};

/* Whether rows with that text are wanted: asked before they are computed. */
bool table_wants(const struct table *t, const char *text);
void table_title(struct table *t, const char *text);
/* count of n against a share; prints a line. */
void table_claim(struct table *t, const char *text, enum claim kind, double required,
		 double tolerance, uint64_t count, uint64_t n);
/* Clopper & Pearson's one-sided 99 % bounds. */
double binomial_upper(uint64_t count, uint64_t n);
double binomial_lower(uint64_t count, uint64_t n);

/* ---- process medians (shapes.c) ---- */

enum shape { NORMAL, HEAVY, MODES, ODD_ONES, TICKS, UNEQUAL, DRIFT, SHAPES };
const char *shape_text(enum shape s);

/* Two arms' processes, block after block, in logs. */
struct processes {
	enum shape shape;
	double sd; /* from process to process */
	struct rng *r;
	double level;	 /* DRIFT: where the machine is now */
	size_t group[4]; /* 0, 1: A first; 2, 3: B first */
	unsigned block;
	double ticks; /* TICKS: how many make a sample */
};
void processes_begin(struct processes *p, enum shape s, double sd, struct rng *r);
/* d of the next block where B is slower by `shift` (a log). */
double processes_block(struct processes *p, double shift);
/* q for verdict_series */
double processes_q(const struct processes *p);

/* ---- the rule, and wrong ones (mutants.c) ---- */

enum mutant { SHIPPED, NO_METRICS, NO_LOOKS, ONE_SIDED, NORMAL_QUANTILE, MUTANTS };
const char *mutant_name(enum mutant m);
/* As verdict_decide; a mutant calls shipped functions with wrong parameters. */
void mutant_decide(struct decision *out, const struct verdict_series *s,
		   const struct verdict_family *f, enum mutant m);
/* The verdict on one metric whose B is slower by `shift`: all 32 blocks are there. */
enum verdict mutant_verdict(struct processes *p, double shift, double margin,
			    const struct verdict_family *f, enum mutant m);

/* ---- the rows ---- */

#define SD     0.003 /* process to process, where a row says nothing else */
#define MARGIN 0.01
#define GATES  38 /* with two controls: M = 40 */
#define ERRORS 0.06

void rows_gates(struct table *t, enum mutant rule);
void rows_screens(struct table *t, enum mutant rule);
void rows_sessions(struct table *t);
void rows_median(struct table *t);

#endif
