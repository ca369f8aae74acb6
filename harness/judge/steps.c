/*
 * What each planned step came to. A step may have run in several processes, blocks and
 * attempts: of a process only the last attempt counts, of a step the worst process does.
 */
#include "steps.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../formats/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int steps_severity(enum status s)
{
	static const int rank[ST_N] = {
		[ST_PASS] = 0,	  [ST_SKIP] = 1,  [ST_BUSY] = 2,
		[ST_TIMEOUT] = 3, [ST_ERROR] = 4, [ST_FAIL] = 5,
	};

	return rank[s];
}

#define ORDER(a, b)                                                                                \
	do {                                                                                       \
		if ((a) != (b))                                                                    \
			return (a) < (b) ? -1 : 1;                                                 \
	} while (0)

/* By process, the last attempt last. */
static int by_process(const void *pa, const void *pb)
{
	const struct step_row *a = ((const struct ended *)pa)->row;
	const struct step_row *b = ((const struct ended *)pb)->row;

	ORDER(a->step, b->step);
	ORDER(a->block, b->block);
	ORDER(a->process, b->process);
	int c = strcmp(a->arm, b->arm);
	if (c)
		return c;
	ORDER(a->attempt, b->attempt);
	ORDER(a, b); /* rows of one file: the later one holds */
	return 0;
}

static bool same_process(const struct step_row *a, const struct step_row *b)
{
	return a->step == b->step && a->block == b->block && a->process == b->process;
}

/* Counts, for each entry, the arms of its group that started earlier. */
static void number_positions(struct ended *list, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && same_process(list[i].row, list[end].row); end++)
			;
		for (size_t a = i; a < end; a++)
			for (size_t b = i; b < end; b++)
				list[a].position += list[b].row->start_s < list[a].row->start_s;
	}
}

struct ended *ended_list(const struct bundle_data *d, size_t *n)
{
	size_t all = d->n_steps;

	*n = 0;
	if (!all)
		return NULL;
	struct ended *list = mem_zalloc(all, sizeof(*list));

	for (size_t i = 0; i < all; i++)
		list[i].row = &d->steps[i];
	qsort(list, all, sizeof(*list), by_process);
	for (size_t i = 0; i < all; i++) {
		const struct step_row *r = list[i].row;
		const struct step_row *next = i + 1 < all ? list[i + 1].row : NULL;

		if (r && (!next || !same_process(r, next) || strcmp(r->arm, next->arm) != 0))
			list[(*n)++].row = r;
	}
	number_positions(list, *n);
	return list;
}

const struct ended *ended_find(const struct ended *list, size_t n, const char *arm, unsigned step,
			       unsigned block, unsigned process)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct step_row *r = list[mid].row;
		int c = (r->step > step) - (r->step < step);

		if (!c)
			c = (r->block > block) - (r->block < block);
		if (!c)
			c = (r->process > process) - (r->process < process);
		if (!c)
			c = strcmp(r->arm, arm);
		if (!c)
			return &list[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const char *results_keep(struct results *r, char *text)
{
	r->text = mem_grow(r->text, r->n_text, &r->cap_text, sizeof(*r->text));
	r->text[r->n_text++] = text;
	return text;
}

/*
 * "gpu=3 memory=pinned,pageable patience=20 size=4" -> "gpu=3,size=4": sorted, without options. The
 * caller frees.
 */
static char *labels_of(const struct bundle_data *d, const struct plan_row *plan)
{
	char *copy = mem_strdup(plan->params), *save = NULL, *labels;
	struct label l[KEY_MAX_LABELS];
	struct buf out = BUF_INIT;
	size_t n = 0;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *eq = strchr(w, '=');

		if (!eq)
			continue;
		*eq = '\0';
		if (n < KEY_MAX_LABELS && key_valid_name(w) && key_valid_value(eq + 1))
			l[n++] = (struct label){.name = w, .value = eq + 1};
	}
	key_labels(&out, l, n);
	labels = bundle_without_options(d, plan->bench, buf_str(&out));
	buf_free(&out);
	free(copy);
	return labels;
}

static const struct plan_row *plan_of(const struct bundle_data *d, unsigned step)
{
	for (size_t i = 0; i < d->n_plan; i++)
		if (d->plan[i].step == step)
			return &d->plan[i];
	return NULL;
}

static struct step_result *add_step(struct results *out, const struct bundle_data *d,
				    const char *arm, unsigned step)
{
	const struct plan_row *plan = plan_of(d, step);

	out->step = mem_grow(out->step, out->n_steps, &out->cap_steps, sizeof(*out->step));
	struct step_result *s = &out->step[out->n_steps++];

	s->arm = arm;
	s->step = step;
	s->plan = plan;
	s->bench = plan ? plan->bench : "";
	s->labels = plan ? results_keep(out, labels_of(d, plan)) : "";
	return s;
}

/* The worst of some ended processes of one arm and step; of equals the first is quoted. */
static void settle(struct step_result *s, const struct ended *const *e, size_t n)
{
	const struct step_row *worst = e[0]->row;
	unsigned same = 0;

	for (size_t i = 1; i < n; i++)
		if (steps_severity(e[i]->row->status) > steps_severity(worst->status))
			worst = e[i]->row;
	for (size_t i = 0; i < n; i++)
		same += e[i]->row->status == worst->status;
	s->processes = (unsigned)n;
	s->status = worst->status;
	const char *reason =
		worst->reason[0] || s->status == ST_PASS ? worst->reason : "no reason was given";
	if (same < n)
		snprintf(s->reason, sizeof(s->reason), "%u of %zu processes: %s", same, n, reason);
	else
		snprintf(s->reason, sizeof(s->reason), "%s", reason);
}

/* A step without any ended process: skipped by the plan ("SKIP:reason"), or never come to. */
static void settle_unstarted(struct step_result *s)
{
	const char *skip = s->plan->skip ? s->plan->skip : "";
	const char *colon = strchr(skip, ':');
	char word[16] = "";

	s->status = ST_SKIP;
	if (!skip[0]) {
		s->not_run = true;
		snprintf(s->reason, sizeof(s->reason), "the run ended before this step");
		return;
	}
	if (colon && (size_t)(colon - skip) < sizeof(word)) {
		memcpy(word, skip, (size_t)(colon - skip));
		if (!status_parse(word, &s->status))
			skip = colon + 1 + strspn(colon + 1, " ");
	}
	snprintf(s->reason, sizeof(s->reason), "%s", skip);
}

static int by_step_and_arm(const void *pa, const void *pb)
{
	const struct step_result *a = pa, *b = pb;

	ORDER(a->step, b->step);
	return strcmp(a->arm, b->arm);
}

/* All entries of one step: one result for each arm among them. */
static void add_arms(struct results *out, const struct bundle_data *d, const struct ended *list,
		     size_t n)
{
	const struct ended **of_arm = mem_zalloc(n, sizeof(*of_arm));
	char *done = mem_zalloc(n, 1);

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		if (done[i])
			continue;
		for (size_t j = i; j < n; j++) {
			if (strcmp(list[i].row->arm, list[j].row->arm) != 0)
				continue;
			of_arm[k++] = &list[j];
			done[j] = 1;
		}
		settle(add_step(out, d, list[i].row->arm, list[i].row->step), of_arm, k);
	}
	free(of_arm);
	free(done);
}

/* Whether some entry has that step; list is sorted by step. */
static bool has_step(const struct ended *list, size_t n, unsigned step)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (list[mid].row->step < step)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && list[lo].row->step == step;
}

void steps_make(struct results *out, const struct bundle_data *d, const struct ended *list,
		size_t n)
{
	const char *arm = n ? list[0].row->arm : "host";

	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && list[i].row->step == list[end].row->step; end++)
			;
		add_arms(out, d, list + i, end - i);
	}
	for (size_t i = 0; i < d->n_plan; i++) {
		if (!has_step(list, n, d->plan[i].step))
			settle_unstarted(add_step(out, d, arm, d->plan[i].step));
	}
	if (out->n_steps)
		qsort(out->step, out->n_steps, sizeof(*out->step), by_step_and_arm);
}
