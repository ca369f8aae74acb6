/*
 * One file a subcommand, each with one `const struct command`; main.c lists them. The options
 * table is the one source for parsing, --help and the man page.
 */
#ifndef ASSAY_COMMANDS_COMMAND_H
#define ASSAY_COMMANDS_COMMAND_H

#include "../base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct option_spec {
	const char *name; /* without the dashes */
	const char *arg;  /* name of its argument, NULL for a flag */
	const char *help; /* one sentence */
};

struct app {
	char *self;   /* this program, absolute */
	char *suites; /* folder of suites; NULL where there is none */
};

struct command {
	const char *name, *args, *summary;
	const char *detail;		   /* a paragraph for --help; may be NULL */
	const struct option_spec *options; /* ends with .name == NULL */
	bool hidden;			   /* for assay's own use, not in the list */
	bool wraps; /* its operands are a program's command line: options end at the first */
	int (*run)(const struct app *app, int argc, char **argv); /* returns an exit code */
};

extern const struct command *const commands[]; /* in main.c, NULL at its end */

/*
 * Reads the options by the table: calls fn(arg, option's name, value) for each ("" for a flag),
 * which returns 0 or a negative errno with e filled. Returns the index of the first operand,
 * -1 after --help was answered, or -2 after an error was printed.
 */
int command_options(const struct command *c, int argc, char **argv,
		    int (*fn)(void *arg, const char *name, const char *value, struct err *e),
		    void *arg);

void command_help(const struct command *c);

/* Prints "assay: …" and returns EXIT_USAGE. */
int command_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Path of a suite: a path as it is, a name looked up in the folder of suites. Caller frees; NULL
 * with e filled where there is no suite of that name.
 */
char *command_suite_path(const struct app *app, const char *name, struct err *e);

/* What plan and run let a user change in a suite. */
struct overrides {
	const char *set[33]; /* "NAME=VALUE", NULL-terminated */
	size_t n_set;
	unsigned processes; /* 0: as the suite says */
};
/* Takes the value of --set or --processes. 0, or -EINVAL with e filled. */
int command_override(struct overrides *o, const char *name, const char *value, struct err *e);

/* Folder of the launchers (scripts/in-*) beside the suites; may not exist. Caller frees. */
char *command_launchers(const struct app *app);

extern const struct command command_ab, command_bind, command_compare, command_env, command_guard,
	command_help_, command_history, command_list, command_member, command_plan, command_report,
	command_restore, command_run, command_step;

#endif
