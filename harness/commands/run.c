/* assay run: from a suite to a bundle, its results and its report. */
#include "../../kernels/list_table.h"
#include "../base/buf.h"
#include "../base/clock.h"
#include "../base/log.h"
#include "../base/mem.h"
#include "../base/status.h"
#include "../base/units.h"
#include "../run/record.h"
#include "command.h"
#include "present.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct option_spec options[] = {
	{"out", "DIR",
	 "folder of the bundle (default results/UTC-HOST-SUITE; results/latest points at it)"},
	{"seed", "N", "seed of data and order (default 1)"},
	{"processes", "N", "fresh processes of each step (default: as the suite says)"},
	{"set", "NAME=VALUE",
	 "use another value for a parameter (NAME or BENCHMARK.NAME); may be repeated"},
	{"arm", "NAME=LAUNCHER",
	 "run the steps through a launcher, for example podman=scripts/in-podman"},
	{"force", "CHECK,…", "measure in spite of a preflight check; assay help force lists them"},
	{"like", "BUNDLE", "run the very plan of that bundle again, instead of a suite"},
	{"resume", "BUNDLE", "finish a bundle that was cut off, instead of a suite"},
	{"json", NULL, "print the results as JSON instead of the report"},
	{NULL, NULL, NULL},
};

struct asked {
	const char *out, *like, *resume, *suite;
	uint64_t seed;
	struct overrides change;
	struct arm arm;
	struct forced forced;
	bool json;
};

static volatile int interrupted; /* the signal's number: the one flag that a handler may set */

static void on_signal(int number)
{
	interrupted = number;
}

static int take(void *arg, const char *name, const char *value, struct err *e)
{
	struct asked *a = arg;

	if (!strcmp(name, "out"))
		a->out = value;
	else if (!strcmp(name, "like"))
		a->like = value;
	else if (!strcmp(name, "resume"))
		a->resume = value;
	else if (!strcmp(name, "json"))
		a->json = true;
	else if (!strcmp(name, "arm"))
		return command_arm(value, &a->arm, e);
	else if (!strcmp(name, "force"))
		return forced_parse(&a->forced, value, e);
	else if (!strcmp(name, "seed"))
		return units_parse_u64(value, &a->seed)
			       ? err_set(e, EINVAL, "--seed wants a whole number")
			       : 0;
	else
		return command_override(&a->change, name, value, e);
	return 0;
}

/* ---- the folder ---- */

/* A file name's worth of a host name. */
static void plain(char *s)
{
	for (; *s; s++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", *s))
			*s = '_';
	}
}

static char *default_out(const struct parent *p)
{
	const char *host = machine_value(p->m, "host.name");
	char *name = mem_strdup(host && *host ? host : "host"), utc[32], *out;

	clock_utc(utc);
	for (char *s = utc, *d = utc;; s++) {
		if (*s != '-' && *s != ':')
			*d++ = *s;
		if (!*s)
			break;
	}
	plain(name);
	mkdir("results", 0777);
	out = mem_printf("results/%s-%s-%s", utc, name, p->plan->name);
	for (int i = 2; !access(out, F_OK); i++) {
		free(out);
		out = mem_printf("results/%s-%s-%s.%d", utc, name, p->plan->name, i);
	}
	free(name);
	return out;
}

static void point_latest(const char *dir)
{
	const char *tmp = "results/.latest";

	unlink(tmp);
	if (symlink(strrchr(dir, '/') + 1, tmp) || rename(tmp, "results/latest"))
		log_warn("cannot point results/latest at %s: %s", dir, strerror(errno));
}

/* ---- the run ---- */

struct job {
	const struct app *app;
	const struct asked *a;
	struct parent p;
	struct machine m;
	struct plan plan;
	struct bundle_data old; /* of --like and --resume */
	char *argv;
	char hash[17];
};

static int check_suite(struct job *j, struct suite *s, struct err *e)
{
	struct plan_options o = {.processes = j->a->change.processes, .set = j->a->change.set};
	char *path = command_suite_path(j->app, j->a->suite);
	int rc = suite_load(s, path, e);

	record_file_hash(path, j->hash);
	free(path);
	if (!rc)
		rc = plan_make(&j->plan, s, bench_list, NULL, &o, e);
	plan_free(&j->plan);
	return rc;
}

static unsigned attempts_before(const struct bundle_data *d)
{
	const char *v = bundle_value(d, "", "run.resumed");

	return v ? (unsigned)strtoul(v, NULL, 10) : 0;
}

/* Everything up to the first step. Returns an exit code, or -1 to go on. */
static int prepare(struct job *j, struct err *e)
{
	const struct asked *a = j->a;
	const char *from = a->resume ? a->resume : a->like;
	bool without_nvml = forced_has(&a->forced, "nvml");
	struct plan_options o = {.processes = a->change.processes,
				 .set = a->change.set,
				 .without_nvml = without_nvml};
	struct suite s = {0};
	int rc = from ? bundle_load(&j->old, from, e) : check_suite(j, &s, e);

	if (!rc && from) {
		const char *hash = bundle_value(&j->old, "", "suite.hash");
		const char *seed = bundle_value(&j->old, "", "run.seed");

		snprintf(j->hash, sizeof(j->hash), "%s", hash ? hash : "");
		j->p.seed = seed ? strtoull(seed, NULL, 10) : j->p.seed;
	}
	int code = rc ? EXIT_USAGE : machine_read(&j->m, e) ? EXIT_NOTHING : -1;

	if (code < 0) {
		j->p.m = &j->m;
		parent_probe(&j->p);
		rc = from ? plan_like(&j->plan, &j->old, bench_list, &j->m, without_nvml, e)
			  : plan_make(&j->plan, &s, bench_list, &j->m, &o, e);
		if (!rc && a->resume)
			rc = record_same(&j->p, &j->old, e);
		code = rc ? EXIT_USAGE : -1;
	}
	suite_free(&s);
	return code;
}

static int open_bundle(struct job *j, struct err *e)
{
	char number[16];

	if (j->a->resume) {
		j->p.done = &j->old;
		j->p.attempt = attempts_before(&j->old) + 1;
		snprintf(number, sizeof(number), "%u", j->p.attempt);
		int rc = bundle_reopen(&j->p.bundle, j->a->resume, e);
		return rc ? rc
			  : bundle_add_manifest(j->p.bundle, "", "run.resumed", number, "assay run",
						e);
	}
	char *dir = j->a->out ? mem_strdup(j->a->out) : default_out(&j->p);
	int rc = bundle_create(&j->p.bundle, dir, e);
	if (!rc && !j->a->out)
		point_latest(dir);
	free(dir);
	if (!rc)
		rc = record_run(&j->p, j->hash, j->argv, e);
	return rc ? rc : record_arm(&j->p, e);
}

/* In a source tree without a GPU at hand, the simulated server shows what GPU results look like. */
static void name_simulation(const struct job *j)
{
	char *servers =
		mem_printf("%s/../tests/simgpu/servers", j->app->suites ? j->app->suites : "");

	if (!j->m.n_gpus && !access(servers, F_OK))
		log_info("no GPU here; to see GPU results from a simulated server: "
			 "make bench SUITE=h2d SIM=hgx-h100");
	free(servers);
}

static void warn_about_gpus(const struct job *j)
{
	const char *machine = preflight_machine_warning(&j->m);

	if (*machine)
		log_warn("%s", machine);
	for (size_t i = 0; i < j->m.n_gpus; i++) {
		char *w = preflight_warning(&j->m, i);

		if (*w)
			log_warn("%s", w);
		free(w);
	}
}

static int measure(struct job *j, struct err *e)
{
	double estimate = plan_estimate_s(&j->plan);
	int rc = open_bundle(j, e);

	if (rc)
		return EXIT_FAILED;
	log_info("%s: %zu step%s, about %d min %02d s, into %s", j->plan.name, j->plan.n,
		 j->plan.n == 1 ? "" : "s", (int)(estimate / 60), (int)estimate % 60,
		 bundle_dir(j->p.bundle));
	if (*clock_meas_simulated())
		log_info("SIMULATED server %s: nothing here is a measurement",
			 clock_meas_simulated());
	warn_about_gpus(j);
	rc = parent_run(&j->p, e);
	if (!rc)
		rc = record_end(&j->p, e);
	if (!rc)
		rc = bundle_seal(j->p.bundle, e);
	if (!rc) {
		int code = present_bundle(bundle_dir(j->p.bundle), j->a->json, e);

		name_simulation(j);
		return code;
	}
	if (rc != -EINTR)
		return EXIT_FAILED;
	err_clear(e);
	err_set(e, EINTR, "interrupted; assay run --resume %s finishes it",
		bundle_dir(j->p.bundle));
	return 128 + interrupted;
}

static void catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

static char *join(int argc, char **argv)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, "assay");
	for (int i = 0; i < argc; i++)
		buf_printf(&b, " %s", argv[i]);
	return buf_steal(&b);
}

static int run(const struct app *app, int argc, char **argv)
{
	struct asked a = {.arm = {.name = "host"}, .seed = 1};
	struct job j = {.app = app, .a = &a, .argv = join(argc, argv)};
	struct err e = ERR_INIT;
	int first = command_options(&command_run, argc, argv, take, &a);

	if (first < 0) {
		free(j.argv);
		return first == -1 ? EXIT_PASSED : EXIT_USAGE;
	}
	a.suite = first < argc ? argv[first] : NULL;
	if (argc - first > 1 || !!a.suite + !!a.like + !!a.resume != 1) {
		free(j.argv);
		return command_usage("run: name one suite (assay list shows them), or --like or "
				     "--resume a bundle");
	}
	j.p = (struct parent){.self = app->self,
			      .arm = a.arm,
			      .seed = a.seed,
			      .forced = a.forced,
			      .plan = &j.plan,
			      .interrupted = &interrupted};
	catch_signals();
	int code = prepare(&j, &e);
	if (code < 0)
		code = measure(&j, &e);
	if (e.code)
		err_print(&e, "assay", stderr);
	bundle_close(j.p.bundle);
	bundle_data_free(&j.old);
	plan_free(&j.plan);
	machine_free(&j.m);
	free(j.argv);
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
