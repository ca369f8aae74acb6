/* See mps_figures.h. */
#include "mps_figures.h"

#include <errno.h>
#include <math.h>

static uint64_t end_of(const struct mps_round *r)
{
	return r->end_ns[r->launches - 1];
}

double mps_done(const struct mps_round *r, double at_ns)
{
	double from = (double)r->begin_ns;

	if (at_ns <= from)
		return 0;
	for (unsigned i = 0; i < r->launches; i++) {
		double to = (double)r->end_ns[i];

		if (at_ns < to)
			return i + (at_ns - from) / (to - from);
		from = to;
	}
	return r->launches;
}

double mps_launch_s(const struct mps_round *r)
{
	return 1e-9 * (double)(end_of(r) - r->begin_ns) / r->launches;
}

int mps_figures(const struct mps_round *r, unsigned n, double alone_s, struct mps_figures *out)
{
	uint64_t from = 0, to = UINT64_MAX, first = UINT64_MAX, last = 0;
	double least = INFINITY, most = 0;

	*out = (struct mps_figures){0};
	for (unsigned i = 0; i < n; i++) {
		from = r[i].begin_ns > from ? r[i].begin_ns : from;
		first = r[i].begin_ns < first ? r[i].begin_ns : first;
		to = end_of(&r[i]) < to ? end_of(&r[i]) : to;
		last = end_of(&r[i]) > last ? end_of(&r[i]) : last;
	}
	for (unsigned i = 0; i < n; i++) {
		double done = mps_done(&r[i], (double)to) - mps_done(&r[i], (double)from);
		double launches_s = done / (1e-9 * ((double)to - (double)from));

		if (to <= from || !(done > 0))
			return -EDOM;
		out->launches_s += launches_s;
		out->stp += alone_s * launches_s;
		out->antt += 1 / (alone_s * launches_s) / n;
		least = fmin(least, launches_s);
		most = fmax(most, launches_s);
	}
	out->overlap = n * alone_s * r[0].launches / (1e-9 * (double)(last - first));
	out->fairness = least / most;
	return 0;
}
