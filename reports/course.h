/*
 * Telemetry as a course over time: what each GPU's readings were, in equal pieces of the run.
 * A reading holds until the next one or the end of its step, since nobody looks between steps.
 */
#ifndef ASSAY_REPORTS_COURSE_H
#define ASSAY_REPORTS_COURSE_H

#include "../harness/formats/bundle.h"

#include <stdint.h>

#define COURSE_GPUS 64

/* What holds clocks down, from NVML's bits of clock events. */
enum course_event { COURSE_POWER = 1, COURSE_HEAT = 2, COURSE_BRAKE = 4 };

struct course_field {
	const char *name;  /* in telemetry.csv */
	const char *words; /* "SM clock" */
	const char *unit;
	double *value; /* gpus x pieces, NaN where it was not read; owned */
	double lo, hi; /* of all */
	bool there;
};

#define COURSE_FIELDS 4

struct course {
	double end_s; /* of the run */
	size_t pieces;
	int gpu[COURSE_GPUS]; /* their numbers, rising */
	size_t gpus;
	struct course_field field[COURSE_FIELDS]; /* SM clock, power, temperature, memory clock */
	uint8_t *events; /* gpus x pieces: enum course_event that occurred; owned */
	bool *seen;	 /* gpus x pieces: something was read; owned */
};

/* There is nothing to draw where gpus is 0. */
void course_make(struct course *c, const struct bundle_data *d, size_t pieces);
void course_free(struct course *c);

/* Draws it: a strip of what was measured and held down, and a panel a field, on one axis. */
struct buf;
void svg_course(struct buf *out, const char *id, const struct course *c);

#endif
