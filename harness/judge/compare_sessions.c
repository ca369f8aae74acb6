/*
 * Before and after, where processes cannot alternate: the unit is the session, and how much
 * sessions differ comes from a history. Sessions must rest on equally many processes of a key, else
 * their medians do not spread alike. Metrics that are no gates are shown without a verdict.
 */
#include "../base/mem.h"
#include "../formats/key.h"
#include "compare_parts.h"
#include "history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows, for sessions and nodes ---- */

static bool is_gate(const struct panel *p, const struct panel_key *k)
{
	return key_matches(panel_value(p->session[0].head, "suite.gate"), k->bench, k->metric,
			   k->labels);
}

/* A row for each key of the panel that takes part, with role and margin; sorted. */
static void make_rows(struct comparison *c, const struct panel *p, const struct margins *m)
{
	for (size_t i = 0; i < p->n_keys; i++) {
		const struct panel_key *k = &p->key[i];

		if (!compare_takes(k->cls, k->better))
			continue;
		struct compared *row = comparison_add(c);
		row->bench = k->bench;
		row->metric = k->metric;
		row->labels = k->labels;
		row->unit = k->unit;
		row->better = k->better;
		row->cls = k->cls;
		row->role = is_gate(p, k) ? ROLE_GATE : ROLE_SCREEN;
		row->margin = margins_of(m, k->cls);
		if (isnan(row->margin))
			row->margin = compare_margin(c->kind, k->cls);
		c->gates += row->role == ROLE_GATE;
		c->screens += row->role == ROLE_SCREEN;
	}
	comparison_sort(c);
}

/* ---- one host ---- */

/* What the sessions of a key came to on each side. */
struct sides {
	double mean[2]; /* of logs */
	unsigned n[2];
	unsigned k;   /* processes of each */
	bool unequal; /* … which differ between sessions */
};

static struct sides sides_of(const struct panel *p, const struct panel_key *key)
{
	struct sides s = {.k = 0};

	for (size_t i = 0; i < p->n_sessions; i++) {
		const struct cell *c = &key->cell[i];
		unsigned side = p->session[i].side;

		if (!(c->median > 0))
			continue;
		s.unequal |= s.k && s.k != c->k;
		s.k = c->k;
		s.mean[side] += log(c->median);
		s.n[side]++;
	}
	for (int side = 0; side < 2; side++)
		s.mean[side] = s.n[side] ? s.mean[side] / s.n[side] : NAN;
	return s;
}

/* The i-th session of each side next to each other: for the eye, not for the rule. */
static void show_sessions(struct compared *row, const struct panel *p, const struct panel_key *key)
{
	size_t n[2] = {0, 0}, most = 0;

	row->pair = mem_zalloc(p->n_sessions + 1, sizeof(*row->pair));
	for (size_t i = 0; i < p->n_sessions; i++)
		row->pair[i] = (struct pair){
			.block = (unsigned)i, .a = NAN, .b = NAN, .d = NAN, .cause = ""};
	for (size_t i = 0; i < p->n_sessions; i++) {
		unsigned side = p->session[i].side;
		struct pair *pair = &row->pair[n[side]++];

		*(side ? &pair->b : &pair->a) = key->cell[i].median;
		most = n[side] > most ? n[side] : most;
	}
	row->pairs = most;
	for (size_t i = 0; i < most; i++)
		row->pair[i].valid = isfinite(row->pair[i].a) && isfinite(row->pair[i].b);
}

static const char *tell_spread(struct comparison *c, const struct session_spread *s)
{
	if (s->assumed)
		return comparison_keep(
			c, mem_printf("no history: the interval assumes that sessions differ by "
				      "%.2g %% (standard deviation), and an assumption decides "
				      "nothing; measure sessions of an unchanged machine and name "
				      "their folder with --history",
				      100 * sqrt(s->v)));
	return comparison_keep(
		c, mem_printf("the history is too short: %.0f of %d degrees of freedom; measure "
			      "%.0f more sessions of an unchanged machine, each after a reboot",
			      s->nu, VERDICT_LIBRARY, VERDICT_LIBRARY - s->nu));
}

static double sign(const struct compared *row)
{
	return strcmp(row->better, "higher") ? 1 : -1;
}

/* Sessions a side that find a shift of that size, or show that it is inside the margin. */
static unsigned sessions_needed(const struct compared *row, double mean,
				const struct session_spread *s, unsigned gates)
{
	struct look l = {.verdict = VERDICT_INCONCLUSIVE};
	unsigned r = 0;

	if (fabs(row->ratio) > row->margin)
		return verdict_sessions_needed(fabs(row->ratio), s->v, s->nu, gates, row->margin);
	while (!l.verdict && r++ < VERDICT_MOST_SESSIONS)
		verdict_sessions(&l, mean, r, r, s->v, s->nu, gates, row->margin);
	return l.verdict ? r : 0;
}

static void judge_sessions(struct comparison *c, struct compared *row, const struct panel *p,
			   const struct history *h)
{
	const struct panel_key *key = panel_find(p, row->bench, row->metric, row->labels);
	struct sides s = sides_of(p, key);
	struct session_spread spread = history_spread(h, key, &p->session[0], s.k);
	struct look *l = &row->decision.look;
	double mean = sign(row) * (s.mean[1] - s.mean[0]);

	show_sessions(row, p, key);
	row->a = exp(s.mean[0]);
	row->b = exp(s.mean[1]);
	row->ratio = expm1(mean);
	if (row->role != ROLE_GATE || !s.n[0] || !s.n[1] || s.unequal) {
		if (!s.n[0] || !s.n[1])
			row->reason = s.n[0] ? "no number in NEW" : "no number in BASE";
		else if (s.unequal)
			row->reason = "sessions rest on unequally many processes, so their "
				      "medians do not spread alike: measure again";
		return;
	}
	verdict_sessions(l, mean, s.n[0], s.n[1], spread.v, spread.nu, c->gates, row->margin);
	compared_settle(row);
	row->assumed = spread.assumed;
	if (l->why == UNRESOLVED_LIBRARY) {
		row->detectable = NAN; /* nothing would be */
		row->reason = tell_spread(c, &spread);
	}
	if (!l->verdict)
		row->needed = sessions_needed(row, mean, &spread, c->gates);
}

/* Screens whose shift is beyond the margin: to be looked at, nothing is decided. */
static void mark_screens(struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct compared *row = &c->row[i];

		if (row->role != ROLE_SCREEN || !(fabs(row->ratio) > row->margin))
			continue;
		row->candidate = true;
		if (!*row->reason)
			row->reason = "not judged: only gates are; to have a verdict, name it as a "
				      "gate in the suite";
		c->candidates++;
	}
}

/* ---- both ---- */

/* Equally many bundles in each session: else some medians rest on more processes. */
static int check_sizes(const struct panel *p, struct err *e)
{
	unsigned *n = mem_zalloc(p->n_sessions + 1, sizeof(*n));
	int rc = 0;

	for (size_t i = 0; i < p->n_bundles; i++)
		n[p->bundle[i].session]++;
	for (size_t i = 1; i < p->n_sessions && !rc; i++)
		if (n[i] != n[0])
			rc = err_set(e, EINVAL,
				     "the boot %s of %s is measured in %u bundles, %s of %s in %u: "
				     "a session's median must rest on equally many processes; name "
				     "equally many bundles of each boot",
				     p->session[0].boot, p->session[0].host, n[0],
				     p->session[i].boot, p->session[i].host, n[i]);
	free(n);
	return rc;
}

static int check_sides(const struct panel *p, struct err *e)
{
	unsigned n[2] = {0, 0};

	for (size_t i = 0; i < p->n_bundles; i++)
		n[p->bundle[i].side]++;
	return n[0] && n[1] ? 0 : err_set(e, EINVAL, "name bundles on both sides: BASE… -- NEW…");
}

int comparison_of_sessions(struct comparison *out, struct panel *p, const struct history *h,
			   const struct margins *m, struct err *e)
{
	bool nodes;

	*out = (struct comparison){.kind = COMPARE_SESSIONS, .a = "base", .b = "new"};
	out->detectable = NAN;
	int rc = check_sides(p, e);
	if (!rc)
		rc = panel_check(p, &nodes, e);
	if (rc)
		return rc;
	panel_make(p);
	rc = check_sizes(p, e);
	if (rc)
		return rc;
	out->kind = nodes ? COMPARE_NODES : COMPARE_SESSIONS;
	make_rows(out, p, m);
	if (nodes)
		compare_nodes(out, p);
	for (size_t i = 0; i < out->n && !nodes; i++)
		judge_sessions(out, &out->row[i], p, h);
	mark_screens(out);
	for (size_t i = 0; i < p->n_sessions && !nodes; i++)
		out->blocks += p->session[i].side == 1;
	comparison_finish(out);
	return 0;
}
