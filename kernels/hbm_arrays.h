/*
 * Arrays in the memory of a GPU that the loops of hbm.h stream through: what hbm and l2 share.
 * Needs CUDA headers to be built, not to be included.
 */
#ifndef ASSAY_KERNELS_HBM_ARRAYS_H
#define ASSAY_KERNELS_HBM_ARRAYS_H

#include "hbm.h"
#include "lanes.h"

#include "../harness/bench.h"

#define HBM_OP_CHOICES "read|write|copy|triad"
#define HBM_PARAM_OP(by_default)                                                                   \
	{                                                                                          \
		.name = "op", .type = PARAM_ENUM, .scope = SCOPE_CASE, .def = by_default,          \
		.choices = HBM_OP_CHOICES,                                                         \
		.help = "read: sum of b; write: a = q; copy: a = b; triad: a = b + q c"            \
	}

struct hbm_arrays {
	struct lanes lanes;
	void *array[3];	 /* a, b, c; NULL where no case needed it yet */
	size_t bytes[3]; /* of each */
	uint64_t *sum;	 /* memory of the GPU, as diff */
	struct pattern_diff *diff;
	uint64_t seed;
	uint64_t l2_bytes; /* 0: the driver does not say */
	int sms;
	/* of the current case */
	enum stream_op op;
	size_t size; /* of an array, whole vectors */
	struct hbm_part part;
};

/*
 * As they stand in a benchmark whose state is a struct hbm_arrays, on the first GPU. verify does
 * the case's operation once more, on sources made again and a poisoned destination, and looks at
 * every element: -EBADMSG with the offset of the first wrong byte; where only the sum of a read is
 * wrong, it says so.
 */
int hbm_arrays_setup(struct ctx *c, struct err *e);
int hbm_arrays_verify(struct ctx *c, struct err *e);
void hbm_arrays_teardown(struct ctx *c);

/* Arrays of the case's size for its op, filled. -ENOTSUP where the GPU's memory is too small. */
int hbm_arrays_use(struct hbm_arrays *k, struct ctx *c, struct err *e);

/* Samples the case as the metric "bandwidth", and says what NVML said meanwhile. */
int hbm_arrays_sample(struct hbm_arrays *k, struct ctx *c, struct err *e);

#endif
