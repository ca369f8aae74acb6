/* assay run: from a suite to a bundle, its results and its report. */
#include "../base/log.h"
#include "../base/status.h"
#include "../run/rounds.h"
#include "job.h"

#include <errno.h>
#include <string.h>

static const struct option_spec options[] = {
	JOB_OPTIONS,
	{"processes", "N", "fresh processes of each step (default: as the suite says)"},
	{"arm", "[NAME=]LAUNCHER",
	 "run the steps through a launcher, for example podman or scripts/in-podman"},
	{NULL, NULL, NULL},
};

static int take(void *arg, const char *name, const char *value, struct err *e)
{
	struct job *j = arg;
	int rc = job_option(j, name, value, e);

	if (rc <= 0)
		return rc;
	if (!strcmp(name, "arm"))
		return job_arm(j, 0, value, e);
	return command_override(&j->change, name, value, e);
}

/* The arm of a bundle: its name and its launcher. */
static int restore(struct job *j, struct err *e)
{
	const char *name = bundle_value(&j->old, "", "run.arm");
	const char *launcher = bundle_value(&j->old, "", "run.arm.launcher");
	int rc = 0;

	if (bundle_value(&j->old, "", "ab.a"))
		return err_at(e, EINVAL, j->resume, 0,
			      "holds two arms; assay ab --resume finishes it");
	if (!j->arm[0].words && launcher && *launcher)
		rc = job_arm(j, 0, launcher, e);
	if (!rc && name)
		arm_rename(&j->arm[0], name);
	return rc;
}

static int record(struct job *j, struct err *e)
{
	const struct arm *a = &j->arm[0];
	int rc = bundle_add_manifest(j->p.bundle, "", "run.arm", a->name, "--arm", e);

	return rc ? rc
		  : bundle_add_manifest(j->p.bundle, "", "run.arm.launcher", a->launcher, "--arm",
					e);
}

static int go(struct job *j, struct err *e)
{
	return rounds_run(&j->p, &j->arm[0], j->resume ? &j->old : NULL, j->attempt, e);
}

static void say(const struct job *j)
{
	double estimate = plan_estimate_s(&j->plan);

	log_info("%s: %zu step%s, about %d min %02d s, into %s", j->plan.name, j->plan.n,
		 j->plan.n == 1 ? "" : "s", (int)(estimate / 60), (int)estimate % 60,
		 bundle_dir(j->p.bundle));
}

static const struct job_kind kind = {
	.name = "run", .restore = restore, .record = record, .go = go, .say = say};

static int run(const struct app *app, int argc, char **argv)
{
	struct job j = {.app = app, .kind = &kind, .seed = 1, .arms = 1};
	struct err e = ERR_INIT;
	int rc = job_arm(&j, 0, "host", &e);
	int first = rc ? -2 : command_options(&command_run, argc, argv, take, &j);

	int code = first >= 0	 ? job_run(&j, first, argc, argv)
		   : first == -1 ? EXIT_PASSED
				 : EXIT_USAGE;
	job_free(&j);
	return code;
}

const struct command command_run = {
	.name = "run",
	.args = "SUITE",
	.summary = "Measures a suite and writes the bundle with its report",
	.detail = "SUITE is a name (assay list) or the path of a file.",
	.options = options,
	.run = run,
};
