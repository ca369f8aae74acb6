/*
 * 32 gates and 992 screens: screens are looked at once, the furthest are measured again in fresh
 * blocks. Shown: errors of all of them together when all differ by exactly the margin, and that a
 * single one that differs by twice the margin is found.
 */
#include "prove.h"

#include <math.h>
#include <stdio.h>

#define N_GATES	  32
#define N_SCREENS 992

struct screens_trial {
	double sd;
	double all, lone; /* shifts as shares: of all metrics, of the first gate and screen */
	enum mutant rule;
};

enum { WRONG, GATE_FOUND, SCREEN_FOUND };

static double shift_of(const struct screens_trial *t, size_t i)
{
	return log1p(i ? t->all : t->lone);
}

/* Which screens are measured again, by their first eight blocks. */
static size_t choose(const struct screens_trial *t, struct rng *r, size_t *chosen)
{
	double mean[N_SCREENS], margin[N_SCREENS];
	size_t dropped;

	for (size_t i = 0; i < N_SCREENS; i++) {
		double d[VERDICT_MOST];
		struct processes p;
		struct look l;

		processes_begin(&p, NORMAL, t->sd, r);
		for (unsigned k = 0; k < verdict_blocks[0]; k++)
			d[k] = processes_block(&p, shift_of(t, i));
		verdict_look(&l, d, verdict_blocks[0], MARGIN, 0, 1);
		mean[i] = l.mean;
		margin[i] = MARGIN;
	}
	return verdict_candidates(chosen, &dropped, mean, margin, N_SCREENS);
}

static enum verdict fresh(const struct screens_trial *t, struct rng *r, size_t i,
			  const struct verdict_family *f)
{
	struct processes p;

	processes_begin(&p, NORMAL, t->sd, r);
	return mutant_verdict(&p, shift_of(t, i), MARGIN, f, t->rule);
}

static void gates_and_screens(const void *arg, struct rng *r, uint64_t *count)
{
	const struct screens_trial *t = arg;
	struct verdict_family gates = verdict_family_gates(N_GATES, 2, N_SCREENS, VERDICT_LOOKS);
	struct verdict_family screens = verdict_family_screens(VERDICT_LOOKS);
	size_t chosen[VERDICT_CANDIDATES], n = choose(t, r, chosen);
	bool any = false;

	for (size_t i = 0; i < N_GATES; i++) {
		enum verdict v = fresh(t, r, i, &gates);

		any |= v != VERDICT_INCONCLUSIVE;
		count[GATE_FOUND] += i == 0 && v == VERDICT_REGRESSED;
	}
	for (size_t i = 0; i < n; i++) {
		enum verdict v = fresh(t, r, chosen[i], &screens);

		any |= v != VERDICT_INCONCLUSIVE;
		count[SCREEN_FOUND] += chosen[i] == 0 && v == VERDICT_REGRESSED;
	}
	count[WRONG] += any; /* means something where all are at the margin */
}

void rows_screens(struct table *t, enum mutant rule)
{
	static const double sds[] = {0.003, 0.005};
	unsigned n = t->o->families;

	table_title(t, "32 gates and 992 screens, m = 1 %");
	for (int i = 0; i < 2; i++) {
		struct screens_trial margin = {sds[i], MARGIN, MARGIN, rule};
		struct screens_trial lone = {sds[i], 0, 0.02, rule};
		double found = i ? 0.98 : 0.99; /* promised for .3 % only */
		uint64_t count[COUNTS];
		char text[3][128];

		snprintf(text[0], sizeof(text[0]),
			 "sd %.1f %%: all at exactly m: any wrong verdict", 100 * sds[i]);
		snprintf(text[1], sizeof(text[1]), "sd %.1f %%: a gate slower by 2 %%: REGRESSED",
			 100 * sds[i]);
		snprintf(text[2], sizeof(text[2]),
			 "sd %.1f %%: a lone screen slower by 2 %%: REGRESSED", 100 * sds[i]);
		if (table_wants(t, text[0])) {
			trials_run(count, gates_and_screens, &margin, n, text[0], t->o);
			table_claim(t, text[0], AT_MOST, ERRORS, 0, count[WRONG], n);
		}
		if (!table_wants(t, text[1]) && !table_wants(t, text[2]))
			continue;
		trials_run(count, gates_and_screens, &lone, n, text[1], t->o);
		table_claim(t, text[1], AT_LEAST, found, 0, count[GATE_FOUND], n);
		table_claim(t, text[2], AT_LEAST, found, 0, count[SCREEN_FOUND], n);
	}
}
