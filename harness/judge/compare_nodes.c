/*
 * Many machines, each before and after: a node's difference is that of its own two sides, so what
 * makes nodes differ from each other cancels. Nodes whose driver, kernel and VBIOS did not change
 * are the control for whatever else changed meanwhile (the season, the building's cooling). Where
 * nothing changed anywhere, all count as treated.
 */
#include "../base/mem.h"
#include "compare_parts.h"
#include "panel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct node {
	const char *host;
	const struct session *first[2]; /* a session of each side, NULL: none */
	bool touched;
};

static int by_host(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->host, ((const struct node *)b)->host);
}

/* Hosts with both sides, by name; the caller frees. */
static struct node *nodes_of(const struct panel *p, size_t *n)
{
	struct node *v = mem_zalloc(p->n_sessions + 1, sizeof(*v));
	size_t all = 0;

	*n = 0;
	for (size_t i = 0; i < p->n_sessions; i++) {
		const struct session *s = &p->session[i];
		size_t k = 0;

		while (k < all && strcmp(v[k].host, s->host))
			k++;
		if (k == all)
			v[all++].host = s->host;
		if (!v[k].first[s->side])
			v[k].first[s->side] = s;
	}
	for (size_t k = 0; k < all; k++) {
		if (!v[k].first[0] || !v[k].first[1])
			continue;
		v[k].touched = strcmp(v[k].first[0]->software, v[k].first[1]->software) != 0;
		v[(*n)++] = v[k];
	}
	qsort(v, *n, sizeof(*v), by_host);
	return v;
}

/* Mean of the logs of one node's sessions on one side; *k: processes, 0 at first; NaN if none. */
static double side_mean(const struct panel *p, const struct panel_key *key, const char *host,
			unsigned side, unsigned *k, bool *unequal)
{
	double sum = 0;
	unsigned n = 0;

	for (size_t i = 0; i < p->n_sessions; i++) {
		const struct session *s = &p->session[i];

		if (s->side != side || !(key->cell[i].median > 0) || strcmp(s->host, host))
			continue;
		*unequal |= *k && *k != key->cell[i].k;
		*k = key->cell[i].k;
		sum += log(key->cell[i].median);
		n++;
	}
	return n ? sum / n : NAN;
}

static struct pair pair_of(const struct panel *p, const struct panel_key *key,
			   const struct node *node, unsigned index, bool higher)
{
	unsigned k = 0;
	bool unequal = false;
	double a = side_mean(p, key, node->host, 0, &k, &unequal),
	       b = side_mean(p, key, node->host, 1, &k, &unequal);
	struct pair pair = {.block = index,
			    .node = node->host,
			    .a = exp(a),
			    .b = exp(b),
			    .d = NAN,
			    .cause = ""};

	pair.valid = isfinite(a) && isfinite(b) && !unequal;
	if (pair.valid)
		pair.d = higher ? a - b : b - a;
	else
		pair.cause = unequal	   ? "unequally many processes before and after"
			     : isfinite(a) ? "no number in NEW"
			     : isfinite(b) ? "no number in BASE"
					   : "no number";
	return pair;
}

static void judge_row(struct comparison *c, struct compared *row, const struct panel *p,
		      const struct node *node, size_t n, bool any_touched)
{
	const struct panel_key *key = panel_find(p, row->bench, row->metric, row->labels);
	double *d = mem_zalloc(2 * n + 1, sizeof(*d)), *control = d + n, sum[2] = {0, 0};
	size_t treated = 0, controls = 0;
	struct look *l = &row->decision.look;

	row->pair = mem_zalloc(n + 1, sizeof(*row->pair));
	row->pairs = n;
	for (size_t i = 0; i < n; i++) {
		struct pair *pair = &row->pair[i];

		*pair = pair_of(p, key, &node[i], (unsigned)i, !strcmp(row->better, "higher"));
		if (!pair->valid)
			continue;
		if (any_touched && !node[i].touched) {
			control[controls++] = pair->d;
			pair->cause = "untouched";
			continue;
		}
		d[treated++] = pair->d;
		sum[0] += log(pair->a);
		sum[1] += log(pair->b);
	}
	if (treated) {
		row->a = exp(sum[0] / (double)treated);
		row->b = exp(sum[1] / (double)treated);
	}
	verdict_nodes(l, d, treated, control, controls, c->gates, row->margin);
	compared_settle(row);
	if (row->role == ROLE_SCREEN)
		*l = (struct look){.why = UNRESOLVED_FEW, .mean = NAN, .half = NAN};
	if (row->role == ROLE_SCREEN)
		row->lo = row->hi = row->detectable = NAN;
	if (controls == 1)
		row->reason = "a single untouched node is no control: measure two or more of them, "
			      "or leave it out";
	free(d);
}

void compare_nodes(struct comparison *c, const struct panel *p)
{
	size_t n;
	struct node *node = nodes_of(p, &n);
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= node[i].touched;
	for (size_t i = 0; i < n; i++) {
		c->blocks += !any || node[i].touched;
		c->untouched += any && !node[i].touched;
	}
	for (size_t i = 0; i < c->n; i++)
		judge_row(c, &c->row[i], p, node, n, any);
	free(node);
}
