/*
 * Replays of recorded host/host blocks: 32 of them are drawn, the arms of each swapped at random,
 * and the shipped rule decides about all metrics as one family, with nothing added to B, with
 * exactly m, and with the shift that the rule itself calls detectable. What no simulation has,
 * real noise, is in the record. Known error: the draws are of one record; its machine is one.
 *
 *   replay [--replays=N] [--margin=SHARE] [--only=KEY,…] [--jobs=N] [--seed=N] [--list=N |
 * --blocks] FILE…
 *
 * --list prints the first N replays as CSV instead (scripts/compare-rules reads it), --blocks the
 * record itself.
 */
#include "prove.h"
#include "record.h"
#include "../../harness/stats/stats.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_FILES 40
#define PROBES	   999 /* replays that the detectable shift is the median of */

enum { NOTHING, EXACTLY_M, DETECTABLE, SHIFTS };
static const char *const shift_names[SHIFTS] = {"none", "margin", "detectable"};

struct replay {
	struct record record;
	double margin;
	double detectable[RECORD_SERIES]; /* logs */
};

/* Which blocks, and whether their arms are swapped. */
struct draw {
	size_t at[VERDICT_MOST];
	bool swapped[VERDICT_MOST];
};

static void draw(struct draw *w, const struct replay *p, struct rng *r)
{
	size_t *all = calloc(p->record.blocks, sizeof(*all));

	for (size_t i = 0; i < p->record.blocks; i++)
		all[i] = i;
	rng_shuffle(r, all, p->record.blocks);
	for (int i = 0; i < VERDICT_MOST; i++) {
		w->at[i] = all[i];
		w->swapped[i] = rng_next(r) >> 63;
	}
	free(all);
}

/* The differences of one metric in a replay, B slower by `shift` (a log). */
static void differences(double *d, const struct series *s, const struct draw *w, double shift)
{
	for (int i = 0; i < VERDICT_MOST; i++)
		d[i] = (w->swapped[i] ? -1 : 1) * s->d[w->at[i]] + shift;
}

static double shift_of(const struct replay *p, int kind, size_t series)
{
	return kind == NOTHING ? 0 : kind == EXACTLY_M ? log1p(p->margin) : p->detectable[series];
}

static struct verdict_family family(const struct replay *p)
{
	return verdict_family_gates(p->record.n, 0, 0, VERDICT_LOOKS);
}

static void decide(struct decision *out, const struct replay *p, size_t series,
		   const struct draw *w, int kind)
{
	struct verdict_family f = family(p);
	double d[VERDICT_MOST];

	differences(d, &p->record.s[series], w, shift_of(p, kind, series));
	verdict_decide(
		out, &(struct verdict_series){.d = d, .n = VERDICT_MOST, .margin = p->margin}, &f);
}

/* Counters: families with an alarm, with a wrong verdict at m, all that was found; then by metric.
 */
enum { ALARMS, WRONG, FOUND, FOUND_OF };

static void one_replay(const void *arg, struct rng *r, uint64_t *count)
{
	const struct replay *p = arg;
	bool alarm = false, wrong = false;
	struct decision out;
	struct draw w;

	draw(&w, p, r);
	for (size_t s = 0; s < p->record.n; s++) {
		decide(&out, p, s, &w, NOTHING);
		alarm |= out.look.verdict == VERDICT_REGRESSED ||
			 out.look.verdict == VERDICT_IMPROVED;
		decide(&out, p, s, &w, EXACTLY_M);
		wrong |= out.look.verdict != VERDICT_INCONCLUSIVE;
		decide(&out, p, s, &w, DETECTABLE);
		count[FOUND] += out.look.verdict == VERDICT_REGRESSED;
		count[FOUND_OF + s] += out.look.verdict == VERDICT_REGRESSED;
	}
	count[ALARMS] += alarm;
	count[WRONG] += wrong;
}

/* What a run with all 32 blocks would call detectable: the median over replays. */
static void find_detectable(struct replay *p, const struct options *o)
{
	struct verdict_family f = family(p);
	double t = verdict_t(VERDICT_MOST, &f), v[PROBES];

	for (size_t s = 0; s < p->record.n; s++) {
		for (unsigned i = 0; i < PROBES; i++) {
			struct rng r = {.state = rng_hash(trials_stream("detectable", o), i)};
			double d[VERDICT_MOST];
			struct draw w;
			struct look l;

			draw(&w, p, &r);
			differences(d, &p->record.s[s], &w, 0);
			verdict_look(&l, d, VERDICT_MOST, p->margin, 0, t);
			v[i] = l.detectable;
		}
		stats_sort(v, PROBES);
		p->detectable[s] = stats_median(v, PROBES);
	}
}

static void list(const struct replay *p, unsigned n, const struct options *o)
{
	puts("replay,shift,log_shift,bench,metric,labels,k,verdict,blocks");
	for (unsigned i = 0; i < n; i++) {
		struct rng r = {.state = rng_hash(trials_stream("replays", o), i)};
		struct decision out;
		struct draw w;

		draw(&w, p, &r);
		for (size_t s = 0; s < p->record.n * SHIFTS; s++) {
			const struct series *x = &p->record.s[s / SHIFTS];
			int kind = (int)(s % SHIFTS);

			decide(&out, p, s / SHIFTS, &w, kind);
			printf("%u,%s,%.17g,%s,%s,\"%s\",%u,%s,", i, shift_names[kind],
			       shift_of(p, kind, s / SHIFTS), x->bench, x->metric, x->labels,
			       out.look.k, verdict_name(out.look.verdict));
			for (int b = 0; b < VERDICT_MOST; b++)
				printf("%s%c%u", b ? " " : "", w.swapped[b] ? '-' : '+',
				       p->record.block[w.at[b]]);
			putchar('\n');
		}
	}
}

static void list_blocks(const struct record *r)
{
	puts("block,bench,metric,labels,better,a,b");
	for (size_t i = 0; i < r->blocks; i++) {
		for (size_t s = 0; s < r->n; s++) {
			const struct series *x = &r->s[s];

			printf("%u,%s,%s,\"%s\",%s,%.9g,%.9g\n", r->block[i], x->bench, x->metric,
			       x->labels, x->better, x->a[i], x->b[i]);
		}
	}
}

/* The record's own shift: swapping hides it, so that it must be shown. */
static double apart(const struct record *r, size_t series)
{
	double *v = calloc(r->blocks, sizeof(*v)), median;

	memcpy(v, r->s[series].d, r->blocks * sizeof(*v));
	stats_sort(v, r->blocks);
	median = stats_median(v, r->blocks);
	free(v);
	return median;
}

static unsigned show(const struct replay *p, const struct options *o)
{
	struct table t = {.o = o};
	uint64_t count[COUNTS];
	unsigned n = o->families;

	trials_run(count, one_replay, p, n, "replays", o);
	table_title(&t, "Replays of recorded blocks");
	table_claim(&t, "nothing added: families with REGRESSED or IMPROVED", AT_MOST, 0.01, 0,
		    count[ALARMS], n);
	table_claim(&t, "exactly m added: families with any wrong verdict", AT_MOST, ERRORS, 0,
		    count[WRONG], n);
	table_claim(&t, "the detectable shift added: REGRESSED, over all metrics", AT_LEAST, 0.75,
		    0, count[FOUND], n * p->record.n);
	printf("\n%zu metrics, %zu blocks, margin %.1f %%, %u replays, seed %llu\n\n", p->record.n,
	       p->record.blocks, 100 * p->margin, n, (unsigned long long)o->seed);
	for (size_t s = 0; s < p->record.n; s++)
		printf("  arms apart %+6.2f %%, detectable %6.2f %%, found %5.1f %%  %s.%s{%s}\n",
		       100 * expm1(apart(&p->record, s)), 100 * expm1(p->detectable[s]),
		       100.0 * (double)count[FOUND_OF + s] / n, p->record.s[s].bench,
		       p->record.s[s].metric, p->record.s[s].labels);
	return t.failed;
}

struct arguments {
	const char *path[MOST_FILES], *only;
	size_t files;
	unsigned list;
	bool blocks;
};

static bool take(struct arguments *a, struct options *o, struct replay *p, const char *word)
{
	const char *v;

	if ((v = option_value(word, "--replays")))
		o->families = (unsigned)strtoul(v, NULL, 10);
	else if ((v = option_value(word, "--margin")))
		p->margin = strtod(v, NULL);
	else if ((v = option_value(word, "--only")))
		a->only = v;
	else if ((v = option_value(word, "--jobs")))
		o->jobs = (unsigned)strtoul(v, NULL, 10);
	else if ((v = option_value(word, "--seed")))
		o->seed = strtoull(v, NULL, 10);
	else if ((v = option_value(word, "--list")))
		a->list = (unsigned)strtoul(v, NULL, 10);
	else if (!strcmp(word, "--blocks"))
		a->blocks = true;
	else if (word[0] != '-' && a->files < MOST_FILES)
		a->path[a->files++] = word;
	else
		return false;
	return o->families && o->jobs && p->margin > 0;
}

int main(int argc, char **argv)
{
	struct options o = {
		.families = 20000, .jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN), .seed = 1};
	struct replay p = {.margin = 0.03};
	struct arguments a = {.files = 0};
	struct err e = ERR_INIT;
	int rc = 0;

	for (int i = 1; i < argc; i++) {
		if (!take(&a, &o, &p, argv[i])) {
			fprintf(stderr, "replay: \"%s\" is not understood (see tests/prove)\n",
				argv[i]);
			return 2;
		}
	}
	if (!a.files || record_read(&p.record, a.path, a.files, a.only, VERDICT_MOST, &e)) {
		if (!a.files)
			err_set(&e, EINVAL, "which file? See tests/prove/README.md");
		err_print(&e, "replay", stderr);
		rc = 2;
		goto out;
	}
	find_detectable(&p, &o);
	if (a.blocks)
		list_blocks(&p.record);
	else if (a.list)
		list(&p, a.list, &o);
	else
		rc = show(&p, &o) ? 1 : 0;
out:
	record_free(&p.record);
	return rc;
}
