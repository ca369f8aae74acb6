/* assay env: what this machine is, as the manifest would say it. */
#include "../base/status.h"
#include "../formats/json.h"
#include "../run/parent.h"
#include "../run/preflight.h"
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option_spec options[] = {
	{"arm", "[NAME=]LAUNCHER", "look from inside an arm, for example podman"},
	{"json", NULL, "print JSON"},
	{NULL, NULL, NULL},
};

struct asked {
	const char *arm;
	bool json;
};

static int take(void *arg, const char *name, const char *value, struct err *e)
{
	struct asked *a = arg;

	(void)e;
	if (!strcmp(name, "arm"))
		a->arm = value;
	else
		a->json = true;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct fact_row *)a)->key, ((const struct fact_row *)b)->key);
}

static void print_text(const struct machine *m)
{
	for (size_t i = 0; i < m->n_rows; i++) {
		const struct fact_row *r = &m->row[i];

		printf("%-34s %-36s %s\n", r->key, r->value[0] ? r->value : "-", r->source);
	}
}

static void print_json(const struct machine *m)
{
	struct json *list = json_array_new();

	for (size_t i = 0; i < m->n_rows; i++) {
		struct json *o = json_object_new();

		json_str(o, "key", m->row[i].key);
		json_str(o, "value", m->row[i].value);
		json_str(o, "source", m->row[i].source);
		json_push(list, o);
	}
	json_print(list, stdout);
}

static int run(const struct app *app, int argc, char **argv)
{
	static const volatile int never = 0;
	struct asked a = {.arm = "host"};
	struct arm arm = {0};
	struct err e = ERR_INIT;
	int first = command_options(&command_env, argc, argv, take, &a);

	if (first < 0)
		return first == -1 ? EXIT_PASSED : EXIT_USAGE;
	if (first < argc)
		return command_usage("env takes no operand");
	char *scripts = command_launchers(app);
	int rc = arm_parse(&arm, a.arm, scripts, app->self, &e);
	int code = rc ? EXIT_USAGE : EXIT_PASSED;

	if (!rc && machine_read(&arm.m, &e))
		code = EXIT_NOTHING;
	if (e.code) {
		err_print(&e, "assay", stderr);
		goto out;
	}
	parent_probe(&(struct parent){.self = app->self, .interrupted = &never}, &arm);
	qsort(arm.m.row, arm.m.n_rows, sizeof(*arm.m.row), compare);
	if (a.json)
		print_json(&arm.m);
	else
		print_text(&arm.m);
	preflight_warn(&arm.m);
out:
	free(scripts);
	arm_free(&arm);
	return code;
}

const struct command command_env = {
	.name = "env",
	.args = "[--json]",
	.summary = "Prints what this machine is: every fact with the place where it was read",
	.options = options,
	.run = run,
};
