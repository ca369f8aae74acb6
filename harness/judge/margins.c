/* How large a shift counts: what the user declares, else by the class of the metric. */
#include "../base/units.h"
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double compare_margin(enum compare_kind kind, const char *cls)
{
	if (!strcmp(cls, "latency"))
		return 0.03;
	return kind == COMPARE_BLOCKS ? 0.02 : 0.01;
}

bool compare_takes(const char *cls, const char *better)
{
	return strcmp(cls, "info") != 0 && (!strcmp(better, "higher") || !strcmp(better, "lower"));
}

int margins_take(struct margins *m, const char *text, struct err *e)
{
	const char *eq = strchr(text, '='), *number = eq ? eq + 1 : text;
	size_t n = eq ? (size_t)(eq - text) : 0;
	double share;

	if (units_parse_share(number, &share) || !(share > 0))
		return err_set(e, EINVAL,
			       "--margin wants [CLASS=]SHARE above 0 and below 100 %%, for example "
			       "2%% or latency=0.03, not \"%s\"",
			       text);
	if (n >= sizeof(m->of[0].cls) || m->n == sizeof(m->of) / sizeof(m->of[0]))
		return err_set(e, EINVAL, "--margin: too long a class, or more than 16 margins");
	snprintf(m->of[m->n].cls, sizeof(m->of[0].cls), "%.*s", (int)n, text);
	m->of[m->n++].share = share;
	return 0;
}

/* The last one that names the class, else the last one for all. */
double margins_of(const struct margins *m, const char *cls)
{
	double all = NAN, own = NAN;

	for (size_t i = 0; m && i < m->n; i++) {
		if (!m->of[i].cls[0])
			all = m->of[i].share;
		else if (!strcmp(m->of[i].cls, cls))
			own = m->of[i].share;
	}
	return isnan(own) ? all : own;
}
