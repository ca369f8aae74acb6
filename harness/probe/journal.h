/*
 * A journal: one small file in the runtime folder that says what a guard has changed on this
 * machine and has not put back yet. Lines of text, each on disk before the change that it names:
 *
 *   assay-journal 1 BOOT_ID PID
 *   change clocks 0000:1b:00.0 1980 1980
 *   undone 1
 *
 * Whoever writes it holds a flock on it as long as it lives: a journal that can be locked was left
 * behind. A last line without its end was never acted upon. Only the user who wrote it undoes it:
 * the folder is open to all.
 */
#ifndef ASSAY_PROBE_JOURNAL_H
#define ASSAY_PROBE_JOURNAL_H

#include "../base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum journal_state {
	JOURNAL_LEFT,	 /* its guard is dead: to be undone */
	JOURNAL_LIVE,	 /* its guard lives */
	JOURNAL_PAST,	 /* of an earlier boot, which undid it all */
	JOURNAL_FOREIGN, /* another user's, and its guard is dead */
	JOURNAL_BROKEN	 /* of a newer version, or not to be understood: left as it is */
};

struct journal_change {
	char *request; /* "clocks 0000:1b:00.0 1980 1980" */
	bool undone;
};

struct journal {
	char *path;
	int fd; /* holds the lock; -1 where somebody else does */
	int pid;
	unsigned uid; /* of the user who wrote it */
	enum journal_state state;
	struct journal_change *change;
	size_t n, cap;
	bool torn; /* its last line was cut off */
};

/* A new one, locked. 0, or a negative errno: the folder cannot be written to. */
int journal_create(struct journal *j, struct err *e);

/*
 * Adds a change that is about to be made; on disk when this returns 0. Else nothing was added
 * (a full disk) and the change must not be made. request: one line.
 */
int journal_add(struct journal *j, const char *request, struct err *e);

/* Change number i (from 0) has been undone, or was not made. A disk that is full is no matter. */
void journal_undone(struct journal *j, size_t i);

/* How many changes are still to be undone. */
size_t journal_open_changes(const struct journal *j);

/* Removes the file and closes. 0, or a negative errno where it stays. */
int journal_remove(struct journal *j, struct err *e);
void journal_close(struct journal *j); /* leaves the file */

/* Paths of all journals, sorted. Returns how many; free with sysfs_list_free. */
size_t journal_list(char ***paths);

/*
 * Reads one that is there and locks it if nobody else does. 0 with the state; JOURNAL_BROKEN says
 * why in e. -ENOENT: gone meanwhile. Close with journal_close or journal_remove.
 */
int journal_read(struct journal *j, const char *path, struct err *e);

/* Whether a living guard other than `own` (may be NULL) has changed KIND of SUBJECT; its pid or 0.
 */
int journal_holder(const struct journal *own, const char *kind, const char *subject);

#endif
