/*
 * Inside of the stand-in for libcublasLt.so.NN: descriptors that are kept as they are set,
 * algorithms with speeds of their own, and products, which are kernels of the stand-in for the
 * runtime (kernels_gemm.c). It does what assay asks for, C = A·B in the one form that all formats
 * have; anything else it refuses.
 */
#ifndef ASSAY_SIM_CUBLASLT_SIM_H
#define ASSAY_SIM_CUBLASLT_SIM_H

#include "collective.h"
#include "sim.h"

#include "../../harness/probe/cublaslt_abi.h"
#include "../../kernels/compute.h"

struct desc {
	int compute, scale;
	int32_t transa, transb;
	int8_t fast;
};

struct layout {
	int type;
	uint64_t rows, columns;
	int64_t ld;
};

/* One product as the library is told: D (n×m by columns) = A' (k×n) · B (k×m). */
struct product {
	const struct desc *desc;
	const struct layout *a, *b, *c, *d;
};

/* What it is in our words: COMPUTE_TYPES where the descriptors do not fit together. */
enum compute_type product_type(const struct product *p);
/* Whether the library has it on a GPU of that compute capability; as NVIDIA documents it. */
bool product_on(enum compute_type type, int major, int minor);

/*
 * Algorithms that a library names for each format, the most promising first, which is not the
 * fastest: relative speed, of which the fastest has 1.
 */
struct choice {
	int32_t id;
	uint32_t tile, stages;
	int32_t split_k;
	uint16_t cluster;
	size_t workspace_bytes;
	double speed;
};
/* NULL after the last. */
const struct choice *choice_of(int index);

#endif
