/*
 * NVML, loaded with dlopen. Any call may hang with a broken driver: use it in a process with a
 * deadline. A call that the library lacks or that the GPU does not support is "not reported",
 * never an error. nvml.c, nvml_table.c and nvml_state.c alone know NVML.
 */
#ifndef ASSAY_PROBE_NVML_H
#define ASSAY_PROBE_NVML_H

#include "rows.h"
#include "../base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct nvml;

/*
 * library: NULL for libnvidia-ml.so.1. 0, -ENOENT (no library) or -EIO (it does not start: its
 * own words and code). Close what was opened.
 */
int nvml_open(struct nvml **n, const char *library, struct err *e);
void nvml_close(struct nvml *n);

const char *nvml_path(const struct nvml *n); /* file that was really loaded */
unsigned nvml_count(const struct nvml *n);   /* GPUs, those that cannot be reached included */

/* PCI address of the GPU with this NVML index. 0, -ENODEV with NVML's reason. */
int nvml_address(const struct nvml *n, unsigned index, char out[16], struct err *e);

/* NVML index of the GPU at this PCI address, -1 if NVML has none. */
int nvml_index(const struct nvml *n, const char *address);

/*
 * One reading for telemetry, by the same names as the rows ("clock_sm" in Hz, "power" in W,
 * "energy" in J, "temperature", "clock_reasons", "pcie_gen", "pcie_replays" …). false where it is
 * not reported.
 */
bool nvml_number(const struct nvml *n, unsigned index, const char *field, double *value);

/* driver.*, confidential computing of the whole system; versions "" where not reported. */
void nvml_driver_version(const struct nvml *n, char *out, size_t size);
int nvml_cuda_version(const struct nvml *n); /* 13000, 0 where not reported */

/* gpu.ADDRESS.FIELD; with state_only those alone that preflight asks for. */
void nvml_gpu_rows(const struct nvml *n, unsigned index, bool state_only, const struct rows *r);

/*
 * NUMA node: of the memory affinity if it is one node, else the node with most CPUs of the CPU
 * affinity if it has more than half of them. -1 if neither says; source names the call.
 */
int nvml_numa_node(const struct nvml *n, unsigned index, const char **source);

#endif
