/*
 * A comparison in words, for every renderer: rows worst first, shifts as "3.1 % slower", and the
 * few lines that stand around them. It shows what judge decided and decides nothing.
 */
#ifndef ASSAY_REPORTS_COMPARED_H
#define ASSAY_REPORTS_COMPARED_H

#include "report.h"

#include <stdbool.h>

/* Where a compared metric stands, the worst first. */
enum standing {
	STANDING_WORSE,
	STANDING_FAILED, /* no block of it is valid */
	STANDING_OPEN,
	STANDING_NOT_WORSE,
	STANDING_SKIPPED,
	STANDING_SAME,
	STANDING_BETTER,
	STANDING_N,
};
enum standing compared_standing(const struct compared *x);
const char *standing_mark(enum standing s); /* ▼ */
const char *standing_word(enum standing s); /* "regressed" */

/*
 * The rows of one role, worst first, then in the order of results; of screens those with a large
 * shift. Fills n; the caller frees.
 */
const struct compared **compared_rows(const struct comparison *c, enum role role, size_t *n);

/* A name without the labels that all n rows of its metric share, for where there is little room. */
void compared_short(struct buf *out, const struct compared *x, const struct compared *const *row,
		    size_t n);
/* What names of row i's metric leave out: "all copy bandwidth: pinned, 256 MiB"; "" but once. */
void compared_shared(struct buf *out, const struct compared *const *row, size_t n, size_t i);
/* What row i says for itself: nothing where its verdict is enough, or one before has said it. */
const char *compared_remark(const struct compared *const *row, size_t i);
/* Lost with a cause. Sessions of unequal number leave places empty, which is no loss. */
bool compared_lost(const struct pair *p);
/* "3.1 % slower", "no change", "–" where there is none. */
void compared_change(struct buf *out, const struct compared *x);
/* "2.8 to 3.4 % slower", "0.2 % faster to 0.4 % slower"; says so where it is assumed. */
void compared_interval(struct buf *out, const struct compared *x);
/* Half of the interval, for where there is little room: "± 0.3 %". */
void compared_half(struct buf *out, const struct compared *x);
/* A median on its unit's scale: "55.31 GB/s", "–". */
void compared_median(struct buf *out, const struct compared *x, bool b);

/* "block", "session", "node". */
const char *compared_noun(const struct comparison *c);

/* What must be seen before any number: UNPROVEN, too noisy. Empty where there is none. */
void compared_unproven(struct buf *out, const struct comparison *c);
void compared_noisy(struct buf *out, const struct comparison *c);

/* "36 equivalent, 1 regressed, 1 undecided": the gates that stand somewhere. */
unsigned compared_count(const struct comparison *c, enum standing s);

/* The lines around the rows: screens, controls, strays, lost blocks, what could be seen. */
struct compared_note {
	const char *name;
	struct buf text;
};
#define COMPARED_NOTES 6
/* Fills those that have something to say; free each text. */
size_t compared_notes(struct compared_note note[COMPARED_NOTES], const struct comparison *c);

/* The word and the mark of the whole: "Regressed" ▼, "Passed" ●, "Inconclusive" ◌ … */
const char *compared_verdict(const struct comparison *c, enum exit_code exit);
const char *compared_verdict_mark(const struct comparison *c, enum exit_code exit);

#endif
