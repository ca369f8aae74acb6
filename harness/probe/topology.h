/* Sockets, NUMA nodes, caches: from sysfs alone, so that recorded trees give the same answers. */
#ifndef ASSAY_PROBE_TOPOLOGY_H
#define ASSAY_PROBE_TOPOLOGY_H

#include "../base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define TOPO_MAX_NODES 256
#define TOPO_MAX_CPUS  4096

struct topo_node {
	int id;
	int *cpus; /* ascending, online; allowed by the affinity mask of this process where real */
	int n_cpus;
	int n_online; /* CPUs, allowed or not */
	bool denied;  /* its memory is not for this process (cpuset); where real */
	uint64_t mem_total_bytes;
	uint64_t mem_free_bytes; /* with the idle file pages that the kernel gives away first */
	uint64_t huge2m_free;	 /* free hugetlb pages of 2 MiB on this node */
	int distance[TOPO_MAX_NODES]; /* by index in topology.nodes, ACPI SLIT, 10 = local */
};

struct topology {
	struct topo_node *nodes;
	int n_nodes;
	int n_sockets;
	int n_cpus; /* online */
	char cpu_model[128];
	char arch[32];
	uint64_t llc_bytes;	  /* one last-level cache */
	uint64_t llc_total_bytes; /* all last-level caches of one node, the largest */
	uint64_t page_bytes;
	char thp[16]; /* "always", "madvise", "never", "" where there is none */
};

/* A machine without NUMA in sysfs is one node 0. 0 or negative errno. */
int topology_read(struct topology *t, struct err *e);
void topology_free(struct topology *t);
/* NULL where there is no such node. */
const struct topo_node *topology_node(const struct topology *t, int id);

#endif
