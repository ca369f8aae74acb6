/* The [suite] section of a plan: see plan_head.h. */
#include "plan_head.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "expand.h"
#include "gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct section_option suite_options[] = {
	{"summary", NULL, "one line that says what the suite is for"},
	{"budget", "", "the time that the suite promises to stay within"},
	{"gate", "", "key patterns that verdicts are promised for, separated by spaces"},
	{"required", "", "sections whose skipping is an inconclusive run (exit code 4)"},
	{NULL, NULL, NULL},
};

bool plan_is_option(const struct section_option *o, const char *name)
{
	while (o->name && strcmp(o->name, name))
		o++;
	return o->name != NULL;
}

bool plan_is_required(const char *required, const struct suite_section *sec)
{
	char name[160];

	snprintf(name, sizeof(name), "%s%s%s", sec->bench, sec->label[0] ? ":" : "", sec->label);
	for (const char *r = required; *r;) {
		size_t n = strcspn(r, " ");

		if ((n == strlen(name) && !strncmp(r, name, n)) ||
		    (n == 3 && !strncmp(r, "all", 3)) ||
		    (n == strlen(sec->bench) && !strncmp(r, sec->bench, n)))
			return true;
		r += n;
		r += *r == ' ';
	}
	return false;
}

static int check_required(const struct plan *p, const struct suite *s, struct err *e)
{
	const struct suite_key *key = suite_find(&s->head, "required");

	for (const char *r = p->required; *r;) {
		size_t n = strcspn(r, " ");
		char *one = mem_strndup(r, n);
		bool found = !strcmp(one, "all");

		for (size_t i = 0; i < s->n && !found; i++)
			found = plan_is_required(one, &s->sections[i]);
		if (!found) {
			err_at(e, EINVAL, s->path, key->line, "required: there is no section [%s]",
			       one);
			free(one);
			return -EINVAL;
		}
		free(one);
		r += n;
		r += *r == ' ';
	}
	return 0;
}

static const char *option_word(const void *arg, size_t i)
{
	const struct section_option *o = arg;

	return o[i].name;
}

int plan_read_head(struct plan *p, const struct suite *s, const struct bench *const *benches,
		   struct err *e)
{
	char hint[HINT_SIZE];

	for (size_t i = 0; i < s->head.n; i++) {
		const struct suite_key *key = &s->head.keys[i];

		if (!plan_is_option(suite_options, key->name))
			return err_at(e, EINVAL, s->path, key->line, "[suite] has no \"%s\"%s",
				      key->name,
				      nearest_hint(hint, key->name, option_word, suite_options));
	}
	const struct suite_key *summary = suite_find(&s->head, "summary");
	const struct suite_key *budget = suite_find(&s->head, "budget");
	const struct suite_key *gate = suite_find(&s->head, "gate");
	const struct suite_key *required = suite_find(&s->head, "required");

	p->name = mem_strdup(s->name);
	p->summary = mem_strdup(summary ? summary->value : "");
	if (budget && (units_parse_time(budget->value, &p->budget_s) || !(p->budget_s > 0)))
		return err_at(e, EINVAL, s->path, budget->line,
			      "budget: \"%s\" is no time; write for example 90s or 5min",
			      budget->value);
	p->required = gate_words(required ? required->value : "");
	p->gate =
		gate_canonical(gate ? gate->value : "", benches, s->path, gate ? gate->line : 0, e);
	return p->gate ? check_required(p, s, e) : -EINVAL;
}
