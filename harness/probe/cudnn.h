/* cuDNN's version, for comparisons of two sides. The only file that knows it. */
#ifndef ASSAY_PROBE_CUDNN_H
#define ASSAY_PROBE_CUDNN_H

#include "rows.h"

/* cudnn.status, cudnn.version, cudnn.path */
void cudnn_rows(const struct rows *r);

#endif
