/*
 * What lies between two GPUs, from what NVML and sysfs say about both: NVLinks through switches,
 * NVLinks from one to the other, or PCI Express. Pure functions; includes no CUDA header.
 */
#ifndef ASSAY_KERNELS_PEER_PATH_H
#define ASSAY_KERNELS_PEER_PATH_H

#include "../harness/probe/nvml.h"
#include "../harness/probe/pci.h"

struct peer_end {
	const struct nvml_links *links; /* NULL: not reported */
	const struct pci_gpu *pci;	/* NULL: sysfs does not show it */
};

struct peer_path {
	int links;	    /* NVLinks that carry what one sends to the other; 0: PCI Express */
	double bytes_per_s; /* most that they carry one way; 0: not known */
	char kind[64];	    /* pairs with equal words are alike by construction */
	char why[160];	    /* where the ceiling comes from */
};

void peer_path(struct peer_path *out, const struct peer_end *a, const struct peer_end *b);

/*
 * Links that the GPU would have up if it were as its siblings are: the most that any of n GPUs of
 * its model has. 0 where it has none up and none of them leads to a switch: then bridges are put
 * between some cards only.
 */
int peer_links_wanted(const struct nvml_links *own, const struct nvml_links *const *siblings,
		      int n);

/*
 * The numbers of links that are down here and up on one of the n siblings, "5" or "3, 7"; "" where
 * there is none.
 */
void peer_links_missing(const struct nvml_links *own, const struct nvml_links *const *siblings,
			int n, char *out, size_t size);

/*
 * Pairs for a bisection of n GPUs: partner[i] is the one half the way round where they reach each
 * other, else the first that is left and in reach, -1 where none is. reach: n rows of n.
 */
void peer_pairs(int *partner, const bool *reach, int n);

/* Bytes/s of one NVLink one way, before packet overhead (data sheets); 0: not known. */
double peer_link_rate(int generation);

#endif
