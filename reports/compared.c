/* Rows of a comparison in order and in words: see compared.h. */
#include "compared.h"
#include "text.h"
#include "../harness/base/mem.h"
#include "../harness/formats/key.h"
#include "../harness/judge/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_CHANGE 0.0001 /* shares that round to nothing */

enum standing compared_standing(const struct compared *x)
{
	const struct look *l = &x->decision.look;

	if (x->skipped)
		return STANDING_SKIPPED;
	switch (l->verdict) {
	case VERDICT_REGRESSED:
		return STANDING_WORSE;
	case VERDICT_EQUIVALENT:
		return STANDING_SAME;
	case VERDICT_IMPROVED:
		return STANDING_BETTER;
	default:
		break;
	}
	for (size_t i = 0; i < x->pairs; i++)
		if (x->pair[i].valid)
			return l->k && l->why == UNRESOLVED_NOT_WORSE ? STANDING_NOT_WORSE
								      : STANDING_OPEN;
	return STANDING_FAILED;
}

const char *standing_mark(enum standing s)
{
	static const char *const marks[STANDING_N] = {
		[STANDING_WORSE] = "▼",	    [STANDING_FAILED] = "✕",  [STANDING_OPEN] = "◌",
		[STANDING_NOT_WORSE] = "◌", [STANDING_SKIPPED] = "–", [STANDING_SAME] = "●",
		[STANDING_BETTER] = "▲",
	};

	return marks[s];
}

const char *standing_word(enum standing s)
{
	static const char *const words[STANDING_N] = {
		[STANDING_WORSE] = "regressed", [STANDING_FAILED] = "failed",
		[STANDING_OPEN] = "undecided",	[STANDING_NOT_WORSE] = "undecided, not worse",
		[STANDING_SKIPPED] = "skipped", [STANDING_SAME] = "equivalent",
		[STANDING_BETTER] = "improved",
	};

	return words[s];
}

struct ranked {
	const struct compared *x;
	enum standing standing;
};

/* Farther off is worse, where both stand alike. */
static int by_standing(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;
	double x = isnan(a->x->ratio) ? 0 : a->x->ratio, y = isnan(b->x->ratio) ? 0 : b->x->ratio;

	if (a->standing != b->standing)
		return a->standing < b->standing ? -1 : 1;
	if (x < y || x > y)
		return x > y ? -1 : 1;
	return (a->x > b->x) - (a->x < b->x); /* rows are sorted already */
}

const struct compared **compared_rows(const struct comparison *c, enum role role, size_t *n)
{
	struct ranked *v = mem_zalloc(c->n + 1, sizeof(*v));
	const struct compared **out = mem_zalloc(c->n + 1, sizeof(*out));

	*n = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct compared *x = &c->row[i];

		if (x->role == role && (role != ROLE_SCREEN || x->candidate))
			v[(*n)++] = (struct ranked){x, compared_standing(x)};
	}
	qsort(v, *n, sizeof(*v), by_standing);
	for (size_t i = 0; i < *n; i++)
		out[i] = v[i].x;
	free(v);
	return out;
}

static bool one_metric(const struct compared *a, const struct compared *b)
{
	return !strcmp(a->bench, b->bench) && !strcmp(a->metric, b->metric);
}

/* Whether all rows of x's metric have that label. */
static bool is_shared(const char *label, const struct compared *x,
		      const struct compared *const *row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (one_metric(row[i], x) && !key_subset(label, row[i]->labels))
			return false;
	return true;
}

/* What a row has to say; "" where its verdict is enough. */
static const char *own_reason(const struct compared *x)
{
	return compared_standing(x) == STANDING_SAME || !x->reason ? "" : x->reason;
}

const char *compared_remark(const struct compared *const *row, size_t i)
{
	const char *reason = own_reason(row[i]);

	for (size_t k = 0; k < i; k++)
		if (!strcmp(own_reason(row[k]), reason))
			return "";
	return reason;
}

bool compared_lost(const struct pair *p)
{
	return !p->valid && p->cause && p->cause[0];
}

/* The labels of x that are shared, or those that are not, as a key has them. */
static void some_labels(struct buf *out, const struct compared *x,
			const struct compared *const *row, size_t n, bool shared)
{
	char *copy = mem_strdup(x->labels), *save = NULL;

	for (char *l = strtok_r(copy, ",", &save); l; l = strtok_r(NULL, ",", &save))
		if (is_shared(l, x, row, n) == shared)
			buf_printf(out, "%s%s", out->len ? "," : "", l);
	free(copy);
}

void compared_short(struct buf *out, const struct compared *x, const struct compared *const *row,
		    size_t n)
{
	struct buf labels = BUF_INIT;
	struct compared brief = *x;

	some_labels(&labels, x, row, n, false);
	brief.labels = buf_str(&labels);
	compared_name(out, &brief);
	buf_free(&labels);
}

void compared_shared(struct buf *out, const struct compared *const *row, size_t n, size_t i)
{
	struct buf labels = BUF_INIT;
	size_t alike = 0;

	for (size_t k = 0; k < n; k++) {
		if (one_metric(row[k], row[i]) && k < i)
			return; /* told already */
		alike += one_metric(row[k], row[i]);
	}
	some_labels(&labels, row[i], row, n, true);
	if (labels.len) {
		buf_printf(out, "%s%s %s: ", alike > 1 ? "all " : "", row[i]->bench,
			   row[i]->metric);
		words_labels(out, buf_str(&labels));
	}
	buf_free(&labels);
}

/* "slower", "faster"; "worse", "better" of what is no speed. */
static const char *change_word(const struct compared *x, bool worse)
{
	size_t n = strlen(x->unit);
	bool speed = !strcmp(x->unit, "s") || (n >= 2 && !strcmp(x->unit + n - 2, "/s"));

	return speed ? worse ? "slower" : "faster" : worse ? "worse" : "better";
}

static void put_share(struct buf *out, const struct compared *x, double share)
{
	char text[16];

	buf_printf(out, "%s %% %s", text_percent(text, sizeof(text), share),
		   change_word(x, share > 0));
}

void compared_change(struct buf *out, const struct compared *x)
{
	if (isnan(x->ratio))
		buf_puts(out, "–");
	else if (fabs(x->ratio) < NO_CHANGE)
		buf_puts(out, "no change");
	else
		put_share(out, x, x->ratio);
}

void compared_interval(struct buf *out, const struct compared *x)
{
	bool worse = x->lo >= 0;
	char text[16];

	if (isnan(x->lo) || isnan(x->hi)) {
		buf_puts(out, "–");
	} else if (worse || x->hi <= 0) {
		buf_printf(out, "%s to ", text_percent(text, sizeof(text), worse ? x->lo : x->hi));
		buf_printf(out, "%s %% %s", text_percent(text, sizeof(text), worse ? x->hi : x->lo),
			   change_word(x, worse));
	} else {
		put_share(out, x, x->lo);
		buf_puts(out, " to ");
		put_share(out, x, x->hi);
	}
	buf_puts(out, x->assumed ? " (assumed)" : "");
}

void compared_half(struct buf *out, const struct compared *x)
{
	char text[16];

	if (isfinite(x->lo) && isfinite(x->hi))
		buf_printf(out, "± %s %%", text_percent(text, sizeof(text), (x->hi - x->lo) / 2));
	else
		buf_puts(out, "–");
}

void compared_median(struct buf *out, const struct compared *x, bool b)
{
	double v = b ? x->b : x->a;
	char text[48];

	buf_puts(out, isnan(v) ? "–" : units_show(text, sizeof(text), v, x->unit));
}

const char *compared_noun(const struct comparison *c)
{
	return c->kind == COMPARE_BLOCKS     ? "block"
	       : c->kind == COMPARE_SESSIONS ? "session"
					     : "node";
}

unsigned compared_count(const struct comparison *c, enum standing s)
{
	unsigned n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->row[i].role == ROLE_GATE && compared_standing(&c->row[i]) == s;
	return n;
}

const char *compared_verdict(const struct comparison *c, enum exit_code exit)
{
	if (c->unproven && exit != EXIT_NOTHING)
		return "Unproven";
	if (exit == EXIT_FAILED &&
	    (c->of_gates[VERDICT_REGRESSED] || c->confirmed[VERDICT_REGRESSED]))
		return "Regressed";
	if (exit == EXIT_INCONCLUSIVE && c->noisy)
		return "Too noisy to tell";
	return text_verdict(exit);
}

const char *compared_verdict_mark(const struct comparison *c, enum exit_code exit)
{
	const char *word = compared_verdict(c, exit);

	return !strcmp(word, "Regressed")  ? standing_mark(STANDING_WORSE)
	       : !strcmp(word, "Unproven") ? standing_mark(STANDING_OPEN)
					   : text_verdict_mark(exit);
}
