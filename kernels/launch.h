/*
 * Kernels that do next to nothing, for the benchmarks of launching: an empty one, the same with as
 * many bytes of arguments as every driver takes, and one that lasts as long as it is told.
 */
#ifndef ASSAY_KERNELS_LAUNCH_H
#define ASSAY_KERNELS_LAUNCH_H

#include <stdint.h>

#define LAUNCH_ARGS_BYTES 4096 /* most that a kernel may have in every version of CUDA */

#ifdef __cplusplus
extern "C" {
#endif

struct CUstream_st;

/*
 * One thread that does nothing where count is NULL; else it adds 1 to *count, a word of the GPU's
 * memory, so that one sees that it ran. Returns a cudaError_t, as do the others.
 */
int launch_empty(unsigned long long *count, struct CUstream_st *stream);
/* The same with LAUNCH_ARGS_BYTES of arguments. */
int launch_empty_4k(unsigned long long *count, struct CUstream_st *stream);

/* One thread that waits so long by the GPU's own timer, which moves in steps of up to 1 us. */
int launch_delay(uint64_t ns, struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif
