/* assay restore: what a killed run left changed on this machine is put back. */
#include "../probe/guard.h"
#include "../probe/runtime.h"
#include "../base/status.h"
#include "command.h"

#include <stdio.h>
#include <stdlib.h>

static const struct option_spec options[] = {
	{"dry-run", NULL, "only show what was found"},
	{NULL, NULL, NULL},
};

static int take(void *arg, const char *name, const char *value, struct err *e)
{
	(void)name, (void)value, (void)e;
	*(bool *)arg = true;
	return 0;
}

static void show(void *arg, const char *line)
{
	(void)arg;
	printf("%s\n", line);
}

static int run(const struct app *app, int argc, char **argv)
{
	bool dry = false;
	int first = command_options(&command_restore, argc, argv, take, &dry);
	struct err e = ERR_INIT;
	size_t found;

	(void)app;
	if (first < 0)
		return first == -1 ? EXIT_PASSED : EXIT_USAGE;
	if (first < argc)
		return command_usage("restore takes no operand");
	if (guard_restore(dry, show, NULL, &found, &e)) {
		err_print(&e, "assay", stderr);
		return EXIT_FAILED;
	}
	if (!found) {
		char *dir = runtime_dir();

		printf("there is nothing to put back: no journal in %s\n", dir);
		free(dir);
	}
	return EXIT_PASSED;
}

const struct command command_restore = {
	.name = "restore",
	.args = "[--dry-run]",
	.summary = "Puts back what a killed run left changed: locked clocks, daemons",
	.detail =
		"A run changes nothing but what it is asked to (assay run --lock-clocks), and its "
		"guard puts that\n"
		"back however the run ends. Only where the guard itself was killed something is "
		"left; the next\n"
		"run puts it back before its first step, and so does this command.",
	.options = options,
	.run = run,
};
