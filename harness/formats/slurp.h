/* A whole file in memory, for the readers of this folder. */
#ifndef ASSAY_FORMATS_SLURP_H
#define ASSAY_FORMATS_SLURP_H

#include "../base/buf.h"
#include "../base/err.h"

/* Appends the file to out. More than max bytes: -EFBIG. 0 or negative errno, e names the file. */
int slurp(struct buf *out, const char *path, size_t max, struct err *e);

#endif
