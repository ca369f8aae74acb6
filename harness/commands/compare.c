/*
 * assay compare: stored bundles before and after, or the two arms of one, judged at any time later
 * and with no GPU. What stands before "--" is the base, what stands behind it is new.
 */
#include "../../reports/report.h"
#include "../base/status.h"
#include "../judge/compare.h"
#include "../judge/history.h"
#include "command.h"
#include "present.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct option_spec options[] = {
	{"margin", "[CLASS=]SHARE",
	 "what shift counts, for example 2% or latency=3%; may be repeated"},
	{"history", "DIR", "folder of bundles that tells how much sessions differ"},
	{"gate", NULL, "exit code for CI: of the gates alone, screened metrics do not count"},
	{"json", NULL, "print JSON instead of the report"},
	{"out", "DIR", "write verdicts.csv and compare.html into this folder"},
	{NULL, NULL, NULL},
};

struct asked {
	struct margins margins;
	const char *history, *out;
	bool gate, json;
	char **base, **new; /* operands */
	size_t n_base, n_new;
};

static int take(void *arg, const char *name, const char *value, struct err *e)
{
	struct asked *a = arg;

	if (!strcmp(name, "margin"))
		return margins_take(&a->margins, value, e);
	if (!strcmp(name, "history"))
		a->history = value;
	else if (!strcmp(name, "out"))
		a->out = value;
	else if (!strcmp(name, "json"))
		a->json = true;
	else
		a->gate = true;
	return 0;
}

/* ---- what is shown ---- */

static int write_files(const struct compare_report *r, const char *dir, struct err *e)
{
	struct buf text = BUF_INIT;
	int rc;

	if (mkdir(dir, 0777) && errno != EEXIST)
		return err_at(e, errno, dir, 0, "cannot make this folder: %s", strerror(errno));
	comparison_csv(&text, r->comparison);
	rc = bundle_write_file(dir, "verdicts.csv", text.s, text.len, e);
	buf_reset(&text);
	report_compare_html(&text, r);
	if (!rc)
		rc = bundle_write_file(dir, "compare.html", text.s, text.len, e);
	buf_free(&text);
	return rc;
}

/* Returns the exit code. */
static int present(const struct compare_report *r, const struct asked *a, struct err *e)
{
	struct terminal_style style;
	struct buf text = BUF_INIT;

	if (a->out && write_files(r, a->out, e))
		return EXIT_FAILED;
	present_style(&style);
	if (a->json)
		report_compare_json(&text, r);
	else
		report_compare_terminal(&text, r, &style);
	fputs(buf_str(&text), stdout);
	if (a->out && !a->json)
		printf("\nreport: %s/compare.html\n", a->out);
	buf_free(&text);
	return (int)(a->gate ? comparison_gate_exit(r->comparison) : r->comparison->exit);
}

/* ---- the ways in ---- */

static const char *arm_of(const struct bundle_data *d)
{
	const char *arm = bundle_value(d, "", "run.arm");

	return arm ? arm : "host";
}

/* Two sides and what differs in their environment. */
static int present_with(const struct comparison *c, struct compare_report r, const char *arm_a,
			const char *arm_b, const struct asked *a, struct err *e)
{
	struct differences diff = {.n = 0};
	int code = EXIT_FAILED;

	r.comparison = c;
	r.differences = &diff;
	if (!differences_make(&diff, r.a, arm_a, r.b, arm_b, c, e))
		code = present(&r, a, e);
	differences_free(&diff);
	return code;
}

static int one_bundle(const struct asked *a, struct err *e)
{
	struct bundle_data d;
	struct results r = {.n = 0};
	struct comparison c = {.n = 0};
	struct compare_report report = {.a = &d, .b = &d, .bundles_a = 1, .bundles_b = 1};
	int code = EXIT_USAGE;

	if (bundle_load(&d, a->base[0], e))
		return EXIT_USAGE;
	if (!results_make(&r, &d, e) && !comparison_of_arms_within(&c, &d, &r, &a->margins, e))
		code = present_with(&c, report, c.a, c.b, a, e);
	comparison_free(&c);
	results_free(&r);
	bundle_data_free(&d);
	return code;
}

static int add_side(struct panel *p, char **dir, size_t n, unsigned side, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++)
		rc = panel_add(p, dir[i], side, e);
	return rc;
}

/*
 * Whose environments are shown side by side: a host that changed its software, before and after;
 * of several sessions the first before and the last after. Where nothing changed, any host.
 */
static void pick_heads(const struct panel *p, struct compare_report *r)
{
	bool changed = false;

	for (size_t i = 0; i < p->n_sessions && !changed; i++) {
		const struct session *a = &p->session[i];

		for (size_t k = p->n_sessions; k-- > 0 && a->side == 0 && !changed;) {
			const struct session *b = &p->session[k];

			if (b->side == 0 || strcmp(a->host, b->host) != 0)
				continue;
			changed = strcmp(a->software, b->software) != 0;
			if (r->a && !changed)
				continue;
			r->a = a->head;
			r->b = b->head;
		}
	}
}

static int present_panel(const struct comparison *c, const struct panel *p, const struct asked *a,
			 struct err *e)
{
	struct compare_report r = {.bundles_a = a->n_base, .bundles_b = a->n_new};

	pick_heads(p, &r);
	if (!r.a) { /* panel_check refuses that */
		err_set(e, EINVAL, "no host is on both sides");
		return EXIT_USAGE;
	}
	return present_with(c, r, arm_of(r.a), arm_of(r.b), a, e);
}

static int two_sides(const struct asked *a, struct err *e)
{
	struct panel p;
	struct history h = {.n = 0};
	struct comparison c = {.n = 0};
	int code = EXIT_USAGE, rc;

	panel_init(&p);
	rc = add_side(&p, a->base, a->n_base, 0, e);
	if (!rc)
		rc = add_side(&p, a->new, a->n_new, 1, e);
	if (!rc && a->history)
		rc = history_load(&h, a->history, e);
	if (!rc)
		rc = comparison_of_sessions(&c, &p, a->history ? &h : NULL, &a->margins, e);
	if (!rc)
		code = present_panel(&c, &p, a, e);
	comparison_free(&c);
	if (a->history)
		history_free(&h);
	panel_free(&p);
	return code;
}

/* Options may stand on both sides of "--": each side is read like a command of its own. */
static int read_side(int argc, char **argv, struct asked *a, char ***operand, size_t *n)
{
	int first = command_options(&command_compare, argc, argv, take, a);

	if (first < 0)
		return first;
	*operand = argv + first;
	*n = (size_t)(argc - first);
	return 0;
}

static int run(const struct app *app, int argc, char **argv)
{
	struct asked a = {.n_base = 0};
	struct err e = ERR_INIT;
	int cut = 1, code;

	(void)app;
	while (cut < argc && strcmp(argv[cut], "--"))
		cut++;
	int rc = read_side(cut, argv, &a, &a.base, &a.n_base);
	if (!rc && cut < argc) /* "--" takes the place of the command's name */
		rc = read_side(argc - cut, argv + cut, &a, &a.new, &a.n_new);
	if (rc)
		return rc == -1 ? EXIT_PASSED : EXIT_USAGE;
	if (a.n_base == 1 && cut == argc)
		code = one_bundle(&a, &e);
	else if (a.n_base && a.n_new)
		code = two_sides(&a, &e);
	else
		return command_usage(
			"compare: name BASE… -- NEW…, or one bundle that assay ab made");
	if (e.code)
		err_print(&e, "assay", stderr);
	return code;
}

const struct command command_compare = {
	.name = "compare",
	.args = "BASE... -- NEW... | BUNDLE",
	.summary = "Compares bundles of before and after, or the two arms of one bundle",
	.detail = "Bundles of one host are sessions (one a boot) and need --history for a verdict; "
		  "bundles\n"
		  "of several hosts are nodes, each compared with itself, those whose driver, "
		  "kernel and\n"
		  "VBIOS did not change being the control.\n\n"
		  "Exit codes: 0 passed; 1 a gate or a confirmed screen is REGRESSED; 4 a gate is "
		  "undecided,\n"
		  "a control moved or the machine is too noisy; 3 nothing to compare; 2 what must "
		  "not be\n"
		  "compared or cannot be read. With --gate screens change nothing.",
	.options = options,
	.run = run,
};
