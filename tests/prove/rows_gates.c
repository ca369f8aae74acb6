/*
 * Gates: how often a family of 40 metrics holds a wrong verdict when nothing differs and when all
 * differ by exactly the margin, for each shape of processes and for each mutant; and what is
 * decided at which shift.
 */
#include "prove.h"

#include <math.h>
#include <stdio.h>

struct family_trial {
	enum shape shape;
	double margin; /* B is slower by exactly that */
	enum mutant rule;
};

/* Counts families in which any verdict was given: none is right at 0 with m = 0, nor at m. */
static void any_verdict(const void *arg, struct rng *r, uint64_t *count)
{
	const struct family_trial *t = arg;
	struct verdict_family f = verdict_family_gates(GATES, 2, 0, VERDICT_LOOKS);

	for (unsigned i = 0; i < f.metrics; i++) {
		struct processes p;

		processes_begin(&p, t->shape, SD, r);
		if (mutant_verdict(&p, log1p(t->margin), t->margin, &f, t->rule)) {
			count[0]++;
			return;
		}
	}
}

/* Both error rows: nothing differs and m = 0; all differ by exactly m. */
static void error_rows(struct table *t, const char *what, enum shape shape, enum mutant rule,
		       enum claim kind)
{
	static const char *const texts[] = {"A/A, m = 0", "all at exactly m"};
	static const double margins[] = {0, MARGIN};

	for (int i = 0; i < 2; i++) {
		struct family_trial trial = {shape, margins[i], rule};
		uint64_t count[COUNTS];
		char text[128];

		snprintf(text, sizeof(text), "%s: %s", what, texts[i]);
		if (!table_wants(t, text))
			continue;
		trials_run(count, any_verdict, &trial, t->o->families, text, t->o);
		table_claim(t, text, kind, ERRORS, 0, count[0], t->o->families);
	}
}

#define MANY 200 /* harder than any suite: what is found among so many is found among fewer */

struct decision_trial {
	const char *text;
	enum shape shape;
	double sd, shift; /* shift: a share */
	enum verdict verdict;
	double required;
};

struct decision_of_rule {
	const struct decision_trial *trial;
	enum mutant rule;
};

static void one_verdict(const void *arg, struct rng *r, uint64_t *count)
{
	const struct decision_of_rule *d = arg;
	struct verdict_family f = verdict_family_gates(MANY, 0, 0, VERDICT_LOOKS);
	struct processes p;

	processes_begin(&p, d->trial->shape, d->trial->sd, r);
	count[mutant_verdict(&p, log1p(d->trial->shift), MARGIN, &f, d->rule)]++;
}

static void decision_rows(struct table *t, enum mutant rule)
{
	static const struct decision_trial trials[] = {
		{"sd .3 %: the same: EQUIVALENT", NORMAL, 0.003, 0, VERDICT_EQUIVALENT, 0.99},
		{"sd .3 %: slower by .5 %: EQUIVALENT", NORMAL, 0.003, 0.005, VERDICT_EQUIVALENT,
		 0.78},
		{"sd .3 %: slower by 1 %: INCONCLUSIVE", NORMAL, 0.003, 0.01, VERDICT_INCONCLUSIVE,
		 0.99},
		{"sd .3 %: slower by 2 %: REGRESSED", NORMAL, 0.003, 0.02, VERDICT_REGRESSED, 0.99},
		{"sd .3 %: slower by 5 %: REGRESSED", NORMAL, 0.003, 0.05, VERDICT_REGRESSED, 0.99},
		{"sd .3 %: faster by 2 %: IMPROVED", NORMAL, 0.003, -0.02, VERDICT_IMPROVED, 0.99},
		{"sd .5 %: slower by 2 %: REGRESSED", NORMAL, 0.005, 0.02, VERDICT_REGRESSED, 0.98},
		{"sd .5 %: the same: EQUIVALENT", NORMAL, 0.005, 0, VERDICT_EQUIVALENT, 0.98},
		{"2 % of processes slower by 5 %, sd .3 %: the same: EQUIVALENT", ODD_ONES, 0.003,
		 0, VERDICT_EQUIVALENT, 0.98},
	};

	for (size_t i = 0; i < sizeof(trials) / sizeof(*trials); i++) {
		struct decision_of_rule d = {&trials[i], rule};
		uint64_t count[COUNTS];

		if (!table_wants(t, trials[i].text))
			continue;
		trials_run(count, one_verdict, &d, t->o->families, trials[i].text, t->o);
		table_claim(t, trials[i].text, AT_LEAST, trials[i].required, 0,
			    count[trials[i].verdict], t->o->families);
	}
}

void rows_gates(struct table *t, enum mutant rule)
{
	table_title(t, "Families of 38 gates and 2 controls with any wrong verdict");
	for (enum shape s = NORMAL; s < SHAPES; s++)
		error_rows(t, shape_text(s), s, rule, AT_MOST);
	table_title(t, "The same with a wrong rule: the proof must see it");
	for (enum mutant m = SHIPPED + 1; m < MUTANTS; m++)
		error_rows(t, mutant_name(m), NORMAL, m, MORE_THAN);
	table_title(t, "Decisions about a gate among 200, m = 1 %");
	decision_rows(t, rule);
}
