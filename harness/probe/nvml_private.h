/* Shared by nvml*.c only. */
#ifndef ASSAY_PROBE_NVML_PRIVATE_H
#define ASSAY_PROBE_NVML_PRIVATE_H

#include "library.h"
#include "nvml.h"
#include "nvml_abi.h"

#include <stdint.h>

struct nvml {
	struct library lib;
	unsigned count;
	nvml_device *device; /* NULL where there is no handle */
	int *handle_rc;	     /* why there is none */
	const char *(*error_string)(int);
	int (*shutdown)(void);
};

/* Where the rows of one GPU, or of one MIG instance, go and what could not be had. */
struct nvml_gpu {
	const struct nvml *n;
	nvml_device device;
	const struct rows *rows;
	char address[48];   /* what stands in their keys: a PCI address, or ADDRESS.mig.7.0 */
	struct buf missing; /* "field (reason), …" */
	bool reset;	    /* some call asked for a reset */
};

#define NVML_NO_SYMBOL (-1) /* beside NVML's own codes */

void *nvml_symbol(const struct nvml *n, const char *name);

/* NVML's words for its code. */
const char *nvml_reason(const struct nvml *n, int rc);

/* Notes that a field is not reported, and whether the GPU asks for a reset. */
void nvml_missing(struct nvml_gpu *g, const char *field, const char *symbol, int rc);

/* The rows that come from the table of simple calls; the one of that name. */
void nvml_table_rows(struct nvml_gpu *g, bool state_only);
void nvml_table_row(struct nvml_gpu *g, const char *field);

/* Processes, memory, MIG instances, row remapping, fabric, confidential computing, reset. */
void nvml_state_rows(struct nvml_gpu *g, bool state_only);

/* Who uses it and how much of its memory: of a GPU or of an instance. */
void nvml_use_rows(struct nvml_gpu *g, bool state_only);

/* The instances of a GPU with MIG on; none of another. */
void nvml_mig_rows(struct nvml_gpu *g, bool state_only);

/* What its NVLinks are. */
void nvml_nvlink_rows(struct nvml_gpu *g);

/*
 * A value through nvmlDeviceGetFieldValues; NVML's code. scope: the link, for a field that each
 * link has, else 0.
 */
int nvml_field_value(const struct nvml *n, nvml_device d, unsigned id, unsigned scope,
		     double *value);

#endif
