/* assay plan: what a suite would do on this machine, and how long it would take. */
#include "../run/plan.h"
#include "../../kernels/list_table.h"
#include "../base/mem.h"
#include "../base/status.h"
#include "../formats/json.h"
#include "../run/gate.h"
#include "../run/parent.h"
#include "../run/preflight.h"
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option_spec options[] = {
	{"set", "NAME=VALUE",
	 "use another value for a parameter (NAME or BENCHMARK.NAME); may be repeated"},
	{"processes", "N", "fresh processes of each step"},
	{"check", NULL, "only check the suite file, without a look at the machine"},
	{"json", NULL, "print JSON"},
	{NULL, NULL, NULL},
};

struct asked {
	struct overrides change;
	bool check, json;
};

static int take(void *arg, const char *name, const char *value, struct err *e)
{
	struct asked *a = arg;

	if (!strcmp(name, "check"))
		a->check = true;
	else if (!strcmp(name, "json"))
		a->json = true;
	else
		return command_override(&a->change, name, value, e);
	return 0;
}

static void print_json(const struct plan *p)
{
	struct json *o = json_object_new(), *steps = json_array_new();

	for (size_t i = 0; i < p->n; i++) {
		const struct plan_row *r = &p->step[i].row;
		struct json *s = json_object_new();

		json_int(s, "step", r->step);
		json_str(s, "bench", r->bench);
		json_str(s, "params", r->params);
		json_int(s, "cases", p->step[i].cases);
		json_int(s, "processes", r->processes);
		json_num(s, "estimate_s", r->estimate_s);
		json_num(s, "deadline_s", r->deadline_s);
		json_str(s, "skip", r->skip);
		json_push(steps, s);
	}
	json_str(o, "suite", p->name);
	json_put(o, "steps", steps);
	json_int(o, "processes", plan_processes(p));
	json_num(o, "estimate_s", plan_estimate_s(p));
	json_print(o, stdout);
}

static void print_text(const struct plan *p)
{
	double s = plan_estimate_s(p);

	printf("%s: %s\n\n step  processes x time  deadline  what\n", p->name, p->summary);
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_step *st = &p->step[i];
		char *params = gate_brief(st->row.params);

		printf("%5u  %9u x %3.0f s  %6.0f s  %s %s (%u case%s)\n", st->row.step,
		       st->row.processes, st->row.estimate_s, st->row.deadline_s, st->row.bench,
		       params, st->cases, st->cases == 1 ? "" : "s");
		free(params);
		if (st->row.skip[0]) {
			int word = (int)strcspn(st->row.skip, ":");

			printf("%31s%.*s: %s\n", "", word, st->row.skip, st->row.skip + word + 1);
		}
	}
	printf("\nestimated: %d min %02d s, %u processes\n", (int)(s / 60), (int)s % 60,
	       plan_processes(p));
	if (p->budget_s > 0 && s > p->budget_s)
		printf("That is over the suite's budget of %.0f s.\n", p->budget_s);
}

static int make(const struct app *app, const char *path, const struct asked *a, struct plan *p,
		struct err *e)
{
	static const volatile int never = 0;
	struct parent parent = {.self = app->self, .interrupted = &never};
	struct arm arm = {0};
	struct plan_options o = {.processes = a->change.processes, .set = a->change.set};
	struct suite s = {0};
	int rc = suite_load(&s, path, e);

	if (!rc)
		rc = plan_make(p, &s, bench_list, NULL, &o,
			       e); /* the file first, then the machine */
	if (!rc && !a->check) {
		plan_free(p);
		rc = arm_parse(&arm, "host", NULL, app->self, e);
		if (!rc)
			rc = machine_read(&arm.m, e);
		if (!rc)
			parent_probe(&parent, &arm);
		if (!rc)
			rc = plan_make(p, &s, bench_list, &arm.m, &o, e);
		arm_free(&arm);
	}
	suite_free(&s);
	return rc;
}

static int run(const struct app *app, int argc, char **argv)
{
	struct asked a = {0};
	struct plan p = {0};
	struct err e = ERR_INIT;
	int first = command_options(&command_plan, argc, argv, take, &a);

	if (first < 0)
		return first == -1 ? EXIT_PASSED : EXIT_USAGE;
	if (argc - first != 1)
		return command_usage("plan: name one suite; assay list shows them");
	char *path = command_suite_path(app, argv[first], &e);
	int rc = path ? make(app, path, &a, &p, &e) : -e.code;
	free(path);
	if (rc) {
		err_print(&e, "assay", stderr);
		return EXIT_USAGE;
	}
	if (a.json)
		print_json(&p);
	else
		print_text(&p);
	plan_free(&p);
	return EXIT_PASSED;
}

const struct command command_plan = {
	.name = "plan",
	.args = "SUITE",
	.summary = "Prints the steps that a suite would run, and the time that it would take",
	.detail = "SUITE is a name (assay list) or the path of a file.",
	.options = options,
	.run = run,
};
