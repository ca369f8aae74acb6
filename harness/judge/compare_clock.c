/*
 * The SM clock of each arm while a step ran: where it differs, the difference is the clock's and
 * not the container's. Telemetry holds a reading only when it changed, so readings are weighed by
 * how long they held; an idle GPU's low clock (below half of the highest) is left out.
 */
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

struct weighed {
	double sum, weight, high;
};

/* One process: from its first reading to its end. */
static void weigh(struct weighed *w, const struct bundle_data *d, const struct step_row *s,
		  const char *gpu, size_t len)
{
	double from = s->start_s, end = s->start_s + s->wall_s, value = NAN;

	for (size_t i = 0; i <= d->n_telemetry; i++) {
		const struct telemetry_row *t = i < d->n_telemetry ? &d->telemetry[i] : NULL;

		if (t && (t->t_s < s->start_s || t->t_s > end || !is_reading(t, s->arm, gpu, len)))
			continue;
		double until = t ? t->t_s : end;
		if (value >= w->high / 2) {
			w->sum += value * (until - from);
			w->weight += until - from;
		}
		from = until;
		value = t ? t->value : NAN;
	}
}

static double highest(const struct bundle_data *d, const char *gpu, size_t len, const char *arm)
{
	double high = 0;

	for (size_t i = 0; i < d->n_telemetry; i++)
		if (is_reading(&d->telemetry[i], arm, gpu, len))
			high = fmax(high, d->telemetry[i].value);
	return high;
}

/* Fills the clocks of the row's GPU, Hz; false where they are not known. */
static bool clocks(const struct arms *a, const struct compared *row, double clock[2])
{
	size_t len;
	const char *gpu = key_find(row->labels, "gpu", &len);

	clock[0] = clock[1] = 0;
	for (int k = 0; k < 2 && gpu; k++) {
		struct weighed w = {.high = highest(a->d, gpu, len, a->name[k])};

		for (size_t i = 0; i < a->layer[0].n; i++) {
			const struct step_row *s = a->layer[0].list[i].row;

			if (s->step == row->step && !strcmp(s->arm, a->name[k]) && w.high > 0)
				weigh(&w, a->d, s, gpu, len);
		}
		clock[k] = w.weight > 0 ? w.sum / w.weight : 0;
	}
	return clock[0] > 0 && clock[1] > 0;
}

void arms_clocks(const struct arms *a)
{
	for (size_t i = 0; i < a->out->n; i++) {
		struct compared *row = &a->out->row[i];
		char hz[2][40];
		double clock[2];

		if (row->role == ROLE_CONTROL || !row->decision.look.k ||
		    row->decision.look.verdict == VERDICT_EQUIVALENT || !clocks(a, row, clock) ||
		    fabs(clock[1] / clock[0] - 1) <= DIFFER)
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
