/*
 * NVML, loaded with dlopen. Any call may hang with a broken driver: use it in a process with a
 * deadline. A call that the library lacks or that the GPU does not support is "not reported",
 * never an error. The files nvml*.c alone know NVML.
 */
#ifndef ASSAY_PROBE_NVML_H
#define ASSAY_PROBE_NVML_H

#include "rows.h"
#include "../base/buf.h"
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
 * "energy" in J, "temperature", "clock_reasons", "pcie_gen", "pcie_replays" …); of what is on or
 * off
 * ("persistence") 1 or 0. false where it is not reported.
 */
bool nvml_number(const struct nvml *n, unsigned index, const char *field, double *value);

/* ---- NVLink ---- */

#define NVML_MAX_GPUS  64
#define NVML_MAX_LINKS 36 /* more than any GPU has: 18 today */

struct nvml_link {
	bool there, active;
	int generation; /* 1 … 6: "NVLink4" is 4; 0: not reported */
	bool to_switch; /* leads to an NVSwitch, else to another GPU */
	char to[16];	/* PCI address at its other end, "" if not reported */
	double errors;	/* since the driver was loaded: replays, recoveries, lost data; -1: unknown
			 */
};

struct nvml_links {
	int there, active; /* how many the GPU has, and how many are up */
	struct nvml_link link[NVML_MAX_LINKS];
};

/* The links of a GPU now. 0, or NVML's code where they are not reported; *out is then empty. */
int nvml_links(const struct nvml *n, unsigned index, struct nvml_links *out);

/* Of the links that are up; 0 where none is, or where it is not reported. */
int nvml_links_generation(const struct nvml_links *l);
/* Sum over the links; -1 where no counter is reported. */
double nvml_links_errors(const struct nvml_links *l);

/* Whether two GPUs have the same name: siblings on one board have equal links. */
bool nvml_same_model(const struct nvml *n, unsigned a, unsigned b);

/* Why two GPUs have no access to each other's memory: words, or NULL where NVML does not say. */
const char *nvml_peer_refusal(const struct nvml *n, unsigned a, unsigned b);

/* driver.*, confidential computing of the whole system; versions "" where not reported. */
void nvml_driver_version(const struct nvml *n, char *out, size_t size);
int nvml_cuda_version(const struct nvml *n); /* 13000, 0 where not reported */

/*
 * Whether that GPU is divided into MIG instances (MIG is on); whether some GPU is. whole gets the
 * UUIDs of those that are not, as CUDA_VISIBLE_DEVICES takes them: "GPU-…,GPU-…".
 */
bool nvml_divided(const struct nvml *n, unsigned index);
bool nvml_some_divided(const struct nvml *n, struct buf *whole);

/* gpu.ADDRESS.FIELD; with state_only those alone that preflight asks for. */
void nvml_gpu_rows(const struct nvml *n, unsigned index, bool state_only, const struct rows *r);

/*
 * NUMA node: of the memory affinity if it is one node, else the node with most CPUs of the CPU
 * affinity if it has more than half of them. -1 if neither says; source names the call.
 */
int nvml_numa_node(const struct nvml *n, unsigned index, const char **source);

#endif
