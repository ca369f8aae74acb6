/* assay guard: the process that changes the machine and puts it back. Started by assay itself. */
#include "../probe/guard.h"
#include "../base/status.h"
#include "command.h"

static const struct option_spec options[] = {{NULL, NULL, NULL}};

static int take(void *arg, const char *name, const char *value, struct err *e)
{
	(void)arg, (void)name, (void)value, (void)e;
	return 0;
}

static int run(const struct app *app, int argc, char **argv)
{
	struct err e = ERR_INIT;
	int first = command_options(&command_guard, argc, argv, take, NULL);

	(void)app;
	if (first < 0)
		return first == -1 ? EXIT_PASSED : EXIT_USAGE;
	return guard_serve(&e) ? EXIT_FAILED : EXIT_PASSED;
}

const struct command command_guard = {
	.name = "guard",
	.args = "",
	.summary = "Changes the machine for a run, and puts everything back when that has ended",
	.detail =
		"Started by assay itself, which asks it through a pipe. What it changes it writes "
		"to a journal\n"
		"first; assay restore puts back what a killed guard has left.",
	.options = options,
	.hidden = true,
	.run = run,
};
