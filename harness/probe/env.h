/*
 * Everything the manifest says about where a step runs: host, CPU, NUMA, limits, container,
 * versions, GPUs. `assay step probe` collects it inside each arm, `assay env` prints it.
 *
 * Keys are dotted, lower case. GPUs appear as gpu.PCIADDRESS.FIELD; the parent renames them to
 * gpu.N.FIELD by the host's PCI order. Fields that preflight and plan read are listed in
 * harness/probe/README.md and must keep their names.
 */
#ifndef ASSAY_PROBE_ENV_H
#define ASSAY_PROBE_ENV_H

/* source: the file, call or library that said so. */
typedef void env_fn(void *arg, const char *key, const char *value, const char *source);

/* Host part: no CUDA, no NVML, cannot hang on a driver. */
void env_host(env_fn *fn, void *arg);

/* GPU part: initialises NVML and CUDA in this process: call it in a child with a deadline only.
 * What cannot be had becomes a row saying why (nvml.status, cuda.status). */
void env_gpu(env_fn *fn, void *arg);

/* The few GPU fields that preflight asks before and after each step: NVML only. */
void env_gpu_state(env_fn *fn, void *arg);

#endif
