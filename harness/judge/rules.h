/*
 * What makes a number a FAIL or worth a remark: rules on one result, and rules that look at one
 * beside others. Inner header. A rule never makes a PASS of a FAIL.
 */
#ifndef ASSAY_JUDGE_RULES_H
#define ASSAY_JUDGE_RULES_H

#include "results.h"

/* No valid sample, processes or samples left out (cause: the first one's), not steady. */
void rules_samples(struct result *r, const struct bundle_data *d, const char *cause,
		   size_t left_out);
/* Fills r->ceiling; above it by more than the interval is a FAIL. */
void rules_ceiling(struct result *r, const struct bundle_data *d);
/* Memory that was not where the key says is a FAIL, unproven a remark. */
void rules_placement(struct result *r, const struct bundle_data *d);
/* A GPU whose own node is not for this process, by a cpuset: a remark. */
void rules_reach(struct result *r, const struct bundle_data *d);
/* What the benchmark says a reader must know (bench.h: ctx_remark). */
void rules_remark(struct result *r, const struct bundle_data *d);
/* What the benchmark found beside what is right (expect.c): where they differ, a FAIL. */
void rules_expect(struct result *r, const struct bundle_data *d);

/* A GPU that is nearer to another node than to its own is a FAIL (locality.c). */
void rules_locality(struct results *out, const struct bundle_data *d);
/* Where nobody said on which node a GPU is: what the copies tell, a remark (infer.c). */
void rules_infer(struct results *out, const struct bundle_data *d);
/* What was computed at another clock than --lock-clocks locked is a FAIL (clock_lock.c). */
void rules_clock_lock(struct results *out, const struct bundle_data *d);
/* One that is slower than its like is a FAIL or a remark (siblings.c). After all other rules. */
void rules_siblings(struct results *out, const struct bundle_data *d);

/* ---- for rules ---- */

/* Adds to what a reader should know about the number. */
void rules_note(struct result *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, and the number is a FAIL by this rule (a constant). excess: see struct result. */
void rules_fail(struct result *r, const char *rule, double excess, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * A number as something of which more is better (the inverse of a time), with its interval. Of
 * fewer than three processes the interval says little about other processes: it is made wider by
 * what processes on a quiet machine may differ. mid is 0 where there is nothing to compare.
 */
struct speed {
	double lo, mid, hi;
};
struct speed rules_speed(const struct result *r);

/*
 * The node that is nearest by what the firmware says (that of the label gpu or cpu_node) and the
 * node of the memory. false where the key has no such labels, or nobody said. *said (may be NULL):
 * the manifest's row about the GPU, NULL for CPUs.
 */
bool rules_nodes(const struct result *r, const struct bundle_data *d, int *own, int *node,
		 const struct manifest_row **said);

#endif
