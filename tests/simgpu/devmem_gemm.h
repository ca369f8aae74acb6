/*
 * Matrices of kernels/gemm_data.h and their products in described device memory: an element is
 * computed when somebody reads it, and a digest without any.
 */
#ifndef ASSAY_SIM_DEVMEM_GEMM_H
#define ASSAY_SIM_DEVMEM_GEMM_H

#include "devmem.h"

#include "../../kernels/gemm_check.h"

/* A factor whose element 0 lies at `at`; whether these bytes are one, and which. */
void dev_factor(struct dev *d, size_t at, size_t bytes, enum compute_type type, uint32_t seed);
bool dev_is_factor(const struct dev *d, size_t at, size_t bytes, enum compute_type type,
		   uint32_t *seed);

/* C of n columns and as many rows as there is room for. */
struct sim_product {
	enum compute_type type;
	uint32_t seed_a, seed_b;
	int n, k;
	int bit; /* of element `flipped` is wrong; -1: none */
	uint64_t flipped;
};
void dev_product(struct dev *d, size_t at, size_t bytes, const struct sim_product *p);

/*
 * Adds to *out. Of a product it is a hash of its description: equal for equal products, and another
 * where a bit is wrong. Other content is read.
 */
void dev_digest(const struct dev *d, size_t at, size_t bytes, enum gemm_sum kind,
		struct gemm_digest *out);

#endif
