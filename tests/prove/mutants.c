/*
 * The shipped rule, and rules that are wrong in one way each. A mutant is the shipped code with a
 * wrong alpha, or its looks with a wrong quantile: nothing of the rule is written a second time.
 */
#include "prove.h"
#include "../../harness/stats/stats.h"

const char *mutant_name(enum mutant m)
{
	static const char *const names[MUTANTS] = {
		[SHIPPED] = "shipped",
		[NO_METRICS] = "no-metrics",
		[NO_LOOKS] = "no-looks",
		[ONE_SIDED] = "one-sided",
		[NORMAL_QUANTILE] = "normal-quantile",
	};

	return names[m];
}

/* The first verdict of looks that take the normal quantile for Student's. */
static void decide_normal(struct decision *out, const struct verdict_series *s,
			  const struct verdict_family *f)
{
	double z = -stats_normal_quantile(f->alpha / (2.0 * f->metrics * f->looks));

	*out = (struct decision){.wants = 0};
	for (int i = 0; i < VERDICT_LOOKS && !out->look.verdict; i++)
		verdict_look(&out->look, s->d, verdict_blocks[i], s->margin, s->q, z);
}

void mutant_decide(struct decision *out, const struct verdict_series *s,
		   const struct verdict_family *f, enum mutant m)
{
	struct verdict_family wrong = *f;

	switch (m) {
	case NORMAL_QUANTILE:
		decide_normal(out, s, f);
		return;
	case NO_METRICS:
		wrong.alpha *= f->metrics;
		break;
	case NO_LOOKS:
		wrong.alpha *= f->looks;
		break;
	case ONE_SIDED:
		wrong.alpha *= 2;
		break;
	default:
		break;
	}
	verdict_decide(out, s, &wrong);
}

enum verdict mutant_verdict(struct processes *p, double shift, double margin,
			    const struct verdict_family *f, enum mutant m)
{
	double d[VERDICT_MOST];
	struct verdict_series s = {.d = d, .n = VERDICT_MOST, .margin = margin};
	struct decision out;

	for (int i = 0; i < VERDICT_MOST; i++)
		d[i] = processes_block(p, shift);
	s.q = processes_q(p);
	mutant_decide(&out, &s, f, m);
	return out.look.verdict;
}
