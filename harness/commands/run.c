/* assay run: from a suite to a bundle, its results and its report. */
#include "../base/log.h"
#include "../base/status.h"
#include "../run/ranks.h"
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
	const struct ranks *r = j->own;

	if (r->size > 1) {
		j->p.rendezvous = r->path;
		j->p.ranks = r->size;
	}
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

/* As rank 0, or alone. */
static int lead(struct job *j, struct ranks *r, int first, int argc, char **argv)
{
	struct err e = ERR_INIT;
	int code = EXIT_NOTHING;

	j->own = r;
	if (r->size > 1 && ranks_lead(r, &e))
		err_print(&e, "assay", stderr);
	else
		code = job_run(j, first, argc, argv);
	ranks_end(r);
	return code;
}

/* Any other rank says nothing unless something is wrong. */
static int serve(const struct job *j, const struct ranks *r)
{
	struct err e = ERR_INIT;

	if (!ranks_serve(r, j->app->self, &e))
		return EXIT_PASSED;
	err_print(&e, "assay", stderr);
	return EXIT_NOTHING;
}

static int run(const struct app *app, int argc, char **argv)
{
	struct job j = {.app = app, .kind = &kind, .seed = 1, .arms = 1};
	struct err e = ERR_INIT;
	struct ranks ranks;
	int rc = job_arm(&j, 0, "host", &e);
	int first = rc ? -2 : command_options(&command_run, argc, argv, take, &j);
	int code = first == -1 ? EXIT_PASSED : EXIT_USAGE;

	if (first >= 0 && ranks_read(&ranks, &e))
		err_print(&e, "assay", stderr);
	else if (first >= 0)
		code = ranks.rank ? serve(&j, &ranks) : lead(&j, &ranks, first, argc, argv);
	job_free(&j);
	return code;
}

const struct command command_run = {
	.name = "run",
	.args = "SUITE",
	.summary = "Measures a suite and writes the bundle with its report",
	.detail =
		"SUITE is a name (assay list) or the path of a file.\n"
		"Started once a rank (srun -n8 assay run nccl, mpirun, torchrun), rank 0 runs it "
		"and alone\n"
		"writes; the other ranks are members of its gangs and end with it. They must be on "
		"one host.",
	.options = options,
	.run = run,
};
