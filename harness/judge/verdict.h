/*
 * The rule that decides: pure functions over the differences of process medians. No I/O, no
 * bundle, no state. The requirement is harness/judge/README.md, "Comparing"; `make prove` shows
 * the error rates that these very functions have.
 *
 * A difference d is a log ratio in which + is worse: ln(B/A) where lower is better, ln(A/B) where
 * higher is. It is finite: what has no logarithm is no valid block. A margin is given as a share
 * (0.02) and used as m = ln(1 + margin). Means, half widths and detectable shifts are logs as well.
 */
#ifndef ASSAY_JUDGE_VERDICT_H
#define ASSAY_JUDGE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

enum verdict { VERDICT_INCONCLUSIVE, VERDICT_EQUIVALENT, VERDICT_IMPROVED, VERDICT_REGRESSED };
#define VERDICT_N 4
const char *verdict_name(enum verdict v); /* "REGRESSED" … */

/* Why a look is INCONCLUSIVE. */
enum unresolved {
	UNRESOLVED_NO,
	UNRESOLVED_WIDE,      /* the interval reaches over a margin */
	UNRESOLVED_NOT_WORSE, /* … but not over the one that means worse: passes a gate */
	UNRESOLVED_FLAT,      /* no spread at all: not real data */
	UNRESOLVED_LOPSIDED,  /* would pass, but one arm lost more blocks than the other */
	UNRESOLVED_FEW,	      /* fewer valid blocks (sessions, nodes) than the first look needs */
	UNRESOLVED_LIBRARY,   /* sessions: the history has less than VERDICT_LIBRARY degrees */
};

/* ---- what a promise is made for ---- */

#define VERDICT_ALPHA	      0.04 /* of all gates and controls together; of sessions, of nodes */
#define VERDICT_ALPHA_GATES   0.03 /* of gates and controls where there are screens, too */
#define VERDICT_ALPHA_SCREENS 0.01 /* of the screens that are measured again */
#define VERDICT_CANDIDATES    16   /* so many at most, and always shared among that many */

/* alpha is shared among that many metrics, looks and the two sides. */
struct verdict_family {
	double alpha;
	unsigned metrics, looks; /* M and L, L <= VERDICT_LOOKS; 0 counts as 1 */
};

/*
 * As planned, before block 1: what is skipped, fails or is decided early counts all the same.
 * looks: VERDICT_LOOKS, or 1 where only the first one is allowed.
 */
struct verdict_family verdict_family_gates(size_t gates, size_t controls, size_t screens,
					   unsigned looks);
struct verdict_family verdict_family_screens(unsigned looks);

/* ---- blocks of two arms: at most three looks, at 8, 16 and 32 valid blocks ---- */

#define VERDICT_LOOKS	 3
#define VERDICT_MOST	 32 /* blocks */
#define VERDICT_LOPSIDED 3  /* the arms' losses differ by so many */
extern const unsigned verdict_blocks[VERDICT_LOOKS];

/* t_{k-2g-1, 1 - alpha/(2 M L)}; k is one of verdict_blocks. */
double verdict_t(unsigned k, const struct verdict_family *f);

struct look {
	enum verdict verdict;
	enum unresolved why;
	unsigned k;	   /* blocks looked at; 0: none */
	double mean, half; /* trimmed mean and h; the interval is mean ± half; NaN if k is 0 */
	double t;	   /* quantile that was used */
	double detectable; /* shift found nine times in ten: m + h + 1.28 (h - q)/t */
};

/*
 * One look at k differences (k is one of verdict_blocks). q: timer tick / sample duration, of the
 * arm where it is larger.
 */
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
	bool lopsided; /* losses differ by VERDICT_LOPSIDED: no EQUIVALENT, IMPROVED, "not worse" */
};
void verdict_decide(struct decision *out, const struct verdict_series *s,
		    const struct verdict_family *f);

/*
 * Block i strays if |d - mean of the deciding look| is larger than max(3m, 6 MAD), MAD being the
 * plain median of |d - median|. Of the first VERDICT_MOST differences; n > 0.
 */
double verdict_stray_limit(const double *d, size_t n, double margin);

/*
 * Which screens are measured again: the VERDICT_CANDIDATES whose |mean| lies furthest beyond m.
 * mean[i] is that of a look at the first blocks (NaN: none), margin[i] a share. Fills chosen with
 * at most VERDICT_CANDIDATES indices, the furthest first (equal ones: the lower index), and returns
 * how many; *dropped: how many more lay beyond their margins.
 */
size_t verdict_candidates(size_t *chosen, size_t *dropped, const double *mean, const double *margin,
			  size_t n);

/* ---- sessions and nodes: processes cannot alternate across a reboot ---- */

#define VERDICT_LIBRARY	      20 /* degrees of freedom that a history of sessions needs */
#define VERDICT_MOST_SESSIONS 99 /* a side */

/*
 * mean: the difference of the sides' mean log session medians, + is worse; r_a, r_b sessions;
 * v: variance between sessions from the history, nu its degrees of freedom. k of out is r_a + r_b.
 * nu < VERDICT_LIBRARY: no verdict (LIBRARY), whatever the interval says, which is then assumed.
 */
void verdict_sessions(struct look *out, double mean, unsigned r_a, unsigned r_b, double v,
		      double nu, unsigned metrics, double margin);

/*
 * The least number of sessions a side that finds `shift` (a share) nine times in ten; 0: more than
 * VERDICT_MOST_SESSIONS, a shift within the margin, or no library.
 */
unsigned verdict_sessions_needed(double shift, double v, double nu, unsigned metrics,
				 double margin);

/*
 * Nodes measured before and after: d one difference a treated node, control those of untouched
 * ones. Without control (n_control 0) by the one-sample t, and then drift cannot be told from the
 * change, which out does not say; else by Welch's t, mean = treated - control. k of out is n.
 * Fewer than two nodes of either kind: FEW.
 */
void verdict_nodes(struct look *out, const double *d, size_t n, const double *control,
		   size_t n_control, unsigned metrics, double margin);

/* ---- what all of them share ---- */

/* Fills verdict, why and detectable from k, mean, half, t and q by the margin. */
void verdict_of_interval(struct look *l, double margin, double q);

#endif
