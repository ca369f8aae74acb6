/*
 * Gates that the plan holds and that gave no number in either arm: without a row they would be
 * forgotten, and a container that cannot measure would pass. A step's cases are all combinations
 * of its parameters' values; options are among them, so a key's labels are a part of a case. What
 * no case of a benchmark is (a short sweep, a latency of large copies) is known by its steps: they
 * passed in both arms and say nothing about it.
 */
#include "compare_parts.h"
#include "../base/mem.h"
#include "../formats/key.h"

#include <stdlib.h>
#include <string.h>

#define CASES 65536 /* of one step: more would be no suite */

/* One parameter of a step: its name and its values, cut in place. */
struct choice {
	const char *name, *value[4096];
	size_t n;
};

/* Which combination comes after pick; false after the last. */
static bool next_case(size_t *pick, const struct choice *c, size_t n)
{
	while (n-- > 0) {
		if (++pick[n] < c[n].n)
			return true;
		pick[n] = 0;
	}
	return false;
}

/* "gpu=3 size=4,16", cut in place. */
static size_t choices(struct choice *c, char *params)
{
	char *word_save = NULL, *value_save;
	size_t n = 0;

	for (char *w = strtok_r(params, " ", &word_save); w && n < KEY_MAX_LABELS;
	     w = strtok_r(NULL, " ", &word_save)) {
		char *eq = strchr(w, '=');

		if (!eq)
			continue;
		*eq = '\0';
		c[n].name = w;
		c[n].n = 0;
		for (char *v = strtok_r(eq + 1, ",", &value_save); v && c[n].n < 4096;
		     v = strtok_r(NULL, ",", &value_save))
			c[n].value[c[n].n++] = v;
		n += c[n].n > 0;
	}
	return n;
}

/* Whether a row, or a result of either arm, is about this metric of this case. */
static bool is_there(const struct comparison *c, size_t rows, const char *bench, const char *metric,
		     const char *labels)
{
	for (size_t i = 0; i < rows; i++) {
		const struct compared *r = &c->row[i];

		if (!strcmp(r->bench, bench) && !strcmp(r->metric, metric) &&
		    key_subset(r->labels, labels))
			return true;
	}
	return false;
}

/* What an arm says about a case that gave no number: its own fact, else what the step came to. */
static void say_why(struct buf *why, const struct arms *a, int arm, const char *bench,
		    const char *labels, unsigned step, enum status *status)
{
	const struct results *r = a->layer[0].r;
	const char *reason = NULL;

	for (size_t i = 0; i < r->n_steps; i++)
		if (r->step[i].step == step && (!strcmp(r->step[i].arm, a->name[arm]) || !reason)) {
			*status = r->step[i].status;
			reason = r->step[i].reason;
		}
	for (size_t i = 0; i < r->n; i++)
		if (!r->r[i].metric[0] && !r->r[i].of_step && !strcmp(r->r[i].bench, bench) &&
		    !strcmp(r->r[i].arm, a->name[arm]) && key_subset(r->r[i].labels, labels)) {
			*status = r->r[i].status;
			reason = r->r[i].reason;
		}
	buf_printf(why, "%s%s: %s%s%s", why->len ? "; " : "no number; ", a->name[arm],
		   status_name(*status), reason && *reason ? ", " : "", reason ? reason : "");
}

static void add_missing(struct arms *a, const struct plan_row *plan, const char *metric,
			const char *labels)
{
	char *key = bundle_without_options(a->d, plan->bench, labels);
	struct buf why = BUF_INIT;
	enum status status[2] = {ST_SKIP, ST_SKIP};

	for (int k = 0; k < 2; k++)
		say_why(&why, a, k, plan->bench, labels, plan->step, &status[k]);
	if (status[0] == ST_PASS && status[1] == ST_PASS) { /* see the head */
		buf_free(&why);
		free(key);
		return;
	}
	struct compared *row = comparison_add(a->out);
	row->bench = plan->bench;
	row->metric = comparison_keep(a->out, mem_strdup(metric));
	row->labels = comparison_keep(a->out, key);
	row->unit = bundle_metric(a->d, row->bench, row->metric, "unit");
	row->better = bundle_metric(a->d, row->bench, row->metric, "better");
	row->cls = bundle_metric(a->d, row->bench, row->metric, "class");
	row->step = plan->step;
	row->role = ROLE_GATE;
	row->skipped = status[0] == ST_SKIP && status[1] == ST_SKIP && !plan->required;
	row->reason = comparison_keep(a->out, buf_steal(&why));
}

/* One pattern in one step: all cases that it names. */
static void walk_cases(struct arms *a, const struct plan_row *plan, const struct key_parts *k)
{
	char *params = mem_strdup(plan->params);
	struct choice *c = mem_zalloc(KEY_MAX_LABELS, sizeof(*c));
	struct label l[KEY_MAX_LABELS];
	size_t pick[KEY_MAX_LABELS] = {0}, n = choices(c, params), cases = 0;
	struct buf labels = BUF_INIT;

	do {
		buf_reset(&labels);
		for (size_t i = 0; i < n; i++)
			l[i] = (struct label){c[i].name, c[i].value[pick[i]]};
		key_labels(&labels, l, n);
		const char *text = buf_str(&labels);
		if (key_subset(k->labels, text) &&
		    !is_there(a->out, a->out->n, plan->bench, k->metric, text))
			add_missing(a, plan, k->metric, text);
	} while (next_case(pick, c, n) && ++cases < CASES);
	buf_free(&labels);
	free(c);
	free(params);
}

void arms_missing_gates(struct arms *a, const char *patterns)
{
	char *words = mem_strdup(patterns), *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		struct key_parts k;

		if (key_parse(w, &k, NULL))
			continue;
		for (size_t i = 0; i < a->d->n_plan; i++)
			if (!strcmp(a->d->plan[i].bench, k.bench) && k.metric[0])
				walk_cases(a, &a->d->plan[i], &k);
		key_parts_free(&k);
	}
	free(words);
}
