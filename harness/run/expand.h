/*
 * From the text of a suite file to lists of canonical values: "4KiB..1GiB*4", "pinned,pageable",
 * "all". Canonical values are plain numbers and words, fit for a metric key.
 */
#ifndef ASSAY_RUN_EXPAND_H
#define ASSAY_RUN_EXPAND_H

#include "../base/err.h"
#include "../bench.h"
#include "machine.h"

#define EXPAND_MAX 4096 /* values of one parameter */

struct values {
	char **v;
	size_t n, cap;
};

/*
 * file and line are for messages. m may be NULL: then "all" of GPUs and nodes stays the word
 * "all" (for checking a suite without a machine). "local", and "all" of a PARAM_MEMBER, always
 * stay words (see plan.c).
 * 0 or -EINVAL with e filled.
 */
int expand_values(struct values *out, const struct bench *b, const struct param *p,
		  const char *text, const struct machine *m, const char *file, unsigned line,
		  struct err *e);
void values_add(struct values *v, const char *s);
const char *values_at(const struct values *v, size_t i); /* "" beyond the end */
void values_free(struct values *v);
/* "a,b,c"; caller frees. */
char *values_join(const struct values *v);

/* One value in canonical form ("256MiB" -> "268435456"), for gate patterns; NULL with e filled. */
char *expand_one(const struct bench *b, const struct param *p, const char *text, const char *file,
		 unsigned line, struct err *e);

/*
 * ' (did you mean "memory"?)' for a misspelt word, or "" where no known one is near; next(arg, i)
 * gives known word i, NULL after the last. Returns out.
 */
#define HINT_SIZE 96
const char *nearest_hint(char out[HINT_SIZE], const char *word,
			 const char *(*next)(const void *arg, size_t i), const void *arg);

#endif
