/* assay step: the inside of a step. Started by assay itself, in the arm that is measured. */
#include "../run/step.h"
#include "../../kernels/list_table.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "../probe/env.h"
#include "../probe/limits.h"
#include "../run/gate.h"
#include "../run/telemetry.h"
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option_spec options[] = {
	{"nonce", "TEXT", "word that marks this step's rows"},
	{"seed", "N", "seed of the run"},
	{"arm", "NAME", "arm that the step belongs to"},
	{"block", "N", "block of the run"},
	{"step", "N", "number in the plan"},
	{"process", "N", "which process of the step"},
	{"attempt", "N", "how often the run was resumed"},
	{"deadline", "SECONDS", "end with TIMEOUT after so long"},
	{"gpu-uuid", "UUID,…", "the only GPUs that this process may see, in CUDA's order"},
	{"gate", "PATTERNS", "keys that get the larger time budget"},
	{"slow", "SHARE", "take longer by this share, for real: the known fault of a comparison"},
	{"ranks", "N:SOCKET", "a launcher started so many ranks; where they meet"},
	{"lifeline", NULL, "end when standard input ends"},
	{NULL, NULL, NULL},
};

struct parsed {
	struct step_args a;
	bool lifeline;
};

static int number(const char *name, const char *value, unsigned *out, struct err *e)
{
	uint64_t v;

	if (units_parse_u64(value, &v) || v > UINT32_MAX)
		return err_set(e, EINVAL, "--%s: \"%s\" is no number", name, value);
	*out = (unsigned)v;
	return 0;
}

static int take_ranks(struct step_args *a, const char *value, struct err *e)
{
	char *end;

	a->ranks = (unsigned)strtoul(value, &end, 10);
	a->rendezvous = end + 1;
	if (*end != ':' || a->ranks < 2 || *a->rendezvous != '/')
		return err_set(e, EINVAL, "--ranks wants N:SOCKET");
	return 0;
}

static int set(void *arg, const char *name, const char *value, struct err *e)
{
	struct parsed *p = arg;
	struct step_args *a = &p->a;

	if (!strcmp(name, "nonce"))
		a->nonce = value;
	else if (!strcmp(name, "arm"))
		a->arm = value;
	else if (!strcmp(name, "gpu-uuid"))
		a->gpu_uuid = value;
	else if (!strcmp(name, "gate"))
		a->gate = value;
	else if (!strcmp(name, "lifeline"))
		p->lifeline = true;
	else if (!strcmp(name, "deadline"))
		a->deadline_s = strtod(value, NULL);
	else if (!strcmp(name, "slow"))
		return units_parse_share(value, &a->slow)
			       ? err_set(e, EINVAL, "--slow wants a share such as 10%%")
			       : 0;
	else if (!strcmp(name, "ranks"))
		return take_ranks(a, value, e);
	else if (!strcmp(name, "seed"))
		return units_parse_u64(value, &a->seed) ? err_set(e, EINVAL, "--seed: no number")
							: 0;
	else
		return number(name, value,
			      !strcmp(name, "block")	 ? &a->block
			      : !strcmp(name, "step")	 ? &a->step
			      : !strcmp(name, "process") ? &a->process
							 : &a->attempt,
			      e);
	return 0;
}

static void send_env(void *arg, const char *key, const char *value, const char *source)
{
	const char *fields[] = {"env", key, value, source};

	emit_row(arg, fields, 4);
}

/* What this process must not inherit before it touches a driver. */
static void clean_environment(const struct step_args *a)
{
	setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 1);
	setenv("CUDA_MODULE_LOADING", "EAGER", 1);
	/* a site's MPS daemon would capture us: look for it where there is none */
	setenv("CUDA_MPS_PIPE_DIRECTORY", "/proc/self/fdinfo", 1);
	if (a->gpu_uuid)
		setenv("CUDA_VISIBLE_DEVICES", a->gpu_uuid, 1);
}

/* By how much this process's control groups were throttled since it began, if they keep count. */
static void send_throttling(struct emitter *out, double periods_before, double seconds_before)
{
	double periods, seconds;
	char n[32], s[32];

	if (!limits_throttled(&periods, &seconds))
		return;
	const char *fields[] = {"throttled", units_exact(n, sizeof(n), periods - periods_before),
				units_exact(s, sizeof(s), seconds - seconds_before)};
	emit_row(out, fields, 3);
}

static enum status measure(struct emitter *out, const struct parsed *p, char *reason, size_t n)
{
	static struct ctx c; /* outlives this function: the watchdog reads it */
	const struct bench *b = bench_named(bench_list, p->a.bench);
	double periods = 0, seconds = 0;
	struct err e = ERR_INIT;

	if (!b)
		err_set(&e, EINVAL, "there is no benchmark \"%s\"", p->a.bench);
	else
		ctx_init(&c, b, &p->a, out, &e);
	step_guard(out, p->a.deadline_s, p->lifeline, b && !e.code ? &c : NULL);
	if (e.code) {
		snprintf(reason, n, "%s", e.text);
		return ST_ERROR;
	}
	clean_environment(&p->a);
	limits_throttled(&periods, &seconds);
	enum status s = step_run(&c, reason, n);
	send_throttling(out, periods, seconds);
	ctx_fini(&c);
	return s;
}

static bool is_probe(const char *what)
{
	return !strcmp(what, "probe") || !strcmp(what, "state") || !strcmp(what, "telemetry");
}

/* The steps that measure nothing: what the machine is, and how its GPUs are. */
static enum status probe(struct emitter *out, const struct parsed *p, char *reason, size_t n)
{
	struct err e = ERR_INIT;

	bool all = !strcmp(p->a.bench, "probe");

	step_guard(out, p->a.deadline_s, p->lifeline, NULL);
	if (all)
		env_host(send_env, out); /* the caller's environment variables among it */
	emit_flush(out);
	clean_environment(&p->a);
	if (all) {
		env_gpu(send_env, out);
	} else if (!strcmp(p->a.bench, "state")) {
		env_gpu_state(send_env, out);
	} else if (telemetry_read(out, p->a.params, p->a.n_params, &e)) {
		snprintf(reason, n, "%s", e.text);
		return ST_ERROR;
	}
	return ST_PASS;
}

static int run(const struct app *app, int argc, char **argv)
{
	static struct emitter out;
	struct parsed p = {.a = {.nonce = "by-hand", .arm = "host", .gate = ""}};
	int first = command_options(&command_step, argc, argv, set, &p);
	char reason[1536] = "";
	enum status s;

	if (first < 0)
		return first == -1 ? EXIT_PASSED : EXIT_USAGE;
	if (first >= argc)
		return command_usage("step: which benchmark? See assay step --help");
	p.a.bench = argv[first];
	p.a.self = app->self;
	p.a.params = (const char *const *)argv + first + 1;
	p.a.n_params = (size_t)(argc - first - 1);
	emit_init(&out, STDOUT_FILENO, p.a.nonce);
	s = is_probe(p.a.bench) ? probe(&out, &p, reason, sizeof(reason))
				: measure(&out, &p, reason, sizeof(reason));
	emit_end(&out, s, reason);
	return EXIT_PASSED;
}

const struct command command_step = {
	.name = "step",
	.args = "BENCHMARK|probe|state|telemetry [PARAMETER=VALUE|PCI ADDRESS]…",
	.summary = "Measures one step in this process and prints framed rows",
	.detail = "Started by assay run for each process of each step. By hand it is good for "
		  "looking at one\n"
		  "benchmark alone, in a debugger for example:\n"
		  "  assay step host_latency cpu_node=0 node=0",
	.options = options,
	.hidden = true,
	.run = run,
};
