/* NVML: SM clocks and their lock. index as in nvml.h, of a GPU that has a handle. */
#ifndef ASSAY_PROBE_NVML_CLOCKS_H
#define ASSAY_PROBE_NVML_CLOCKS_H

#include "nvml.h"

#define NVML_BASE 0u /* for min_mhz and max_mhz of a lock: the GPU's base clock */

/*
 * Locks the SM clock between two values. It is a wish: a power cap or heat still lowers it. 0,
 * -EPERM (needs root, in containers CAP_SYS_ADMIN), -ENOTSUP, -EINVAL or -EIO in NVML's words.
 */
int nvml_lock_sm(const struct nvml *n, unsigned index, unsigned min_mhz, unsigned max_mhz,
		 struct err *e);
/* Removes a lock, whoever made it. The same errors. */
int nvml_unlock_sm(const struct nvml *n, unsigned index, struct err *e);

/* MHz that can be locked beside the fastest memory clock, falling; how many, 0: not reported. */
size_t nvml_sm_clocks(const struct nvml *n, unsigned index, unsigned *mhz, size_t max);

/* For how long the power cap has held the GPU's clocks down since the driver was loaded; NAN. */
double nvml_capped_s(const struct nvml *n, unsigned index);
/* The same of heat. The fields of it have moved between drivers: judge by the events beside it. */
double nvml_hot_s(const struct nvml *n, unsigned index);

#endif
