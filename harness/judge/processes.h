/*
 * processes.csv of one bundle: a median for each process and key, all that sessions and nodes are
 * compared by. It is derived: where it is missing or older than the evidence, it is made again
 * from that, in memory.
 */
#ifndef ASSAY_JUDGE_PROCESSES_H
#define ASSAY_JUDGE_PROCESSES_H

#include "../base/err.h"
#include "../formats/bundle.h"

#include <stdbool.h>
#include <stddef.h>

struct intern;

struct process_row {
	char *arm; /* texts: from the pool, equal ones have equal addresses */
	unsigned block, position, process;
	char *bench, *metric, *labels;
	unsigned n;
	double median;	/* in the metric's unit */
	unsigned valid; /* 0 or 1 */
	char *cause;
	unsigned line; /* in processes.csv */
};

struct processes {
	struct bundle_data head; /* manifest and plan */
	struct process_row *row; /* sorted: arm, benchmark, metric, labels, block, process */
	size_t n, cap;
	bool again; /* made from the evidence */
};

/*
 * Loads a bundle's head and its processes; texts of the rows go into the pool, which must outlive
 * them. A newer schema, a row that is not understood and one that stands twice are errors. 0 or
 * negative errno; free in both cases.
 */
int processes_load(struct processes *p, const char *dir, struct intern *pool, struct err *e);
void processes_free(struct processes *p);

/* Reads the text of a processes.csv into p: for tests and fuzzers. name is used in errors. */
int processes_parse(struct processes *p, const char *name, const void *text, size_t n,
		    struct intern *pool, struct err *e);

/* Puts the rows in order; whether they were not. */
bool processes_sort(struct processes *p);

#endif
