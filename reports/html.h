/* The parts of report.html; each writes one section. Inner header of html*.c. */
#ifndef ASSAY_REPORTS_HTML_H
#define ASSAY_REPORTS_HTML_H

#include "findings.h"
#include "text.h"
#include "view.h"

struct page {
	struct buf *out;
	const struct report *r;		     /* NULL on a page about sides */
	const struct comparison *comparison; /* NULL where nothing is compared */
	const struct differences *differences;
	struct view view;
	struct findings findings;
	const char *simulated; /* profile and fault, NULL on real hardware */
};

/* The style sheet, put into the program when it is built (style.c). */
extern const char html_style[];

void html_open(struct page *p, const char *title); /* <head>, skip link, banners */
void html_close(struct page *p);
/* The verdict of a comparison and its sentence, where there is one. */
void html_verdict(struct page *p, enum exit_code exit);
void html_head(struct page *p);		/* <head>, banner, verdict, digest, contents */
void html_findings(struct page *p);	/* what went wrong, what was not measured */
void html_measurements(struct page *p); /* a part a benchmark */
void html_figure(struct page *p, const struct group *g, const bool *shown, size_t number);
/* The parts that figures share: a number's cell, the folded data, how many panels are drawn. */
void html_cell(struct page *p, const struct group *g, double v);
void html_fold(struct page *p, const char *label);
void html_fold_end(struct page *p);
size_t html_panels(const struct page *p);
/* Heat maps, and local against remote: the inside of a figure. */
void html_matrix(struct page *p, const struct group *g, const char *id);
/* A rate against the SM clock, where the benchmark has both. */
void html_clock(struct page *p, const struct group *g, size_t number);
/* A dot plot of the suite's gates: where a sweep hides what differs between GPUs. */
void html_gates(struct page *p, const struct group *g, size_t number);
void html_comparison(struct page *p);  /* gates, screens, controls, promise */
void html_multiples(struct page *p);   /* the blocks of each gate */
void html_differences(struct page *p); /* what differs in the environment, hints */
/* Clocks, power, temperature over time, where they were read. */
bool html_has_course(const struct page *p);
void html_course(struct page *p);
void html_steps(struct page *p);
void html_environment(struct page *p);
void html_wiring(struct page *p); /* inside of the environment */
void html_method(struct page *p);

/* A table or chart that may be wider than the page scrolls in a region of its own. */
void html_scroll(struct page *p, const char *label);
void html_scroll_end(struct page *p);

/* Benchmarks with numbers, in order: calls fn with the groups [from, to) of each. */
typedef void html_bench_fn(struct page *p, const char *bench, size_t from, size_t to);
void html_each_bench(struct page *p, html_bench_fn *fn);

#endif
