/* A comparison for programs: the numbers of verdicts.csv, what differs, hints. */
#include "json.h"
#include "compared.h"

#include <string.h>

static const char *const roles[] = {
	[ROLE_GATE] = "gate", [ROLE_CONTROL] = "control", [ROLE_SCREEN] = "screen"};

static struct json *counts(const unsigned v[VERDICT_N])
{
	struct json *o = json_object_new();

	for (int i = 0; i < VERDICT_N; i++)
		json_int(o, verdict_name((enum verdict)i), v[i]);
	return o;
}

static struct json *row(const struct compared *x)
{
	struct json *o = json_object_new();

	json_str(o, "role", roles[x->role]);
	json_str(o, "bench", x->bench);
	json_str(o, "metric", x->metric);
	json_str(o, "labels", x->labels);
	json_str(o, "unit", x->unit);
	json_str(o, "better", x->better);
	json_str(o, "verdict", verdict_name(x->decision.look.verdict));
	json_str(o, "standing", standing_word(compared_standing(x)));
	json_num(o, "margin", x->margin);
	json_num(o, "a", x->a);
	json_num(o, "b", x->b);
	json_num(o, "shift", x->ratio);
	json_num(o, "lo", x->lo);
	json_num(o, "hi", x->hi);
	json_num(o, "detectable", x->detectable);
	json_int(o, "blocks", x->decision.look.k);
	json_int(o, "lost_a", x->lost_a);
	json_int(o, "lost_b", x->lost_b);
	json_int(o, "strays_a", x->strays_a);
	json_int(o, "strays_b", x->strays_b);
	json_str(o, "reason", x->reason ? x->reason : "");
	return o;
}

static struct json *difference(const struct difference *d)
{
	struct json *o = json_object_new();

	json_str(o, "key", d->key);
	json_str(o, "name", d->name);
	json_flag(o, "matters", d->matters);
	json_str(o, "a", d->a);
	json_str(o, "b", d->b);
	return o;
}

static void put_differences(struct json *o, const struct differences *d)
{
	struct json *list = json_array_new();

	for (size_t i = 0; i < d->n; i++)
		json_push(list, difference(&d->d[i]));
	json_put(o, "differences", list);
	list = json_array_new();
	for (size_t i = 0; i < d->hints; i++) {
		struct json *h = json_object_new();

		json_str(h, "text", d->hint[i].text);
		json_str(h, "key", d->hint[i].key);
		json_int(h, "metrics", (long long)d->hint[i].rows);
		json_push(list, h);
	}
	json_put(o, "hints", list);
}

struct json *json_comparison(const struct comparison *c, const struct differences *d)
{
	struct json *o = json_object_new(), *list = json_array_new();

	json_str(o, "kind", compared_noun(c));
	json_str(o, "a", c->a);
	json_str(o, "b", c->b);
	json_int(o, "exit", c->exit);
	json_str(o, "sentence", c->sentence);
	json_str(o, "guarantee", c->guarantee);
	json_flag(o, "unproven", c->unproven);
	json_flag(o, "noisy", c->noisy);
	json_num(o, "detectable", c->detectable);
	json_put(o, "gates", counts(c->of_gates));
	json_int(o, "not_worse", c->not_worse);
	json_int(o, "screens", c->screens);
	json_int(o, "candidates", c->candidates);
	json_int(o, "dropped", c->dropped);
	json_put(o, "confirmed", counts(c->confirmed));
	for (size_t i = 0; i < c->n; i++)
		if (c->row[i].role != ROLE_SCREEN || c->row[i].candidate)
			json_push(list, row(&c->row[i]));
	json_put(o, "rows", list);
	if (d)
		put_differences(o, d);
	return o;
}
