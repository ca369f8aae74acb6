/*
 * Inline SVG: an axis, a frame with title and description, and the charts. Colours and
 * type come from style.css by class; numbers are pixels with at most one decimal.
 */
#ifndef ASSAY_REPORTS_SVG_H
#define ASSAY_REPORTS_SVG_H

#include "view.h"
#include "../harness/base/buf.h"

#define SVG_TICKS 12

/* Values lo..hi on pixels from..to. Log axes hold positive values only. */
struct axis {
	double lo, hi;
	double from, to;
	bool log;
	double tick[SVG_TICKS];
	size_t ticks;
};

/* Picks round limits and ticks around lo..hi; zero: a linear axis starts at 0. about: ticks. */
void axis_fit(struct axis *a, double lo, double hi, bool log, bool zero, unsigned about);
double axis_at(const struct axis *a, double v);
/* Text of a tick: on the group's scale, on a log axis with a prefix and unit of its own. */
const char *axis_text(char *out, size_t n, const struct axis *a, double v, const struct group *g);

/* <svg role="img"> with its title and desc; id must be unique in the page. */
void svg_open(struct buf *out, const char *id, double width, double height, const char *title,
	      const char *desc);
void svg_close(struct buf *out);
void svg_line(struct buf *out, const char *cls, double x1, double y1, double x2, double y2);
void svg_text(struct buf *out, const char *cls, double x, double y, const char *text);
/* Appends a closed marker to path data: shape 0 circle, square, triangle, diamond … */
void svg_marker(struct buf *d, unsigned shape, double x, double y, double r);

/* Pixels that a label of 12 px takes, estimated generously. */
double svg_text_width(const char *s);
/*
 * Whether a label of that size at (x, y) touches none of the *n that stand at `at`; then it is one
 * of them, for which `at` needs room.
 */
bool svg_label_fits(double (*at)[2], size_t *n, double x, double y, double width, double height);
/* Those that the values of a column need as names of rows, with room beside them. */
double svg_names_width(const struct column *c);

/* "lowest 25.1 GB/s (GPU 3, pinned), highest 55.3 GB/s (GPU 0, pinned)" over some rows. */
void svg_range_words(struct buf *out, const struct group *g, const struct result *const *row,
		     size_t n);

/*
 * How the rows of a group are spread over panels (small multiples) and, in each, lines. The
 * columns in `except` are the chart's own axes.
 */
struct spread_row {
	size_t panel, line;
	const struct result *r;
};
struct spread {
	bool in_panel[VIEW_COLUMNS], in_line[VIEW_COLUMNS]; /* by column of the group */
	struct spread_row *row; /* sorted: panel, line, as in the group */
	size_t n, panels;
	bool over_gpus;
};
void spread_make(struct spread *s, const struct group *g, const char *const *except,
		 size_t n_except, size_t max_lines);
/*
 * The same for a sweep over size. Where GPUs would make more than max_panels, each line stands
 * for all of them (over_gpus): its rows are those of one GPU after the other.
 */
void spread_sweep(struct spread *s, const struct group *g, size_t max_lines, size_t max_panels);
/* A panel for each thing that was done, in it a line for each GPU (and arm). */
void spread_gpus(struct spread *s, const struct group *g);
/* Has the panels that are marked (a flag each) come first. */
void spread_first(struct spread *s, const bool *panel);
void spread_free(struct spread *s);
/* The words for a row's panel or line; "" where there is only one. */
void spread_words(struct buf *out, const struct spread *s, const struct group *g,
		  const struct result *r, bool panel);

/* The rows of the panel that starts at row i end before the one returned. */
size_t spread_panel_end(const struct spread *s, size_t i);

/* The charts, each one <svg> or several, without the figure around them. */
void svg_dots(struct buf *out, const char *id, const struct group *g, const bool *shown);
void svg_sweep(struct buf *out, const char *id, const struct group *g, const struct spread *s,
	       size_t max_panels);
/* A rate against the SM clock of the same key (both have a row of it), by spread_gpus. */
const struct result *view_clock(const struct group *clock, const struct result *r);
void svg_clock(struct buf *out, const char *id, const struct group *g, const struct group *clock,
	       const struct spread *s, size_t max_panels);
/* The matrix m as a heat map, and local against remote memory as paired dots: matrix.h. */
struct matrix;
void svg_heat(struct buf *out, const char *id, const struct group *g, const struct spread *s,
	      const struct matrix *m, const struct report *r, size_t max_panels);
void svg_remote(struct buf *out, const char *id, const struct group *g, const struct spread *s,
		const struct matrix *m, const struct report *r, size_t max_panels);

/* How the machine is wired. */
struct wiring;
void svg_wiring(struct buf *out, const char *id, const struct wiring *w);

/*
 * Forest plot, a row a cell of the table beside it, all on one axis in shares: worse to the right.
 * A row's cells say the same in words, so that these drawings are hidden from who cannot see them.
 */
struct compared;
struct forest {
	double limit; /* the axis reaches from -limit to limit */
	double step;  /* of its ticks */
};
/* The axis for some rows: their intervals, as far as a few margins; what lies beyond is an arrow.
 */
void forest_fit(struct forest *f, const struct compared *const *row, size_t n);
void svg_forest_head(struct buf *out, const struct forest *f);
void svg_forest_row(struct buf *out, const struct forest *f, const struct compared *x);

/* The medians of both sides in the order of time: A circles, B squares, strays ringed, lost ones
 * as a cross at the bottom. */
void svg_pairs(struct buf *out, const char *id, const struct compared *x, const char *a,
	       const char *b);

/* One metric of a history over its sessions; name is its title. */
struct history;
struct history_metric;
struct panel;
/* How many hosts were met before that of this session: its shape, and its colour by eights. */
unsigned trend_series(const struct panel *p, size_t session);
void svg_trend(struct buf *out, const char *id, const struct history *h,
	       const struct history_metric *m, const char *name);

#endif
