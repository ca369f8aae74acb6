/* Every combination of the values in a step's parameters: see plan_keys.h. */
#include "plan_keys.h"
#include "../base/mem.h"
#include "../formats/key.h"
#include "expand.h"
#include "gate.h"

#include <stdlib.h>
#include <string.h>

struct axes {
	const char *name[KEY_MAX_LABELS];
	struct values value[KEY_MAX_LABELS];
	size_t n;
};

/* The parameters that are part of the key, with their values. */
static void read_axes(struct axes *a, const struct plan_step *st)
{
	for (const struct param *p = st->bench->params; p->name && a->n < KEY_MAX_LABELS; p++) {
		char *list = p->option ? NULL : gate_param(st->row.params, p->name), *save = NULL;

		if (!list)
			continue;
		a->name[a->n] = p->name;
		for (char *w = strtok_r(list, ",", &save); w; w = strtok_r(NULL, ",", &save))
			values_add(&a->value[a->n], w);
		a->n++;
		free(list);
	}
}

static char *labels_at(const struct axes *a, size_t i)
{
	struct label l[KEY_MAX_LABELS];
	struct buf out = BUF_INIT;

	for (size_t k = a->n; k-- > 0; i /= a->value[k].n)
		l[k] = (struct label){a->name[k], values_at(&a->value[k], i % a->value[k].n)};
	key_labels(&out, l, a->n);
	return buf_steal(&out);
}

void plan_keys(const struct plan_step *st, plan_key_fn *fn, void *arg)
{
	struct axes a = {.n = 0};
	size_t cases = 1;

	read_axes(&a, st);
	for (size_t k = 0; k < a.n; k++)
		cases *= a.value[k].n;
	for (size_t i = 0; i < cases; i++) {
		char *labels = labels_at(&a, i);

		for (const struct metric *m = st->bench->metrics; m->name; m++)
			fn(arg, st, m, labels);
		free(labels);
	}
	for (size_t k = 0; k < a.n; k++)
		values_free(&a.value[k]);
}
