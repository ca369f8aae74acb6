/* NVIDIA GPUs on the PCI bus and the path of each to its root port, from sysfs. */
#ifndef ASSAY_PROBE_PCI_H
#define ASSAY_PROBE_PCI_H

#include "../base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define PCI_MAX_HOPS 16

struct pci_hop {
	char address[16]; /* 0000:16:01.0 */
	int gen, width;	  /* current link, 0 if unknown */
	int gen_max, width_max;
};

struct pci_gpu {
	char address[16]; /* domain:bus:device.function, lower case */
	unsigned device;  /* PCI device id */
	int numa_node;	  /* as firmware says; -1 if it does not */
	char driver[32];  /* bound driver, "" if none */
	struct pci_hop
		hop[PCI_MAX_HOPS]; /* [0] the GPU itself, then each bridge up to the root port */
	int n_hops;
	bool nvidia_root; /* NVIDIA made the root port (Grace): the GPU may be reached over C2C */
};

/* "00000000:16:00.0" or "0000:16:00.0" in any case -> "0000:16:00.0". 0 or -EINVAL. */
int pci_address(char out[16], const char *text);

/*
 * Sorted by address: the host's numbering of GPUs. Class 0x0300 or 0x0302, vendor 0x10de. Returns
 * how many there are, none on a bus that cannot be read. The caller frees *out.
 */
size_t pci_gpus(struct pci_gpu **out);

/* Bytes/s of one direction of a PCIe link before packet overhead; 0 for an unknown generation. */
double pci_link_rate(int gen, int width);

/*
 * Upper bound of what one GPU can move in one direction over its whole path (design: ceiling):
 * minimum over all hops of the link's rate at max payload 512. gpus[0..n) are those active at the
 * same time, `which` among them; a hop that several use is divided into equal parts, and what one
 * cannot use, because another hop of its path is narrower, is left to the others (max-min
 * fairness), so that the sum over the GPUs is the most that the tree of hops carries.
 * to_device: completions (header 20 bytes) instead of writes (24). use_max: maximum instead of
 * current link. why names the narrowest hop. 0 where no hop is known, and where the root port is
 * NVIDIA's own: data may then go over C2C and not over PCIe. From generation 6 on no packet
 * overhead is taken off (facts: at most 118 GB/s on x16). Never NULL: why.
 */
double pci_path_ceiling(const struct pci_gpu *gpus, size_t n, size_t which, bool to_device,
			bool use_max, char *why, size_t why_size);

/* How many of the n GPUs go through that hop of this GPU's path which most of them share. */
int pci_sharers(const struct pci_gpu *gpus, size_t n, size_t which);

#endif
