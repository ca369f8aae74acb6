/*
 * The plan: see plan.h. The estimate counts process start, context creation on a GPU, warm-up
 * and the cases' budgets, or takes the benchmark's word; it is a promise for people, nothing is
 * decided by it but the default deadline.
 */
#include "plan.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "../formats/key.h"
#include "expand.h"
#include "gate.h"
#include "plan_head.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct section_option section_options[] = {
	{"processes", "3", "fresh processes, 1..64"},
	{"deadline", NULL, "longest time of one process; default: 60 s or 4 x the estimate"},
	{NULL, NULL, NULL},
};

#define START_HOST_S 2.0 /* memory is mapped and filled */
#define START_GPU_S  2.5
#define WARM_UP_S    1.2
#define PRIMARY_S    0.4
#define SWEEP_S	     0.05

struct making {
	struct plan *p;
	const struct suite *s;
	const struct suite_section *sec;
	const struct bench *b;
	const struct machine *m;
	const struct plan_options *o;
	struct err *e;
	struct values value[KEY_MAX_LABELS]; /* by index in b->params */
	unsigned processes;
	double deadline_s;
	bool required;
};

static const char *param_word(const void *arg, size_t i)
{
	const struct bench *b = arg;
	size_t n = 0;

	while (b->params[n].name)
		n++;
	return i < n ? b->params[i].name : i == n ? "processes" : i == n + 1 ? "deadline" : NULL;
}

static const char *bench_word(const void *arg, size_t i)
{
	const struct bench *const *all = arg;

	return all[i] ? all[i]->name : NULL;
}

static const struct param *find_param(const struct bench *b, const char *name)
{
	for (const struct param *p = b->params; p->name; p++) {
		if (!strcmp(p->name, name))
			return p;
	}
	return NULL;
}

/* The text of a parameter: --set beats the suite, the suite beats the default. */
static const char *param_text(const struct making *k, const struct param *p, unsigned *line)
{
	const struct suite_key *key = suite_find(k->sec, p->name);
	const char *text = key ? key->value : p->def;

	*line = key ? key->line : k->sec->line;
	for (const char *const *s = k->o->set; s && *s; s++) {
		const char *eq = strchr(*s, '=');
		size_t n = strlen(k->b->name), len = (size_t)(eq - *s);

		if (len > n && !strncmp(*s, k->b->name, n) && (*s)[n] == '.' &&
		    !strncmp(*s + n + 1, p->name, len - n - 1) && !p->name[len - n - 1])
			text = eq + 1;
		else if (!strncmp(*s, p->name, len) && !p->name[len])
			text = eq + 1;
	}
	return text;
}

static int check_keys(const struct making *k)
{
	char hint[HINT_SIZE];

	for (size_t i = 0; i < k->sec->n; i++) {
		const struct suite_key *key = &k->sec->keys[i];

		if (find_param(k->b, key->name) || plan_is_option(section_options, key->name))
			continue;
		return err_at(k->e, EINVAL, k->s->path, key->line, "%s has no parameter \"%s\"%s",
			      k->b->name, key->name,
			      nearest_hint(hint, key->name, param_word, k->b));
	}
	return 0;
}

static int read_options(struct making *k)
{
	const struct suite_key *key = suite_find(k->sec, "processes");
	uint64_t v = 3;

	if (key && (units_parse_u64(key->value, &v) || v < 1 || v > 64))
		return err_at(k->e, EINVAL, k->s->path, key->line,
			      "processes: \"%s\" is no whole number from 1 to 64", key->value);
	k->processes = k->o->processes ? k->o->processes : (unsigned)v;
	k->deadline_s = 0;
	key = suite_find(k->sec, "deadline");
	if (key && (units_parse_time(key->value, &k->deadline_s) || !(k->deadline_s >= 1) ||
		    k->deadline_s > 86400))
		return err_at(
			k->e, EINVAL, k->s->path, key->line,
			"deadline: \"%s\" is no time from 1s to 24h; write for example 60s or 5min",
			key->value);
	return 0;
}

static int read_params(struct making *k)
{
	size_t i = 0;

	for (const struct param *p = k->b->params; p->name; p++, i++) {
		unsigned line;
		const char *text = param_text(k, p, &line);

		if (!text)
			return err_at(k->e, EINVAL, k->s->path, k->sec->line,
				      "%s: %s must be given: %s", k->b->name, p->name, p->help);
		int rc = expand_values(&k->value[i], k->b, p, text, k->m, k->s->path, line, k->e);
		if (rc)
			return rc;
	}
	return 0;
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

static void estimate(const struct making *k, struct plan_step *st)
{
	unsigned primary = primary_cases(k, st);

	if (k->b->process_s > 0)
		st->row.estimate_s = k->b->process_s;
	else
		st->row.estimate_s = (st->gpu >= 0 ? START_GPU_S : START_HOST_S) + WARM_UP_S +
				     primary * PRIMARY_S + (st->cases - primary) * SWEEP_S;
	st->row.deadline_s = k->deadline_s;
	if (!(st->row.deadline_s > 0))
		st->row.deadline_s = fmax(60, ceil(4 * st->row.estimate_s));
	st->row.budget_s = 0;
}

/* "local" is the GPU's own node, or the node of the CPUs at work. */
static const char *resolve_local(const struct making *k, const char *v, int gpu,
				 const char *cpu_node, char out[16])
{
	if (strcmp(v, "local"))
		return v;
	if (gpu >= 0 && k->m && (size_t)gpu < k->m->n_gpus) {
		snprintf(out, 16, "%d", machine_gpu_node(k->m, (size_t)gpu));
		return out;
	}
	return cpu_node ? cpu_node : v;
}

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

/* One step: pick[i] is the chosen value of each step-scope parameter. */
static void add_step(struct making *k, const size_t *pick)
{
	struct label l[KEY_MAX_LABELS];
	char *text[KEY_MAX_LABELS], local[16];
	const char *cpu_node = NULL;
	struct buf params = BUF_INIT;
	struct plan_step st = {.bench = k->b, .gpu = -1, .cases = 1};
	size_t n = 0;
	bool any_gpu = false;

	for (const struct param *p = k->b->params; p->name; p++) {
		const char *v = values_at(&k->value[p - k->b->params], pick[p - k->b->params]);

		any_gpu |= p->type == PARAM_GPU;
		if (p->type == PARAM_GPU && strcmp(v, "all"))
			st.gpu = atoi(v);
		if (p->type == PARAM_CPU_NODE)
			cpu_node = v;
	}
	for (const struct param *p = k->b->params; p->name; p++, n++) {
		const struct values *v = &k->value[n];

		if (p->scope == SCOPE_CASE) {
			text[n] = values_join(v);
			st.cases *= (unsigned)v->n;
		} else {
			text[n] = mem_strdup(
				resolve_local(k, values_at(v, pick[n]), st.gpu, cpu_node, local));
		}
		l[n] = (struct label){p->name, text[n]};
	}
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
	st.row.skip = plan_why_not(&st, any_gpu, k->m, k->o->without_nvml);
	k->p->step = mem_grow(k->p->step, k->p->n, &k->p->cap, sizeof(*k->p->step));
	k->p->step[k->p->n++] = st;
}

/* Every combination of the step-scope values, the last parameter varying fastest. */
static void add_steps(struct making *k)
{
	size_t pick[KEY_MAX_LABELS] = {0}, n = 0;

	while (k->b->params[n].name)
		n++;
	for (;;) {
		size_t i = n;

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

/* Two sections that measure one key would mix their samples: refuse. */
static int check_overlap(const struct making *k, size_t first_new)
{
	for (size_t i = first_new; i < k->p->n; i++) {
		for (size_t j = 0; j < first_new; j++) {
			const struct plan_row *a = &k->p->step[i].row, *b = &k->p->step[j].row;

			if (!strcmp(a->bench, b->bench) &&
			    gate_params_overlap(k->b, a->params, b->params))
				return err_at(
					k->e, EINVAL, k->s->path, a->line,
					"%s measures the same as the section in line %u (%s); "
					"give them different values",
					a->bench, b->line, b->params);
		}
	}
	return 0;
}

static int add_section(struct making *k)
{
	size_t first_new = k->p->n;
	int rc = check_keys(k);

	if (!rc)
		rc = read_options(k);
	if (!rc)
		rc = read_params(k);
	k->required = plan_is_required(k->p->required, k->sec);
	if (!rc)
		add_steps(k);
	for (size_t i = 0; i < KEY_MAX_LABELS; i++)
		values_free(&k->value[i]);
	return rc ? rc : check_overlap(k, first_new);
}

/* --set must reach something, or a misspelt name would measure the wrong thing silently. */
static int check_set(const struct suite *s, const struct bench *const *benches, const char *set,
		     struct err *e)
{
	size_t len = strcspn(set, "=");

	for (size_t i = 0; i < s->n; i++) {
		const struct bench *b = bench_named(benches, s->sections[i].bench);
		size_t n = b ? strlen(b->name) : 0;
		const char *name = set;

		if (b && len > n && !strncmp(set, b->name, n) && set[n] == '.')
			name = set + n + 1;
		for (const struct param *p = b ? b->params : NULL; p && p->name; p++) {
			if (strlen(p->name) == len - (size_t)(name - set) &&
			    !strncmp(p->name, name, strlen(p->name)))
				return 0;
		}
	}
	return err_set(e, EINVAL, "--set %s: no benchmark of this suite has a parameter \"%.*s\"",
		       set, (int)len, set);
}

int plan_make(struct plan *p, const struct suite *s, const struct bench *const *benches,
	      const struct machine *m, const struct plan_options *o, struct err *e)
{
	char hint[HINT_SIZE];
	struct making k = {.p = p, .s = s, .m = m, .o = o, .e = e};

	memset(p, 0, sizeof(*p));
	int rc = plan_read_head(p, s, benches, e);
	if (!rc && !s->n)
		rc = err_at(e, EINVAL, s->path, 0,
			    "no section names a benchmark; add for example [host_latency]");
	for (const char *const *set = o->set; set && *set && !rc; set++)
		rc = check_set(s, benches, *set, e);
	for (size_t i = 0; i < s->n && !rc; i++) {
		k.sec = &s->sections[i];
		k.b = bench_named(benches, k.sec->bench);
		if (k.b)
			rc = add_section(&k);
		else
			rc = err_at(e, EINVAL, s->path, k.sec->line,
				    "there is no benchmark \"%s\"%s", k.sec->bench,
				    nearest_hint(hint, k.sec->bench, bench_word, benches));
	}
	if (rc)
		plan_free(p);
	return rc;
}
