/* What run and ab share: see job.h. */
#include "job.h"
#include "../../kernels/list_table.h"
#include "../base/buf.h"
#include "../base/clock.h"
#include "../base/log.h"
#include "../base/mem.h"
#include "../base/status.h"
#include "../base/units.h"
#include "../probe/guard.h"
#include "present.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static volatile int interrupted; /* the signal's number: the one flag that a handler may set */

static void on_signal(int number)
{
	interrupted = number;
}

static void catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

int job_option(struct job *j, const char *name, const char *value, struct err *e)
{
	if (!strcmp(name, "out"))
		j->out = value;
	else if (!strcmp(name, "like"))
		j->like = value;
	else if (!strcmp(name, "resume"))
		j->resume = value;
	else if (!strcmp(name, "json"))
		j->json = true;
	else if (!strcmp(name, "force"))
		return forced_parse(&j->forced, value, e);
	else if (!strcmp(name, "lock-clocks"))
		return clock_lock_take(&j->lock, value, e);
	else if (!strcmp(name, "restore-clocks"))
		return clock_lock_take_restore(&j->lock, value, e);
	else if (!strcmp(name, "seed"))
		return units_parse_u64(value, &j->seed)
			       ? err_set(e, EINVAL, "--seed wants a whole number")
			       : 0;
	else if (!strcmp(name, "set"))
		return command_override(&j->change, name, value, e);
	else
		return 1;
	return 0;
}

int job_arm(struct job *j, size_t i, const char *text, struct err *e)
{
	char *scripts = command_launchers(j->app);

	arm_free(&j->arm[i]);
	int rc = arm_parse(&j->arm[i], text, scripts, j->app->self, e);
	free(scripts);
	return rc;
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

static char *default_out(const struct job *j)
{
	const char *host = machine_value(&j->arm[0].m, "host.name");
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
	out = mem_printf("results/%s-%s-%s", utc, name, j->plan.name);
	for (int i = 2; !access(out, F_OK); i++) {
		free(out);
		out = mem_printf("results/%s-%s-%s.%d", utc, name, j->plan.name, i);
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

/* ---- before the first step ---- */

static int check_suite(struct job *j, struct suite *s, struct err *e)
{
	struct plan_options o = {.processes = j->change.processes, .set = j->change.set};
	char *path = command_suite_path(j->app, j->suite, e);
	int rc;

	if (!path)
		return -e->code;
	rc = suite_load(s, path, e);
	record_file_hash(path, j->hash);
	free(path);
	if (!rc)
		rc = plan_make(&j->plan, s, bench_list, NULL, &o, e);
	plan_free(&j->plan);
	return rc;
}

static int load_old(struct job *j, const char *from, struct err *e)
{
	int rc = bundle_load(&j->old, from, e);

	if (rc)
		return rc;
	const char *hash = bundle_value(&j->old, "", "suite.hash");
	const char *seed = bundle_value(&j->old, "", "run.seed");

	snprintf(j->hash, sizeof(j->hash), "%s", hash ? hash : "");
	j->seed = seed ? strtoull(seed, NULL, 10) : j->seed;
	rc = clock_lock_again(&j->lock, &j->old, j->resume, e);
	return !rc && j->resume ? j->kind->restore(j, e) : rc;
}

static int make_plan(struct job *j, const struct suite *s, struct err *e)
{
	const struct machine *m = &j->arm[0].m;
	bool without_nvml = forced_has(&j->forced, "nvml");
	struct plan_options o = {.processes = j->change.processes,
				 .set = j->change.set,
				 .without_nvml = without_nvml};
	bool again = j->resume || j->like;
	int rc = again ? plan_like(&j->plan, &j->old, bench_list, m, without_nvml, e)
		       : plan_make(&j->plan, s, bench_list, m, &o, e);

	if (!rc && j->kind->extend)
		rc = j->kind->extend(j, e);
	for (size_t i = 0; i < j->arms && j->resume && !rc; i++)
		rc = record_same(&j->arm[i], &j->old, e);
	return rc;
}

static int look_at_machine(struct job *j, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < j->arms && !rc; i++) {
		rc = machine_read(&j->arm[i].m, e);
		if (!rc)
			parent_probe(&j->p, &j->arm[i]);
	}
	j->p.n_gpus = j->arm[0].m.n_gpus;
	parent_open(&j->p);
	return rc;
}

static int exit_code_of(int rc)
{
	return rc == -EINTR ? 128 + interrupted : rc == -EINVAL ? EXIT_USAGE : EXIT_NOTHING;
}

/* Everything up to the bundle. Returns an exit code, or -1 to go on. */
static int prepare(struct job *j, struct err *e)
{
	const char *from = j->resume ? j->resume : j->like;
	struct suite s = {0};
	int code = -1, rc = 0;

	if (from ? load_old(j, from, e) : check_suite(j, &s, e))
		code = EXIT_USAGE;
	else if (look_at_machine(j, e))
		code = EXIT_NOTHING;
	else if (make_plan(j, &s, e))
		code = EXIT_USAGE;
	else if ((rc = clock_lock_begin(&j->lock, &j->p, &j->arm[0].m, e)))
		code = exit_code_of(rc);
	j->p.seed = j->seed;
	suite_free(&s);
	return code;
}

static int reopen_bundle(struct job *j, struct err *e)
{
	char number[16];

	j->attempt = bundle_resumed(&j->old) + 1;
	snprintf(number, sizeof(number), "%u", j->attempt);
	int rc = bundle_reopen(&j->p.bundle, j->resume, e);
	return rc ? rc : bundle_add_manifest(j->p.bundle, "", "run.resumed", number, "assay", e);
}

static int open_bundle(struct job *j, struct err *e)
{
	if (j->resume)
		return reopen_bundle(j, e);
	char *dir = j->out ? mem_strdup(j->out) : default_out(j);
	int rc = bundle_create(&j->p.bundle, dir, e);

	if (!rc && !j->out)
		point_latest(dir);
	free(dir);
	if (!rc)
		rc = record_run(&j->p, j->hash, j->argv, e);
	if (!rc)
		rc = j->kind->record(j, e);
	for (size_t i = 0; i < j->arms && !rc; i++)
		rc = record_arm(&j->p, &j->arm[i], e);
	return rc ? rc : clock_lock_record(&j->lock, &j->p, e);
}

/* In a source tree without a GPU at hand, the simulated server shows what GPU results look like. */
static void name_simulation(const struct job *j)
{
	char *servers =
		mem_printf("%s/../tests/simgpu/servers", j->app->suites ? j->app->suites : "");

	if (!j->p.n_gpus && !access(servers, F_OK))
		log_info("no GPU here; to see GPU results from a simulated server: "
			 "make bench SUITE=h2d SIM=hgx-h100");
	free(servers);
}

/* ---- the run ---- */

static int finish(struct job *j, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < j->arms && !rc; i++)
		rc = record_throttling(&j->p, &j->arm[i], e);
	if (!rc)
		rc = record_end(&j->p, e);
	return rc ? rc : bundle_seal(j->p.bundle, e);
}

static int measure(struct job *j, struct err *e)
{
	int rc = open_bundle(j, e);

	if (rc)
		return EXIT_FAILED;
	j->kind->say(j);
	if (*clock_meas_simulated())
		log_info("SIMULATED server %s: nothing here is a measurement",
			 clock_meas_simulated());
	preflight_warn(&j->arm[0].m);
	rc = j->kind->go(j, e);
	int end = clock_lock_end(&j->lock, &j->p, !rc, e);

	rc = rc ? rc : end;
	if (!rc)
		rc = finish(j, e);
	if (!rc) {
		int code = present_bundle(bundle_dir(j->p.bundle), j->json, e);

		name_simulation(j);
		return code;
	}
	if (rc != -EINTR)
		return EXIT_FAILED;
	err_clear(e);
	err_set(e, EINTR, "interrupted; assay %s --resume %s finishes it", j->kind->name,
		bundle_dir(j->p.bundle));
	return 128 + interrupted;
}

static char *join(int argc, char **argv)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, "assay");
	for (int i = 0; i < argc; i++)
		buf_printf(&b, " %s", argv[i]);
	return buf_steal(&b);
}

/* Not being able to is no reason to measure nothing: what is left may be another user's. */
static void mend(const struct job *j)
{
	struct err e = ERR_INIT;

	if (guard_mend(j->app->self, &e))
		log_warn("%s", e.text);
}

int job_run(struct job *j, int first, int argc, char **argv)
{
	struct err e = ERR_INIT;

	j->suite = first < argc ? argv[first] : NULL;
	if (argc - first > 1 || !!j->suite + !!j->like + !!j->resume != 1)
		return command_usage("%s: name one suite (assay list shows them), or --like or "
				     "--resume a bundle",
				     j->kind->name);
	if (j->lock.back[0] && !j->lock.asked && !j->like && !j->resume)
		return command_usage("%s: --restore-clocks says what comes after --lock-clocks, "
				     "which is missing",
				     j->kind->name);
	j->argv = join(argc, argv);
	j->p = (struct parent){.self = j->app->self,
			       .forced = j->forced,
			       .plan = &j->plan,
			       .interrupted = &interrupted};
	catch_signals();
	mend(j);
	int code = prepare(j, &e);
	if (code < 0)
		code = measure(j, &e);
	if (e.code)
		err_print(&e, "assay", stderr);
	clock_lock_end(&j->lock, &j->p, false, &e);
	parent_close(&j->p);
	bundle_close(j->p.bundle);
	return code;
}

void job_free(struct job *j)
{
	clock_lock_free(&j->lock);
	bundle_data_free(&j->old);
	plan_free(&j->plan);
	for (size_t i = 0; i < j->arms; i++)
		arm_free(&j->arm[i]);
	free(j->argv);
}
