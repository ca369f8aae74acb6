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

/* Value of a row, NULL if there is none. */
const char *machine_value(const struct machine *m, const char *key);
/* The same for "gpu.N.field". */
const char *machine_gpu(const struct machine *m, size_t gpu, const char *field);

/*
 * MIG. mig names an instance of the GPU ("7.0": GPU instance, compute instance), "" the whole GPU;
 * machine_part gives the probe's row of either. A divided GPU (MIG is on) is measured by its
 * instances only: machine_instances lists them as a suite names them, "0:1.0, 0:2.0", "" for none;
 * caller frees.
 */
const char *machine_part(const struct machine *m, size_t gpu, const char *mig, const char *field);
bool machine_divided(const struct machine *m, size_t gpu);
char *machine_instances(const struct machine *m, size_t gpu);
/* "GPU 3 (0000:18:00.0)", "GPU 3, MIG 7.0 (0000:18:00.0)". Caller frees. */
char *machine_words(const struct machine *m, size_t gpu, const char *mig);

/*
 * NUMA node of a GPU as the probe or sysfs says; where neither does, or its memory is not for us,
 * the first node with memory that is.
 */
int machine_gpu_node(const struct machine *m, size_t gpu);

/*
 * Why GPU steps cannot run on that GPU or instance: NULL if they can. *status is what such a step
 * is: ST_SKIP where this build or machine has no GPU part, ST_FAIL where a GPU on the bus is not
 * usable. Caller frees.
 */
char *machine_gpu_problem(const struct machine *m, size_t gpu, const char *mig, bool without_nvml,
			  enum status *status);

#endif
