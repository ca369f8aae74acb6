/* Writes files below one folder: the simulated /sys and /proc. The first error is kept. */
#ifndef ASSAY_SIM_TREE_H
#define ASSAY_SIM_TREE_H

#include "sim.h"

struct tree {
	const char *root;
	struct err e;
};

/* path: from the root on; a newline is added. Folders are made. */
void tree_put(struct tree *t, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A symbolic link, target as it is written. */
void tree_link(struct tree *t, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "0-3,8-11": those of the first `total` numbers for which in() is true. */
void tree_list(char *out, size_t n, int total, bool (*in)(int i, int arg), int arg);
/* The same of all CPUs. */
void tree_cpulist(char *out, size_t n, bool (*in)(int cpu, int arg), int arg);

bool tree_cpu_of_node(int cpu, int node);
/* The nodes that have memory: "0-1", "0-2,10,18,26". */
void tree_memory_nodes(char *out, size_t n);

void tree_pci(struct tree *t);
void tree_cpus(struct tree *t);
void tree_system(struct tree *t);

#endif
