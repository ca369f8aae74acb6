/* What the benchmarks that use host memory share: how much, of which pages, and is it there. */
#ifndef ASSAY_KERNELS_HOST_H
#define ASSAY_KERNELS_HOST_H

#include "../harness/bench.h"
#include "../harness/probe/placement.h"
#include "../harness/probe/topology.h"

/* Parameters that mean the same to each of them. */
#define HOST_PARAM_NODE                                                                            \
	{                                                                                          \
		.name = "node", .type = PARAM_NODE, .def = "local",                                \
		.help = "NUMA node of the memory"                                                  \
	}
#define HOST_PARAM_PAGES                                                                           \
	{                                                                                          \
		.name = "pages", .type = PARAM_ENUM, .def = "auto",                                \
		.choices = "auto|4k|thp|hugetlb",                                                  \
		.help = "pages to ask for; auto: the largest there are (the fact \"pages\" says "  \
			"which)"                                                                   \
	}

/* "4k", "thp", "hugetlb"; "auto" asks for the largest and takes what there is. */
enum pages host_pages(const char *name);

/*
 * Bytes of each of `arrays` arrays on a node: `asked`, or `wanted` where that is 0; rounded up
 * to 2 MiB. -ENOTSUP where they would take more than a quarter of the node's memory: somebody
 * else's work lies in the rest.
 */
int host_size(const struct topology *t, int node, uint64_t asked, uint64_t wanted, int arrays,
	      uint64_t *bytes, struct err *e);

/* The size of a pointer ring, or of each of `arrays` arrays, for a benchmark with a `size`. */
int host_ring_size(struct ctx *c, int node, uint64_t stride, uint64_t *bytes, struct err *e);
int host_array_size(struct ctx *c, int node, int arrays, uint64_t *bytes, struct err *e);

/*
 * One CPU of each core of the node, of those allowed, ascending; all that are allowed where these
 * are second siblings only. Returns how many; cpus has room for TOPO_MAX_CPUS.
 */
int host_cores(int node, int *cpus);

/* -ENOTSUP: none of the node's CPUs is allowed to this process, and what is instead. */
int host_no_cpu(int node, struct err *e);

/*
 * Runs this thread on one CPU of the node, the last that is allowed: the first one serves most
 * interrupts. Records which, as the fact "cpu". -ENOTSUP where none is allowed.
 */
int host_pin(struct ctx *c, int node, struct err *e);

/*
 * Where a benchmark runs that measures no node: the first GPU's node, else node 0, else the first
 * one with memory and a CPU that this process may use. 0, or the error of reading the topology.
 */
int host_home(int *node, struct err *e);

/*
 * How work on the host is sampled: `load` by the measured clock, as that metric, `work` units in
 * one operation. What else is asked for is set in what it returns.
 */
struct sampling host_sampling(const char *metric, enum sample_form form, double work,
			      struct host_load *load);

/* Records where memory lies and in which pages, as facts of the keys with these labels. */
void host_say_placement(struct ctx *c, const char *labels, const struct placement_proof *proof,
			enum pages pages);

/* Records the true size of a ring or an array, which a key with size=0 does not tell. */
void host_say_size(struct ctx *c, const char *labels, uint64_t bytes);

/* -EBADMSG where pages were seen on another node; what cannot be known is no error. */
int host_check_placement(const struct placement_proof *proof, int node, struct err *e);

#endif
