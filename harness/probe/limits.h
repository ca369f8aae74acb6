/* What this process may use: cgroup, locked memory, capabilities, NUMA calls; CPUs: cpuset.h. */
#ifndef ASSAY_PROBE_LIMITS_H
#define ASSAY_PROBE_LIMITS_H

#include "rows.h"

#include <stdbool.h>
#include <stdint.h>

struct limits {
	double cpus;		    /* quota in CPUs, least of all ancestors; 0: none */
	uint64_t memory_bytes;	    /* least of all ancestors; UINT64_MAX: none */
	uint64_t memory_left_bytes; /* least headroom, page cache that can go counted as free */
	char cpu_where[256], memory_where[256]; /* the folder that says so, "" where none does */
};

/* cgroup v1 and v2, from the process's own group up to the root of the mount. Cannot fail. */
void limits_read(struct limits *l);

/*
 * How often, and for how many seconds of a CPU, the groups above this process have been throttled
 * so far, all levels together. false where no group keeps count.
 */
bool limits_throttled(double *periods, double *seconds);

/* The value of a line of /proc/self/status, NULL if there is none. The caller frees. */
char *limits_status(const char *name);

/* limits.* */
void limits_rows(const struct rows *r);

#endif
