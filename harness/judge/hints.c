/*
 * Hints: where a difference of the environment and a metric that is worse on the very side that it
 * handicaps meet. A plausible cause, never a verdict: the text says how to check. One row a cause;
 * of causes with one topic the first that speaks silences the others (hints_causes.c).
 */
#include "differences.h"
#include "hints.h"
#include "words.h"
#include "../base/buf.h"
#include "../base/mem.h"

#include <ctype.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- metrics that are worse on a side ---- */

/* Decided so, or beyond its margin with an interval that leaves 0 out. */
static bool is_worse(const struct compared *x, bool in_b)
{
	enum verdict v = x->decision.look.verdict;

	if (x->role == ROLE_CONTROL || !x->decision.look.k)
		return false;
	if (v != VERDICT_INCONCLUSIVE)
		return v == (in_b ? VERDICT_REGRESSED : VERDICT_IMPROVED);
	return in_b ? x->lo > 0 && x->ratio > x->margin : x->hi < 0 && x->ratio < -x->margin;
}

static bool explains(const char *patterns, const struct compared *x)
{
	char *key = mem_printf("%s.%s{%s}", x->bench, x->metric, x->labels);
	char *copy = mem_strdup(patterns), *save = NULL;
	bool yes = false;

	for (char *p = strtok_r(copy, " ", &save); p && !yes; p = strtok_r(NULL, " ", &save)) {
		char *open = strchr(p, '{') ? mem_strdup(p) : mem_printf("%s*", p);

		yes = !fnmatch(open, key, 0);
		free(open);
	}
	free(copy);
	free(key);
	return yes;
}

/* How many metrics it could explain; *worst the one that is farthest off. */
static size_t explained(const struct comparison *c, const char *patterns, bool in_b,
			const struct compared **worst)
{
	size_t n = 0;

	*worst = NULL;
	for (size_t i = 0; c && i < c->n; i++) {
		const struct compared *x = &c->row[i];

		if (!is_worse(x, in_b) || !explains(patterns, x))
			continue;
		if (!*worst || fabs(x->ratio) > fabs((*worst)->ratio))
			*worst = x;
		n++;
	}
	return n;
}

/* ---- texts ---- */

struct telling {
	const char *a, *b; /* names of the sides */
	const struct differences *all;
	const struct difference *d;
	const struct cause *cause;
	bool b_loses;
};

/* "variable.omp_num_threads" -> "OMP_NUM_THREADS": keys are in lower case, variables are not. */
static void put_setting(struct buf *out, const char *key)
{
	bool variable = !strncmp(key, "variable.", 9);

	for (const char *c = strrchr(key, '.') ? strrchr(key, '.') + 1 : key; *c; c++)
		buf_putc(out, variable ? (char)toupper((unsigned char)*c) : *c);
}

static void put_name(struct buf *out, const struct telling *t, const char *name, size_t n)
{
	const struct difference *also =
		t->cause->also ? differences_find(t->all, t->cause->also) : NULL;

	if (!strncmp(name, "who", n))
		buf_puts(out, t->b_loses ? t->b : t->a);
	else if (!strncmp(name, "other", n))
		buf_puts(out, t->b_loses ? t->a : t->b);
	else if (!strncmp(name, "value", n))
		difference_value(out, t->d, t->b_loses);
	else if (!strncmp(name, "its", n))
		difference_value(out, t->d, !t->b_loses);
	else if (!strncmp(name, "name", n))
		put_setting(out, t->d->key);
	else if (also)
		difference_value(out, also, t->b_loses);
}

static void put_text(struct buf *out, const struct telling *t, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "{"), end;

		buf_add(out, text, n);
		text += n;
		if (!*text)
			return;
		end = strcspn(++text, "}");
		put_name(out, t, text, end);
		text += end + (text[end] == '}');
	}
}

static void put_metrics(struct buf *out, const struct telling *t, size_t rows,
			const struct compared *worst)
{
	struct buf place = BUF_INIT;

	words_labels(&place, worst->labels);
	buf_printf(out, ". It may explain why ");
	if (rows > 1)
		buf_printf(out, "%zu metrics are worse in %s, most of all ", rows,
			   t->b_loses ? t->b : t->a);
	buf_printf(out, "%s %s%s%s", worst->bench, worst->metric, place.len ? ", " : "",
		   buf_str(&place));
	if (rows == 1)
		buf_printf(out, " is worse in %s", t->b_loses ? t->b : t->a);
	buf_free(&place);
}

static void tell(struct differences *out, const struct telling *t, size_t rows,
		 const struct compared *worst)
{
	struct buf text = BUF_INIT;

	buf_puts(&text, "hint: ");
	put_text(&text, t, t->cause->cause);
	if (t->cause->also && differences_find(t->all, t->cause->also))
		put_text(&text, t, t->cause->told_also);
	if (rows)
		put_metrics(&text, t, rows, worst);
	buf_puts(&text, rows ? ". To check: " : ". What to do: ");
	put_text(&text, t, t->cause->check);
	buf_putc(&text, '.');
	out->hint = mem_grow(out->hint, out->hints, &out->cap_hints, sizeof(*out->hint));
	out->hint[out->hints++] =
		(struct hint){.text = buf_steal(&text), .rows = rows, .key = t->d->key};
}

/* Whether it spoke. */
static bool try_cause(struct differences *out, struct telling *t, const struct comparison *c)
{
	enum loser l = t->cause->loser(t->d->a, t->d->b);
	const struct compared *worst, *other;
	size_t rows;

	if (l == NOBODY)
		return false;
	t->b_loses = l != SIDE_A;
	rows = explained(c, t->cause->explains, t->b_loses, &worst);
	if (l == EITHER) {
		size_t in_a = explained(c, t->cause->explains, false, &other);

		if (in_a > rows) {
			t->b_loses = false;
			rows = in_a;
			worst = other;
		}
	}
	if (!rows && !t->cause->alone)
		return false;
	tell(out, t, rows, worst);
	return true;
}

/* What may explain a metric stands before what is only worth knowing. */
static void explanations_first(struct differences *out)
{
	size_t n = 0;

	for (size_t i = 0; i < out->hints; i++) {
		struct hint h = out->hint[i];

		if (!h.rows)
			continue;
		memmove(&out->hint[n + 1], &out->hint[n], (i - n) * sizeof(h));
		out->hint[n++] = h;
	}
}

void hints_make(struct differences *out, const char *a, const char *b, const struct comparison *c)
{
	const char *told = "";

	for (const struct cause *x = hints_causes; x->topic; x++) {
		struct telling t = {.a = a, .b = b, .all = out, .cause = x};

		if (!strcmp(x->topic, told))
			continue;
		for (size_t k = 0; k < out->n; k++) {
			t.d = &out->d[k];
			if (fnmatch(x->key, t.d->key, 0) != 0 || !try_cause(out, &t, c))
				continue;
			told = x->topic;
			break;
		}
	}
	explanations_first(out);
}
