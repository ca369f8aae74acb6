/* Which container runtime this process runs under, and how sure that is. */
#ifndef ASSAY_PROBE_CONTAINER_H
#define ASSAY_PROBE_CONTAINER_H

#include "rows.h"

#include <stdbool.h>

struct container {
	char runtime[24]; /* "host", "docker", "podman", "apptainer", "kubernetes", "charliecloud",
			     "container" (some other), "sandbox" (a user namespace only) */
	bool sure;	  /* false: a marker file lies there and nothing else speaks for it */
	char evidence[160];
};

/* Environment variables, cgroup, namespaces and marker files, in that order; cannot fail. */
void container_detect(struct container *c);

/* container.*, slurm.*, kubernetes.* */
void container_rows(const struct rows *r);

#endif
