/*
 * Two sides compared: which metrics, their differences, a verdict each. Judging only: no report
 * computes any of it. Three ways in, one result:
 *   blocks    the two arms of one bundle that `assay ab` made
 *   sessions  bundles of one machine before and after, with a history of bundles as the library
 *   nodes     many machines, each before and after, untouched ones as control
 *
 * What `assay ab` leaves in a bundle: manifest rows with an empty arm
 *   ab.a ab.b                  names of the two arms (B is the new one: + is worse in B)
 *   ab.a.launcher ab.b.launcher   "" for none
 *   ab.gates ab.controls ab.screens   how many keys of each kind plan.csv holds: fixed before block
 * 1 ab.margin ab.margin.CLASS  shares, source: why ("host against container", "--margin") ab.quick
 * yes where only one look was allowed and in plan.csv the benchmark `control` as the last step.
 * Blocks 0 … 31 are measured first; 32 … 63 are the fresh ones that confirm screens. A block that
 * is measured again has a higher attempt in both arms. The process of a row is 0; for control it is
 * the step that the process preceded, so that a control's value in a block and arm is the median
 * over its processes.
 */
#ifndef ASSAY_JUDGE_COMPARE_H
#define ASSAY_JUDGE_COMPARE_H

#include "../base/err.h"
#include "../base/status.h"
#include "../formats/bundle.h"
#include "results.h"
#include "verdict.h"

#define COMPARE_CONFIRM 32	  /* first block that confirms screens */
#define COMPARE_CONTROL "control" /* the benchmark of the controls */

enum role { ROLE_GATE, ROLE_CONTROL, ROLE_SCREEN };

/* One block (or session, or node) of one metric. */
struct pair {
	unsigned block; /* number of the block, or index of the node */
	double a, b;	/* medians, in the metric's unit; NaN where there is none */
	double d;	/* + is worse; NaN unless valid */
	bool b_first;	/* B ran before A */
	bool valid;
	bool stray_a, stray_b; /* which arm's process is the odd one */
	const char *cause;     /* why it is not valid: "podman: busy"; "" if it is */
};

/* Texts point into the bundle, or are owned by the comparison; both must outlive it. */
struct compared {
	const char *bench, *metric, *labels, *unit, *better, *cls;
	enum role role;
	unsigned step; /* in plan.csv */
	double margin; /* a share */
	double a, b;   /* medians over the blocks that were looked at; NaN if none */
	double ratio; /* exp(mean) - 1 of the look: the shift as a share, + is worse; NaN if none */
	double lo, hi;	   /* its interval, as shares; NaN if none */
	double detectable; /* as a share; NaN if unknown */
	struct pair *pair; /* owned; sorted by block; of a screen its first blocks */
	size_t pairs;
	unsigned lost_a, lost_b, strays_a, strays_b;
	struct decision decision; /* of a screen: of its confirmation, else k = 0 */
	bool candidate;		  /* a screen that is to be confirmed in fresh blocks */
	bool skipped;		  /* SKIP on both sides and not required: changes no exit code */
	const char *reason; /* in words: why INCONCLUSIVE and what to do, what to know; or "" */
};

enum compare_kind { COMPARE_BLOCKS, COMPARE_SESSIONS, COMPARE_NODES };

struct comparison {
	enum compare_kind kind;
	const char *a, *b; /* what the sides are called: arms, or "base" and "new" */
	struct compared
		*row; /* gates first, then controls, then screens; each as results are sorted */
	size_t n, cap;
	unsigned gates, controls, screens; /* planned: what alpha is shared among */
	unsigned of_gates[VERDICT_N];	   /* verdicts of the gates */
	unsigned not_worse;		   /* INCONCLUSIVE gates that pass all the same */
	unsigned skipped;	       /* gates that both sides skipped, and were not required */
	unsigned candidates, dropped;  /* screens with a large shift; those beyond the 16 */
	unsigned confirmed[VERDICT_N]; /* verdicts of the confirmed screens */
	unsigned blocks;	       /* most valid blocks of a gate; sessions or nodes of B */
	bool unproven;		       /* a control moved */
	bool noisy;		       /* the gates' typical detectable shift is above 6 % */
	double detectable;	       /* typical (median) of the gates, a share; NaN if unknown */
	enum exit_code exit;
	char sentence[640];  /* to quote: "Of 38 gate metrics 36 are equivalent within 2 %, …" */
	char guarantee[640]; /* what the verdicts promise, in plain words */
	char **text;	     /* owned strings */
	size_t n_text, cap_text;
};

/* Whether the bundle holds two arms that were compared. */
bool comparison_is_ab(const struct bundle_data *d);

/* Of an ab bundle (complete or not: what there is so far). 0 or negative errno. */
int comparison_of_arms(struct comparison *out, const struct bundle_data *d, const struct results *r,
		       struct err *e);
void comparison_free(struct comparison *c);

/* The margin where nobody gave one: a share by the metric's class. */
double compare_margin(enum compare_kind kind, const char *cls);

/* "copy bandwidth GPU 3, h2d, 256 MiB" */
struct buf;
void compared_name(struct buf *out, const struct compared *row);

/* verdicts.csv: one row a compared metric. */
void comparison_csv(struct buf *out, const struct comparison *c);

#endif
