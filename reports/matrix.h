/*
 * A group whose rows fill a matrix: which two labels span it, from the labels alone, which of its
 * cells stand out, and which of them are a GPU's own node.
 */
#ifndef ASSAY_REPORTS_MATRIX_H
#define ASSAY_REPORTS_MATRIX_H

#include "svg.h"
#include "view.h"

struct matrix {
	const struct column *down, *across;
	bool pairs; /* of GPUs: a GPU and itself are none, the diagonal stays empty */
};

/*
 * Whether the group is one: GPU by peer, CPU node by memory node, or GPU by memory node, with more
 * than half of the cells measured.
 */
bool matrix_of(struct matrix *m, const struct group *g);

/*
 * The cells of one panel, row by row of the matrix, NULL where nothing was measured; the caller
 * frees. A cell's place is matrix_cell.
 */
const struct result **matrix_grid(const struct matrix *m, const struct spread_row *row, size_t n);
size_t matrix_cell(const struct matrix *m, const struct result *r);
bool matrix_no_pair(const struct matrix *m, size_t cell);
/* Whether a cell without a number has none because it failed; like: any row of its panel. */
bool matrix_failed(const struct matrix *m, const struct report *r, const struct result *like,
		   size_t cell);

/*
 * The panels of a matrix: each of its cells holds one row. Where they would be more than max_panels
 * and there are several sizes, only one is taken: the largest, or of what should be low (a latency)
 * the smallest. Returns its value, NULL where all are there. The caller frees by spread_free.
 */
const char *matrix_spread(struct spread *s, const struct matrix *m, const struct group *g,
			  size_t max_panels);

/* Has the panels of the suite's gates come first; all keep their order otherwise. */
void matrix_gates_first(struct spread *s, const struct group *g, const struct report *r);

/* Whether memory is local: its node is the GPU's own (manifest) or that of the CPUs. */
enum nearness { NEAR_UNKNOWN, NEAR_LOCAL, NEAR_REMOTE };
enum nearness matrix_nearness(const struct matrix *m, const struct report *r,
			      const struct result *x);
/* The node of a GPU, of the CPUs for a row by CPU node; NULL where the manifest does not say. */
char *matrix_home(const struct matrix *m, const struct report *r, const struct result *x);

/* A GPU's own node and the fastest and slowest of the others, which are one with two nodes. */
struct remote {
	const struct result *local, *best, *worst;
};
/*
 * Those of a panel, a GPU each (room for down->n); GPUs whose node is not known or not measured are
 * left out, and so is everything in a matrix without GPUs. Returns how many.
 */
size_t matrix_remote(struct remote *out, const struct matrix *m, const struct report *r,
		     const struct spread_row *row, size_t n);
/* By how much the other node is more than the local one, as a share. */
double remote_share(const struct remote *x, const struct result *other);

/*
 * Which cells of a panel stand out: out[i] of row[i]. What judge found of them; where it does not
 * compare these values (the metric has no siblings), what is more than a tenth off the median of
 * its kind (local, remote, other; three at least): shown, not judged. off[i] is then the signed
 * share, else NaN.
 */
void matrix_outliers(const struct matrix *m, const struct report *r, const struct spread_row *row,
		     size_t n, bool *out, double *off);
/* "GPU 2 to GPU 5, 190 GB/s: slower than its siblings …"; of what was said of the one before (or
 * NULL) only "the same". */
void matrix_outlier_words(struct buf *out, const struct group *g, const struct result *r,
			  double off, const struct result *before);

#endif
