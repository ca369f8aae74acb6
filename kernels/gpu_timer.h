/* The GPU's own clock, for kernels: nanoseconds, the same on all SMs, in steps of up to 1 us. */
#ifndef ASSAY_KERNELS_GPU_TIMER_H
#define ASSAY_KERNELS_GPU_TIMER_H

#include <stdint.h>

static __device__ __forceinline__ uint64_t gpu_timer_ns(void)
{
	uint64_t t;

	asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(t));
	return t;
}

#endif
