/*
 * Number formats of matrix products, and how many of them one SM does in a clock. No CUDA header.
 */
#ifndef ASSAY_KERNELS_COMPUTE_H
#define ASSAY_KERNELS_COMPUTE_H

#include <stddef.h>

enum compute_type {
	COMPUTE_FP64,
	COMPUTE_FP32,
	COMPUTE_TF32, /* 32-bit storage, 10 bits of fraction */
	COMPUTE_BF16,
	COMPUTE_FP16,
	COMPUTE_FP8, /* e4m3 */
	COMPUTE_INT8,
	COMPUTE_TYPES
};

#define COMPUTE_CHOICES "fp64|fp32|tf32|bf16|fp16|fp8|int8" /* of a PARAM_ENUM */

#ifdef __cplusplus
extern "C" {
#endif

/* COMPUTE_TYPES where there is none of that name. */
enum compute_type compute_type_of(const char *name);
const char *compute_name(enum compute_type type);
/* Of one element of a factor. */
size_t compute_bytes(enum compute_type type);

/*
 * Dense operations per clock and SM at most, a multiplication and an addition counted as two, with
 * sums of 32 bits (fp64: 64): by matrix instructions, fp32 by ordinary ones, fp64 by whichever are
 * faster. 0: that architecture lacks the format, or the figure is not known here. GeForce cards of
 * 7.5, 8.6, 8.9 and 12.0 do float formats with 32-bit sums at half of it. Source: NVIDIA's white
 * papers of the architectures (peak rates / SMs / boost clock).
 */
double compute_rate(int major, int minor, enum compute_type type);

/* The same for a card of that name, as CUDA says it: half where it is a GeForce that has half. */
double compute_card_rate(const char *name, int major, int minor, enum compute_type type);

#ifdef __cplusplus
}
#endif

#endif
