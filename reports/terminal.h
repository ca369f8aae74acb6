/* What the reports for a terminal are written with. Inner header of terminal*.c. */
#ifndef ASSAY_REPORTS_TERMINAL_H
#define ASSAY_REPORTS_TERMINAL_H

#include "report.h"

struct term {
	struct buf *out;
	struct terminal_style style; /* columns within 60 and 120 */
};
void term_open(struct term *t, struct buf *out, const struct terminal_style *style);

/* Text as this terminal can show it: controls out, marks in ASCII where that is all there is. */
void term_put(struct term *t, const char *s);
void term_colour(struct term *t, const char *code);
void term_pad(struct term *t, size_t n);
/* Text in words, broken at spaces; later lines start at indent. at: column of the first. */
void term_wrap(struct term *t, const char *s, size_t at, size_t indent);
void term_heading(struct term *t, const char *text);
/* "Name          its text, wrapped", as the digest has it. */
void term_named(struct term *t, const char *name, const char *text);
/* Right-aligned in its column. Each mark that cells hold is one column wide in ASCII too. */
void term_cell(struct term *t, const char *text, size_t width);
/* Left-aligned, cut with a mark where the column is too narrow. */
void term_label(struct term *t, const char *text, size_t width);

/* A matrix as a table; false, and nothing written, where it is none or does not fit. */
struct group;
bool term_matrix(struct term *t, const struct report *r, const struct group *g);

/* How the machine is wired; nothing for one node without GPUs. */
void term_wiring(struct term *t, const struct bundle_data *d);

/* The line that says that nothing here was measured; nothing on real hardware. */
void term_simulated(struct term *t, const struct bundle_data *d);
/* "▼ Regressed. sentence" */
void term_verdict(struct term *t, enum exit_code exit, const char *mark, const char *word,
		  const char *sentence);

/* A comparison: banners stand above the verdict, the rest after it. */
void term_alerts(struct term *t, const struct comparison *c);
void term_comparison(struct term *t, const struct comparison *c, const struct differences *d);

#endif
