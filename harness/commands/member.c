/* assay member: one process of a gang. Started by a step, or by another rank of a launcher. */
#include "../../kernels/gang.h"
#include "../../kernels/list_table.h"
#include "../base/status.h"
#include "../base/units.h"
#include "../run/gate.h"
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option_spec options[] = {
	{"fd", "N", "descriptor of the socket on which orders come"},
	{"rank", "N", "which member this is"},
	{"size", "N", "how many there are"},
	{"arm", "NAME", "arm that the step belongs to"},
	{NULL, NULL, NULL},
};

struct parsed {
	unsigned fd, rank, size;
};

static int set(void *arg, const char *name, const char *value, struct err *e)
{
	struct parsed *p = arg;
	uint64_t v;

	if (!strcmp(name, "arm"))
		return 0; /* for the simulated server, which reads the command line */
	if (units_parse_u64(value, &v) || v > 1024)
		return err_set(e, EINVAL, "--%s: \"%s\" is no number", name, value);
	*(!strcmp(name, "fd") ? &p->fd : !strcmp(name, "rank") ? &p->rank : &p->size) = (unsigned)v;
	return 0;
}

static int run(const struct app *app, int argc, char **argv)
{
	struct parsed p = {0};
	int first = command_options(&command_member, argc, argv, set, &p);
	const struct bench *b;

	(void)app;
	if (first < 0)
		return first == -1 ? EXIT_PASSED : EXIT_USAGE;
	b = first < argc ? bench_named(bench_list, argv[first]) : NULL;
	if (!b || !b->member || p.fd < 3 || p.rank >= p.size)
		return command_usage("member: only a step of assay starts this");
	int code = gang_serve(b->member, (int)p.fd, p.rank, p.size);

	/* Exit handlers would run beside the threads of CUDA and NCCL, and beside our lifeline. */
	fflush(NULL);
	_exit(code);
}

const struct command command_member = {
	.name = "member",
	.args = "BENCHMARK",
	.summary = "One of several processes that a step lets act together",
	.options = options,
	.hidden = true,
	.run = run,
};
