/*
 * The GPUs of a step that copy to each other: who they are, whether one reaches the other's
 * memory, and what NVML says of their NVLinks before and after. NVML is asked between
 * cases, never while something is measured. Needs CUDA headers to be built, not to be included.
 */
#ifndef ASSAY_KERNELS_PEERS_H
#define ASSAY_KERNELS_PEERS_H

#include "lanes.h"
#include "peer_path.h"

#include "../harness/bench.h"

struct peer {
	int number; /* the host's */
	char address[16];
	int in_nvml; /* index there, -1: not reported */
	const struct pci_gpu *pci;
	struct nvml_links links; /* before; their errors: when last looked at */
	bool said_clean;	 /* that there were none */
	int wanted, generation;	 /* links that its siblings have; 0: nothing is wanted */
	char missing[32];	 /* numbers of those that they have up and it has not */
};

struct peers {
	int n;
	struct peer gpu[LANES_MAX]; /* by CUDA ordinal */
	bool on[LANES_MAX][LANES_MAX];
	struct nvml *nvml; /* NULL: not reported */
	struct pci_gpu *pci;
};

/* For bench.supported: -ENOTSUP with the reason where there are not two GPUs for CUDA. */
int peers_supported(struct ctx *c, struct err *e);

/* 0 or negative errno; missing NVML is no error. peers_close after an error as well. */
int peers_open(struct peers *p, struct ctx *c, struct err *e);
/*
 * The same for a process that stays free of CUDA: between both calls the caller fills in each
 * .address.
 */
void peers_number(struct peers *p, const struct ctx *c);
void peers_look(struct peers *p, struct ctx *c);
void peers_close(struct peers *p);

/* Whether both reach the other's memory: 0, or -ENOTSUP with the reason. a, b: CUDA ordinals. */
int peers_access(const struct peers *p, int a, int b, struct err *e);
/* Switches that access on or off, both ways. */
int peers_switch(struct peers *p, int a, int b, bool on, struct err *e);

/* What joins two of them; without peer access what one sends goes through host memory. */
void peers_path(const struct peers *p, int a, int b, bool access, struct peer_path *out);

/* Bytes/s one way over all NVLinks of the GPU that has the least, and whose; 0: not known. */
double peers_links_rate(const struct peers *p, char *why, size_t size);

/*
 * Say what a pair has beside what it should have, for keys with these labels: access to each
 * other's memory, where NVLinks join them; as many NVLinks up as their siblings have (of any
 * number of GPUs that act together, by CUDA ordinal); PCIe links as fast as they could train, of
 * which copies must be under way. peers_expect_pcie: 0, or negative errno.
 */
void peers_expect_access(const struct peers *p, struct ctx *c, int a, int b, const char *labels);
void peers_expect_links(const struct peers *p, struct ctx *c, const int *who, int n,
			const char *labels);
int peers_expect_pcie(const struct peers *p, struct ctx *c, int a, int b, const char *labels,
		      struct err *e);

/*
 * The same for errors on their NVLinks since they were looked at last: some are said of the
 * current case, none of keys with these labels, once for each a.
 */
void peers_expect_no_errors(struct peers *p, struct ctx *c, int a, int b, const char *labels);

#endif
