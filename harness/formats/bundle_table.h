/* The columns of a bundle's files, said once, for its reader and its writer. */
#ifndef ASSAY_FORMATS_BUNDLE_TABLE_H
#define ASSAY_FORMATS_BUNDLE_TABLE_H

#include "../base/buf.h"
#include "../base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum bundle_file { BF_MANIFEST, BF_PLAN, BF_STEPS, BF_SAMPLES, BF_TELEMETRY, BF_N };

enum column_type { COL_TEXT, COL_UNSIGNED, COL_INT, COL_NUMBER, COL_BOOL, COL_STATUS };

struct column {
	const char *name;
	enum column_type type;
	size_t offset; /* in the row's struct */
};

#define BUNDLE_MAX_COLUMNS 12

struct table {
	const char *file; /* "samples.csv" */
	struct column columns[BUNDLE_MAX_COLUMNS];
	size_t n;	 /* columns */
	size_t row_size; /* of the row's struct */
};

extern const struct table bundle_tables[BF_N];

/* Appends the header row. */
void table_header(struct buf *out, const struct table *t);

/* Appends a row (a pointer to the row's struct). -EINVAL where a number is not finite. */
int table_format(struct buf *out, const struct table *t, const void *row, struct err *e);

/*
 * Fills all columns but the texts of a row's struct from fields in the table's order. 0 or
 * -EINVAL with the column named.
 */
int table_parse(const struct table *t, const char *const *fields, void *row, const char *path,
		unsigned line, struct err *e);

#endif
