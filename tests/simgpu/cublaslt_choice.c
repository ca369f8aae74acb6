/* What the simulated cuBLASLt can do, and how well: see cublaslt_sim.h. */
#include "cublaslt_sim.h"

static const struct {
	enum compute_type type;
	int factor, sum, compute, scale;
	int since; /* compute capability, times ten */
} forms[] = {
	{COMPUTE_FP64, LT_R_64F, LT_R_64F, LT_COMPUTE_64F, LT_R_64F, 0},
	{COMPUTE_FP32, LT_R_32F, LT_R_32F, LT_COMPUTE_32F, LT_R_32F, 0},
	{COMPUTE_TF32, LT_R_32F, LT_R_32F, LT_COMPUTE_32F_TF32, LT_R_32F, 80},
	{COMPUTE_BF16, LT_R_16BF, LT_R_32F, LT_COMPUTE_32F, LT_R_32F, 80},
	{COMPUTE_FP16, LT_R_16F, LT_R_32F, LT_COMPUTE_32F, LT_R_32F, 70},
	{COMPUTE_FP8, LT_R_8F_E4M3, LT_R_32F, LT_COMPUTE_32F, LT_R_32F, 89},
	{COMPUTE_INT8, LT_R_8I, LT_R_32I, LT_COMPUTE_32I, LT_R_32I, 75},
};

/* The third is the fastest; the fourth needs more workspace than some give. */
static const struct choice choices[] = {
	{66, 24, 35, 1, 5, 0, 0.94},	  {66, 23, 35, 1, 3, 0, 0.9},
	{66, 201, 35, 1, 5, 0, 1},	  {43, 23, 34, 4, 3, (size_t)24 << 20, 0.97},
	{39, 20, 36, 1, 9, 1 << 20, 0.8},
};

const struct choice *choice_of(int index)
{
	return index >= 0 && (size_t)index < sizeof(choices) / sizeof(choices[0]) ? &choices[index]
										  : NULL;
}

bool product_on(enum compute_type type, int major, int minor)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].type == type)
			return 10 * major + minor >= forms[i].since;
	}
	return false;
}

static bool same_layout(const struct layout *x, const struct layout *y)
{
	return x->type == y->type && x->rows == y->rows && x->columns == y->columns &&
	       x->ld == y->ld;
}

/* The sizes agree, and nothing lies between the columns. */
static bool fits(const struct product *p)
{
	const struct layout *a = p->a, *b = p->b, *d = p->d;

	return p->desc->transa == LT_OP_T && p->desc->transb == LT_OP_N && same_layout(p->c, d) &&
	       a->rows == b->rows && a->columns == d->rows && b->columns == d->columns &&
	       a->ld == (int64_t)a->rows && b->ld == (int64_t)b->rows && d->ld == (int64_t)d->rows;
}

enum compute_type product_type(const struct product *p)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (p->a->type == forms[i].factor && p->b->type == forms[i].factor &&
		    p->d->type == forms[i].sum && p->desc->compute == forms[i].compute &&
		    p->desc->scale == forms[i].scale)
			return fits(p) ? forms[i].type : COMPUTE_TYPES;
	}
	return COMPUTE_TYPES;
}
