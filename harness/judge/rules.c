/*
 * What makes a number untrue or worth a remark: see rules.h. A FAIL here is a broken link or
 * measurement; whether a true number is good enough is for comparisons to say.
 */
#include "rules.h"
#include "../base/units.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void note(struct result *r, const char *fmt, ...)
{
	size_t used = strlen(r->reason);
	va_list ap;

	if (used && used + 3 < sizeof(r->reason)) {
		memcpy(r->reason + used, "; ", 3);
		used += 2;
	}
	va_start(ap, fmt);
	vsnprintf(r->reason + used, sizeof(r->reason) - used, fmt, ap);
	va_end(ap);
}

/* A link that both ends could run faster is a fault, however fast the copies look beside others. */
void rules_link(struct result *r, const struct bundle_data *d)
{
	const struct manifest_row *is, *could;

	if (!r->s.n || strcmp(r->cls, "bandwidth"))
		return;
	is = bundle_fact(d, r->arm, "link", r->bench, r->metric, r->labels, NULL);
	could = bundle_fact(d, r->arm, "link_possible", r->bench, r->metric, r->labels, NULL);
	if (!is || !could || !strcmp(is->value, could->value))
		return;
	r->status = ST_FAIL;
	note(r,
	     "the PCIe link runs at %s under load, %s is possible: reseat the card, check riser "
	     "and BIOS "
	     "link speed",
	     is->value, could->value);
}

void rules_ceiling(struct result *r, const struct bundle_data *d)
{
	bool mixed = false;
	const struct manifest_row *f =
		bundle_fact(d, r->arm, "ceiling", r->bench, r->metric, r->labels, &mixed);
	char value[48], limit[48];

	if (!f)
		return;
	r->ceiling = strtod(f->value, NULL);
	r->ceiling_source = f->source;
	if (mixed)
		note(r, "two statements about its ceiling disagree");
	if (!(r->ceiling > 0) || !r->s.n || !strcmp(r->better, "lower") ||
	    !(fmin(r->s.ci_lo, r->s.median) > r->ceiling))
		return;
	r->status = ST_FAIL;
	r->above_ceiling = true;
	r->untrue = true;
	note(r, "%s is above the physical ceiling of %s: a broken measurement",
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
		r->status = ST_FAIL;
		r->untrue = true;
		note(r, "its memory was not where the key says (%s)", f->source);
	} else if (mixed || !strcmp(f->value, "UNPROVEN")) {
		note(r, "where its memory lay is not proven");
	}
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
		note(r, "no valid sample: all are marked %s", cause);
		return;
	}
	if (lost)
		note(r, "%zu of %zu processes left out: %s", lost, r->processes, cause);
	if (left_out)
		note(r, "%zu samples left out: %s", left_out, cause);
	if (bundle_fact(d, r->arm, "unsteady", r->bench, r->metric, r->labels, NULL))
		note(r, "the warm-up did not settle");
}
