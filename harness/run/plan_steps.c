/*
 * The steps of one section: see plan_steps.h. The estimate counts process start, context creation
 * on each GPU, warm-up and the cases' budgets, or takes the benchmark's word; it is a promise for
 * people, nothing is decided by it but the default deadline.
 */
#include "plan_steps.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "ctx.h"
#include "gate.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define START_HOST_S 2.0 /* memory is mapped and filled */
#define START_GPU_S  2.5
#define START_MORE_S 0.4 /* the context of each further GPU */
#define WARM_UP_S    1.2
#define PRIMARY_S    0.4
#define SWEEP_S	     0.05

struct values *plan_values_of(struct making *k, enum param_type type)
{
	for (const struct param *p = k->b->params; p->name; p++) {
		if (p->type == type)
			return &k->value[p - k->b->params];
	}
	return NULL;
}

/* How many cases of this step one gate at least names: those get the larger budget. */
static unsigned primary_cases(const struct making *k, const struct plan_step *st)
{
	double share = 0;

	for (const char *g = k->p->gate; *g;) {
		size_t n = strcspn(g, " ");
		char *one = mem_strndup(g, n);

		share += gate_share(one, st->row.bench, st->row.params);
		free(one);
		g += n;
		g += *g == ' ';
	}
	unsigned primary = (unsigned)ceil(share * st->cases - 1e-9);
	return primary > st->cases ? st->cases : primary;
}

static double start_s(size_t gpus)
{
	return gpus ? START_GPU_S + START_MORE_S * (double)(gpus - 1) : START_HOST_S;
}

static void estimate(const struct making *k, struct plan_step *st)
{
	unsigned primary = primary_cases(k, st); /* a share of all combinations */

	if (k->b->applies)
		st->cases = ctx_count_cases(k->b, st->row.params);
	primary = primary < st->cases ? primary : st->cases;
	if (k->b->process_s > 0)
		st->row.estimate_s = k->b->process_s;
	else
		st->row.estimate_s = start_s(st->gpus.n) + WARM_UP_S + primary * PRIMARY_S +
				     (st->cases - primary) * SWEEP_S;
	st->row.deadline_s = k->deadline_s;
	if (!(st->row.deadline_s > 0))
		st->row.deadline_s = fmax(60, ceil(4 * st->row.estimate_s));
	st->row.budget_s = 0;
}

/*
 * What "local" stands for: the GPU's own node, or that of the CPUs at work; of a set of GPUs it
 * stays the word. text: the values of the step by index in the table. Caller frees.
 */
static char *local_node(const struct making *k, char *const *text, const struct gpus *g)
{
	const char *node = "local";

	for (const struct param *p = k->b->params; p->name; p++) {
		if (p->type == PARAM_GPUS)
			return mem_strdup("local");
		if (p->type == PARAM_CPU_NODE)
			node = text[p - k->b->params];
	}
	if (g->n && k->m && (size_t)g->gpu[0] < k->m->n_gpus)
		return mem_printf("%d", machine_gpu_node(k->m, (size_t)g->gpu[0]));
	return mem_strdup(node);
}

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

static void replace(char **text, char *by)
{
	free(*text);
	*text = by;
}

/* A GPU that no other can be a peer of: the only whole one of the machine, or a MIG instance. */
static bool is_alone(const struct making *k, const struct gpus *g)
{
	size_t whole = 0;

	for (size_t i = 0; k->m && i < k->m->n_gpus; i++)
		whole += !machine_divided(k->m, i);
	return g->n && (g->mig[0] || (k->m && whole < 2));
}

/* The values of one step by index in the table, its GPUs and how many cases it has. */
static size_t step_values(struct making *k, const size_t *pick, char **text, struct plan_step *st)
{
	size_t n = 0;

	for (const struct param *p = k->b->params; p->name; p++, n++) {
		const struct values *v = &k->value[n];
		bool every = p->type == PARAM_MEMBER && !strcmp(values_at(v, 0), "all");

		text[n] = p->scope == SCOPE_CASE ? values_join(v)
			  : p->type == PARAM_PEER && is_alone(k, &st->gpus)
				  ? mem_strdup("none")
				  : mem_strdup(values_at(v, pick[n]));
		if (gpus_type(p->type))
			gpus_add(&st->gpus, text[n]);
		if (every && st->gpus.n)
			replace(&text[n], gpus_members(&st->gpus));
		if (p->scope == SCOPE_CASE)
			st->cases *=
				every && st->gpus.n ? (unsigned)st->gpus.n + 1 : (unsigned)v->n;
	}
	for (size_t i = 0; i < n; i++) {
		if (k->b->params[i].scope == SCOPE_STEP && !strcmp(text[i], "local"))
			replace(&text[i], local_node(k, text, &st->gpus));
	}
	return n;
}

/* One step: pick[i] is the chosen value of each step-scope parameter. */
static void add_step(struct making *k, const size_t *pick)
{
	struct label l[KEY_MAX_LABELS];
	char *text[KEY_MAX_LABELS];
	struct buf params = BUF_INIT;
	struct plan_step st = {.bench = k->b, .cases = 1};
	size_t n = step_values(k, pick, text, &st);

	for (size_t i = 0; i < n; i++)
		l[i] = (struct label){k->b->params[i].name, text[i]};
	qsort(l, n, sizeof(l[0]), compare_labels);
	for (size_t i = 0; i < n; i++)
		buf_printf(&params, "%s%s=%s", i ? " " : "", l[i].name, l[i].value);
	for (size_t i = 0; i < n; i++)
		free(text[i]);

	st.row = (struct plan_row){.step = (unsigned)k->p->n,
				   .bench = mem_strdup(k->b->name),
				   .label = mem_strdup(k->sec->label),
				   .params = buf_steal(&params),
				   .processes = k->processes,
				   .required = k->required,
				   .line = k->sec->line};
	estimate(k, &st);
	st.row.skip = plan_why_not(&st, k->m, k->o->without_nvml);
	k->p->step = mem_grow(k->p->step, k->p->n, &k->p->cap, sizeof(*k->p->step));
	k->p->step[k->p->n++] = st;
}

/* Whether this combination pairs a GPU with itself, or one that is alone for a second time. */
static bool is_no_pair(struct making *k, const size_t *pick)
{
	const struct values *gpu = plan_values_of(k, PARAM_GPU);
	const struct values *peer = plan_values_of(k, PARAM_PEER);
	struct gpus g = {.n = 0};

	if (!gpu || !peer)
		return false;
	const char *a = values_at(gpu, pick[gpu - k->value]);

	gpus_add(&g, a);
	if (is_alone(k, &g))
		return pick[peer - k->value] > 0;
	return g.n && !strcmp(a, values_at(peer, pick[peer - k->value]));
}

/* Every combination of the step-scope values, the last parameter varying fastest. */
static void add_combinations(struct making *k)
{
	size_t pick[KEY_MAX_LABELS] = {0}, n = 0;

	while (k->b->params[n].name)
		n++;
	for (;;) {
		size_t i = n;

		if (!is_no_pair(k, pick))
			add_step(k, pick);
		while (i-- > 0) {
			if (k->b->params[i].scope == SCOPE_STEP && ++pick[i] < k->value[i].n)
				break;
			pick[i] = 0;
		}
		if (i == (size_t)-1)
			return;
	}
}

/* Values that never go together, such as those of a kind that the benchmark cannot measure so. */
static int check_cases(const struct making *k, size_t first_new)
{
	for (size_t i = first_new; i < k->p->n; i++) {
		if (!k->p->step[i].cases)
			return err_at(k->e, EINVAL, k->s->path, k->sec->line,
				      "%s: none of these values go together (assay help %s)",
				      k->b->name, k->b->name);
	}
	return 0;
}

int plan_add_steps(struct making *k)
{
	size_t before = k->p->n;

	add_combinations(k);
	if (k->p->n > before)
		return check_cases(k, before);
	return err_at(k->e, EINVAL, k->s->path, k->sec->line,
		      "%s: a GPU is no peer of itself; name two GPUs", k->b->name);
}
