/* The control groups of this process: their folders, from its own up to the mount's root. */
#ifndef ASSAY_PROBE_CGROUP_H
#define ASSAY_PROBE_CGROUP_H

/* dir: path below sysfs_root(), for sysfs_read("%s/cpu.max", dir). */
typedef void cgroup_fn(void *arg, const char *dir);

/*
 * Calls fn for each folder of the v1 hierarchy that has this controller ("cpu", "memory",
 * "cpuset") and then of the v2 hierarchy, own group first. Folders that this mount namespace
 * does not show are left out.
 */
void cgroup_walk(const char *controller, cgroup_fn *fn, void *arg);

#endif
