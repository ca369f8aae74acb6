/*
 * Renderers: they display what judge decided and compute no verdict. Each appends to a
 * text buffer; the same bundle gives the same bytes.
 */
#ifndef ASSAY_REPORTS_REPORT_H
#define ASSAY_REPORTS_REPORT_H

#include "../harness/base/buf.h"
#include "../harness/formats/bundle.h"
#include "../harness/judge/compare.h"
#include "../harness/judge/differences.h"
#include "../harness/judge/results.h"

struct report {
	const struct bundle_data *data;
	const struct results *results;
	const struct outcome *outcome;
	/* of a bundle with two arms that were compared; NULL for any other */
	const struct comparison *comparison;
	const struct differences *differences;
};

/* Sides that are not two arms of one bundle: sessions or nodes. */
struct compare_report {
	const struct comparison *comparison;
	const struct differences *differences; /* may be NULL */
	const struct bundle_data *a, *b;       /* one bundle of each side: machine, driver, date */
	size_t bundles_a, bundles_b;
};

/* What the program says to its caller: the run's outcome and, where there is one, the comparison's.
 */
enum exit_code report_exit(const struct report *r);

/* One file, no script, no outside address. */
void report_html(struct buf *out, const struct report *r);

struct terminal_style {
	bool colour, utf8;
	unsigned columns; /* >= 60; 80 where unknown */
};
void report_terminal(struct buf *out, const struct report *r, const struct terminal_style *style);

/* For programs: the same numbers as results.csv plus the outcome. */
void report_json(struct buf *out, const struct report *r);

/* The same three for a comparison of bundles. */
void report_compare_html(struct buf *out, const struct compare_report *r);
void report_compare_terminal(struct buf *out, const struct compare_report *r,
			     const struct terminal_style *style);
void report_compare_json(struct buf *out, const struct compare_report *r);

/* history.html: trends of the gates over the sessions, and how much these differ. */
struct history;
void report_history_html(struct buf *out, const struct history *h);

#endif
