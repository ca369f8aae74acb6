/*
 * What every GPU benchmark needs from CUDA: whether it can run here at all, errors in words,
 * and the link that its GPU hangs on. Includes no CUDA header; without nvcc only gpu_supported
 * is there, and says so.
 */
#ifndef ASSAY_KERNELS_GPU_H
#define ASSAY_KERNELS_GPU_H

#include "../harness/bench.h"

/*
 * For bench.supported. Before anything else touches CUDA: has all modules loaded eagerly, since
 * a kernel that is loaded at its first launch deadlocks behind a gate, and refuses
 * CUDA_LAUNCH_BLOCKING. -ENOTSUP with the reason where there is no usable GPU.
 */
int gpu_supported(struct ctx *c, struct err *e);

/* -EBUSY where an MPS daemon serves this process: its numbers are not those of a GPU alone. */
int gpu_not_shared(struct err *e);

/*
 * Says what a cudaError_t means: "doing what: cudaErrorX: its text". 0 for no error; -ENOMEM,
 * -ENOTSUP (no GPU, driver too old, fabric not ready) or -EIO.
 */
int gpu_error(int cuda_error, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* 0 where the path to the host is not known, or is no PCI Express (Grace). */
struct gpu_ceiling {
	double bytes_per_s;
	char why[160];
};
struct gpu_link {
	struct gpu_ceiling to_device, to_host;
};

/*
 * Reads the link of this process's GPU from sysfs, records its address (fact "pci") and what the
 * link is beside what it could be (ctx_expect "link", for the metric "bandwidth").
 * loaded: copies are under way, so that the current speed is the one that counts; else the
 * link's maximum stands for it, because an idle link is slow on purpose.
 */
int gpu_find_link(struct ctx *c, struct gpu_link *link, bool loaded, struct err *e);

#endif
