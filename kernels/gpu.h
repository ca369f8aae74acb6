/*
 * What every GPU benchmark needs from CUDA: whether it can run here at all, and errors in words.
 * Includes no CUDA header; without nvcc only gpu_supported is there, and says so.
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

#endif
