/* Text for people, shared by the renderers: escaping, numbers, lists of values. */
#ifndef ASSAY_REPORTS_TEXT_H
#define ASSAY_REPORTS_TEXT_H

#include "../harness/base/buf.h"
#include "../harness/base/units.h"
#include "../harness/judge/results.h"

/*
 * Formats like printf, with each %s escaped for HTML text and attributes: host strings cannot
 * become markup. Known: %s %c %d %u %zu %% and %.Nf, whose trailing zeros are cut.
 * Control characters and bytes that are no UTF-8 become U+FFFD.
 */
void html_put(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Replaces control characters, so that a host string cannot drive a terminal. */
void text_plain(struct buf *out, const char *s);

/* Appends s as a sentence begins: with a capital, where the first word has no other mark of a name.
 */
void text_sentence(struct buf *out, const char *s);

/* Bytes of the UTF-8 character at s, 0 where there is none that is whole and valid. */
size_t text_char(const char *s);
/* Characters in s (columns of a terminal, where none is wide). */
size_t text_width(const char *s);

/* v on a scale, 4 significant digits: "55.31". */
const char *text_number(char *out, size_t n, double v, const struct scale *sc);
/* A share as percent with 2 significant digits below 10 %, whole above: "0.07", "1.3", "98". */
const char *text_percent(char *out, size_t n, double share);

/* Half-width of the interval as a share of the median, the larger side; NaN without one. */
double text_halfwidth(const struct result *r);
/* Median absolute deviation as a share of the median; NaN without one. */
double text_spread(const struct result *r);
/* Share of the physical ceiling; NaN without one. */
double text_share(const struct result *r);
/* "5 × 30": processes and the median number of samples in them. times is "×" or "x". */
void text_sampling(struct buf *out, const struct result *r, const char *times);

/* The words for a verdict and its mark: "passed" ●, "failed" ✕ … */
const char *text_verdict(enum exit_code exit);
const char *text_verdict_mark(enum exit_code exit);
const char *text_status_word(enum status s); /* "timed out" */
const char *text_status_mark(enum status s);

#endif
