/* NCCL, loaded when it is there. The only file that knows it. */
#ifndef ASSAY_PROBE_NCCL_H
#define ASSAY_PROBE_NCCL_H

#include "rows.h"

/* nccl.status, nccl.version, nccl.path */
void nccl_rows(const struct rows *r);

#endif
