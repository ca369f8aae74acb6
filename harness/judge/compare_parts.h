/* What the ways of comparing share: rows, their words, the end. Inner header. */
#ifndef ASSAY_JUDGE_COMPARE_PARTS_H
#define ASSAY_JUDGE_COMPARE_PARTS_H

#include "compare.h"
#include "steps.h"

/* Keeps a string until comparison_free; takes it. */
const char *comparison_keep(struct comparison *c, char *text);
/* A new row, empty. Pointers to earlier rows end here. */
struct compared *comparison_add(struct comparison *c);
/* Gates first, then controls, then screens; each by benchmark, metric and labels. */
void comparison_sort(struct comparison *c);
/* Fills ratio, lo, hi and detectable from the row's look. */
void compared_settle(struct compared *row);
/* Counts verdicts, sets unproven, noisy and exit; then writes sentence and guarantee. */
void comparison_finish(struct comparison *c);

/* compare_words.c: the sentence and the guarantee; reason of one row of two arms. */
void comparison_words(struct comparison *c);
/* Why a row has no verdict and what to do; NULL where the verdict says all. Caller frees. */
char *compared_reason(const struct comparison *c, const struct compared *row);

/* ---- nodes ---- */

struct panel;
/* Fills rows of a panel that was made, from several hosts (compare_nodes.c). */
void compare_nodes(struct comparison *c, const struct panel *p);

/* ---- two arms ---- */

/* The last attempts of a bundle, or of the attempts before them: see compare_pairs.c. */
struct layer {
	struct results own;	 /* results of an earlier attempt */
	const struct results *r; /* those of this layer */
	struct step_row *rows;	 /* owned: steps of an earlier attempt */
	struct ended *list;	 /* owned */
	size_t n;
};

struct arms {
	const struct bundle_data *d;
	const char *name[2]; /* A and B */
	struct layer *layer; /* [0]: what counts; the others: attempts that were lost */
	size_t layers, cap;
	struct comparison *out;
	const struct margins *margins; /* the user's, may be NULL */
};

/* Opens the layers of a bundle and its results; close in both cases. */
int arms_open(struct arms *a, const struct bundle_data *d, const struct results *r, struct err *e);
void arms_close(struct arms *a);

/* The result of an arm (0 or 1) with the row's key in a layer; NULL where there is none. */
const struct result *arms_result(const struct layer *l, const char *arm,
				 const struct compared *row);

/* The row's pairs from blocks [from, to), with the losses of each arm. The caller frees *out. */
size_t arms_pairs(const struct arms *a, const struct compared *row, unsigned from, unsigned to,
		  struct pair **out, unsigned lost[2]);

/* Rows for gate keys that the plan holds and that gave no number in either arm. */
void arms_missing_gates(struct arms *a, const char *patterns);

/* Where the arms' SM clocks differ, the reason of a row that is not EQUIVALENT names them. */
void arms_clocks(const struct arms *a);

#endif
