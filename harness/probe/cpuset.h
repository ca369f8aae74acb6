/* Which CPUs and memory nodes are left to this process, and what keeps it from a node. */
#ifndef ASSAY_PROBE_CPUSET_H
#define ASSAY_PROBE_CPUSET_H

#include "../base/err.h"
#include "rows.h"

#include <stdbool.h>

/* limits.affinity, limits.mems, limits.cpuset_cpus, limits.cpuset_mems */
void cpuset_rows(const struct rows *r);

/*
 * What keeps this process from running on the node, from allocating there, or from both: NULL if
 * nothing does, else what is allowed instead and which file says so ("only the CPUs 0-3 (cpuset
 * /sys/fs/cgroup/…) and the memory nodes 0 (…) are allowed"). A node without CPUs or without memory
 * lacks none. The caller frees.
 */
char *cpuset_obstacle(int node, bool to_run, bool to_allocate);

/* -ENOTSUP: the kernel gives this process no memory of a node that is there, with the reason. */
int cpuset_no_memory(int node, struct err *e);

#endif
