/*
 * Where a GPU is, if nobody said: neither CUDA nor the firmware nor NVML. The node from which the
 * largest pinned copies reach it soonest is near, if it is faster by more than 3 % beyond the
 * intervals; that is a remark and is called inferred, since a node can also be fast for other
 * reasons. Nothing else is decided by it.
 */
#include "rules.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "../formats/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIKE 0.03

/* One result from which it may be inferred. */
struct witness {
	struct result *r;
	char *of; /* owned: arm, benchmark and key without node and size */
	double size;
	struct speed v;
};

static bool is_or_lacks(const char *labels, const char *name, const char *value)
{
	size_t len;
	const char *v = key_find(labels, name, &len);

	return !v || (len == strlen(value) && !strncmp(v, value, len));
}

/* Whether its GPU is one of which nobody knows the node. */
static bool is_unknown(const struct result *r, const struct bundle_data *d)
{
	const char *node;
	char key[48];
	int gpu;

	if (!key_number(r->labels, "gpu", &gpu))
		return false;
	snprintf(key, sizeof(key), "gpu.%d.numa_node", gpu);
	node = bundle_value(d, r->arm, key);
	return node && atoi(node) < 0;
}

static void add(struct witness **all, size_t *n, size_t *cap, struct result *r,
		const struct bundle_data *d)
{
	char *size = key_get(r->labels, "size"), *node = key_get(r->labels, "node");
	char *dir = key_get(r->labels, "dir");
	struct witness w = {.r = r, .size = size ? strtod(size, NULL) : 0, .v = rules_speed(r)};

	if (node && dir && !strcmp(dir, "h2d") && w.v.mid > 0 && !strcmp(r->better, "higher") &&
	    is_or_lacks(r->labels, "engine", "ce") && is_or_lacks(r->labels, "memory", "pinned") &&
	    is_unknown(r, d)) {
		char *rest = key_without(r->labels, "node,size");

		w.of = mem_printf("%s\n%s\n%s\n%s", r->arm, r->bench, r->metric, rest);
		free(rest);
		*all = mem_grow(*all, *n, cap, sizeof(**all));
		(*all)[(*n)++] = w;
	}
	free(size);
	free(node);
	free(dir);
}

/* The largest size first, and of one size the fastest node. */
static int by_size_and_speed(const void *pa, const void *pb)
{
	const struct witness *a = pa, *b = pb;
	int c = strcmp(a->of, b->of);

	if (!c)
		c = (a->size < b->size) - (a->size > b->size);
	return c ? c : (a->v.mid < b->v.mid) - (a->v.mid > b->v.mid);
}

static void tell(const struct witness *first, const struct witness *second)
{
	char *gpu = key_get(first->r->labels, "gpu"), *near = key_get(first->r->labels, "node");
	char *far = key_get(second->r->labels, "node"), here[48], there[48];

	units_show(here, sizeof(here), first->r->s.median, first->r->unit);
	units_show(there, sizeof(there), second->r->s.median, second->r->unit);
	if (first->v.lo > second->v.hi * (1 + ALIKE))
		rules_note(first->r,
			   "nobody says on which node GPU %s is; inferred: node %s (%s, and %s "
			   "from node %s)",
			   gpu, near, here, there, far);
	else
		rules_note(first->r,
			   "nobody says on which node GPU %s is, and copies do not tell: nodes %s "
			   "and %s are alike",
			   gpu, near, far);
	free(gpu);
	free(near);
	free(far);
}

void rules_infer(struct results *out, const struct bundle_data *d)
{
	struct witness *w = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < out->n; i++)
		add(&w, &n, &cap, &out->r[i], d);
	if (n)
		qsort(w, n, sizeof(*w), by_size_and_speed);
	for (size_t i = 0; i + 1 < n; i++) {
		bool leads = i == 0 || strcmp(w[i - 1].of, w[i].of) != 0;

		if (leads && !strcmp(w[i].of, w[i + 1].of) && !(w[i].size > w[i + 1].size))
			tell(&w[i], &w[i + 1]);
	}
	for (size_t i = 0; i < n; i++)
		free(w[i].of);
	free(w);
}
