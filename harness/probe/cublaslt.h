/* cuBLASLt, loaded when it is there. The only file that knows it. */
#ifndef ASSAY_PROBE_CUBLASLT_H
#define ASSAY_PROBE_CUBLASLT_H

#include "rows.h"

/* cublaslt.status, cublaslt.version, cublaslt.path */
void cublaslt_rows(const struct rows *r);

#endif
