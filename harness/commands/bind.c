/*
 * assay bind: a program on the NUMA node of a GPU. Affinity mask and memory policy belong to a
 * process and are kept by fork and exec: we take both on and then become the program, whose exit
 * status and signals are its own. Who knows the GPU's node is asked in the order of
 * harness/probe/README.md, in a child: this process never initialises CUDA.
 *
 * Known error: a program that sets its own mask or policy (numactl, an MPI launcher, some data
 * loaders) undoes this, and mpirun and srun start theirs elsewhere: bind behind them, per rank.
 */
#include "../base/log.h"
#include "../base/mem.h"
#include "../base/status.h"
#include "../base/units.h"
#include "../probe/cpuset.h"
#include "../probe/placement.h"
#include "../probe/sysfs.h"
#include "../run/parent.h"
#include "command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As env, nohup and timeout have them; any other status is the program's. */
enum { EXIT_CANNOT_BIND = 125, EXIT_CANNOT_RUN = 126, EXIT_NO_PROGRAM = 127 };

static const struct option_spec options[] = {
	{"gpu", "N",
	 "the node of this GPU: a number in PCI order, as nvidia-smi has them, or a PCI "
	 "address"},
	{"node", "N", "this NUMA node"},
	{"show", NULL, "print what the program would be bound to and who said so; run nothing"},
	{"strict", NULL, "do not run it if its memory cannot be bound (by default that is said)"},
	{NULL, NULL, NULL},
};

struct asked {
	const char *gpu, *node;
	bool show, strict;
};

/* Where to. */
struct target {
	int node;
	char *what;	    /* "GPU 3 (0000:3c:00.0)", "--node 1"; owned */
	const char *source; /* who said so */
};

static int take(void *arg, const char *name, const char *value, struct err *e)
{
	struct asked *a = arg;

	(void)e;
	if (!strcmp(name, "gpu"))
		a->gpu = value;
	else if (!strcmp(name, "node"))
		a->node = value;
	else if (!strcmp(name, "show"))
		a->show = true;
	else
		a->strict = true;
	return 0;
}

/* ---- which node ---- */

static int named_node(struct target *t, const struct machine *m, const char *text, struct err *e)
{
	uint64_t v;

	if (units_parse_u64(text, &v) || v > INT32_MAX || !topology_node(&m->topo, (int)v))
		return err_set(e, EINVAL, "--node: there is no NUMA node %s here", text);
	*t = (struct target){
		.node = (int)v, .what = mem_printf("--node %d", (int)v), .source = "as asked"};
	return 0;
}

static int gpu_number(const struct machine *m, const char *text, size_t *gpu, struct err *e)
{
	char address[16];
	uint64_t v;

	if (!m->n_gpus)
		return err_set(e, EINVAL,
			       "--gpu: no NVIDIA GPU on the PCI bus; --node binds to a "
			       "NUMA node");
	for (*gpu = 0; !pci_address(address, text) && *gpu < m->n_gpus; (*gpu)++) {
		if (!strcmp(m->gpu[*gpu].address, address))
			return 0;
	}
	if (units_parse_u64(text, &v) || v >= m->n_gpus)
		return err_set(e, EINVAL, "--gpu: there is no GPU %s; this machine has %zu", text,
			       m->n_gpus);
	*gpu = (size_t)v;
	return 0;
}

/* The probe's row: who knew, and what. */
static void ask(struct target *t, struct arm *arm, size_t gpu, const struct parent *p)
{
	char key[48];

	parent_probe(p, arm);
	snprintf(key, sizeof(key), "gpu.%zu.numa_node", gpu);
	for (size_t i = 0; i < arm->m.n_rows; i++) {
		if (strcmp(arm->m.row[i].key, key) != 0)
			continue;
		t->node = atoi(arm->m.row[i].value);
		t->source = arm->m.row[i].source;
	}
}

static int gpu_node(struct target *t, struct arm *arm, const char *text, const struct parent *p,
		    struct err *e)
{
	const struct machine *m = &arm->m;
	size_t gpu = 0;
	int rc = gpu_number(m, text, &gpu, e);

	if (rc)
		return rc;
	t->node = m->topo.n_nodes == 1 ? m->topo.nodes[0].id : -1;
	t->source = "the machine has one node";
	t->what = mem_printf("GPU %zu (%s)", gpu, m->gpu[gpu].address);
	if (t->node < 0)
		ask(t, arm, gpu, p);
	if (topology_node(&m->topo, t->node))
		return 0;
	return err_set(
		e, ENOENT,
		"%s: its NUMA node is not known (%s): assay run numa measures which is near, "
		"--node binds to it",
		t->what, t->source);
}

/* ---- binding ---- */

/*
 * CPUs first: without them it is no binding. A recorded or simulated machine (real is false) is
 * another one: it is looked at and nothing is set. 0 or a negative errno.
 */
static int bind_cpus(const struct target *t, const struct topo_node *node, bool real, struct err *e)
{
	char *why = cpuset_obstacle(t->node, true, false);
	int rc = 0;

	if (why)
		rc = err_set(e, EPERM, "%s: no CPU of NUMA node %d for this process: %s", t->what,
			     t->node, why);
	else if (node->n_cpus && real)
		rc = placement_pin_node(t->node, e);
	free(why);
	return rc;
}

static int bind_memory(const struct target *t, bool real, struct err *e)
{
	char *why = cpuset_obstacle(t->node, false, true);
	int rc = 0;

	if (why)
		rc = err_set(e, EPERM, "%s: no memory of NUMA node %d for this process: %s",
			     t->what, t->node, why);
	else if (real)
		rc = placement_policy(t->node, e);
	free(why);
	return rc;
}

static void show(const struct target *t, const struct topo_node *node, const struct err *memory)
{
	char *cpus = sysfs_format_list(node->cpus, node->n_cpus);

	printf("%s: NUMA node %d (%s)\n", t->what, t->node, t->source);
	printf("CPUs:   %s\n", *cpus ? cpus : "not bound: the node has none");
	if (memory->code)
		printf("memory: not bound: %s\n", memory->text);
	else
		printf("memory: node %d\n", t->node);
	free(cpus);
}

/* Becomes the program; returns only where that cannot be. */
static int become(char **argv)
{
	signal(SIGPIPE, SIG_DFL); /* which we ignore, and it would inherit that */
	execvp(argv[0], argv);
	int code = errno == ENOENT ? EXIT_NO_PROGRAM : EXIT_CANNOT_RUN;

	log_warn("bind: cannot run %s: %s", argv[0], strerror(errno));
	return code;
}

/* ---- the command ---- */

static int act(const struct asked *a, const struct target *t, const struct machine *m)
{
	const struct topo_node *node = topology_node(&m->topo, t->node);
	struct err cpus = ERR_INIT, memory = ERR_INIT;
	bool real = !*sysfs_root();

	if (bind_cpus(t, node, real, &cpus)) {
		err_print(&cpus, "assay: bind", stderr);
		return EXIT_CANNOT_BIND;
	}
	bind_memory(t, real, &memory);
	if (memory.code && a->strict) {
		err_print(&memory, "assay: bind", stderr);
		return EXIT_CANNOT_BIND;
	}
	if (a->show)
		show(t, node, &memory);
	else if (memory.code)
		log_warn("bind: memory is not bound, CPUs are: %s", memory.text);
	return EXIT_PASSED;
}

static int check_usage(const struct asked *a, bool program)
{
	if (!a->gpu == !a->node)
		return command_usage("bind: name one GPU (--gpu N) or one NUMA node (--node N)");
	if (!program && !a->show)
		return command_usage(
			"bind: which program? For example assay bind --gpu 0 -- python3 "
			"train.py");
	if (program && !a->show && *sysfs_root())
		return command_usage("bind: this machine is recorded or simulated: --show works, "
				     "running does not");
	return EXIT_PASSED;
}

static int run(const struct app *app, int argc, char **argv)
{
	static const volatile int never = 0;
	const struct parent p = {.self = app->self, .interrupted = &never};
	struct target t = {.what = NULL};
	struct arm arm = {0};
	struct err e = ERR_INIT;
	struct asked a = {.gpu = NULL};
	int first = command_options(&command_bind, argc, argv, take, &a), rc;

	if (first < 0)
		return first == -1 ? EXIT_PASSED : EXIT_USAGE;
	int code = check_usage(&a, first < argc);

	if (code)
		return code;
	rc = arm_parse(&arm, "host", NULL, app->self, &e);
	if (!rc)
		rc = machine_read(&arm.m, &e);
	if (!rc)
		rc = a.node ? named_node(&t, &arm.m, a.node, &e)
			    : gpu_node(&t, &arm, a.gpu, &p, &e);
	if (rc) {
		err_print(&e, "assay: bind", stderr);
		code = rc == -EINVAL ? EXIT_USAGE : EXIT_CANNOT_BIND;
	} else {
		code = act(&a, &t, &arm.m);
	}
	arm_free(&arm);
	free(t.what);
	return code || a.show ? code : become(argv + first);
}

const struct command command_bind = {
	.name = "bind",
	.args = "--gpu N|--node N [--show] -- PROGRAM [ARGUMENT]…",
	.summary = "Runs a program with CPU and memory bound to the NUMA node of a GPU",
	.detail = "The program may use the CPUs of that node that are allowed here, and its memory "
		  "comes "
		  "from there\n"
		  "alone; what it starts inherits both. Its exit status is the program's; 125: it "
		  "could "
		  "not be bound,\n"
		  "126: the program cannot be run, 127: there is no such program.",
	.options = options,
	.wraps = true,
	.run = run,
};
