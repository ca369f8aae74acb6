/* assay list: what can be measured, and the suites that there are. */
#include "../../kernels/list_table.h"
#include "../base/mem.h"
#include "../formats/json.h"
#include "../formats/suite.h"
#include "command.h"
#include "../base/status.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option_spec options[] = {
	{"json", NULL, "print JSON"},
	{NULL, NULL, NULL},
};

static int set(void *arg, const char *name, const char *value, struct err *e)
{
	(void)name, (void)value, (void)e;
	*(bool *)arg = true;
	return 0;
}

static int is_suite(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && !strcmp(d->d_name + n - 4, ".ini");
}

static void each_suite(const struct app *app, void (*fn)(void *, const char *, const char *),
		       void *arg)
{
	struct dirent **entry;
	int n = app->suites ? scandir(app->suites, &entry, is_suite, alphasort) : 0;

	for (int i = 0; i < n; i++) {
		char *path = mem_printf("%s/%s", app->suites, entry[i]->d_name);
		struct suite s;
		struct err e = ERR_INIT;

		if (!suite_load(&s, path, &e)) {
			const struct suite_key *k = suite_find(&s.head, "summary");

			fn(arg, s.name, k ? k->value : "");
			suite_free(&s);
		}
		free(path);
		free(entry[i]);
	}
	if (n > 0)
		free(entry);
}

static void print_one(void *arg, const char *name, const char *summary)
{
	(void)arg;
	printf("  %-16s %s\n", name, summary);
}

static void push_one(void *arg, const char *name, const char *summary)
{
	struct json *o = json_object_new();

	json_str(o, "name", name);
	json_str(o, "summary", summary);
	json_push(arg, o);
}

static int run(const struct app *app, int argc, char **argv)
{
	bool json = false;
	int first = command_options(&command_list, argc, argv, set, &json);

	if (first < 0)
		return first == -1 ? EXIT_PASSED : EXIT_USAGE;
	if (first < argc)
		return command_usage("list takes no operand");
	if (json) {
		struct json *o = json_object_new(), *b = json_array_new(), *s = json_array_new();

		for (size_t i = 0; bench_list[i]; i++)
			push_one(b, bench_list[i]->name, bench_list[i]->summary);
		each_suite(app, push_one, s);
		json_put(o, "benchmarks", b);
		json_put(o, "suites", s);
		json_print(o, stdout);
		return EXIT_PASSED;
	}
	printf("benchmarks (assay help NAME):\n");
	for (size_t i = 0; bench_list[i]; i++)
		print_one(NULL, bench_list[i]->name, bench_list[i]->summary);
	printf("\nsuites (assay plan NAME, assay run NAME):\n");
	each_suite(app, print_one, NULL);
	return EXIT_PASSED;
}

const struct command command_list = {
	.name = "list",
	.args = "[--json]",
	.summary = "Lists the benchmarks and the suites",
	.options = options,
	.run = run,
};
