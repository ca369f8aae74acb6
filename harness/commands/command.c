/* Options and help of all subcommands: see command.h. */
#include "command.h"
#include "../base/mem.h"
#include "../base/status.h"
#include "../base/units.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_OPTIONS 32

int command_options(const struct command *c, int argc, char **argv,
		    int (*fn)(void *arg, const char *name, const char *value, struct err *e),
		    void *arg)
{
	struct option table[MAX_OPTIONS + 2] = {{0}};
	char *name = mem_printf("assay %s", c->name);
	struct err e = ERR_INIT;
	int n = 0, k, index, result = 0;

	for (; c->options && c->options[n].name && n < MAX_OPTIONS; n++)
		table[n] = (struct option){.name = c->options[n].name,
					   .has_arg = c->options[n].arg ? required_argument
									: no_argument};
	table[n] = (struct option){.name = "help", .has_arg = no_argument};
	argv[0] = name;
	optind = 1;
	while ((k = getopt_long(argc, argv, c->wraps ? "+h" : "h", table, &index)) != -1 &&
	       !result) {
		if (k == 'h' || (k == 0 && index == n)) {
			command_help(c);
			result = -1;
		} else if (k == '?') {
			fprintf(stderr, "assay: see assay %s --help\n", c->name);
			result = -2;
		} else if (fn(arg, table[index].name, optarg ? optarg : "", &e)) {
			err_print(&e, "assay", stderr);
			result = -2;
		}
	}
	argv[0] = (char *)c->name;
	free(name);
	return result ? result : optind;
}

/* Bytes that are no column of a terminal: what follows the first of a UTF-8 character. */
static int invisible(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) == 0x80;
	return n;
}

void command_help(const struct command *c)
{
	printf("usage: assay %s%s%s\n\n%s.\n", c->name, c->args[0] ? " " : "", c->args, c->summary);
	if (c->detail)
		printf("\n%s\n", c->detail);
	if (c->options && c->options[0].name)
		printf("\noptions:\n");
	for (const struct option_spec *o = c->options; o && o->name; o++) {
		char left[64];

		snprintf(left, sizeof(left), "--%s%s%s", o->name, o->arg ? "=" : "",
			 o->arg ? o->arg : "");
		printf("  %-*s %s\n", 24 + invisible(left), left, o->help);
	}
}

int command_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("assay: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return EXIT_USAGE;
}

char *command_suite_path(const struct app *app, const char *name, struct err *e)
{
	size_t n = strlen(name);
	char *path;

	if (strchr(name, '/') || (n > 4 && !strcmp(name + n - 4, ".ini")) || !app->suites)
		return mem_strdup(name);
	path = mem_printf("%s/%s.ini", app->suites, name);
	if (!access(path, F_OK))
		return path;
	free(path);
	err_set(e, ENOENT, "there is no suite \"%s\"; assay list shows which there are", name);
	return NULL;
}

char *command_launchers(const struct app *app)
{
	return app->suites ? mem_printf("%s/../scripts", app->suites) : mem_strdup("scripts");
}

int command_override(struct overrides *o, const char *name, const char *value, struct err *e)
{
	uint64_t n;

	if (!strcmp(name, "processes")) {
		if (units_parse_u64(value, &n) || n < 1 || n > 64)
			return err_set(e, EINVAL, "--processes wants a number from 1 to 64");
		o->processes = (unsigned)n;
		return 0;
	}
	if (!strchr(value, '=') || o->n_set == 32)
		return err_set(e, EINVAL, "--set wants NAME=VALUE, at most 32 times");
	o->set[o->n_set++] = value;
	return 0;
}
