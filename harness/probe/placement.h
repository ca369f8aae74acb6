/*
 * Where threads run and where pages lie (the only user of libnuma). Link seam: placement.c
 * is real, the simulated server (tests/simgpu) has its own for machines that are not there.
 * Topology is not asked here: it comes from sysfs.
 */
#ifndef ASSAY_PROBE_PLACEMENT_H
#define ASSAY_PROBE_PLACEMENT_H

#include "../base/err.h"

#include <stddef.h>
#include <stdint.h>

enum pages {
	PAGES_4K,
	PAGES_THP,
	PAGES_HUGETLB
};				      /* PAGES_4K: the base page, 64 KiB on some arm64 */
const char *pages_name(enum pages p); /* "4K", "THP", "HUGETLB" */

struct placement_buf {
	void *p;
	size_t bytes;
	int node;
	enum pages pages; /* what it really got, looked up after the first touch */
	size_t mapped;	  /* bytes mapped, for placement_free */
};

/*
 * Anonymous memory on that node, every page touched (written) before return. ask PAGES_HUGETLB
 * falls back to THP and then to base pages, PAGES_THP to base pages: .pages says what it is.
 * Where the kernel refuses NUMA calls the memory is still given (see placement_prove).
 * 0, -ENOMEM, -EINVAL (no such node), -ENOTSUP (its memory is not for us: the cpuset, by name).
 */
int placement_alloc(struct placement_buf *b, size_t bytes, int node, enum pages ask, struct err *e);
void placement_free(struct placement_buf *b);

/* Runs the calling thread on the CPUs of the node, or on one CPU. 0 or negative errno. */
int placement_pin_node(int node, struct err *e);
int placement_pin_cpu(int cpu, struct err *e);
/* Allowed CPUs of a node, ascending; returns how many. */
int placement_cpus(int node, int *cpus, int max);

/*
 * New memory of this thread, and of what it starts, comes from that node (MPOL_BIND); -1: the
 * default again. 0, -EINVAL (no such node), -ENOTSUP (its memory is not for us), or the kernel's
 * refusal.
 */
int placement_policy(int node, struct err *e);

enum proof { PROOF_PROVEN, PROOF_UNPROVEN, PROOF_WRONG };
struct placement_proof {
	enum proof result;
	size_t pages, elsewhere; /* how many were asked for, how many lie on another node */
	int found;		 /* a node on which pages were found, -1 if unknown */
	char source[160];	 /* "move_pages", "numa_maps", or why it cannot be known */
};
const char *proof_name(enum proof p); /* "PROVEN" … */

/* Asks page by page (move_pages, else numa_maps); never moves anything. */
void placement_prove(const void *p, size_t bytes, int node, struct placement_proof *out);

/*
 * Runs work(arg, n) on the calling thread and says how long it took on the measured clock.
 * What kind of work it is, for the simulated server, which computes the time from its model
 * instead: amount is what one operation does, in bytes; for HOST_CHASE (memory) and
 * HOST_CHASE_CACHE (the last-level cache) in loads, for HOST_ALU in rounds of
 * arithmetic, for HOST_START in processes that start and end.
 */
enum host_work {
	HOST_CHASE,
	HOST_READ,
	HOST_WRITE,
	HOST_COPY,
	HOST_TRIAD,
	HOST_CHASE_CACHE,
	HOST_ALU,
	HOST_START
};
struct host_load {
	enum host_work kind;
	int cpu_node, node;
	int threads;
	int beside;    /* threads on cpu_node that read memory of the node meanwhile */
	double amount; /* of one operation */
	void (*work)(void *arg, uint64_t n);
	/* around the work and not timed: what starts and stops the threads beside; or NULL */
	void (*begin)(void *arg), (*end)(void *arg);
	void *arg;
};
double placement_time(const struct host_load *l, uint64_t n);

/*
 * Bytes/s of the threads beside, which read so many bytes in the time that the work took. Another
 * question for the simulated server, where those threads have no time of their own.
 */
double placement_rate_beside(const struct host_load *l, double bytes, double seconds);

#endif
