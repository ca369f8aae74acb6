/* assay report: judges a bundle again and renders it, with no GPU and at any time later. */
#include "../base/status.h"
#include "command.h"
#include "present.h"

#include <stdio.h>

static const struct option_spec options[] = {
	{"json", NULL, "print the results as JSON instead of the report"},
	{NULL, NULL, NULL},
};

static int take(void *arg, const char *name, const char *value, struct err *e)
{
	(void)name, (void)value, (void)e;
	*(bool *)arg = true;
	return 0;
}

static int run(const struct app *app, int argc, char **argv)
{
	bool json = false;
	struct err e = ERR_INIT;
	int first = command_options(&command_report, argc, argv, take, &json), code;

	(void)app;
	if (first < 0)
		return first == -1 ? EXIT_PASSED : EXIT_USAGE;
	if (argc - first != 1)
		return command_usage("report: name one bundle");
	code = present_bundle(argv[first], json, &e);
	if (e.code)
		err_print(&e, "assay", stderr);
	return code;
}

const struct command command_report = {
	.name = "report",
	.args = "BUNDLE",
	.summary =
		"Makes results.csv, processes.csv and report.html from a bundle's evidence again",
	.options = options,
	.run = run,
};
