/* What the processors are, from sysfs and /proc/cpuinfo; parts of topology.h. */
#ifndef ASSAY_PROBE_CPU_H
#define ASSAY_PROBE_CPU_H

#include "topology.h"

#include <stddef.h>

/* The physical package of a CPU as the kernel numbers them, -1 where it does not say. */
int cpu_socket(int cpu);

/* Different physical packages among these CPUs, at least 1. */
int cpu_sockets(const int *cpus, int n);

/* Fills llc_bytes and llc_total_bytes from the caches of these CPUs; t->nodes is there already. */
void cpu_caches(struct topology *t, const int *cpus, int n);

/* "Intel(R) Xeon(R) …", on arm64 the name of implementer and part: "Neoverse-V2". */
void cpu_model(char *out, size_t size);

/* The value of the first line "name : value" of /proc/cpuinfo; the caller frees, NULL if none. */
char *cpu_info(const char *name);

#endif
