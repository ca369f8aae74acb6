/*
 * Sessions and nodes. Sessions: spread .15 % from one to the next, 16 processes of sd .3 % in each,
 * and a history of ten groups of five sessions, 40 degrees of freedom, that knows the spread as
 * well as the history of a machine would. Nodes: 32 before and after, all of which drift alike.
 */
#include "prove.h"
#include "../../harness/stats/stats.h"

#include <math.h>
#include <stdio.h>

#define SESSION_SD 0.0015
#define PROCESSES  16
#define METRICS	   200
#define GROUPS	   10
#define IN_GROUP   5
#define NODES	   32
#define NODE_SD	   0.004
#define NODE_DRIFT 0.006 /* of all nodes, treated or not */

/* The log median of a session's processes. */
static double session(struct rng *r)
{
	double v[PROCESSES], level = SESSION_SD * rng_normal(r);

	for (int i = 0; i < PROCESSES; i++)
		v[i] = level + SD * rng_normal(r);
	stats_sort(v, PROCESSES);
	return stats_median(v, PROCESSES);
}

/* Variance between sessions, pooled within groups. */
static double history(struct rng *r)
{
	double squares = 0;

	for (int g = 0; g < GROUPS; g++) {
		double v[IN_GROUP], mean = 0;

		for (int i = 0; i < IN_GROUP; i++) {
			v[i] = session(r);
			mean += v[i] / IN_GROUP;
		}
		for (int i = 0; i < IN_GROUP; i++)
			squares += (v[i] - mean) * (v[i] - mean);
	}
	return squares / (GROUPS * (IN_GROUP - 1));
}

struct sessions_trial {
	unsigned sessions; /* a side */
	double shift;	   /* a share */
};

static enum verdict compare_sessions(const struct sessions_trial *t, struct rng *r)
{
	double v = history(r), mean = log1p(t->shift);
	struct look l;

	for (unsigned i = 0; i < t->sessions; i++)
		mean += (session(r) - session(r)) / t->sessions;
	verdict_sessions(&l, mean, t->sessions, t->sessions, v, GROUPS * (IN_GROUP - 1), METRICS,
			 MARGIN);
	return l.verdict;
}

static void one_metric(const void *arg, struct rng *r, uint64_t *count)
{
	count[compare_sessions(arg, r)]++;
}

static void all_metrics(const void *arg, struct rng *r, uint64_t *count)
{
	bool any = false;

	for (int i = 0; i < METRICS && !any; i++)
		any = compare_sessions(arg, r) != VERDICT_INCONCLUSIVE;
	count[0] += any;
}

struct nodes_trial {
	double shift; /* a share */
	bool control;
};

static enum verdict compare_nodes(const struct nodes_trial *t, struct rng *r)
{
	double d[NODES], control[NODES], drift = t->control ? NODE_DRIFT : 0;
	struct look l;

	for (int i = 0; i < NODES; i++) {
		d[i] = drift + log1p(t->shift) + NODE_SD * rng_normal(r);
		control[i] = drift + NODE_SD / 2 * rng_normal(r);
	}
	verdict_nodes(&l, d, NODES, control, t->control ? NODES / 2 : 0, GATES + 2, MARGIN);
	return l.verdict;
}

static void one_node_metric(const void *arg, struct rng *r, uint64_t *count)
{
	count[compare_nodes(arg, r)]++;
}

static void all_node_metrics(const void *arg, struct rng *r, uint64_t *count)
{
	bool any = false;

	for (int i = 0; i < GATES + 2 && !any; i++)
		any = compare_nodes(arg, r) != VERDICT_INCONCLUSIVE;
	count[0] += any;
}

static void row(struct table *t, const char *text, trial_fn *fn, const void *trial, unsigned n,
		int counter, enum claim kind, double required, double tolerance)
{
	uint64_t count[COUNTS];

	if (!table_wants(t, text))
		return;
	trials_run(count, fn, trial, n, text, t->o);
	table_claim(t, text, kind, required, tolerance, count[counter], n);
}

void rows_sessions(struct table *t)
{
	static const struct sessions_trial one = {1, 0.02}, two = {2, 0.02}, three = {3, 0.02};
	static const struct sessions_trial at_margin = {2, MARGIN};
	static const struct nodes_trial bare = {0.02, false}, drifting = {0.02, true};
	static const struct nodes_trial bare_m = {MARGIN, false}, drifting_m = {MARGIN, true};
	unsigned n = t->o->families;

	table_title(t, "Sessions: 200 metrics, m = 1 %, sd between sessions .15 %, slower by 2 %");
	row(t, "1 session a side: REGRESSED", one_metric, &one, n, VERDICT_REGRESSED, WITHIN, 0.45,
	    0.03);
	row(t, "2 sessions a side: REGRESSED", one_metric, &two, n, VERDICT_REGRESSED, WITHIN, 0.90,
	    0.02);
	row(t, "3 sessions a side: REGRESSED", one_metric, &three, n, VERDICT_REGRESSED, AT_LEAST,
	    0.98, 0);
	row(t, "2 sessions a side, all at exactly m: any wrong verdict", all_metrics, &at_margin,
	    n / 4, 0, AT_MOST, ERRORS, 0);
	table_title(t, "Nodes: 32 before and after, 40 metrics, m = 1 %, sd .4 %");
	row(t, "no control, all at exactly m: any wrong verdict", all_node_metrics, &bare_m, n, 0,
	    AT_MOST, ERRORS, 0);
	row(t, "16 untouched nodes that drift alike, all at exactly m: any wrong verdict",
	    all_node_metrics, &drifting_m, n, 0, AT_MOST, ERRORS, 0);
	row(t, "no control, slower by 2 %: REGRESSED", one_node_metric, &bare, n, VERDICT_REGRESSED,
	    AT_LEAST, 0.99, 0);
	row(t, "16 untouched nodes that drift alike, slower by 2 %: REGRESSED", one_node_metric,
	    &drifting, n, VERDICT_REGRESSED, AT_LEAST, 0.99, 0);
}
