/*
 * What differs in the environment of two sides, from their manifests, and hints: where a delta and
 * a plausible cause meet. A hint is named as one; it is no verdict.
 */
#ifndef ASSAY_JUDGE_DIFFERENCES_H
#define ASSAY_JUDGE_DIFFERENCES_H

#include "compare.h"

struct difference {
	const char *key;   /* manifest key, "limits.cpu_quota"; "gpu.*.vbios": alike on all GPUs */
	const char *a, *b; /* values, "" where the side does not say */
	const char *name;  /* in words: "CPU quota" */
	const char *unit;  /* of a number, "" for words */
	bool matters;	   /* known to change speed; these come first */
	unsigned rank;	   /* place among what matters */
};

struct hint {
	char *text;	 /* owned: "hint: B has a CPU quota of 0.5 CPUs …; to check: …" */
	size_t rows;	 /* compared metrics that it speaks about; 0: of the environment alone */
	const char *key; /* of the difference behind it */
};

struct differences {
	struct difference *d; /* those that matter first, then by key */
	size_t n, cap;
	struct hint *hint;
	size_t hints, cap_hints;
	char **text; /* owned strings that d points to */
	size_t n_text, cap_text;
};

/*
 * a and b may be one bundle with two arms; both must outlive out. c may be NULL: then no hints
 * about metrics. What must differ (start, pids, arm names) is left out. 0 or negative errno; free
 * in both cases.
 */
int differences_make(struct differences *out, const struct bundle_data *a, const char *arm_a,
		     const struct bundle_data *b, const char *arm_b, const struct comparison *c,
		     struct err *e);
void differences_free(struct differences *d);

/* One side's value as people read it: "64 KiB", "0.5 CPUs", "not said". */
struct buf;
void difference_value(struct buf *out, const struct difference *d, bool b);

/* The difference with that key, NULL where the sides agree. */
const struct difference *differences_find(const struct differences *d, const char *key);

/* Inner (differences_table.c): whether a key always differs; whether it matters, and its row. */
bool differences_left_out(const char *key);
bool differences_subject(const char *key, unsigned *rank, const char **name, const char **unit);

/* Inner: adds the hints; a and b are what the sides are called (hints.c). */
void hints_make(struct differences *out, const char *a, const char *b, const struct comparison *c);

#endif
