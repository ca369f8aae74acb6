/* The typical clock, weighed by time: see clock.h. */
#include "clock.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *pa, const void *pb)
{
	const struct held *a = pa, *b = pb;

	return (a->value > b->value) - (a->value < b->value);
}

double clock_typical(struct held *v, size_t n, size_t least)
{
	double whole = 0, below = 0, high = 0;
	size_t busy = 0;

	for (size_t i = 0; i < n; i++)
		high = fmax(high, v[i].value);
	for (size_t i = 0; i < n; i++)
		if (v[i].value >= high / 2) {
			whole += v[i].s;
			v[busy++] = v[i];
		}
	if (!busy || busy < least)
		return NAN;
	qsort(v, busy, sizeof(*v), by_value);
	for (size_t i = 0; i < busy; i++) {
		below += v[i].s;
		if (below >= whole / 2)
			return v[i].value;
	}
	return NAN;
}
