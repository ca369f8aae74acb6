/*
 * What goes to standard error: warnings always, progress only on a terminal, colour
 * only there and never with NO_COLOR. Results never come this way.
 */
#ifndef ASSAY_BASE_LOG_H
#define ASSAY_BASE_LOG_H

#include <stdbool.h>
#include <stdio.h>

/* One line, "assay: …"; ends a progress line first. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Redraws the one progress line; silent where standard error is no terminal. */
void log_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_progress_end(void);

/* Whether to use colour, and UTF-8 beyond ASCII, on this stream. */
bool log_colour(FILE *f);
bool log_utf8(void);

#endif
