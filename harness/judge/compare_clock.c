/*
 * The SM clock of each arm while a step ran: where it differs, the difference is the clock's and
 * not the container's. Telemetry holds a reading only when it changed, so readings are weighed by
 * how long they held; an idle GPU's low clock (below half of the highest) is left out.
 */
#include "clock.h"
#include "compare_parts.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "../formats/key.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIFFER 0.005 /* share by which clocks may differ and still be called equal */

/* Readings of one GPU in one arm: all of its steps' windows. */
static bool is_reading(const struct telemetry_row *t, const char *arm, const char *gpu, size_t len)
{
	return !strcmp(t->arm, arm) && !strcmp(t->field, "clock_sm") && strlen(t->gpu) == len &&
	       !memcmp(t->gpu, gpu, len);
}

struct readings {
	struct held *v; /* owned */
	size_t n, cap;
};

/* Readings of one process, from the first to its end. */
static void add_process(struct readings *r, const struct bundle_data *d, const struct step_row *s,
			const char *gpu, size_t len)
{
	double end = s->start_s + s->wall_s, last = NAN;

	for (size_t i = 0; i < d->n_telemetry; i++) {
		const struct telemetry_row *t = &d->telemetry[i];

		if (t->t_s < s->start_s || t->t_s > end || !is_reading(t, s->arm, gpu, len))
			continue;
		if (r->n && isfinite(last)) /* held until now only */
			r->v[r->n - 1].s = t->t_s - last;
		last = t->t_s;
		r->v = mem_grow(r->v, r->n, &r->cap, sizeof(*r->v));
		r->v[r->n++] = (struct held){t->value, end - last};
	}
}

/* The clock of the row's GPU while its step ran in one arm, Hz; NaN where it is not known. */
static double clock_of(const struct arms *a, const struct compared *row, const char *arm)
{
	size_t len;
	const char *gpu = key_find(row->labels, "gpu", &len);
	struct readings r = {.n = 0};

	if (gpu)
		len = strcspn(gpu, ":,"); /* a MIG instance runs at its GPU's clock */
	for (size_t i = 0; gpu && i < a->layer[0].n; i++) {
		const struct step_row *s = a->layer[0].list[i].row;

		if (s->step == row->step && !strcmp(s->arm, arm))
			add_process(&r, a->d, s, gpu, len);
	}
	double hz = clock_typical(r.v, r.n, 1);
	free(r.v);
	return hz;
}

void arms_clocks(const struct arms *a)
{
	for (size_t i = 0; i < a->out->n; i++) {
		struct compared *row = &a->out->row[i];
		char hz[2][40];
		double clock[2] = {NAN, NAN};

		if (row->role == ROLE_CONTROL || !row->decision.look.k ||
		    row->decision.look.verdict == VERDICT_EQUIVALENT)
			continue;
		for (int k = 0; k < 2; k++)
			clock[k] = clock_of(a, row, a->name[k]);
		if (!(fabs(clock[1] / clock[0] - 1) > DIFFER))
			continue;
		for (int k = 0; k < 2; k++)
			units_show(hz[k], sizeof(hz[k]), clock[k], "Hz");
		row->reason = comparison_keep(
			a->out,
			mem_printf("clock: the GPU ran at %s in %s and at %s in %s, so the "
				   "difference is the clock's; lock the clocks and measure again",
				   hz[0], a->name[0], hz[1], a->name[1]));
	}
}
