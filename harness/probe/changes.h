/*
 * Kinds of change that this program can make to a machine and put back: a table, changes.c. One
 * more is a row there and a file that defines it. Used by guards only (guard.h).
 */
#ifndef ASSAY_PROBE_CHANGES_H
#define ASSAY_PROBE_CHANGES_H

#include "../base/buf.h"
#include "../base/err.h"

#include <stddef.h>

/*
 * A request is one line of words, "clocks 0000:1b:00.0 1980 1980": the kind, what is changed (two
 * living guards never change the same thing at a time), how. word[0] is what is changed.
 *
 * make: 0 with an answer for the asker (may stay empty), or a negative errno with e filled; then it
 *	has changed nothing. Its request is in the journal by then.
 * undo: the same words, perhaps in another process after make's was killed, perhaps twice: what is
 *	not there any more is success. Says in `answer` what it put back ("0000:1b:00.0: unlocked").
 *	NULL: the kind only looks, and nothing is journalled.
 * own: what the kind keeps while its guard lives (a library that must stay open); NULL at first.
 * close: gives it back, after the last undo; may be NULL where nothing is kept.
 *
 * They run with standard input and output on /dev/null and with no signal ignored, and must not
 *hang for more than GUARD_PATIENCE_S (guard.h).
 */
struct change {
	const char *name;
	int (*make)(void **own, const char *const *word, size_t n, struct buf *answer,
		    struct err *e);
	int (*undo)(void **own, const char *const *word, size_t n, struct buf *answer,
		    struct err *e);
	void (*close)(void *own);
};

struct changes; /* the kinds' own states */

struct changes *changes_open(void);
void changes_close(struct changes *c);

/* The kind of a request; NULL with e filled where there is none of that name, or nothing follows.
 */
const struct change *changes_kind(const char *request, struct err *e);
/* What it is about: its second word. Caller frees. */
char *changes_subject(const char *request);

int changes_make(struct changes *c, const char *request, struct buf *answer, struct err *e);
int changes_undo(struct changes *c, const char *request, struct buf *answer, struct err *e);

#endif
