/*
 * Gates: key patterns such as copy.bandwidth{memory=pinned,size=256MiB} that name the metrics
 * which verdicts are promised for; and parameter texts "dir=h2d,d2h gpu=3" of plan.csv.
 */
#ifndef ASSAY_RUN_GATE_H
#define ASSAY_RUN_GATE_H

#include "../base/err.h"
#include "../bench.h"

/* The benchmark of that name in a NULL-terminated table, NULL if there is none. */
const struct bench *bench_named(const struct bench *const *all, const char *name);

/* Words of a text with single spaces between. Caller frees. */
char *gate_words(const char *text);

/*
 * Checks every pattern against the benchmarks' tables and makes its values canonical. Returns the
 * patterns separated by single spaces (caller frees), NULL with e filled.
 */
char *gate_canonical(const char *text, const struct bench *const *benches, const char *file,
		     unsigned line, struct err *e);

/* Value list of one parameter in "a=1,2 b=3"; caller frees, NULL where it is not there. */
char *gate_param(const char *params, const char *name);

/* The same for people: lists of more than four values as "size=4..1073741824 (15)". Caller frees.
 */
char *gate_brief(const char *params);

/* Which share (0..1) of a step's cases the pattern names. */
double gate_share(const char *pattern, const char *bench, const char *params);

/* Whether two steps of one benchmark have a key in common. */
bool gate_params_overlap(const struct bench *b, const char *params_a, const char *params_b);

#endif
