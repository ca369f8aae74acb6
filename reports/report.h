/*
 * Renderers: they display what judge decided and compute no verdict. Each appends to a
 * text buffer; the same bundle gives the same bytes.
 */
#ifndef ASSAY_REPORTS_REPORT_H
#define ASSAY_REPORTS_REPORT_H

#include "../harness/base/buf.h"
#include "../harness/formats/bundle.h"
#include "../harness/judge/results.h"

struct report {
	const struct bundle_data *data;
	const struct results *results;
	const struct outcome *outcome;
};

/* One file, no script, no outside address. */
void report_html(struct buf *out, const struct report *r);

struct terminal_style {
	bool colour, utf8;
	unsigned columns; /* >= 60; 80 where unknown */
};
void report_terminal(struct buf *out, const struct report *r, const struct terminal_style *style);

/* For programs: the same numbers as results.csv plus the outcome. */
void report_json(struct buf *out, const struct report *r);

#endif
