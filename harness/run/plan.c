/* From the text of a suite to the values of each section's parameters: see plan.h. */
#include "plan.h"
#include "../base/units.h"
#include "gate.h"
#include "plan_head.h"
#include "plan_steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct section_option section_options[] = {
	{"processes", "3", "fresh processes, 1..64"},
	{"deadline", NULL, "longest time of one process; default: 60 s or 4 x the estimate"},
	{NULL, NULL, NULL},
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

/* A member that is named by its number must be one of every set. */
static int check_members(struct making *k)
{
	const struct values *set = plan_values_of(k, PARAM_GPUS);
	const struct values *member = plan_values_of(k, PARAM_MEMBER);
	unsigned line = k->sec->line;

	for (size_t s = 0; member && set && s < set->n; s++) {
		struct gpus g = {.n = 0};

		gpus_add(&g, set->v[s]);
		for (size_t i = 0; g.n && i < member->n; i++) {
			size_t at = 0;

			while (at < g.n && g.gpu[at] != atoi(member->v[i]))
				at++;
			if (at < g.n || member->v[i][0] > '9')
				continue;
			param_text(k, &k->b->params[member - k->value], &line);
			return err_at(k->e, EINVAL, k->s->path, line,
				      "%s: %s: GPU %s is not in the set %s", k->b->name,
				      k->b->params[member - k->value].name, member->v[i],
				      set->v[s]);
		}
	}
	return 0;
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
	if (!rc)
		rc = check_members(k);
	k->required = plan_is_required(k->p->required, k->sec);
	if (!rc)
		rc = plan_add_steps(k);
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
