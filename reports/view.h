/*
 * What the renderers share: results put into groups of one metric each, with the labels that
 * vary as columns, and the choice of rows where there are too many to show. No verdicts.
 */
#ifndef ASSAY_REPORTS_VIEW_H
#define ASSAY_REPORTS_VIEW_H

#include "report.h"
#include "../harness/base/units.h"

#include <stdbool.h>
#include <stddef.h>

#define VIEW_COLUMNS 17 /* KEY_MAX_LABELS and the arm */

/* One label (or the arm) over the rows of a group. */
struct column {
	char *name;    /* "size"; "arm" for the arm */
	char **values; /* distinct, numbers by value, then words; all owned */
	size_t n, cap;
	bool numeric;	  /* all values are plain numbers */
	bool follows_gpu; /* one value for each of several GPUs, as their node mostly has */
};

struct group {
	const char *bench, *metric, *unit, *better, *cls;
	const struct result **row; /* those with a number, sorted by the columns, then arm */
	size_t n, cap;
	struct column column[VIEW_COLUMNS]; /* arm, GPUs, nodes, others, size */
	size_t columns;
	size_t level;	    /* rows whose interval is not at the first row's level */
	struct scale scale; /* of the largest median */
};

struct view {
	struct group *group; /* sorted by benchmark, metric; what only informs comes last */
	size_t n, cap;
};

void view_make(struct view *v, const struct report *r);
void view_free(struct view *v);

/* The column of that label, NULL where the group has none. */
const struct column *view_column(const struct group *g, const char *name);
/* Index of the row's value in that column, which sorts its values. */
size_t view_index(const struct column *c, const struct result *r);
/* The row's value of that column, "" where it has none. The caller frees. */
char *view_value(const struct column *c, const struct result *r);

/* Whether judge found the number worse than it should be, or than its siblings. */
bool view_worse(const struct result *r);

/* Whether the metric only says under which conditions the others came about. */
bool view_is_info(const struct group *g);

/* The column along which a sweep runs (sizes, or how many clients), NULL where there is none. */
const struct column *view_swept(const struct group *g);
/* A value of that column: "256 MiB", "8". */
const char *view_swept_text(char *out, size_t n, const struct column *swept, double v);

/* How a metric is drawn, from its labels alone. */
enum chart { CHART_NONE, CHART_DOTS, CHART_SWEEP, CHART_HEAT };
enum chart view_chart(const struct group *g);

/*
 * Which rows a table shows: all up to max; otherwise those that failed or carry a remark, the
 * gates of the suite, of a sweep the largest value of each line, else the lowest and highest,
 * max at most. Returns the number of rows; shown (n flags, owned by the caller) marks them.
 */
size_t view_pick(const struct group *g, const struct report *r, size_t max, bool *shown);

/* Marks the rows that the suite names as gates (as many as max), returns how many. */
size_t view_gates(const struct group *g, const struct report *r, size_t max, bool *shown);

/* A sweep shows one in so many values, so that a long one does not make the page heavy. */
size_t view_stride(const struct group *g);

/* "± 0.3 % at most", over all rows; nothing where none has an interval. */
void view_precision(struct buf *out, const struct group *g);

/* Constant labels of the group in words: "engine ce, node local"; "" if there are none. */
void view_constants(struct buf *out, const struct group *g);

/* The labels of one row in those columns, in words: "GPU 0 to GPU 3, pinned". */
void view_words(struct buf *out, const struct group *g, const struct result *r, const bool *in);

/*
 * What tells the shown rows (all for NULL) from each other: the columns that have several values
 * there, but for what follows the GPU. shared, where it is not NULL: those that vary in the group
 * and have one value there.
 */
void view_telling(const struct group *g, const bool *shown, bool *in, bool *shared);

/* The varying labels of one row in words: "GPU 3, pinned, 256 MiB". */
void view_row_words(struct buf *out, const struct group *g, const struct result *r);

#endif
