/* From a bundle on disk to results.csv, report.html and the report on the terminal. */
#ifndef ASSAY_COMMANDS_PRESENT_H
#define ASSAY_COMMANDS_PRESENT_H

#include "../base/err.h"

#include <stdbool.h>

/* Judges, writes the derived files, prints. Returns the exit code of the outcome. */
int present_bundle(const char *dir, bool json, struct err *e);

/* How this terminal shows text. */
struct terminal_style;
void present_style(struct terminal_style *style);

#endif
