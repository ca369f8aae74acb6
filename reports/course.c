/* See course.h. Known error: what is shorter than a piece of the run shows as its mean alone. */
#include "course.h"
#include "../harness/base/clock_events.h"
#include "../harness/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct course_field fields[COURSE_FIELDS] = {
	{.name = "clock_sm", .words = "SM clock", .unit = "Hz"},
	{.name = "power", .words = "Power", .unit = "W"},
	{.name = "temperature", .words = "Temperature", .unit = "°C"},
	{.name = "clock_mem", .words = "Memory clock", .unit = "Hz"},
};

static uint8_t events_of(unsigned long bits)
{
	return (uint8_t)((bits & CLOCK_POWER_CAP ? COURSE_POWER : 0) |
			 (bits & (CLOCK_SW_THERMAL | CLOCK_HW_THERMAL) ? COURSE_HEAT : 0) |
			 (bits & (CLOCK_HW | CLOCK_HW_BRAKE) ? COURSE_BRAKE : 0));
}

/* The end of the step in which that was read. */
static double step_end(const struct bundle_data *d, double t)
{
	double end = INFINITY;

	for (size_t i = 0; i < d->n_steps; i++) {
		const struct step_row *s = &d->steps[i];

		if (s->start_s <= t && t <= s->start_s + s->wall_s)
			end = fmin(end, s->start_s + s->wall_s);
	}
	return isfinite(end) ? end : t;
}

static int by_number(const void *a, const void *b)
{
	return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

static void find_gpus(struct course *c, const struct bundle_data *d)
{
	for (size_t i = 0; i < d->n_telemetry; i++) {
		int gpu = atoi(d->telemetry[i].gpu);
		size_t k = 0;

		while (k < c->gpus && c->gpu[k] != gpu)
			k++;
		if (k == c->gpus && k < COURSE_GPUS)
			c->gpu[c->gpus++] = gpu;
	}
	qsort(c->gpu, c->gpus, sizeof(*c->gpu), by_number);
}

/* One reading from one time to another: its share of each piece of the run. */
static void spread_out(const struct course *c, double from, double to, double value, double *sum,
		       double *weight)
{
	double piece = c->end_s / (double)c->pieces;

	for (size_t i = (size_t)(from / piece); i < c->pieces && (double)i * piece < to; i++) {
		double begin = fmax(from, (double)i * piece);
		double w = fmin(to, (double)(i + 1) * piece) - begin;

		w = w > 0 ? w : 1e-9; /* a last reading counts where there is no other */
		sum[i] += w * value;
		weight[i] += w;
	}
}

/* Marks what occurred in the pieces between two times. */
static void mark(const struct course *c, double from, double to, unsigned long bits, size_t row)
{
	double piece = c->end_s / (double)c->pieces;

	for (size_t i = (size_t)(from / piece); i < c->pieces && (double)i * piece <= to; i++) {
		c->events[row * c->pieces + i] |= events_of(bits);
		c->seen[row * c->pieces + i] = true;
	}
}

/* The readings of one GPU's field in their order, each as long as it holds. */
struct walk {
	const struct bundle_data *d;
	int gpu;
	const char *field;
	size_t i;			  /* row to look at next */
	const struct telemetry_row *next; /* NULL after the last */
};

struct reading {
	double from, to, value;
};

static void step_on(struct walk *w)
{
	w->next = NULL;
	for (; w->i < w->d->n_telemetry && !w->next; w->i++) {
		const struct telemetry_row *t = &w->d->telemetry[w->i];

		if (atoi(t->gpu) == w->gpu && !strcmp(t->field, w->field))
			w->next = t;
	}
}

static struct walk walk_along(const struct bundle_data *d, int gpu, const char *field)
{
	struct walk w = {.d = d, .gpu = gpu, .field = field};

	step_on(&w);
	return w;
}

static bool walk(struct walk *w, struct reading *r)
{
	const struct telemetry_row *t = w->next;

	if (!t)
		return false;
	*r = (struct reading){t->t_s, step_end(w->d, t->t_s), t->value};
	step_on(w);
	if (w->next && w->next->t_s < r->to)
		r->to = w->next->t_s;
	return true;
}

static void read_field(struct course *c, const struct bundle_data *d, struct course_field *f,
		       size_t row)
{
	double *sum = mem_zalloc(c->pieces, sizeof(*sum));
	double *weight = mem_zalloc(c->pieces, sizeof(*weight));
	struct walk w = walk_along(d, c->gpu[row], f->name);
	struct reading r;

	while (walk(&w, &r)) {
		spread_out(c, r.from, r.to, r.value, sum, weight);
		f->lo = f->there ? fmin(f->lo, r.value) : r.value;
		f->hi = f->there ? fmax(f->hi, r.value) : r.value;
		f->there = true;
	}
	for (size_t k = 0; k < c->pieces; k++)
		f->value[row * c->pieces + k] = weight[k] > 0 ? sum[k] / weight[k] : NAN;
	free(sum);
	free(weight);
}

static void read_events(struct course *c, const struct bundle_data *d, size_t row)
{
	struct walk w = walk_along(d, c->gpu[row], "clock_reasons");
	struct reading r;

	while (walk(&w, &r))
		mark(c, r.from, r.to, (unsigned long)r.value, row);
}

void course_make(struct course *c, const struct bundle_data *d, size_t pieces)
{
	*c = (struct course){.pieces = pieces};
	memcpy(c->field, fields, sizeof(fields));
	find_gpus(c, d);
	for (size_t i = 0; i < d->n_steps; i++)
		c->end_s = fmax(c->end_s, d->steps[i].start_s + d->steps[i].wall_s);
	for (size_t i = 0; i < d->n_telemetry; i++)
		c->end_s = fmax(c->end_s, d->telemetry[i].t_s);
	if (!(c->end_s > 0))
		c->gpus = 0;
	c->events = mem_zalloc(c->gpus * pieces + 1, sizeof(*c->events));
	c->seen = mem_zalloc(c->gpus * pieces + 1, sizeof(*c->seen));
	for (size_t f = 0; f < COURSE_FIELDS; f++) {
		c->field[f].value = mem_zalloc(c->gpus * pieces + 1, sizeof(double));
		for (size_t g = 0; g < c->gpus; g++)
			read_field(c, d, &c->field[f], g);
	}
	for (size_t g = 0; g < c->gpus; g++)
		read_events(c, d, g);
}

void course_free(struct course *c)
{
	for (size_t f = 0; f < COURSE_FIELDS; f++)
		free(c->field[f].value);
	free(c->events);
	free(c->seen);
}
