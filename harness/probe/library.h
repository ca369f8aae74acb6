/* Shared libraries that are loaded when they are there, and the file each really came from. */
#ifndef ASSAY_PROBE_LIBRARY_H
#define ASSAY_PROBE_LIBRARY_H

#include "rows.h"
#include "../base/err.h"

struct library {
	void *handle;
	char path[512]; /* links resolved */
};

/*
 * Loads the first of these names (NULL at the end). 0, or -ENOENT with the loader's own words
 * about the last one. CUDA's libraries are left loaded to the end of the process: they were not
 * made to be unloaded, and a second look finds them there.
 */
int library_open(struct library *l, const char *const *names, struct err *e);
void library_close(struct library *l);

/* NULL where the library has no such symbol. */
void *library_symbol(const struct library *l, const char *name);

/* KEY.version and KEY.path, or KEY.status with the reason. code: major*10000+minor*100+patch. */
void library_rows(const struct rows *r, const char *key, const struct library *l, long code,
		  const char *call, const struct err *e);

#endif
