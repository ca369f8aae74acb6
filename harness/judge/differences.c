/*
 * Two manifests side by side: rows of one key whose values differ, in the order of the tables in
 * differences_table.c.
 * Of the clocks the manifest has one reading before the run, so their telemetry is compared
 * instead: the median of the readings, which are made where a clock changes, so that busy times
 * weigh more.
 */
#include "differences.h"
#include "clock.h"
#include "words.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../base/units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK_SHARE    0.005 /* clocks that differ by less are alike */
#define CLOCK_READINGS 8     /* fewer say nothing */
#define HELD_S	       2.0   /* a reading holds so long at most: its process may have ended */

static const char *keep(struct differences *out, char *text)
{
	out->text = mem_grow(out->text, out->n_text, &out->cap_text, sizeof(*out->text));
	return out->text[out->n_text++] = text;
}

static void add(struct differences *out, const char *key, const char *a, const char *b)
{
	const char *name = key, *unit = "";
	unsigned rank;
	bool matters = differences_subject(key, &rank, &name, &unit);

	out->d = mem_grow(out->d, out->n, &out->cap, sizeof(*out->d));
	out->d[out->n++] = (struct difference){
		.key = key,
		.a = a,
		.b = b,
		.name = name,
		.unit = unit,
		.matters = matters,
		.rank = rank,
	};
}

/* ---- the rows of one side ---- */

struct side {
	const struct manifest_row **row; /* sorted by key, one a key */
	size_t n;
};

static int by_key(const void *pa, const void *pb)
{
	const struct manifest_row *a = *(const struct manifest_row *const *)pa;
	const struct manifest_row *b = *(const struct manifest_row *const *)pb;
	int c = strverscmp(a->key, b->key);

	return c ? c : strcmp(a->value, b->value); /* the same choice from any order of rows */
}

/* whole: rows about the run as a whole count too (the sides are two bundles). */
static void side_make(struct side *s, const struct bundle_data *d, const char *arm, bool whole)
{
	size_t kept = 0;

	*s = (struct side){.row = mem_zalloc(d->n_manifest + 1, sizeof(*s->row))};
	for (size_t i = 0; i < d->n_manifest; i++) {
		const struct manifest_row *m = &d->manifest[i];

		if ((!strcmp(m->arm, arm) || (whole && !m->arm[0])) &&
		    !differences_left_out(m->key))
			s->row[s->n++] = m;
	}
	qsort(s->row, s->n, sizeof(*s->row), by_key);
	for (size_t i = 0; i < s->n; i++)
		if (!i || strcmp(s->row[i]->key, s->row[i - 1]->key) != 0)
			s->row[kept++] = s->row[i];
	s->n = kept;
}

static void compare_sides(struct differences *out, const struct side *a, const struct side *b)
{
	for (size_t i = 0, k = 0; i < a->n || k < b->n;) {
		int c = i == a->n ? 1 : k == b->n ? -1 : strverscmp(a->row[i]->key, b->row[k]->key);
		const struct manifest_row *x = c <= 0 ? a->row[i++] : NULL,
					  *y = c >= 0 ? b->row[k++] : NULL;

		if (!x && y)
			add(out, y->key, "", y->value);
		else if (x && (!y || strcmp(x->value, y->value) != 0))
			add(out, x->key, x->value, y ? y->value : "");
	}
}

/* ---- what all GPUs share is told once ---- */

/* "gpu.3.vbios" -> "vbios" */
static const char *gpu_field(const char *key)
{
	size_t digits = strncmp(key, "gpu.", 4) ? 0 : strspn(key + 4, "0123456789");

	return digits && key[4 + digits] == '.' ? key + 5 + digits : NULL;
}

static size_t gpus_with(const struct side *s, const char *field)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const char *f = gpu_field(s->row[i]->key);

		n += f && !strcmp(f, field);
	}
	return n;
}

static bool same_on_gpus(const struct difference *x, const struct difference *y)
{
	const char *f = gpu_field(x->key), *g = gpu_field(y->key);

	return f && g && !strcmp(f, g) && !strcmp(x->a, y->a) && !strcmp(x->b, y->b);
}

static void fold_gpus(struct differences *out, const struct side *a, const struct side *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < out->n; i++) {
		const char *field = gpu_field(out->d[i].key);
		size_t alike = 0, of = 0, before = 0;

		if (field) {
			of = gpus_with(a, field);
			of = of ? of : gpus_with(b, field);
			for (size_t k = 0; k < kept; k++) /* told already: "gpu.*.field" */
				before += !strncmp(out->d[k].key, "gpu.*.", 6) &&
					  !strcmp(out->d[k].key + 6, field);
			for (size_t k = i; k < out->n && !before; k++)
				alike += same_on_gpus(&out->d[i], &out->d[k]);
		}
		if (before)
			continue;
		out->d[kept] = out->d[i];
		if (alike > 1 && alike == of)
			out->d[kept].key = keep(out, mem_printf("gpu.*.%s", field));
		kept++;
	}
	out->n = kept;
}

/* ---- clocks, from the telemetry ---- */

static double reading(const struct bundle_data *d, const char *arm, const char *gpu,
		      const char *field)
{
	struct held *v = mem_zalloc(d->n_telemetry + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < d->n_telemetry; i++) {
		const struct telemetry_row *t = &d->telemetry[i];

		if (strcmp(t->field, field) != 0 || strcmp(t->gpu, gpu) != 0 ||
		    strcmp(t->arm, arm) != 0 || !isfinite(t->value) || !isfinite(t->t_s))
			continue;
		if (n)
			v[n - 1].s = fmin(fmax(t->t_s - v[n - 1].s, 0), HELD_S);
		v[n++] = (struct held){t->value, t->t_s};
	}
	if (n)
		v[n - 1].s = HELD_S;
	double value = clock_typical(v, n, CLOCK_READINGS);
	free(v);
	return value;
}

static unsigned gpus_read(const struct bundle_data *d)
{
	unsigned n = 0;

	for (size_t i = 0; i < d->n_telemetry; i++) {
		double gpu;

		if (words_number(d->telemetry[i].gpu, &gpu) && gpu < 64)
			n = gpu < n ? n : (unsigned)gpu + 1;
	}
	return n;
}

static void compare_clocks(struct differences *out, const struct bundle_data *a, const char *arm_a,
			   const struct bundle_data *b, const char *arm_b)
{
	static const char *const fields[] = {"clock_sm", "clock_mem"};
	unsigned gpus = gpus_read(a);
	char gpu[16], text[40];

	for (unsigned g = 0; g < gpus; g++) {
		snprintf(gpu, sizeof(gpu), "%u", g);
		for (size_t i = 0; i < 2; i++) {
			double x = reading(a, arm_a, gpu, fields[i]),
			       y = reading(b, arm_b, gpu, fields[i]);

			if (!(fabs(x - y) > CLOCK_SHARE * fmax(x, y)))
				continue;
			const char *va = keep(out, mem_strdup(units_exact(text, sizeof(text), x)));
			const char *vb = keep(out, mem_strdup(units_exact(text, sizeof(text), y)));
			add(out, keep(out, mem_printf("telemetry.gpu.%u.%s", g, fields[i])), va,
			    vb);
		}
	}
}

/* ---- all of it ---- */

static int by_rank(const void *pa, const void *pb)
{
	const struct difference *a = pa, *b = pb;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return strverscmp(a->key, b->key);
}

int differences_make(struct differences *out, const struct bundle_data *a, const char *arm_a,
		     const struct bundle_data *b, const char *arm_b, const struct comparison *c,
		     struct err *e)
{
	bool named = c || strcmp(arm_a, arm_b) != 0;
	struct side x, y;

	*out = (struct differences){.n = 0};
	if (a == b && !strcmp(arm_a, arm_b))
		return err_set(e, EINVAL, "arm \"%s\" cannot be compared with itself", arm_a);
	side_make(&x, a, arm_a, a != b);
	side_make(&y, b, arm_b, a != b);
	compare_sides(out, &x, &y);
	fold_gpus(out, &x, &y);
	if (a->n_telemetry && b->n_telemetry)
		compare_clocks(out, a, arm_a, b, arm_b);
	if (out->n)
		qsort(out->d, out->n, sizeof(*out->d), by_rank);
	hints_make(out, c ? c->a : named ? arm_a : "A", c ? c->b : named ? arm_b : "B", c);
	free(x.row);
	free(y.row);
	return 0;
}

void differences_free(struct differences *d)
{
	for (size_t i = 0; i < d->hints; i++)
		free(d->hint[i].text);
	for (size_t i = 0; i < d->n_text; i++)
		free(d->text[i]);
	free(d->hint);
	free(d->text);
	free(d->d);
	*d = (struct differences){.n = 0};
}

const struct difference *differences_find(const struct differences *d, const char *key)
{
	for (size_t i = 0; i < d->n; i++)
		if (!strcmp(d->d[i].key, key))
			return &d->d[i];
	return NULL;
}

/* An environment variable or a boot option: a side without a value has not set it. */
static bool is_setting(const struct difference *d)
{
	return !strncmp(d->key, "variable.", 9) || !strncmp(d->key, "kernel.cmdline.", 15);
}

void difference_value(struct buf *out, const struct difference *d, bool b)
{
	const char *v = b ? d->b : d->a;
	char text[64];
	double x;

	if (!v[0])
		buf_puts(out, is_setting(d) ? "not set" : "not said");
	else if (!d->unit[0] || !words_number(v, &x))
		buf_puts(out, v);
	else if (!strcmp(d->unit, "bytes"))
		buf_puts(out, units_size(text, sizeof(text), x));
	else {
		struct scale sc = units_scale(d->unit, x);

		buf_printf(out, "%.6g %s", x / sc.factor, sc.name);
	}
}
