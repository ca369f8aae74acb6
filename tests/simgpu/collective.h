/*
 * What the stand-ins for NCCL and cuBLASLt need of the stand-in for the CUDA runtime: operations on
 * a stream that end when other processes have come as well, products, and the content of device
 * memory. Names begin with cuda because the runtime's version script lets those out. Inside a
 * sim_external_fn the runtime's lock is held: it may use what is below and no call of CUDA.
 */
#ifndef ASSAY_SIM_COLLECTIVE_H
#define ASSAY_SIM_COLLECTIVE_H

#include "devmem.h"
#include "profile.h"

#include <stdbool.h>
#include <stddef.h>

struct CUstream_st;

/*
 * Called when the operation is at the head of its stream, again and again until it returns true.
 * start: when it could begin, in virtual time; it sets *end. Must not depend on how often it is
 * called.
 */
typedef bool sim_external_fn(void *arg, double start, double *end);
SIM_API int cudaSimQueue(struct CUstream_st *stream, sim_external_fn *fn, void *arg);

SIM_API int cudaSimGpu(void); /* number in the profile of the current device */
SIM_API bool cudaSimValid(const void *p, size_t bytes);
SIM_API bool cudaSimIsValues(const void *p, size_t bytes, struct sim_values *v);
SIM_API void cudaSimPutValues(void *p, size_t bytes, const struct sim_values *v);
SIM_API void cudaSimLoad(void *out, const void *p, size_t bytes);
SIM_API void cudaSimStore(void *p, const void *src, size_t bytes);

/*
 * A library's product C = A·B on the current device, in the layout of kernels/gemm_data.h. speed:
 * beside the library's fastest, which has 1. Returns a cudaError_t.
 */
struct sim_multiply {
	int type; /* enum compute_type */
	int m, n, k;
	const void *a, *b;
	void *c;
	double speed;
};
SIM_API int cudaSimMultiply(const struct sim_multiply *p, struct CUstream_st *stream);

#endif
