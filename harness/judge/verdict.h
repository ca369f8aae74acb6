/*
 * The rule that decides: pure functions over the differences of process medians. No I/O, no
 * bundle, no state. The requirement is harness/judge/README.md, "Comparing"; `make prove` shows
 * the error rates that these very functions have.
 *
 * A difference d is a log ratio in which + is worse: ln(B/A) where lower is better, ln(A/B) where
 * higher is. A margin is given as a share (0.02) and used as m = ln(1 + margin).
 */
#ifndef ASSAY_JUDGE_VERDICT_H
#define ASSAY_JUDGE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

enum verdict { VERDICT_INCONCLUSIVE, VERDICT_EQUIVALENT, VERDICT_IMPROVED, VERDICT_REGRESSED };
#define VERDICT_N 4
const char *verdict_name(enum verdict v); /* "REGRESSED" … */

/* ---- blocks of two arms: at most three looks, at 8, 16 and 32 valid blocks ---- */

#define VERDICT_LOOKS 3
#define VERDICT_MOST  32 /* blocks */
extern const unsigned verdict_blocks[VERDICT_LOOKS];

/* What a promise is made for: alpha is shared among that many metrics and looks. */
struct verdict_family {
	double alpha;
	unsigned metrics, looks; /* M and L; both >= 1 */
};

/* t_{k-2g-1, 1 - alpha/(2 M L)}; k is one of verdict_blocks. */
double verdict_t(unsigned k, const struct verdict_family *f);

/* Why a look is INCONCLUSIVE. */
enum unresolved {
	UNRESOLVED_NO,
	UNRESOLVED_WIDE,      /* the interval reaches over a margin */
	UNRESOLVED_NOT_WORSE, /* … but not over the one that means worse: passes a gate */
	UNRESOLVED_FLAT,      /* no spread at all: not real data */
	UNRESOLVED_LOPSIDED,  /* would be EQUIVALENT or IMPROVED, but one arm lost blocks */
	UNRESOLVED_FEW,	      /* fewer valid blocks than the first look needs */
};

struct look {
	enum verdict verdict;
	enum unresolved why;
	unsigned k;	   /* blocks looked at; 0: none */
	double mean, half; /* trimmed mean and h; the interval is mean ± half */
	double t;	   /* quantile that was used */
	double detectable; /* shift that such a look finds nine times in ten: m + h + 1.28 (h - q)/t
			    */
};

/* One look at k differences (k is one of verdict_blocks). q: timer tick / sample duration. */
void verdict_look(struct look *out, const double *d, unsigned k, double margin, double q, double t);

/* The looks that n valid differences in the order of their blocks allow; the first verdict stands.
 */
struct decision {
	struct look look; /* the deciding one, else the last one taken */
	unsigned wants; /* valid blocks that the next look needs; 0: decided, or no look is left */
};
struct verdict_series {
	const double *d; /* valid differences in block order */
	size_t n;
	double margin, q;
	bool lopsided; /* the arms' losses differ by three or more: no EQUIVALENT, no IMPROVED */
};
void verdict_decide(struct decision *out, const struct verdict_series *s,
		    const struct verdict_family *f);

/* Whether block i strays: |d - mean| > max(3m, 6 MAD). */
double verdict_stray_limit(const double *d, size_t n, double margin);

/* ---- sessions and nodes: processes cannot alternate across a reboot ---- */

/*
 * mean: the difference of the sides' mean log session medians, + is worse; r_a, r_b sessions;
 * v: variance between sessions from the history, nu its degrees of freedom. k of out is r_a + r_b.
 */
void verdict_sessions(struct look *out, double mean, unsigned r_a, unsigned r_b, double v,
		      double nu, unsigned metrics, double margin);

/* The least number of sessions a side that finds `shift` (a share) nine times in ten; 0: over 99.
 */
unsigned verdict_sessions_needed(double shift, double v, double nu, unsigned metrics,
				 double margin);

/*
 * Nodes measured before and after: d one difference a treated node, control those of untouched
 * ones (n_control may be 0: then drift cannot be told from the change, which out does not say).
 */
void verdict_nodes(struct look *out, const double *d, size_t n, const double *control,
		   size_t n_control, unsigned metrics, double margin);

#endif
