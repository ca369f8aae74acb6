/*
 * Results that should be alike, and the one that is not: those of a metric that names siblings
 * (bench.h), equal in all other labels, in their kin, in how far their memory is and in the kind of
 * their GPU or MIG instance. With three or more, one whose whole interval lies more than 5 % below
 * their median is a remark, 10 % a FAIL. It must also stand out: four times as far from the median
 * as the typical one of them, so that siblings which all differ accuse nobody.
 *
 * What another rule has explained is a remark only: a GPU with a slow link, or whose node is not
 * what the firmware says, with its pairs; a pair whose links are down; a number about which the
 * benchmark itself says what holds it down (a power limit). So is remote memory, since how far
 * remote is differs from machine to machine.
 *
 * Where one half is more than 10 % slower than the other, and neither half within itself, the
 * slower ones have a remark: siblings alone cannot tell which half is right. Known error: where
 * more than half are slow nothing is said; ceilings and expectations are there for that.
 */
#include "rules.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "../formats/key.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEWEST	  3
#define REMARK	  0.05
#define FAULT	  0.10
#define STAND_OUT 4.0
#define NORMAL	  1.4826 /* of the median absolute deviation is a normal's standard deviation */

struct sibling {
	struct result *r;
	char *family; /* owned */
	bool remote;
	struct speed v;
};

struct siblings {
	struct sibling *v;
	size_t n, cap;
	char **excused; /* whose slowness another rule has explained; see excuse(); owned */
	size_t n_excused, cap_excused;
};

/* ---- who is excused ---- */

/*
 * "arm\nbench\n3" of the GPU that a label names, "arm\nbench\n2 5" of its pair in either direction;
 * NULL where the key has none. Caller frees.
 */
static char *excuse(const struct result *r, const char *bench, const char *label, bool pair)
{
	int a, b;

	if (!key_number(r->labels, label, &a))
		return NULL;
	if (!pair)
		return mem_printf("%s\n%s\n%d", r->arm, bench, a);
	if (!key_number(r->labels, "peer", &b))
		return NULL;
	return mem_printf("%s\n%s\n%d %d", r->arm, bench, a < b ? a : b, a < b ? b : a);
}

static bool is_excuse(const struct siblings *s, const char *text)
{
	for (size_t i = 0; text && i < s->n_excused; i++)
		if (!strcmp(s->excused[i], text))
			return true;
	return false;
}

/* A GPU's place is its own in every benchmark; what was expected is of one, and maybe of a pair. */
static void add_excuse(struct siblings *s, const struct result *r)
{
	const char *bench = !strcmp(r->rule, "locality") ? "" : r->bench;
	size_t len;

	if (!r->rule[0] || r->untrue)
		return;
	char *text = excuse(r, bench, key_find(r->labels, "gpu", &len) ? "gpu" : "member",
			    key_find(r->labels, "peer", &len) != NULL);
	if (!text || is_excuse(s, text)) {
		free(text);
		return;
	}
	s->excused = mem_grow(s->excused, s->n_excused, &s->cap_excused, sizeof(char *));
	s->excused[s->n_excused++] = text;
}

static bool is_excused(const struct siblings *s, const struct result *r)
{
	static const struct {
		const char *label;
		bool pair;
	} by[] = {{"gpu", false}, {"peer", false}, {"member", false}, {"gpu", true}};
	size_t n = sizeof(by) / sizeof(by[0]);
	bool found = false;

	for (size_t i = 0; i < 2 * n && !found; i++) {
		char *text = excuse(r, i < n ? r->bench : "", by[i % n].label, by[i % n].pair);

		found = is_excuse(s, text);
		free(text);
	}
	return found;
}

/* ---- families ---- */

/* The distance from node a to node b as the firmware's table has it, 0 where it is not told. */
static int distance(const struct bundle_data *d, const char *arm, int a, int b)
{
	int column = 0, value = 0, node, used;
	char key[48];

	snprintf(key, sizeof(key), "node.%d.distance", a);
	const char *row = bundle_value(d, arm, key);
	/* the table has a column for each node there is, in the order of their numbers */
	for (size_t i = 0; row && i < d->n_manifest; i++) {
		const struct manifest_row *m = &d->manifest[i];

		used = 0;
		if (!strcmp(m->arm, arm) && sscanf(m->key, "node.%d.memory%n", &node, &used) == 1 &&
		    used && !m->key[used])
			column += node < b;
	}
	for (; row && column >= 0; column--) {
		char *end;

		value = (int)strtol(row, &end, 10);
		if (end == row)
			return 0;
		row = end;
	}
	return value;
}

/* What the result's GPU is sold as, of a MIG instance its size too. Caller frees. */
static char *product_of(const struct result *r, const struct bundle_data *d)
{
	char *gpu = key_get(r->labels, "gpu"), *mig = gpu ? strchr(gpu, ':') : NULL, key[96];
	const char *name = NULL, *profile = NULL;

	if (mig) {
		*mig++ = '\0';
		snprintf(key, sizeof(key), "gpu.%.15s.mig.%.31s.profile", gpu, mig);
		profile = bundle_value(d, r->arm, key);
	}
	if (gpu) {
		snprintf(key, sizeof(key), "gpu.%.15s.name", gpu);
		name = bundle_value(d, r->arm, key);
	}
	free(gpu);
	return mem_printf("%s %s", name ? name : "", profile ? profile : "");
}

/*
 * What alike results share: the key without the siblings' labels, the kin, how far memory is, and
 * GPUs or MIG instances of one kind.
 */
static char *family_of(const struct result *r, const struct bundle_data *d, const char *siblings,
		       bool *remote)
{
	const struct manifest_row *kin =
		bundle_fact(d, r->arm, "kin", r->bench, r->metric, r->labels, NULL);
	char *rest = key_without(r->labels, siblings), *product = product_of(r, d), *text;
	int own, node, far = -1;

	*remote = false;
	if (rules_nodes(r, d, &own, &node, NULL)) {
		*remote = own != node;
		far = *remote ? distance(d, r->arm, own, node) : 0;
	}
	text = mem_printf("%s\n%s\n%s\n%s\n%s\n%s\n%d %d", r->arm, r->bench, r->metric, rest,
			  kin ? kin->value : "", product, *remote, far);
	free(product);
	free(rest);
	return text;
}

static void add(struct siblings *s, struct result *r, const struct bundle_data *d)
{
	const char *names = bundle_metric(d, r->bench, r->metric, "siblings");
	struct sibling x = {.r = r, .v = rules_speed(r)};
	size_t len;

	if (!*names || !(x.v.mid > 0) || r->status != ST_PASS)
		return; /* what has failed is no measure for others */
	const char *member = key_find(r->labels, "member", &len);
	if (member && len == 3 && !memcmp(member, "sum", 3))
		return; /* no sibling of its parts */
	x.family = family_of(r, d, names, &x.remote);
	s->v = mem_grow(s->v, s->n, &s->cap, sizeof(*s->v));
	s->v[s->n++] = x;
}

static int by_family(const void *pa, const void *pb)
{
	const struct sibling *a = pa, *b = pb;
	int c = strcmp(a->family, b->family);

	return c ? c : (a->r > b->r) - (a->r < b->r);
}

/* ---- the verdict ---- */

/* Where to look: on the way to it, or, where all happens within one GPU, at that. */
static const char *advice(const struct result *r)
{
	static const char *const way[] = {"node", "peer", "dir"};
	size_t len;

	for (int i = 0; i < 3; i++) {
		if (key_find(r->labels, way[i], &len))
			return "compare its path with theirs (link, node, switch, cooling)";
	}
	return "compare its clocks, temperatures, ECC errors and remapped rows with theirs "
	       "(nvidia-smi -q)";
}

static void tell(struct sibling *x, double median, size_t n, bool fault)
{
	struct result *r = x->r;
	bool time = !strcmp(r->better, "lower");
	double slower = 1 - x->v.mid / median;
	char here[48], there[48];

	units_show(here, sizeof(here), r->s.median, r->unit);
	units_show(there, sizeof(there), time ? 1 / median : median, r->unit);
	if (fault)
		rules_fail(r, "siblings", median / x->v.mid,
			   "%.0f %% slower than its siblings: %s, the median of %zu is %s; %s and "
			   "measure it alone",
			   100 * slower, here, n, there, advice(r));
	else
		rules_note(r, "%.0f %% slower than its siblings (the median of %zu is %s)",
			   100 * slower, n, there);
}

/* mid: of all n, sorted. */
static void judge_halves(struct sibling *v, const double *mid, size_t n)
{
	size_t half = n / 2;
	double below = mid[half - 1], above = mid[half], gap = (above - below) / STAND_OUT;
	char fast[48];

	if (n % 2 || below > above * (1 - FAULT) || below - mid[0] > gap ||
	    mid[n - 1] - above > gap)
		return;
	for (size_t i = 0; i < n; i++) {
		struct result *r = v[i].r;
		double other = stats_median(mid + half, half);

		if (!(v[i].v.hi < above * (1 - FAULT)))
			continue;
		units_show(fast, sizeof(fast), strcmp(r->better, "lower") ? other : 1 / other,
			   r->unit);
		rules_note(r,
			   "%.0f %% slower than its siblings of the other half (their median is "
			   "%s): one half is wrong, and these numbers do not say which",
			   100 * (1 - v[i].v.mid / other), fast);
	}
}

/* n results that should be alike. */
static void judge(const struct siblings *s, struct sibling *v, size_t n)
{
	double *mid = mem_zalloc(n, sizeof(*mid));

	for (size_t i = 0; i < n; i++)
		mid[i] = v[i].v.mid;
	stats_sort(mid, n);
	double median = stats_median(mid, n), typical = NORMAL * stats_mad(mid, n);

	for (size_t i = 0; i < n; i++) {
		bool stands_out = median - v[i].v.mid > STAND_OUT * typical;

		if (!stands_out || !(v[i].v.hi < median * (1 - REMARK)))
			continue;
		tell(&v[i], median, n,
		     v[i].v.hi < median * (1 - FAULT) && !v[i].remote && !v[i].r->explained &&
			     !is_excused(s, v[i].r));
	}
	judge_halves(v, mid, n);
	free(mid);
}

void rules_siblings(struct results *out, const struct bundle_data *d)
{
	struct siblings s = {.n = 0};

	for (size_t i = 0; i < out->n; i++) {
		add(&s, &out->r[i], d);
		add_excuse(&s, &out->r[i]);
	}
	if (s.n)
		qsort(s.v, s.n, sizeof(*s.v), by_family);
	for (size_t i = 0, end; i < s.n; i = end) {
		for (end = i + 1; end < s.n && !strcmp(s.v[i].family, s.v[end].family); end++)
			;
		if (end - i >= FEWEST)
			judge(&s, s.v + i, end - i);
	}
	for (size_t i = 0; i < s.n; i++)
		free(s.v[i].family);
	for (size_t i = 0; i < s.n_excused; i++)
		free(s.excused[i]);
	free(s.v);
	free(s.excused);
}
