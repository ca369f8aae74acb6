/*
 * What every GPU benchmark needs from CUDA: whether it can run here at all, and errors in words.
 * Includes no CUDA header; without nvcc only gpu_supported is there, and says so.
 */
#ifndef ASSAY_KERNELS_GPU_H
#define ASSAY_KERNELS_GPU_H

#include "../harness/bench.h"

/* Parameters that mean the same to each of them. */
#define GPU_PARAM_GPU                                                                              \
	{                                                                                          \
		.name = "gpu", .type = PARAM_GPU, .def = "all", .help = "which GPU, by PCI order"  \
	}
#define GPU_PARAM_CALLER_NODE                                                                      \
	{                                                                                          \
		.name = "node", .type = PARAM_NODE, .def = "local",                                \
		.help = "NUMA node on whose CPUs the calling thread runs"                          \
	}
#define GPU_PARAM_ENGINE                                                                           \
	{                                                                                          \
		.name = "engine", .type = PARAM_ENUM, .scope = SCOPE_CASE, .def = "ce",            \
		.choices = "ce|sm", .help = "what moves the data; ce: copy engine, sm: a kernel"   \
	}
#define GPU_PARAM_COPY_SIZE(by_default)                                                            \
	{                                                                                          \
		.name = "size", .type = PARAM_SIZE, .scope = SCOPE_CASE, .def = by_default,        \
		.min = 1, .max = (uint64_t)16 << 30, .unit = "bytes", .help = "bytes of one copy"  \
	}
#define GPU_PARAM_RING_SIZE                                                                        \
	{                                                                                          \
		.name = "size", .type = PARAM_SIZE, .scope = SCOPE_CASE, .def = "128MiB",          \
		.min = 1 << 16, .max = (uint64_t)4 << 30, .unit = "bytes",                         \
		.help = "memory that the ring spans"                                               \
	}

/* Up to this size an operation's time is a latency as well. */
#define GPU_LATENCY_MAX_BYTES ((uint64_t)64 << 10)

#define GPU_ATTR_MPS_ENABLED 133 /* cudaDevAttrMpsEnabled; older headers lack it */

enum { GPU_WARM_UP_COPIES = 4 }; /* before each case */

/*
 * For bench.supported. Before anything else touches CUDA: has all modules loaded eagerly, since
 * a kernel that is loaded at its first launch deadlocks behind a gate, and refuses
 * CUDA_LAUNCH_BLOCKING. -ENOTSUP with the reason where there is no usable GPU.
 */
int gpu_supported(struct ctx *c, struct err *e);

/* -EBUSY where an MPS daemon serves this process: its numbers are not those of a GPU alone. */
int gpu_not_shared(struct err *e);

/* Makes a GPU the current one of this thread, by its CUDA ordinal. 0 or negative errno. */
int gpu_choose(int device, struct err *e);

/*
 * Runs this thread on the CPUs of a NUMA node. Where it cannot (a cpuset, a node without CPUs) it
 * is said and nothing more: the fact "thread" of keys with the labels gpu and node.
 */
void gpu_pin(struct ctx *c, int node);

/*
 * The fact "kin" for keys with the label gpu: model and SMs of the first GPU, which differ between
 * MIG instances, so that only equal ones are compared.
 */
void gpu_say_kin(struct ctx *c);

/*
 * Bytes/s that the pins of the first GPU's memory carry: width of the bus x memory clock x 2 (data
 * sheets). 0 where the driver does not say.
 */
double gpu_memory_peak(void);

/*
 * Whether so many bytes of the current GPU's memory can be had, with some left to others. -ENOTSUP
 * where not: "WHAT: 12 GiB do not fit into what is free of 9.75 GiB".
 */
int gpu_memory_fits(size_t bytes, const char *what, struct err *e);

/* What the driver says of a GPU (cudaDeviceAttr), `unknown` where it does not know it. */
int gpu_attribute(int which, int device, int unknown);

struct gpu_card {
	char name[256];
	int sms, major, minor;
};

/* 0 or negative errno. */
int gpu_read_card(struct gpu_card *out, int device, struct err *e);

/*
 * The GPU's place on the PCI bus as sysfs and NVML write it, "" where CUDA does not tell one. 0 or
 * negative errno.
 */
int gpu_address(char out[16], int device, struct err *e);

/*
 * Says what a cudaError_t means: "doing what: cudaErrorX: its text". 0 for no error; -ENOMEM,
 * -ENOTSUP (no GPU, driver too old, fabric not ready) or -EIO.
 */
int gpu_error(int cuda_error, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
