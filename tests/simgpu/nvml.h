/*
 * NVML's binary interface, as far as the façade has it, declared by hand from its public
 * documentation: the header is not on every machine. Included by nvml_*.c only.
 */
#ifndef ASSAY_SIM_NVML_H
#define ASSAY_SIM_NVML_H

#include "mig.h"
#include "sim.h"

#define NVML_API SIM_API

typedef struct nvml_handle *nvmlDevice_t;
typedef unsigned long long nvml_u64;

enum nvml_code {
	NVML_OK = 0,
	NVML_UNINITIALIZED = 1,
	NVML_INVALID_ARGUMENT = 2,
	NVML_NOT_SUPPORTED = 3,
	NVML_NO_PERMISSION = 4,
	NVML_NOT_FOUND = 6,
	NVML_INSUFFICIENT_SIZE = 7,
	NVML_LIB_RM_VERSION_MISMATCH = 18,
	NVML_ARGUMENT_VERSION_MISMATCH = 25,
};

struct nvml_handle {
	int gpu; /* in the profile */
};
NVML_API int nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *d);

/* The GPU of a handle: 0 with *gpu, or what the call has to answer. Hangs where a fault says so. */
int nvml_enter(nvmlDevice_t d, int *gpu);
/* The same for calls that also take a MIG instance; *gpu is then the instance's index. */
int nvml_enter_any(nvmlDevice_t d, int *gpu);
const struct sim_gpu *nvml_profile(int gpu);
struct nvml_pci {
	char legacy[16];
	unsigned domain, bus, device, device_id, subsystem_id;
	char id[32];
};
void nvml_put_pci(int gpu, struct nvml_pci *pci);

/* A counter of an NVLink that is a field value: NVML_OK with *n, or NVML_NOT_SUPPORTED. */
int nvml_link_field(int gpu, unsigned id, unsigned link, unsigned *n);

int nvml_text(char *out, unsigned size, const char *text);

/* Whether some process uses the GPU. */
bool nvml_busy(int gpu);
/* What it does, at least SIM_LIGHT where it is busy. */
enum sim_load nvml_load(int gpu);

/* A counter of what held the clocks down, ns; false where the field is none. */
bool nvml_clock_field(int gpu, unsigned id, nvml_u64 *ns);

/* One number of one GPU. */
#define GET(call, type, expr)                                                                      \
	NVML_API int call(nvmlDevice_t d, type *out);                                              \
	int call(nvmlDevice_t d, type *out)                                                        \
	{                                                                                          \
		int gpu, e = nvml_enter(d, &gpu);                                                  \
		const struct sim_gpu *p = e ? NULL : nvml_profile(gpu);                            \
                                                                                                   \
		if (p)                                                                             \
			*out = (type)(expr);                                                       \
		return e;                                                                          \
	}

/* How NVML tells versions of a structure apart. */
#define VERSION_WORD(size, v) ((unsigned)(size) | (unsigned)(v) << 24)

#endif
