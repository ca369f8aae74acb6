/*
 * The syntax of suite files (INI), through inih's stream reader with a line reader of our
 * own, which knows line numbers and refuses what inih would accept silently: repeated
 * sections and keys, continued lines, over-long lines, NUL bytes, text that is no UTF-8,
 * a byte-order mark. What the words mean is checked by run/plan against the benchmarks.
 *
 *     [suite]
 *     summary = Pinned and pageable copies between host and GPUs
 *     budget = 2min
 *     gate = copy.bandwidth{memory=pinned,size=256MiB}
 *
 *     [copy:peak]            ; benchmark, optional :label
 *     gpu = all
 *     size = 4KiB..1GiB*4    ; a list or a range, see run/expand
 */
#ifndef ASSAY_FORMATS_SUITE_H
#define ASSAY_FORMATS_SUITE_H

#include "../base/err.h"

#include <stddef.h>

struct suite_key {
	char *name, *value;
	unsigned line;
};

struct suite_section {
	char *bench, *label; /* "copy", "peak"; label "" if none */
	unsigned line;
	struct suite_key *keys;
	size_t n, cap;
};

struct suite {
	char *path;		   /* as given, for messages */
	char *name;		   /* file name without .ini */
	struct suite_section head; /* [suite] */
	struct suite_section *sections;
	size_t n, cap;
};

/* Reads a file (or memory, for tests and fuzzers). 0, or negative errno with file and line. */
int suite_load(struct suite *s, const char *path, struct err *e);
int suite_parse(struct suite *s, const char *path, const void *data, size_t len, struct err *e);
void suite_free(struct suite *s);

/* The key of that name in a section, NULL if there is none. */
const struct suite_key *suite_find(const struct suite_section *s, const char *name);

#endif
