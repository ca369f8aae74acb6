/*
 * CUDA devices as the runtime lists them. No context is made, but the driver is initialised:
 * call this where a hang can be ended. Without nvcc every call answers -ENOTSUP.
 */
#ifndef ASSAY_PROBE_CUDA_H
#define ASSAY_PROBE_CUDA_H

#include "rows.h"
#include "../base/err.h"

#include <stddef.h>
#include <stdint.h>

struct cuda_device {
	int ordinal; /* in CUDA, after CUDA_VISIBLE_DEVICES */
	char address[16];
	char uuid[48]; /* GPU-… */
	char name[256];
	uint64_t memory_bytes;
	int host_node; /* cudaDevAttrHostNumaId, -1 where CUDA does not say */
};

/*
 * 0 or a negative errno with the reason; *n may be 0. A device that cannot be asked is left out
 * and e says why, with 0 returned. The caller frees *out.
 */
int cuda_devices(struct cuda_device **out, size_t *n, struct err *e);

/* CUDA versions as cudart tells them (13000); 0 where unknown. */
int cuda_runtime_version(void);
int cuda_driver_version(void);

/*
 * Whether a GPU of compute capability major.minor runs our kernels from machine code ("sass"), has
 * the driver compile them first ("ptx"), or cannot run them ("none"). built is what nvcc was told:
 * "-gencode arch=compute_80,code=sm_80 …". Machine code runs on its own major version from its
 * minor version on, PTX on every later GPU (CUDA programming guide, application compatibility).
 */
const char *cuda_code(const char *built, int major, int minor);

/* gpu.ADDRESS.FIELD for what only CUDA says about the device. */
void cuda_device_rows(const struct rows *r, const struct cuda_device *d);

#endif
