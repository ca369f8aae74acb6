/* assay ab: one suite in two arms, interleaved, with a verdict for each gate. */
#include "../ab/ab.h"
#include "../../kernels/list_table.h"
#include "../base/log.h"
#include "../base/mem.h"
#include "../base/self.h"
#include "../base/status.h"
#include "../base/units.h"
#include "../judge/compare.h"
#include "job.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option_spec options[] = {
	{"a", "[NAME=]LAUNCHER", "the arm to compare with (default host)"},
	{"b", "[NAME=]LAUNCHER",
	 "the arm in question: podman, 'scripts/in-podman --cpus 2' … (default host: is the "
	 "machine quiet enough?)"},
	{"margin", "[CLASS=]SHARE",
	 "what counts as equal: 2%, latency=5% … (default 3% for latency, 2% where a launcher is "
	 "compared, else 1%); may be repeated"},
	{"quick", NULL, "one look only, after 8 blocks"},
	{"userland", "own|image",
	 "loader and libraries that launchers' arms run on: those that this program runs on "
	 "(default), or those of the image"},
	JOB_OPTIONS,
	{NULL, NULL, NULL},
};

struct asked {
	const char *arm[2];
	struct margins margins;
	bool quick, image; /* image: launchers' arms run on its user space */
	char *plain;	   /* the program that such an arm starts; owned */
};

static int take_userland(struct asked *a, const char *value, struct err *e)
{
	a->image = !strcmp(value, "image");
	if (!a->image && strcmp(value, "own") != 0)
		return err_set(e, EINVAL, "--userland is own or image, not \"%s\"", value);
	return 0;
}

static int take(void *arg, const char *name, const char *value, struct err *e)
{
	struct job *j = arg;
	struct asked *a = j->own;
	int rc = job_option(j, name, value, e);

	if (rc <= 0)
		return rc;
	if (!strcmp(name, "a"))
		a->arm[0] = value;
	else if (!strcmp(name, "b"))
		a->arm[1] = value;
	else if (!strcmp(name, "quick"))
		a->quick = true;
	else if (!strcmp(name, "userland"))
		return take_userland(a, value, e);
	else
		return margins_take(&a->margins, value, e);
	return 0;
}

/* ---- the arms ---- */

/* Two arms need two names. */
static void tell_apart(struct job *j)
{
	if (strcmp(j->arm[0].name, j->arm[1].name) != 0)
		return;
	for (int i = 0; i < 2; i++) {
		char *name = mem_printf("%s-%c", j->arm[i].name, "ab"[i]);

		arm_rename(&j->arm[i], name);
		free(name);
	}
}

/* What the arms start: a launcher's arm may want the plain program, on its own loader. */
static void choose_programs(struct job *j)
{
	struct asked *a = j->own;

	if (a->image && !a->plain)
		a->plain = self_plain_path(j->app->self);
	for (size_t i = 0; i < 2 && a->image; i++)
		if (j->arm[i].words)
			j->arm[i].program = a->plain;
}

static int take_arms(struct job *j, struct err *e)
{
	struct asked *a = j->own;
	int rc = 0;

	for (size_t i = 0; i < 2 && !rc; i++)
		rc = job_arm(j, i, a->arm[i] ? a->arm[i] : "host", e);
	if (!rc)
		tell_apart(j);
	choose_programs(j);
	return rc;
}

static int restore(struct job *j, struct err *e)
{
	struct asked *a = j->own;
	const char *userland = bundle_value(&j->old, "", "ab.userland");
	static const char *const names[] = {"ab.a", "ab.b"};
	static const char *const launchers[] = {"ab.a.launcher", "ab.b.launcher"};
	int rc = 0;

	for (size_t i = 0; i < 2 && !rc; i++) {
		const char *name = bundle_value(&j->old, "", names[i]);
		const char *launcher = bundle_value(&j->old, "", launchers[i]);

		if (!name || !launcher)
			return err_at(e, EINVAL, j->resume, 0,
				      "holds no comparison; assay run --resume finishes it");
		rc = job_arm(j, i, *launcher ? launcher : "host", e);
		if (!rc)
			arm_rename(&j->arm[i], name);
	}
	a->image = userland && !strcmp(userland, "image");
	choose_programs(j);
	return rc;
}

/* ---- what is fixed before the first block ---- */

static int extend(struct job *j, struct err *e)
{
	return ab_add_controls(&j->plan, bench_list, e);
}

static int add(struct job *j, const char *key, const char *value, const char *source, struct err *e)
{
	return bundle_add_manifest(j->p.bundle, "", key, value, source, e);
}

static int add_number(struct job *j, const char *key, double v, const char *source, struct err *e)
{
	char text[32];

	return add(j, key, units_exact(text, sizeof(text), v), source, e);
}

static int record_arms(struct job *j, struct err *e)
{
	int rc = add(j, "ab.a", j->arm[0].name, "--a", e);

	if (!rc)
		rc = add(j, "ab.a.launcher", j->arm[0].launcher, "--a", e);
	if (!rc)
		rc = add(j, "ab.b", j->arm[1].name, "--b", e);
	return rc ? rc : add(j, "ab.b.launcher", j->arm[1].launcher, "--b", e);
}

/* The first that matches: the user's word, latency, a launcher in play, else 1 %. */
static int record_margins(struct job *j, struct err *e)
{
	const struct margins *m = &((struct asked *)j->own)->margins;
	bool launcher = j->arm[0].words || j->arm[1].words, all = !isnan(margins_of(m, ""));
	/* two arms of this host differ as little as two of its sessions may */
	enum compare_kind like = launcher ? COMPARE_BLOCKS : COMPARE_SESSIONS;
	int rc = 0;

	for (size_t i = 0; i < m->n && !rc; i++) {
		const char *cls = m->of[i].cls;
		char *key = mem_printf("ab.margin%s%s", *cls ? "." : "", cls);

		rc = add_number(j, key, margins_of(m, cls), "--margin", e); /* the last one */
		free(key);
	}
	if (!rc && isnan(margins_of(m, "latency")))
		rc = add_number(j, "ab.margin.latency", compare_margin(like, "latency"),
				"default for latencies", e);
	if (!rc && !all)
		rc = add_number(j, "ab.margin", compare_margin(like, ""),
				launcher ? "default where a launcher is compared" : "default", e);
	return rc;
}

static int record(struct job *j, struct err *e)
{
	const struct asked *a = j->own;
	struct ab_family f;
	int rc = record_arms(j, e);

	ab_count(&f, &j->plan);
	if (!rc)
		rc = add_number(j, "ab.gates", f.gates, "plan.csv and the suite's gate=", e);
	if (!rc)
		rc = add_number(j, "ab.controls", f.controls, "plan.csv", e);
	if (!rc)
		rc = add_number(j, "ab.screens", f.screens, "plan.csv", e);
	if (!rc)
		rc = add(j, "ab.quick", a->quick ? "yes" : "no", "--quick", e);
	if (!rc)
		rc = add(j, "ab.userland", a->image ? "image" : "own", "--userland", e);
	return rc ? rc : record_margins(j, e);
}

/* ---- the run ---- */

/* Two builds of the user space are a second variable. */
static void say_userland(const struct job *j)
{
	const struct asked *a = j->own;
	char *dir = self_portable_dir();

	if (a->image)
		log_info("launchers' arms run on the user space of their image: it is compared, "
			 "too");
	else if (!dir && (j->arm[0].words || j->arm[1].words))
		log_info("both arms start this program on the libraries that they find; started "
			 "from "
			 "build/portable (make portable) they would be the same");
	free(dir);
}

static void say(const struct job *j)
{
	const struct asked *a = j->own;
	struct ab_family f;
	double block_s = ab_block_s(&j->plan);

	ab_count(&f, &j->plan);
	log_info("%s: %s against %s, %u gates, %u controls, %u screens, into %s", j->plan.name,
		 j->arm[0].name, j->arm[1].name, f.gates, f.controls, f.screens,
		 bundle_dir(j->p.bundle));
	if (a->quick)
		log_info("about %.0f min: one look, after %u blocks",
			 verdict_blocks[0] * block_s / 60, verdict_blocks[0]);
	else
		log_info("about %.0f min for %u blocks, %.0f for %u, %.0f for %u; only what is "
			 "undecided goes on; --quick stops at the first look",
			 verdict_blocks[0] * block_s / 60, verdict_blocks[0],
			 verdict_blocks[1] * block_s / 60, verdict_blocks[1],
			 verdict_blocks[2] * block_s / 60, verdict_blocks[2]);
	say_userland(j);
	if (!f.gates)
		log_warn("the suite names no gate that this machine has: no verdict can be given");
}

static int go(struct job *j, struct err *e)
{
	return ab_run(&j->p, j->arm, e);
}

static const struct job_kind kind = {
	.name = "ab", .restore = restore, .extend = extend, .record = record, .go = go, .say = say};

static int run(const struct app *app, int argc, char **argv)
{
	struct asked a = {.quick = false};
	struct job j = {.app = app, .kind = &kind, .own = &a, .seed = 1, .arms = 2};
	struct err e = ERR_INIT;
	int first = command_options(&command_ab, argc, argv, take, &j);
	int code = first == -1 ? EXIT_PASSED : EXIT_USAGE;

	if (first >= 0 && (j.resume || !take_arms(&j, &e)))
		code = job_run(&j, first, argc, argv);
	if (e.code)
		err_print(&e, "assay", stderr);
	job_free(&j);
	free(a.plain);
	return code;
}

const struct command command_ab = {
	.name = "ab",
	.args = "SUITE",
	.summary = "Compares two arms, host and container for example, block by block",
	.detail =
		"SUITE is a name (assay list) or the path of a file. Fresh processes of A and B "
		"alternate; after 8,\n"
		"16 and 32 blocks each gate of the suite is looked at, and what is decided is not "
		"measured again.\n"
		"B is the one in question: REGRESSED means that B is worse than A.",
	.options = options,
	.run = run,
};
