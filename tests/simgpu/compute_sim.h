/* One product of matrices on a simulated GPU, for whichever engine: a kernel, or a library's call.
 */
#ifndef ASSAY_SIM_COMPUTE_SIM_H
#define ASSAY_SIM_COMPUTE_SIM_H

#include "cudart.h"

#include "devmem_gemm.h"

struct sim_job {
	enum compute_type type;
	int m, n, k;
	const void *a, *b; /* device memory with the layout of kernels/gemm_data.h */
	void *c;
	double share; /* of what the SMs can do that this engine reaches */
};

/*
 * Puts the product where c is, with the fault sdc; returns how long the GPU takes, negative:
 * illegal address. With the runtime's lock held, as kernels and sim_external_fn are called.
 */
double rt_multiply(int gpu, const struct sim_job *job);
/* The same for a kernel with the arguments a, b, c, m, n, k. */
double rt_product(int gpu, const uint64_t *args, enum compute_type type, double share);

#endif
