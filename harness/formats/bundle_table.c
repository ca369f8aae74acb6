/* The columns of a bundle's files: see bundle_table.h. */
#include "bundle_table.h"
#include "../base/status.h"
#include "../base/units.h"
#include "bundle.h"
#include "csv.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COL(row, member, column, kind)                                                             \
	{                                                                                          \
		column, kind, offsetof(struct row, member)                                         \
	}

const struct table bundle_tables[BF_N] = {
	[BF_MANIFEST] = {"manifest.csv",
			 {COL(manifest_row, arm, "arm", COL_TEXT),
			  COL(manifest_row, key, "key", COL_TEXT),
			  COL(manifest_row, value, "value", COL_TEXT),
			  COL(manifest_row, source, "source", COL_TEXT)},
			 4,
			 sizeof(struct manifest_row)},
	[BF_PLAN] = {"plan.csv",
		     {COL(plan_row, step, "step", COL_UNSIGNED),
		      COL(plan_row, bench, "bench", COL_TEXT),
		      COL(plan_row, label, "label", COL_TEXT),
		      COL(plan_row, params, "params", COL_TEXT),
		      COL(plan_row, processes, "processes", COL_UNSIGNED),
		      COL(plan_row, deadline_s, "deadline", COL_NUMBER),
		      COL(plan_row, budget_s, "budget", COL_NUMBER),
		      COL(plan_row, estimate_s, "estimate", COL_NUMBER),
		      COL(plan_row, required, "required", COL_BOOL),
		      COL(plan_row, skip, "skip", COL_TEXT),
		      COL(plan_row, line, "line", COL_UNSIGNED)},
		     11,
		     sizeof(struct plan_row)},
	[BF_STEPS] = {"steps.csv",
		      {COL(step_row, arm, "arm", COL_TEXT),
		       COL(step_row, block, "block", COL_UNSIGNED),
		       COL(step_row, step, "step", COL_UNSIGNED),
		       COL(step_row, process, "process", COL_UNSIGNED),
		       COL(step_row, attempt, "attempt", COL_UNSIGNED),
		       COL(step_row, start_s, "start", COL_NUMBER),
		       COL(step_row, wall_s, "wall", COL_NUMBER),
		       COL(step_row, exit, "exit", COL_INT),
		       COL(step_row, status, "status", COL_STATUS),
		       COL(step_row, reason, "reason", COL_TEXT),
		       COL(step_row, rows, "rows", COL_UNSIGNED)},
		      11,
		      sizeof(struct step_row)},
	[BF_SAMPLES] = {"samples.csv",
			{COL(sample_row, arm, "arm", COL_TEXT),
			 COL(sample_row, block, "block", COL_UNSIGNED),
			 COL(sample_row, step, "step", COL_UNSIGNED),
			 COL(sample_row, process, "process", COL_UNSIGNED),
			 COL(sample_row, attempt, "attempt", COL_UNSIGNED),
			 COL(sample_row, bench, "bench", COL_TEXT),
			 COL(sample_row, metric, "metric", COL_TEXT),
			 COL(sample_row, labels, "labels", COL_TEXT),
			 COL(sample_row, sample, "sample", COL_UNSIGNED),
			 COL(sample_row, t_s, "t", COL_NUMBER),
			 COL(sample_row, value, "value", COL_NUMBER),
			 COL(sample_row, valid, "valid", COL_TEXT)},
			12,
			sizeof(struct sample_row)},
	[BF_TELEMETRY] = {"telemetry.csv",
			  {COL(telemetry_row, arm, "arm", COL_TEXT),
			   COL(telemetry_row, t_s, "t", COL_NUMBER),
			   COL(telemetry_row, gpu, "gpu", COL_TEXT),
			   COL(telemetry_row, field, "field", COL_TEXT),
			   COL(telemetry_row, value, "value", COL_NUMBER)},
			  5,
			  sizeof(struct telemetry_row)},
};

void table_header(struct buf *out, const struct table *t)
{
	const char *names[BUNDLE_MAX_COLUMNS];

	for (size_t i = 0; i < t->n; i++)
		names[i] = t->columns[i].name;
	csv_row(out, names, t->n);
}

/* The text of one member; scratch: where it is put unless the member is text itself. */
static const char *format_member(const struct column *c, const void *member, char *scratch,
				 size_t n)
{
	switch (c->type) {
	case COL_TEXT:
		return *(char *const *)member;
	case COL_NUMBER:
		return units_exact(scratch, n, *(const double *)member);
	case COL_UNSIGNED:
		snprintf(scratch, n, "%u", *(const unsigned *)member);
		return scratch;
	case COL_INT:
		snprintf(scratch, n, "%d", *(const int *)member);
		return scratch;
	case COL_BOOL:
		return *(const bool *)member ? "yes" : "no";
	case COL_STATUS:
		return status_name(*(const enum status *)member);
	}
	return NULL;
}

int table_format(struct buf *out, const struct table *t, const void *row, struct err *e)
{
	const char *fields[BUNDLE_MAX_COLUMNS];
	char scratch[BUNDLE_MAX_COLUMNS][32];

	for (size_t i = 0; i < t->n; i++) {
		const struct column *c = &t->columns[i];
		const void *member = (const char *)row + c->offset;

		if (c->type == COL_NUMBER && !isfinite(*(const double *)member))
			return err_set(e, EINVAL, "%s: %s would not be a finite number", t->file,
				       c->name);
		fields[i] = format_member(c, member, scratch[i], sizeof(scratch[i]));
	}
	csv_row(out, fields, t->n);
	return 0;
}

static bool parse_unsigned(const char *s, unsigned *v)
{
	uint64_t u;

	if (units_parse_u64(s, &u) || u > UINT_MAX)
		return false;
	*v = (unsigned)u;
	return true;
}

static bool parse_int(const char *s, int *v)
{
	bool minus = *s == '-';
	uint64_t u;

	if (units_parse_u64(s + minus, &u) || u > INT_MAX)
		return false;
	*v = minus ? -(int)u : (int)u;
	return true;
}

/* Decimal, finite, nothing around it: what units_exact writes. */
static bool parse_number(const char *s, double *v)
{
	char *end;

	if (!*s || s[strspn(s, "0123456789+-.eE")])
		return false;
	*v = strtod(s, &end);
	return !*end && isfinite(*v);
}

static bool parse_bool(const char *s, bool *v)
{
	*v = !strcmp(s, "yes");
	return *v || !strcmp(s, "no");
}

static bool parse_member(const struct column *c, const char *s, void *member)
{
	switch (c->type) {
	case COL_TEXT:
		return true;
	case COL_UNSIGNED:
		return parse_unsigned(s, member);
	case COL_INT:
		return parse_int(s, member);
	case COL_NUMBER:
		return parse_number(s, member);
	case COL_BOOL:
		return parse_bool(s, member);
	case COL_STATUS:
		return !status_parse(s, member);
	}
	return false;
}

int table_parse(const struct table *t, const char *const *fields, void *row, const char *path,
		unsigned line, struct err *e)
{
	static const char *const want[] = {
		[COL_TEXT] = "text",
		[COL_UNSIGNED] = "a whole number",
		[COL_INT] = "a whole number",
		[COL_NUMBER] = "a number",
		[COL_BOOL] = "yes or no",
		[COL_STATUS] = "PASS, FAIL, SKIP, ERROR, TIMEOUT or BUSY",
	};

	for (size_t i = 0; i < t->n; i++) {
		const struct column *c = &t->columns[i];

		if (!parse_member(c, fields[i], (char *)row + c->offset))
			return err_at(e, EINVAL, path, line, "column %s should be %s, not \"%s\"",
				      c->name, want[c->type], fields[i]);
	}
	return 0;
}
