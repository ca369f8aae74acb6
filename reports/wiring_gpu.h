/* The boxes of one GPU's row. Inner header of wiring*.c. */
#ifndef ASSAY_REPORTS_WIRING_GPU_H
#define ASSAY_REPORTS_WIRING_GPU_H

#include "wiring.h"

/* -1 where nobody says. */
int wiring_gpu_node(const struct bundle_data *d, const char *arm, int gpu);
/* Root port, switch and GPU of a row whose node is there already. */
void wiring_gpu(struct wire *x, const struct bundle_data *d, const char *arm, int gpu);

#endif
