/* assay help: of a command, of a benchmark, or the whole man page; all from the tables. */
#include "../../kernels/list_table.h"
#include "../base/self.h"
#include "../base/status.h"
#include "../base/units.h"
#include "../run/plan.h"
#include "../run/preflight.h"
#include "command.h"

#include <stdio.h>
#include <string.h>

static const struct option_spec options[] = {
	{"man", NULL, "print the man page (troff)"},
	{NULL, NULL, NULL},
};

static const struct {
	int code;
	const char *meaning;
} exit_codes[] = {
	{EXIT_PASSED, "passed"},
	{EXIT_FAILED, "a FAIL, REGRESSED, ERROR or TIMEOUT"},
	{EXIT_USAGE, "wrong usage or a bad input file; nothing was run"},
	{EXIT_NOTHING, "nothing could be measured"},
	{EXIT_INCONCLUSIVE, "inconclusive, or something required was skipped"},
};

static int set(void *arg, const char *name, const char *value, struct err *e)
{
	(void)name, (void)value, (void)e;
	*(bool *)arg = true;
	return 0;
}

static void general(void)
{
	printf("usage: assay COMMAND [OPTION]… [OPERAND]…\n\n"
	       "Acceptance and regression benchmarks for GPU servers.\n\ncommands:\n");
	for (size_t i = 0; commands[i]; i++) {
		if (!commands[i]->hidden)
			printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
	}
	printf("\nexit codes:\n");
	for (size_t i = 0; i < sizeof(exit_codes) / sizeof(exit_codes[0]); i++)
		printf("  %d  %s\n", exit_codes[i].code, exit_codes[i].meaning);
	printf("  128+n  ended by signal n\n\n"
	       "assay help COMMAND, assay help BENCHMARK, assay help suite and assay help force "
	       "say more.\n");
}

static const char *scope_name(enum param_scope s)
{
	return s == SCOPE_STEP ? "one process each" : "looped in one process";
}

static void range_help(const struct param *p)
{
	char min[32], max[32];

	if (p->type == PARAM_SIZE)
		printf("; %s..%s", units_size(min, sizeof(min), (double)p->min),
		       units_size(max, sizeof(max), (double)p->max));
	else
		printf("; %llu..%llu%s%s", (unsigned long long)p->min, (unsigned long long)p->max,
		       p->unit && p->unit[0] ? " " : "", p->unit ? p->unit : "");
}

static void param_help(const struct param *p)
{
	printf("  %-12s %s\n", p->name, p->help);
	printf("  %-12s   %s; default %s", "", scope_name(p->scope),
	       p->def ? p->def : "none, must be given");
	if (p->choices)
		printf("; one of %s", p->choices);
	else if (p->max)
		range_help(p);
	printf("%s\n", p->option ? "; not part of the key" : "");
}

static void bench_help(const struct bench *b)
{
	static const char *const better[] = {"higher is better", "lower is better",
					     "for information"};

	printf("%s: %s\n", b->name, b->summary);
	if (b->method)
		printf("\n%s\n", b->method);
	printf("\nparameters (lists a,b and ranges 4KiB..1GiB*4 expand into cases):\n");
	for (const struct param *p = b->params; p->name; p++)
		param_help(p);
	printf("\nmetrics:\n");
	for (const struct metric *m = b->metrics; m->name; m++)
		printf("  %-12s %s (%s, %s)\n", m->name, m->help, m->unit, better[m->better]);
	if (!b->run)
		printf("\nThis program was built without nvcc: the benchmark is skipped.\n");
}

static void section_help(const char *title, const struct section_option *o)
{
	printf("\n%s\n", title);
	for (; o->name; o++)
		printf("  %-12s %s%s%s\n", o->name, o->help,
		       o->def && o->def[0] ? "; default " : "", o->def ? o->def : "");
}

static void suite_help(void)
{
	printf("A suite is an INI file: [suite], then one section a group of steps, named after "
	       "its\n"
	       "benchmark: [copy], or [copy:peak] where one benchmark stands twice. The keys of a "
	       "section\n"
	       "are the benchmark's parameters (assay help BENCHMARK).\n");
	section_help("keys of [suite]:", suite_options);
	section_help("keys of every other section:", section_options);
	printf("\nvalues:\n  a,b,c            a list\n  4KiB..1GiB*4     a range with a factor\n"
	       "  1..8+1           a range with a step\n  all              every GPU, node or "
	       "choice\n  0+1+4            GPUs that act together in one process; all: all of "
	       "them\n  0:7.0            a MIG instance: GPU, GPU instance, compute instance\n"
	       "  local            the NUMA node of the GPU, or of the CPUs at work\n");
}

static void force_help(void)
{
	printf("assay run --force=CHECK,… measures in spite of what a look at the GPU found:\n");
	for (const struct preflight_check *c = preflight_checks; c->name; c++)
		printf("  %-12s %s\n", c->name, c->help);
}

static void man(void)
{
	printf(".TH ASSAY 1 \"\" \"assay %s\" \"User Commands\"\n.SH NAME\nassay \\- acceptance "
	       "and regression "
	       "benchmarks for GPU servers\n.SH SYNOPSIS\n.B assay\n.I "
	       "COMMAND\n[\\fIOPTION\\fR]... "
	       "[\\fIOPERAND\\fR]...\n.SH COMMANDS\n",
	       self_version());
	for (size_t i = 0; commands[i]; i++) {
		const struct command *c = commands[i];

		printf(".SS assay %s %s\n%s.\n", c->name, c->args, c->summary);
		if (c->detail)
			printf(".PP\n%s\n", c->detail);
		for (const struct option_spec *o = c->options; o && o->name; o++)
			printf(".TP\n\\fB\\-\\-%s\\fR%s%s\n%s\n", o->name, o->arg ? "=" : "",
			       o->arg ? o->arg : "", o->help);
	}
	printf(".SH BENCHMARKS\n");
	for (size_t i = 0; bench_list[i]; i++) {
		printf(".SS %s\n%s.\n", bench_list[i]->name, bench_list[i]->summary);
		for (const struct param *p = bench_list[i]->params; p->name; p++)
			printf(".TP\n\\fB%s\\fR (default %s%s%s)\n%s\n", p->name,
			       p->def ? p->def : "none", p->type == PARAM_INT && p->unit ? " " : "",
			       p->type == PARAM_INT && p->unit ? p->unit : "", p->help);
	}
	printf(".SH EXIT STATUS\n");
	for (size_t i = 0; i < sizeof(exit_codes) / sizeof(exit_codes[0]); i++)
		printf(".TP\n\\fB%d\\fR\n%s\n", exit_codes[i].code, exit_codes[i].meaning);
	printf(".SH ENVIRONMENT\n.TP\n\\fBNO_COLOR\\fR\nno "
	       "colour\n.TP\n\\fBASSAY_SUITES\\fR\nfolder of suites\n"
	       ".TP\n\\fBASSAY_SYSROOT\\fR\nrecorded tree to read /sys and /proc from\n"
	       ".TP\n\\fBASSAY_RUNTIME_DIR\\fR\nfolder of the GPU locks and of the journals that "
	       "assay restore reads\n"
	       ".TP\n\\fBASSAY_RENDEZVOUS\\fR\nsocket at which the ranks of one run meet\n");
}

static int run(const struct app *app, int argc, char **argv)
{
	bool want_man = false;
	int first = command_options(&command_help_, argc, argv, set, &want_man);
	const char *what = first > 0 && first < argc ? argv[first] : NULL;

	(void)app;
	if (first < 0)
		return first == -1 ? EXIT_PASSED : EXIT_USAGE;
	if (want_man) {
		man();
		return EXIT_PASSED;
	}
	if (!what) {
		general();
		return EXIT_PASSED;
	}
	if (!strcmp(what, "force")) {
		force_help();
		return EXIT_PASSED;
	}
	if (!strcmp(what, "suite")) {
		suite_help();
		return EXIT_PASSED;
	}
	for (size_t i = 0; commands[i]; i++) {
		if (!strcmp(commands[i]->name, what)) {
			command_help(commands[i]);
			return EXIT_PASSED;
		}
	}
	if (!bench_find(what))
		return command_usage("there is neither a command nor a benchmark \"%s\"", what);
	bench_help(bench_find(what));
	return EXIT_PASSED;
}

const struct command command_help_ = {
	.name = "help",
	.args = "[COMMAND|BENCHMARK|suite|force]",
	.summary = "Explains a command, a benchmark or the suite files",
	.options = options,
	.run = run,
};
