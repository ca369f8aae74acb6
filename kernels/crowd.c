/* See crowd.h. Without nvcc this file is empty. */
#include "crowd.h"

#ifdef ASSAY_CUDA

#include "lanes.h"

bool crowd_counts(const struct crowd *k, int member)
{
	return k->counted == CROWD_ALL || k->counted == member;
}

double crowd_operations(const struct crowd *k)
{
	return (k->counted == CROWD_ALL ? k->n : 1) * k->lanes * LANES_MARKS;
}

/* Operations a second of those that count. */
static double rate_counted(const struct crowd *k)
{
	double rate = 0;

	for (int i = 0; i < k->n; i++)
		rate += crowd_counts(k, i) ? k->rate(k->arg, i) : 0;
	return rate;
}

int crowd_batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	const struct crowd *k = arg;
	int rc = k->work(k->arg, CROWD_ALL, n, e);

	*seconds = crowd_operations(k) * (double)n / rate_counted(k);
	return rc;
}

/* Beside the others and alone in turns, so that what drifts meets both. */
int crowd_emit_shares(struct ctx *c, const struct crowd *k, struct err *e)
{
	int rc = 0;

	for (int s = 0; s < CROWD_SHARES && !rc; s++) {
		double beside, alone = 0;

		rc = k->work(k->arg, CROWD_ALL, 1, e);
		beside = rate_counted(k);
		for (int i = 0; i < k->n && !rc; i++) {
			if (!crowd_counts(k, i))
				continue;
			rc = k->work(k->arg, i, 1, e);
			alone += k->rate(k->arg, i);
		}
		if (!rc)
			ctx_emit(c, "share", beside / alone);
	}
	return rc;
}

#endif
