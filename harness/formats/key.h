/*
 * The metric key, bench.metric{label=value,…} with the labels sorted: the join key of
 * every comparison. In files the part between the braces stands alone, in the column
 * "labels". Values match [A-Za-z0-9_.:+-]+; a key never carries a unit or a host name.
 */
#ifndef ASSAY_FORMATS_KEY_H
#define ASSAY_FORMATS_KEY_H

#include "../base/buf.h"
#include "../base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct label {
	const char *name;
	const char *value;
};

#define KEY_MAX_LABELS 16

bool key_valid_name(const char *s);  /* [a-z][a-z0-9_]* */
bool key_valid_value(const char *s); /* [A-Za-z0-9_.:+-]+ */

/* Appends "a=1,b=2" with the names sorted. n <= KEY_MAX_LABELS. */
void key_labels(struct buf *out, const struct label *labels, size_t n);

/*
 * The value of one label inside "a=1,b=2": points into labels, *len without a NUL.
 * NULL where the label is not there.
 */
const char *key_find(const char *labels, const char *name, size_t *len);

/* The same as a fresh string (caller frees), NULL where it is not there. */
char *key_get(const char *labels, const char *name);

/* The whole number at the start of a label's value. false where it is not there, or has none. */
bool key_number(const char *labels, const char *name, int *n);

/* labels without those whose names ("gpu,peer") are given. Caller frees. */
char *key_without(const char *labels, const char *names);

/* Whether a name stands in "gpu,peer". */
bool key_names(const char *names, const char *name, size_t len);

/* Whether every label=value of want stands in labels as well ("" matches all). */
bool key_subset(const char *want, const char *labels);

/*
 * Takes "bench.metric{a=1}" or "bench{a=1}" or "bench.metric" apart; out strings are owned
 * by the caller (free with key_parts_free). metric is "" where none is named; labels are
 * sorted. 0 or -EINVAL with e filled (no file or line).
 */
struct key_parts {
	char *bench, *metric, *labels;
};
int key_parse(const char *text, struct key_parts *out, struct err *e);
void key_parts_free(struct key_parts *k);

/* Whether one of the patterns (separated by spaces) names bench.metric{labels}; metric NULL: any.
 */
bool key_matches(const char *patterns, const char *bench, const char *metric, const char *labels);

/*
 * Orders two label texts as a person would: label by label, numbers by value
 * (gpu=2 before gpu=10). Returns <0, 0, >0.
 */
int key_compare(const char *a, const char *b);

#endif
