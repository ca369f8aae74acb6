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

/*
 * One block of one metric. Of nodes: block is the node's index, cause says "untouched" of the
 * control. Of sessions: the i-th of each side, which are no pairs (d is NaN).
 */
struct pair {
	unsigned block;
	double a, b;  /* medians, in the metric's unit; NaN where there is none */
	double d;     /* + is worse; NaN unless valid */
	bool b_first; /* B ran before A */
	bool valid;
	bool stray_a, stray_b; /* which arm's process is the odd one */
	const char *cause;     /* why it is not valid: "podman: busy"; "" if it is */
	const char *node;      /* of nodes: the host's name; NULL for others */
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
	unsigned needed; /* sessions a side that would decide, were the shift what it seems; 0: over
			    99 */
	bool assumed;	 /* sessions: the interval rests on a shipped prior, and decides nothing */
	bool skipped;	 /* SKIP on both sides and not required: changes no exit code */
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
	unsigned untouched;	       /* nodes that serve as control */
	bool unproven;		       /* a control moved */
	bool noisy;		       /* the gates' typical detectable shift is above 6 % */
	double detectable; /* typical (median) of the gates that did not move; NaN if unknown */
	enum exit_code exit;
	char sentence[640];  /* to quote: "Of 38 gate metrics 36 are equivalent within 2 %, …" */
	char guarantee[640]; /* what the verdicts promise, in plain words */
	char **text;	     /* owned strings */
	size_t n_text, cap_text;
};

/* Margins that the user declares: they come before all others. */
struct margins {
	struct {
		char cls[32]; /* "": every class */
		double share;
	} of[16];
	size_t n;
};
/* "latency=3%", "2%" or "0.02". 0 or -EINVAL with e filled. */
int margins_take(struct margins *m, const char *text, struct err *e);
/* The declared margin of a class, NaN where there is none. m may be NULL. */
double margins_of(const struct margins *m, const char *cls);

/* Whether the bundle holds two arms that were compared. */
bool comparison_is_ab(const struct bundle_data *d);

/* Of an ab bundle (complete or not: what there is so far). 0 or negative errno. */
int comparison_of_arms(struct comparison *out, const struct bundle_data *d, const struct results *r,
		       struct err *e);
/* The same with margins of the user's. */
int comparison_of_arms_within(struct comparison *out, const struct bundle_data *d,
			      const struct results *r, const struct margins *m, struct err *e);
void comparison_free(struct comparison *c);

/*
 * Of bundles before and after: the panel's sides 0 and 1, each with a bundle at least. Checks that
 * they can be compared (panel_check), and groups them: the panel must be fresh and outlive out.
 * From one host: sessions, judged by the history (NULL: none, no verdict). From several: nodes,
 * each its own before and after, those whose software did not change as control. 0 or negative
 * errno.
 */
struct panel;
struct history;
int comparison_of_sessions(struct comparison *out, struct panel *p, const struct history *h,
			   const struct margins *m, struct err *e);

/* The margin where nobody gave one: a share by the metric's class. */
double compare_margin(enum compare_kind kind, const char *cls);

/* Whether such metrics take part: there is a better and a worse, and it is no mere information. */
bool compare_takes(const char *cls, const char *better);

/* "copy bandwidth GPU 3, h2d, 256 MiB" */
struct buf;
void compared_name(struct buf *out, const struct compared *row);
/* The exit code by the gates alone: what screens show changes nothing. */
enum exit_code comparison_gate_exit(const struct comparison *c);

/* verdicts.csv: one row a compared metric. */
void comparison_csv(struct buf *out, const struct comparison *c);

#endif
