/* See tensor_sms.h. */
#include "tensor_sms.h"

#include "../harness/base/mem.h"
#include "../harness/stats/stats.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOW_SHARE 0.98
enum { NAMED = 8 }; /* SMs that a text names; more are counted */

void tensor_sms_open(struct tensor_sms *s, int sms)
{
	memset(s, 0, sizeof(*s));
	s->sms = sms;
	s->v = mem_zalloc((size_t)sms, sizeof(*s->v));
}

void tensor_sms_close(struct tensor_sms *s)
{
	free(s->v);
	s->v = NULL;
}

void tensor_sms_forget(struct tensor_sms *s)
{
	memset(s->of, 0, sizeof(s->of));
}

static int note(struct tensor_sms *s, const struct tensor_sm *t, struct err *e)
{
	double ns = (double)t->ns;

	if (t->sm >= TENSOR_SM_NUMBERS || !t->clocks || !t->ns)
		return err_set(e, EIO, "a block told of SM %u, %llu clocks, %llu ns", t->sm,
			       (unsigned long long)t->clocks, (unsigned long long)t->ns);
	s->of[t->sm].sums_wrong += t->wrong;
	if (!(s->of[t->sm].best_ns > 0) || ns < s->of[t->sm].best_ns)
		s->of[t->sm].best_ns = ns;
	return 0;
}

static double median(struct tensor_sms *s, const struct tensor_sm *told,
		     double (*of)(const struct tensor_sm *t))
{
	for (int i = 0; i < s->sms; i++)
		s->v[i] = of(&told[i]);
	stats_sort(s->v, (size_t)s->sms);
	return stats_median(s->v, (size_t)s->sms);
}

static double clocks_of(const struct tensor_sm *t)
{
	return (double)t->clocks;
}

static double hz_of(const struct tensor_sm *t)
{
	return (double)t->clocks / ((double)t->ns * 1e-9);
}

static double ns_of(const struct tensor_sm *t)
{
	return (double)t->ns;
}

int tensor_sms_take(struct tensor_sms *s, const struct tensor_sm *told, struct tensor_medians *m,
		    struct err *e)
{
	double ns;

	for (int i = 0; i < s->sms; i++) {
		int rc = note(s, &told[i], e);

		if (rc)
			return rc;
	}
	m->clocks = median(s, told, clocks_of);
	m->hz = median(s, told, hz_of);
	ns = median(s, told, ns_of);
	m->slowest = ns / s->v[s->sms - 1];
	return 0;
}

static bool answered(const struct tensor_sms *s, int sm)
{
	return s->of[sm].best_ns > 0;
}

/* A list of names that becomes a count when it gets long. */
struct names {
	char *text;
	size_t size;
	int n;
};

static void add(struct names *l, int sm, const char *more)
{
	size_t at = strlen(l->text);

	if (l->n++ < NAMED)
		snprintf(l->text + at, l->size - at, "%sSM %d%s", at ? ", " : "", sm, more);
}

static void end(struct names *l)
{
	size_t at = strlen(l->text);

	if (l->n > NAMED)
		snprintf(l->text + at, l->size - at, " and %d more", l->n - NAMED);
}

/* Their numbers count up from 0; where they have gaps, those that are missing have no names. */
const char *tensor_sms_answered(const struct tensor_sms *s, char *text, size_t size)
{
	char missing[256] = "";
	struct names l = {missing, sizeof(missing), 0};
	int n = 0;

	for (int i = 0; i < TENSOR_SM_NUMBERS; i++)
		n += answered(s, i);
	for (int i = 0; i < s->sms && i < TENSOR_SM_NUMBERS; i++) {
		if (!answered(s, i))
			add(&l, i, "");
	}
	end(&l);
	if (l.n && l.n == s->sms - n)
		snprintf(text, size, "%d (not %s)", n, missing);
	else
		snprintf(text, size, "%d", n);
	return text;
}

const char *tensor_sms_speed(const struct tensor_sms *s, char *text, size_t size)
{
	struct names l = {text, size, 0};
	size_t n = 0;
	double typical;

	snprintf(text, size, "%s", "");
	for (int i = 0; i < TENSOR_SM_NUMBERS && n < (size_t)s->sms; i++) {
		if (answered(s, i))
			s->v[n++] = s->of[i].best_ns;
	}
	stats_sort(s->v, n);
	typical = n ? stats_median(s->v, n) : NAN;
	for (int i = 0; i < TENSOR_SM_NUMBERS; i++) {
		double share = typical / s->of[i].best_ns;
		char more[40];

		if (!answered(s, i) || !(share < SLOW_SHARE))
			continue;
		snprintf(more, sizeof(more), " at %.0f %% of the others", share * 100);
		add(&l, i, more);
	}
	end(&l);
	if (!l.n)
		snprintf(text, size, "%s", TENSOR_ALL_ALIKE);
	return text;
}

int tensor_sms_check(const struct tensor_sms *s, const char *what, struct err *e)
{
	char text[256] = "";
	struct names l = {text, sizeof(text), 0};
	uint64_t wrong = 0;

	for (int i = 0; i < TENSOR_SM_NUMBERS; i++) {
		if (!s->of[i].sums_wrong)
			continue;
		wrong += s->of[i].sums_wrong;
		add(&l, i, "");
	}
	end(&l);
	if (!l.n)
		return 0;
	return err_set(e, EBADMSG, "%s: %llu sum%s of %s %s wrong: matrix instructions that err",
		       what, (unsigned long long)wrong, wrong == 1 ? "" : "s", text,
		       wrong == 1 ? "is" : "are");
}
