/* The table of subcommands, and nothing else. */
#include "base/mem.h"
#include "base/self.h"
#include "base/status.h"
#include "commands/command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command *const commands[] = {
	&command_list,	 &command_plan,	   &command_run,     &command_ab,    &command_bind,
	&command_report, &command_compare, &command_history, &command_env,   &command_restore,
	&command_step,	 &command_member,  &command_guard,   &command_help_, NULL,
};

int main(int argc, char **argv)
{
	struct app app = {0};
	struct err e = ERR_INIT;
	const char *name = argc > 1 ? argv[1] : "help";
	int rc = -1;

	self_start();
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, isatty(1) ? _IOLBF : _IOFBF, 0);
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	if (!strcmp(name, "--version")) {
		printf("assay %s (%s)\n", self_version(), self_build());
		return fflush(stdout) ? EXIT_NOTHING : EXIT_PASSED;
	}
	app.self = self_path(argv[0], &e);
	if (!app.self) {
		err_print(&e, "assay", stderr);
		return EXIT_NOTHING;
	}
	app.suites = self_suites(app.self, NULL);
	for (size_t i = 0; commands[i]; i++) {
		if (!strcmp(commands[i]->name, name))
			rc = commands[i]->run(&app, argc > 1 ? argc - 1 : argc,
					      argc > 1 ? argv + 1 : argv);
	}
	if (rc < 0)
		rc = command_usage("there is no command \"%s\"; see assay help", name);
	if (fflush(stdout) && rc == EXIT_PASSED)
		rc = EXIT_NOTHING;
	free(app.self);
	free(app.suites);
	return rc;
}
