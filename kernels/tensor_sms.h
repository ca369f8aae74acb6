/*
 * What the SMs of a GPU told over several launches of tensor_probe: which answered, which are slow,
 * whose sums were wrong. No CUDA.
 */
#ifndef ASSAY_KERNELS_TENSOR_SMS_H
#define ASSAY_KERNELS_TENSOR_SMS_H

#include "tensor_probe.h"

#include "../harness/base/err.h"

#include <stddef.h>

enum { TENSOR_SM_NUMBERS = 1024 };

struct tensor_sms {
	int sms; /* that the GPU has, and blocks of a launch */
	double *v;
	struct {
		uint64_t sums_wrong;
		double best_ns; /* 0: it never answered */
	} of[TENSOR_SM_NUMBERS];
};

/* Of the median SM in one launch. */
struct tensor_medians {
	double clocks, hz;
	double slowest; /* speed of the slowest as a share of the median one's */
};

void tensor_sms_open(struct tensor_sms *s, int sms);
void tensor_sms_close(struct tensor_sms *s);
/* Forgets all launches: the next ones are of another length. */
void tensor_sms_forget(struct tensor_sms *s);

/* Takes in what the s->sms blocks of one launch told. 0, or -EIO where one of them makes no sense.
 */
int tensor_sms_take(struct tensor_sms *s, const struct tensor_sm *told, struct tensor_medians *m,
		    struct err *e);

/* Each of these returns text. "132", or "131 (not SM 17)". */
const char *tensor_sms_answered(const struct tensor_sms *s, char *text, size_t size);
/*
 * "all alike", or "SM 17 at 81 % of the others": those that even in their best launch were more
 * than 2 % slower than the median SM in its own; healthy ones differ by a thousandth.
 */
#define TENSOR_ALL_ALIKE "all alike"
const char *tensor_sms_speed(const struct tensor_sms *s, char *text, size_t size);

/* 0, or -EBADMSG with the SMs whose sums were wrong; what: "gpu 3, bf16". */
int tensor_sms_check(const struct tensor_sms *s, const char *what, struct err *e);

#endif
