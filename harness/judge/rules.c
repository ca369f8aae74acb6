/*
 * What makes a number untrue or worth a remark, and what all rules share: see rules.h. Whether a
 * true number is good enough is for comparisons to say.
 */
#include "rules.h"
#include "../base/units.h"
#include "../formats/key.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Processes of one quiet machine differ by less, as a share. */
#define FEW_PROCESSES 3
#define FEW_WIDER     0.05

__attribute__((format(printf, 2, 0))) static void add_note(struct result *r, const char *fmt,
							   va_list ap)
{
	size_t used = strlen(r->reason);

	if (used && used + 3 < sizeof(r->reason)) {
		memcpy(r->reason + used, "; ", 3);
		used += 2;
	}
	vsnprintf(r->reason + used, sizeof(r->reason) - used, fmt, ap);
}

void rules_note(struct result *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_note(r, fmt, ap);
	va_end(ap);
}

void rules_fail(struct result *r, const char *rule, double excess, const char *fmt, ...)
{
	va_list ap;

	r->status = ST_FAIL;
	if (!r->rule[0]) {
		r->rule = rule;
		r->excess = excess;
	}
	va_start(ap, fmt);
	add_note(r, fmt, ap);
	va_end(ap);
}

struct speed rules_speed(const struct result *r)
{
	double wider = r->processes_valid < FEW_PROCESSES ? 1 + FEW_WIDER : 1;
	double lo = fmin(r->s.ci_lo, r->s.median), hi = fmax(r->s.ci_hi, r->s.median);

	if (!r->s.n || r->untrue || !(r->s.median > 0) || !(lo > 0))
		return (struct speed){0, 0, 0};
	if (!strcmp(r->better, "lower"))
		return (struct speed){1 / (hi * wider), 1 / r->s.median, wider / lo};
	if (!strcmp(r->better, "higher"))
		return (struct speed){lo / wider, r->s.median, hi * wider};
	return (struct speed){0, 0, 0};
}

bool rules_nodes(const struct result *r, const struct bundle_data *d, int *own, int *node,
		 const struct manifest_row **said)
{
	const struct manifest_row *row = NULL;
	char key[48];
	int gpu;

	if (!key_number(r->labels, "node", node))
		return false;
	if (key_number(r->labels, "gpu", &gpu)) {
		snprintf(key, sizeof(key), "gpu.%d.numa_node", gpu);
		row = bundle_row(d, r->arm, key);
		*own = row ? atoi(row->value) : -1;
	} else if (!key_number(r->labels, "cpu_node", own)) {
		return false;
	}
	if (said)
		*said = row;
	return *own >= 0;
}

void rules_ceiling(struct result *r, const struct bundle_data *d)
{
	bool mixed = false;
	const struct manifest_row *f =
		bundle_fact(d, r->arm, "ceiling", r->bench, r->metric, r->labels, &mixed);
	char value[48], limit[48];

	bool bound = f != NULL;

	if (!bound)
		f = bundle_fact(d, r->arm, "equal_part", r->bench, r->metric, r->labels, &mixed);
	if (!f)
		return;
	r->ceiling = strtod(f->value, NULL);
	r->ceiling_source = f->source;
	if (mixed)
		rules_note(r, "two statements about its ceiling disagree");
	if (!bound || !(r->ceiling > 0) || !r->s.n || !strcmp(r->better, "lower") ||
	    !(fmin(r->s.ci_lo, r->s.median) > r->ceiling))
		return;
	r->above_ceiling = true;
	r->untrue = true;
	rules_fail(r, "ceiling", r->s.median / r->ceiling,
		   "%s is above the physical ceiling of %s: a broken measurement",
		   units_show(value, sizeof(value), r->s.median, r->unit),
		   units_show(limit, sizeof(limit), r->ceiling, r->unit));
}

void rules_placement(struct result *r, const struct bundle_data *d)
{
	bool mixed = false;
	const struct manifest_row *f =
		bundle_fact(d, r->arm, "placement", r->bench, r->metric, r->labels, &mixed);

	if (!f || !r->s.n)
		return;
	if (!strcmp(f->value, "WRONG")) {
		r->untrue = true;
		rules_fail(r, "placement", 0, "its memory was not where the key says (%s)",
			   f->source);
	} else if (mixed || !strcmp(f->value, "UNPROVEN")) {
		rules_note(r, "where its memory lay is not proven");
	}
}

void rules_reach(struct result *r, const struct bundle_data *d)
{
	char key[48];
	int gpu, node;

	if (!r->s.n || !key_number(r->labels, "gpu", &gpu) || !key_number(r->labels, "node", &node))
		return;
	snprintf(key, sizeof(key), "gpu.%d.out_of_reach", gpu);
	const char *why = bundle_value(d, r->arm, key);

	if (why)
		rules_note(r, "%s", why);
}

void rules_remark(struct result *r, const struct bundle_data *d)
{
	bool mixed = false;
	const struct manifest_row *f =
		bundle_fact(d, r->arm, "remark", r->bench, r->metric, r->labels, &mixed);

	if (!f || !r->s.n)
		return;
	r->explained = true;
	rules_note(r, "%s%s", f->value, mixed ? " (processes differ in this)" : "");
}

static enum status status_of_cause(const char *cause)
{
	return !strcmp(cause, "corrupt") ? ST_FAIL
	       : !strcmp(cause, "error") ? ST_ERROR
	       : !strcmp(cause, "busy")	 ? ST_BUSY
					 : ST_SKIP;
}

void rules_samples(struct result *r, const struct bundle_data *d, const char *cause,
		   size_t left_out)
{
	size_t lost = r->processes - r->processes_valid;

	if (!r->processes_valid) {
		r->status = status_of_cause(cause);
		rules_note(r, "no valid sample: all are marked %s", cause);
		return;
	}
	if (lost)
		rules_note(r, "%zu of %zu processes left out: %s", lost, r->processes, cause);
	if (left_out)
		rules_note(r, "%zu samples left out: %s", left_out, cause);
	if (bundle_fact(d, r->arm, "unsteady", r->bench, r->metric, r->labels, NULL))
		rules_note(r, "the warm-up did not settle");
}
