/*
 * Whether memory that is said to be local is the nearest. Results that share all labels but the
 * node are a contest of nodes. A node wins it where its whole interval lies above the own node's
 * by more than 3 %, and the difference is four times what processes differ by (in this contest, and
 * typically in this benchmark); the own node wins where the intervals are apart. A GPU is nearer
 * to another node than the firmware says if that node wins more contests than its own does, and at
 * least a quarter of all: small copies hardly feel the distance, and one odd size is no proof.
 *
 * Of CPUs (label cpu_node) only latencies are looked at, and a nearer node is a remark: virtual
 * machines show nodes that the hardware does not have. Nodes without CPUs take no part: memory of
 * another kind may be faster without being nearer.
 */
#include "rules.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "../formats/key.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIKE	  0.03
#define STAND_OUT 4.0
#define OF_THREE  1.2 /* the median deviation of three values is so much less than the true one */

/* One result in its contest. */
struct entry {
	struct result *r;
	char *who, *contest; /* owned: arm, benchmark, GPU or CPU node; and the rest of the key */
	int own, node;
	const struct manifest_row *said; /* who said own; NULL of CPUs */
	struct speed v;
	double sd; /* from process to process, a share; 0 where there are none to compare */
};

struct entries {
	struct entry *v;
	size_t n, cap;
};

/* How the contests of one GPU or CPU node ended. */
struct score {
	size_t contests, own, alike;
	size_t other; /* won by another node */
};

static int by_contest(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int c = strcmp(a->who, b->who);

	if (!c)
		c = strcmp(a->contest, b->contest);
	return c ? c : (a->node > b->node) - (a->node < b->node);
}

/* Standard deviation of the processes' logarithms. */
static double spread(const struct result *r)
{
	double sum = 0, squares = 0;
	size_t n = 0;

	for (size_t i = 0; i < r->processes; i++) {
		double x = log(r->process[i].median / r->s.median);

		if (!r->process[i].valid)
			continue;
		sum += x;
		squares += x * x;
		n++;
	}
	return n < 2 ? 0 : sqrt(fmax(0, squares - sum * sum / (double)n) / (double)(n - 1));
}

static bool has_cpus(const struct bundle_data *d, const char *arm, int node)
{
	char key[48];

	snprintf(key, sizeof(key), "node.%d.cpus", node);
	const char *cpus = bundle_value(d, arm, key);
	return !cpus || *cpus;
}

static void add(struct entries *all, struct result *r, const struct bundle_data *d)
{
	struct entry x = {.r = r, .v = rules_speed(r)};
	size_t len;

	if (!(x.v.mid > 0) || !rules_nodes(r, d, &x.own, &x.node, &x.said))
		return;
	if ((!x.said && strcmp(r->better, "lower") != 0) || !has_cpus(d, r->arm, x.node))
		return;
	const char *whose = key_find(r->labels, x.said ? "gpu" : "cpu_node", &len);
	char *rest = key_without(r->labels, "node");
	x.who = mem_printf("%s\n%s\n%.*s", r->arm, r->bench, (int)len, whose);
	x.contest = mem_printf("%s\n%s", r->metric, rest);
	x.sd = spread(r);
	free(rest);
	all->v = mem_grow(all->v, all->n, &all->cap, sizeof(*all->v));
	all->v[all->n++] = x;
}

/* One contest: the own node, and of the others the fastest and the slowest. */
struct contest {
	const struct entry *own, *best, *worst; /* NULL where it is missing */
};

/* The contest at e[*from], which is moved beyond it. false where it lacks the own or all others. */
static bool next_contest(struct contest *c, const struct entry *e, size_t n, size_t *from)
{
	const char *name = e[*from].contest;

	*c = (struct contest){.own = NULL};
	for (; *from < n && !strcmp(e[*from].contest, name); ++*from) {
		const struct entry *x = &e[*from];

		if (x->node == x->own) {
			c->own = x;
			continue;
		}
		if (!c->best || x->v.mid > c->best->v.mid)
			c->best = x;
		if (!c->worst || x->v.mid < c->worst->v.mid)
			c->worst = x;
	}
	return c->own && c->best;
}

/* typical: spread of this benchmark's processes. */
static bool other_wins(const struct contest *c, double typical)
{
	double here = sqrt((c->own->sd * c->own->sd + c->best->sd * c->best->sd) / 2);

	return c->best->v.lo > c->own->v.hi * (1 + ALIKE) &&
	       log(c->best->v.mid / c->own->v.mid) > STAND_OUT * fmax(here, typical);
}

static bool all_alike(const struct contest *c)
{
	double own = c->own->v.mid;

	return c->best->v.mid < own * (1 + ALIKE) && c->worst->v.mid > own * (1 - ALIKE);
}

static struct score count(const struct entry *e, size_t n, double typical)
{
	struct score s = {.contests = 0};
	struct contest c;

	for (size_t i = 0; i < n;) {
		if (!next_contest(&c, e, n, &i))
			continue;
		s.contests++;
		s.other += other_wins(&c, typical);
		s.own += c.own->v.lo > c.best->v.hi;
		s.alike += all_alike(&c);
	}
	return s;
}

static void tell_nearer(const struct entry *own, const struct entry *other)
{
	struct result *r = own->r;
	char here[48], there[48];

	units_show(here, sizeof(here), r->s.median, r->unit);
	units_show(there, sizeof(there), other->r->s.median, r->unit);
	if (!own->said) {
		rules_note(r,
			   "node %d answers these CPUs sooner than their own node %d (%s): the "
			   "nodes may be virtual ones",
			   other->node, own->own, there);
		return;
	}
	char *gpu = key_get(r->labels, "gpu");
	rules_fail(r, "locality", other->v.mid / own->v.mid,
		   "GPU %s is nearer to node %d than the firmware says (node %d, %s): %s there, %s "
		   "here; bind its programs to node %d, and look for a BIOS update that "
		   "mends the ACPI tables",
		   gpu, other->node, own->own, own->said->source, there, here, other->node);
	free(gpu);
}

/* All contests of one GPU or CPU node. */
static void judge(const struct entry *e, size_t n, double typical)
{
	struct score s = count(e, n, typical);
	bool guessed = e->said && strstr(e->said->source, "inferred");
	bool nearer = s.other > s.own && 4 * s.other >= s.contests && !guessed;
	bool alike = s.contests && s.alike == s.contests;
	struct contest c;

	for (size_t i = 0; i < n;) {
		if (!next_contest(&c, e, n, &i))
			continue;
		if (nearer && other_wins(&c, typical))
			tell_nearer(c.own, c.best);
		else if (alike && c.own->r->status == ST_PASS)
			rules_note(c.own->r, "local and remote are alike");
	}
}

static bool same_bench(const struct result *a, const struct result *b)
{
	return !strcmp(a->arm, b->arm) && !strcmp(a->bench, b->bench);
}

/* All GPUs or CPU nodes of one benchmark in one arm. */
static void judge_bench(const struct entry *e, size_t n)
{
	double *sd = mem_zalloc(n, sizeof(*sd));

	for (size_t i = 0; i < n; i++)
		sd[i] = e[i].sd;
	stats_sort(sd, n);
	double typical = OF_THREE * stats_median(sd, n);
	free(sd);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && !strcmp(e[i].who, e[end].who); end++)
			;
		judge(e + i, end - i, typical);
	}
}

void rules_locality(struct results *out, const struct bundle_data *d)
{
	struct entries all = {.n = 0};

	for (size_t i = 0; i < out->n; i++)
		add(&all, &out->r[i], d);
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_contest);
	for (size_t i = 0, end; i < all.n; i = end) {
		for (end = i + 1; end < all.n && same_bench(all.v[i].r, all.v[end].r); end++)
			;
		judge_bench(all.v + i, end - i);
	}
	for (size_t i = 0; i < all.n; i++) {
		free(all.v[i].who);
		free(all.v[i].contest);
	}
	free(all.v);
}
