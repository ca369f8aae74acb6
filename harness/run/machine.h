/*
 * The machine as planning sees it: NUMA nodes and the PCI bus from sysfs, and what the probe
 * step of an arm said about CUDA, NVML and each GPU. The parent never asks a driver itself.
 */
#ifndef ASSAY_RUN_MACHINE_H
#define ASSAY_RUN_MACHINE_H

#include "../base/err.h"
#include "../base/status.h"
#include "../probe/pci.h"
#include "../probe/topology.h"

#include <stdbool.h>

struct fact_row {
	char *key, *value, *source;
};

struct machine {
	struct topology topo;
	struct pci_gpu *gpu; /* index = the host's number of the GPU */
	size_t n_gpus;
	struct fact_row *row; /* as the probe sent them, GPUs renamed to gpu.N.… */
	size_t n_rows, cap_rows;
};

/* Reads sysfs; the probe's rows are added by machine_add. 0 or negative errno. */
int machine_read(struct machine *m, struct err *e);
void machine_free(struct machine *m);

/* Adds (or replaces) one row of a probe; "gpu.0000:17:00.0.uuid" becomes "gpu.3.uuid". */
void machine_add(struct machine *m, const char *key, const char *value, const char *source);
/* Forgets all rows (before the next arm's probe). */
void machine_clear(struct machine *m);

/* Value of a row, NULL if there is none. */
const char *machine_value(const struct machine *m, const char *key);
/* The same for "gpu.N.field". */
const char *machine_gpu(const struct machine *m, size_t gpu, const char *field);

/* NUMA node of a GPU as the probe or sysfs says; the first node with memory where neither does. */
int machine_gpu_node(const struct machine *m, size_t gpu);

/*
 * Why GPU steps cannot run on that GPU: NULL if they can. *status is what such a step is:
 * ST_SKIP where this build or machine has no GPU part, ST_FAIL where a GPU on the bus is not
 * usable. Caller frees.
 */
char *machine_gpu_problem(const struct machine *m, size_t gpu, bool without_nvml,
			  enum status *status);

#endif
