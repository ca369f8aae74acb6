/*
 * CSV (RFC 4180, UTF-8, LF) as this project writes and accepts it: a header row of
 * known names, the same number of fields in each row, a field quoted only where it
 * must be. The only user of libcsv (reading; its writer quotes everything).
 */
#ifndef ASSAY_FORMATS_CSV_H
#define ASSAY_FORMATS_CSV_H

#include "../base/buf.h"
#include "../base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define CSV_MAX_FIELDS 64	 /* a row with more is refused */
#define CSV_MAX_FIELD  (1 << 20) /* bytes in one field */

/* Appends one row with its newline. NULL fields are written empty. */
void csv_row(struct buf *out, const char *const *fields, size_t n);

/*
 * Called for each data row, fields in the order of the wanted columns, valid during the call.
 * row is the row's number in the file counted in rows, header = 1.
 * A non-zero return stops the reading and is returned.
 */
typedef int csv_fn(void *arg, const char *const *fields, unsigned row, struct err *e);

/*
 * Reads a file whose header must hold all columns (n of them, others are ignored). With
 * torn_tail a last row that is cut off (no newline, open quote, too few fields) is dropped
 * silently, as a killed run leaves it; else it is an error. 0 or negative errno with file and row.
 */
int csv_read_file(const char *path, const char *const *columns, size_t n, bool torn_tail,
		  csv_fn *fn, void *arg, struct err *e);

/* The same on memory, for tests and fuzzers; name is used in errors. */
int csv_read_mem(const char *name, const void *data, size_t len, const char *const *columns,
		 size_t n, bool torn_tail, csv_fn *fn, void *arg, struct err *e);

/* Takes one single row apart (no header): returns the number of fields, each owned by the
 * caller (free each), or negative errno. For frames, which are CSV lines in a pipe. */
int csv_split(const char *line, size_t len, char **fields, size_t max, struct err *e);

#endif
