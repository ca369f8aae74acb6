/*
 * The way between the host and the GPUs of this process: its ceiling with what they share divided
 * among them, the link as it trained, and what makes two GPUs alike.
 */
#ifndef ASSAY_KERNELS_GPU_LINK_H
#define ASSAY_KERNELS_GPU_LINK_H

#include "../harness/bench.h"

#define GPU_LINK_LOAD_BYTES ((uint64_t)32 << 20) /* a smaller copy does not keep a link up */
/* Where the training of a link is read, for ctx_expect. */
#define GPU_LINK_SOURCE "sysfs, under load; at best: GPU and the port above it"

struct gpu_ceiling {
	double bytes_per_s; /* 0 where the path is not known */
	char why[160];
};

struct gpu_link {
	char address[16];	    /* on the PCI bus, "" where sysfs does not show it */
	int node;		    /* NUMA node as CUDA or sysfs says, -1: neither does */
	char found[32], wanted[32]; /* "Gen5 x16": under load and at best; "" if unknown */
	char kin[320];		    /* alike in GPUs that should be equally fast */
	struct gpu_ceiling to_device, to_host; /* while all n GPUs copy */
	bool shared;			       /* they are an equal part of a hop */
};

/*
 * Reads the links of the first n GPUs that this process sees, all of them active at the same time.
 * loaded: copies are under way, so that the current speed is the one that counts; else the
 * link's maximum stands for it, because an idle link is slow on purpose.
 */
int gpu_links(struct ctx *c, struct gpu_link *link, int n, bool loaded, struct err *e);

/*
 * Records the address (fact "pci"), its kin, and what the link is beside what it could be
 * (ctx_expect "link", for the metric "bandwidth"), for keys with these labels.
 */
void gpu_link_say(struct ctx *c, const struct gpu_link *link, const char *labels);

/* Of the directions that run, the sum of both where they do. */
struct gpu_ceiling gpu_link_ceiling(const struct gpu_link *link, bool to_device, bool to_host);

#endif
