/*
 * What the stand-in for NCCL needs of the stand-in for the CUDA runtime: operations on a stream
 * that end when other processes have come as well, and the content of device memory. Names begin
 * with cuda because the runtime's version script lets those out. Inside a sim_external_fn the
 * runtime's lock is held: it may use what is below and no call of CUDA.
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

#endif
