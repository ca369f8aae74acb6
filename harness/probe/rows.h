/* Rows of the environment on their way to an env_fn (env.h). */
#ifndef ASSAY_PROBE_ROWS_H
#define ASSAY_PROBE_ROWS_H

#include "env.h"

struct rows {
	env_fn *fn;
	void *arg;
};

/* One row; control characters in the value become spaces. */
void row(const struct rows *r, const char *key, const char *source, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* gpu.ADDRESS.FIELD */
void gpu_row(const struct rows *r, const char *address, const char *field, const char *source,
	     const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* A number in full: no exponent below 1e15 where it is whole, else the shortest exact text. */
const char *rows_number(char out[40], double v);

/* The content of a file below sysfs_root() with that path as source; no row if it is missing. */
void file_row(const struct rows *r, const char *key, const char *path);

#endif
