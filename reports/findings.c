/* Findings: see findings.h. */
#include "findings.h"
#include "../harness/base/mem.h"
#include "../harness/base/units.h"
#include "../harness/formats/key.h"
#include "../harness/judge/steps.h"
#include "../harness/judge/words.h"

#include <stdlib.h>
#include <string.h>

#define SOME 6 /* values named before "and N more" */

/* The values of one label over the rows of one finding. */
struct place {
	char *name;
	char **values;
	size_t n, cap;
};

static void add_place(struct place *p, const char *v, size_t len)
{
	for (size_t i = p->n; i-- > 0;)
		if (strlen(p->values[i]) == len && !memcmp(p->values[i], v, len))
			return;
	p->values = mem_grow(p->values, p->n, &p->cap, sizeof(*p->values));
	p->values[p->n++] = mem_strndup(v, len);
}

static int by_value(const void *pa, const void *pb)
{
	const char *a = *(char *const *)pa, *b = *(char *const *)pb;
	double x, y;

	if (words_number(a, &x) && words_number(b, &y) && x != y)
		return x < y ? -1 : 1;
	return strcmp(a, b);
}

/* How many of v[0..n) count up by one, from the first on. */
static size_t run_of(char *const *v, size_t n)
{
	double first, x;
	size_t k = 1;

	if (!words_number(v[0], &first))
		return 1;
	while (k < n && words_number(v[k], &x) && x == first + (double)k)
		k++;
	return k;
}

void findings_values(struct buf *out, const char *name, char *const *values, size_t n)
{
	bool size = !strcmp(name, "size");
	size_t told = 0;

	if (size && n > 3) {
		words_value(out, name, values[0]);
		buf_puts(out, " to ");
		words_value(out, name, values[n - 1]);
		return;
	}
	for (size_t i = 0; i < n; told++) {
		size_t k = size ? 1 : run_of(values + i, n - i);

		if (told)
			buf_puts(out, ", ");
		if (told == SOME) {
			buf_printf(out, "and %zu more", n - i);
			return;
		}
		words_value(out, name, values[i]);
		if (k > 1) {
			buf_puts(out, k > 2 ? "–" : ", ");
			words_value(out, name, values[i + k - 1]);
		}
		i += k;
	}
}

static const char *gpu_address(const struct bundle_data *d, const char *gpu)
{
	char *key = mem_printf("gpu.%s.pci", gpu);
	const char *v = bundle_value(d, NULL, key);

	free(key);
	return v;
}

static void tell_place(struct buf *out, const struct bundle_data *d, struct place *p)
{
	const char *address = NULL;

	if (out->len)
		buf_puts(out, ", ");
	if (p->n > 1)
		qsort(p->values, p->n, sizeof(*p->values), by_value);
	if (p->n == 1) {
		words_label(out, p->name, p->values[0]);
		if (!strcmp(p->name, "gpu"))
			address = gpu_address(d, p->values[0]);
		if (address)
			buf_printf(out, " (%s)", address);
		return;
	}
	if (words_number(p->values[0], NULL) && strcmp(p->name, "size") != 0) {
		words_name(out, p->name);
		buf_puts(out, !strcmp(p->name, "gpu") ? "s " : " ");
	}
	findings_values(out, p->name, p->values, p->n);
}

/* "GPUs 0–7, pinned, 4 B, 16 B …" for rows of one finding. */
static char *where(const struct bundle_data *d, const struct result *const *row, size_t n)
{
	struct place p[KEY_MAX_LABELS] = {{.name = NULL}};
	struct buf out = BUF_INIT;
	size_t places = 0;

	for (size_t i = 0; i < n; i++) {
		for (const char *s = row[i]->labels; *s;) {
			size_t len = strcspn(s, ","), name = strcspn(s, "="), k = 0;

			while (k < places &&
			       (strncmp(p[k].name, s, name) != 0 || p[k].name[name] != '\0'))
				k++;
			if (k == places && places < KEY_MAX_LABELS && name < len)
				p[places++].name = mem_strndup(s, name);
			if (k < places)
				add_place(&p[k], s + name + 1, len - name - 1);
			s += len + (s[len] == ',');
		}
	}
	for (size_t k = 0; k < places; k++)
		if (!strcmp(p[k].name, "gpu"))
			tell_place(&out, d, &p[k]);
	for (size_t k = 0; k < places; k++) {
		if (strcmp(p[k].name, "gpu") != 0)
			tell_place(&out, d, &p[k]);
		for (size_t i = 0; i < p[k].n; i++)
			free(p[k].values[i]);
		free(p[k].values);
		free(p[k].name);
	}
	return buf_steal(&out);
}

static const char *advice(const struct result *r)
{
	bool gpu = key_find(r->labels, "gpu", &(size_t){0}) != NULL;

	switch (r->status) {
	case ST_FAIL:
		if (r->s.n && !r->untrue)
			return ""; /* the rule that failed it says what to do */
		if (r->untrue)
			return "Do not use this number: the timer, the amount of work or the "
			       "ceiling is wrong. Keep the bundle and report it.";
		return gpu ? "Run this step alone again. If it fails again, read the ECC counters "
			     "(nvidia-smi -q -d ECC) and the kernel log for XIDs, and open a case "
			     "with the vendor; the bundle is the evidence."
			   : "Mend what the reason names and run again; the bundle is the "
			     "evidence.";
	case ST_ERROR:
		return "run.log in the bundle holds what the step printed before it ended.";
	case ST_TIMEOUT:
		return gpu ? "Look for XIDs in the kernel log (dmesg | grep -i xid) and whether "
			     "nvidia-smi still answers for this GPU."
			   : "If the machine is merely busy or large, give the step more time "
			     "(deadline= in the suite).";
	case ST_BUSY:
		return "Run again when the place is free; nothing measured there counts.";
	default:
		return "";
	}
}

static bool required(const struct result *r, const struct results *all)
{
	if (r->of_step)
		return r->of_step->plan && r->of_step->plan->required;
	for (size_t i = 0; i < all->n_steps; i++) {
		const struct step_result *s = &all->step[i];

		if (s->plan && s->plan->required && !strcmp(s->bench, r->bench) &&
		    key_subset(s->labels, r->labels))
			return true;
	}
	return false;
}

/* A metric without a valid sample, where its case says why: one finding is enough. */
static bool told_by_case(const struct result *r, const struct results *all)
{
	if (!r->metric[0] || r->s.n)
		return false;
	for (size_t i = 0; i < all->n; i++) {
		const struct result *x = &all->r[i];

		if (!x->metric[0] && !x->of_step && !strcmp(x->bench, r->bench) &&
		    !strcmp(x->labels, r->labels) && !strcmp(x->arm, r->arm))
			return true;
	}
	return false;
}

/* Compares texts without their digits: "4 bytes are wrong" and "16 bytes are wrong" are one. */
static int by_words(const char *a, const char *b)
{
	for (;;) {
		a += strspn(a, "0123456789");
		b += strspn(b, "0123456789");
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
		a++;
		b++;
	}
}

static int by_gpu(const struct result *a, const struct result *b)
{
	char *x = key_get(a->labels, "gpu"), *y = key_get(b->labels, "gpu");
	int c = strcmp(x ? x : "", y ? y : "");

	free(x);
	free(y);
	return c;
}

/* What makes rows one finding. Across GPUs only steps of one reason, and what was skipped. */
static int by_kind(const struct result *a, const struct result *b)
{
	int c = steps_severity(b->status) - steps_severity(a->status);

	if (!c)
		c = strcmp(a->arm, b->arm);
	if (!c)
		c = strcmp(a->bench, b->bench);
	if (!c)
		c = (a->s.n > 0) - (b->s.n > 0);
	if (!c)
		c = strcmp(a->metric, b->metric);
	if (!c)
		c = b->above_ceiling - a->above_ceiling;
	if (!c)
		c = (a->of_step != NULL) - (b->of_step != NULL);
	if (!c && a->of_step)
		return strcmp(a->reason, b->reason);
	if (!c && a->status != ST_SKIP)
		c = by_gpu(a, b);
	return c || a->above_ceiling ? c : by_words(a->reason, b->reason);
}

static int by_finding(const void *pa, const void *pb)
{
	const struct result *a = *(const struct result *const *)pa;
	const struct result *b = *(const struct result *const *)pb;
	int c = by_kind(a, b);

	return c ? c : (a > b) - (a < b); /* results are sorted already */
}

/* Of numbers the one to quote: farthest above the ceiling, else the largest. */
static const struct result *worst(const struct result *const *v, size_t n)
{
	const struct result *w = v[0];

	for (size_t i = 1; i < n; i++) {
		double now = v[i]->s.median, then = w->s.median;

		if (w->above_ceiling ? now / v[i]->ceiling > then / w->ceiling : now > then)
			w = v[i];
	}
	return w;
}

/* The reason they share, or that of the first, and how many there are. */
static void tell_reason(struct buf *out, const struct result *const *v, size_t n)
{
	const struct result *w = worst(v, n);
	bool alike = true;
	char text[48];

	for (size_t i = 1; i < n; i++)
		alike &= !strcmp(v[i]->reason, v[0]->reason);
	if (v[0]->above_ceiling && n > 1)
		buf_printf(out, "%zu values of %s, the farthest: ", n, w->metric);
	else if (!alike)
		buf_printf(out, "%zu cases, the first: ", n);
	words_text(out, v[0]->above_ceiling ? w->reason : v[0]->reason, false);
	if (!w->s.n || !(w->ceiling > 0) || w->untrue)
		return;
	buf_printf(out, ". Best %s: %s", w->metric,
		   units_show(text, sizeof(text), w->s.median, w->unit));
	buf_printf(out, "; the path as it is now allows %s",
		   units_show(text, sizeof(text), w->ceiling, w->unit));
}

static char *reason(const struct result *const *v, size_t n)
{
	struct buf out = BUF_INIT;

	tell_reason(&out, v, n);
	return buf_steal(&out);
}

void findings_make(struct findings *out, const struct report *r)
{
	const struct results *all = r->results;
	const struct result **v = mem_zalloc(all->n + 1, sizeof(const struct result *));
	size_t n = 0;

	*out = (struct findings){.n = 0};
	for (size_t i = 0; i < all->n; i++)
		if (all->r[i].status != ST_PASS && !told_by_case(&all->r[i], all))
			v[n++] = &all->r[i];
	qsort(v, n, sizeof(const struct result *), by_finding);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && !by_kind(v[i], v[end]); end++)
			;
		out->f = mem_grow(out->f, out->n, &out->cap, sizeof(*out->f));
		out->f[out->n++] = (struct finding){
			.status = v[i]->status,
			.bench = v[i]->bench,
			.arm = v[i]->arm,
			.where = where(r->data, v + i, end - i),
			.reason = reason(v + i, end - i),
			.advice = advice(v[i]),
			.required = required(v[i], all),
			.number = v[i]->s.n > 0,
			.untrue = v[i]->untrue,
			.rows = (unsigned)(end - i),
		};
		out->failures += v[i]->status != ST_SKIP;
	}
	free(v);
}

void findings_free(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->f[i].where);
		free(f->f[i].reason);
	}
	free(f->f);
	*f = (struct findings){.n = 0};
}
