/*
 * How long a process takes from its start to its end: our own program, started with --version,
 * does nothing but be loaded, relocated and print a line that nobody reads. It sees the loader, the
 * file system that the program lies on, the kernel's fork and exec, and what a container's seccomp
 * filter costs each call. One CPU for parent and child; the program is in the page cache. Known
 * error: the clock stops when the parent has been woken, some microseconds after the child's end.
 */
#include "host.h"

#include "../harness/base/self.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct startup {
	const char *self;
	int null; /* /dev/null, for the child's input and output */
	struct host_load load;
	struct err e; /* why a start failed */
};

static const struct param params[] = {
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "process",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .help = "from starting a process until it has ended"},
	{.name = NULL},
};

/* Starts ourselves with --version and waits for the end. 0 or a negative errno. */
static int start(struct startup *s, int out, struct err *e)
{
	char *const argv[] = {(char *)s->self, (char *)"--version", NULL};
	posix_spawn_file_actions_t files;
	int rc, status = 0;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, s->null, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	rc = posix_spawn(&pid, s->self, &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (rc)
		return err_set(e, rc, "cannot start %s: %s", s->self, strerror(rc));
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_set(e, errno, "cannot wait for %s: %s", s->self,
				       strerror(errno));
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return err_set(e, EIO, "%s --version ended with status %#x", s->self,
			       (unsigned)status);
	return 0;
}

static void work(void *arg, uint64_t n)
{
	struct startup *s = arg;

	for (uint64_t i = 0; i < n && !s->e.code; i++)
		start(s, s->null, &s->e);
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct startup *s = arg;

	*seconds = placement_time(&s->load, n);
	return s->e.code ? err_set(e, s->e.code, "%s", s->e.text) : 0;
}

static int setup(struct ctx *c, struct err *e)
{
	struct startup *s = ctx_state(c);
	int node, rc;

	s->self = ctx_self(c);
	s->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (s->null < 0)
		return err_set(e, errno, "/dev/null: %s", strerror(errno));
	rc = host_home(&node, e);
	if (!rc)
		rc = host_pin(c, node, e);
	s->load = (struct host_load){.kind = HOST_START,
				     .cpu_node = node,
				     .node = node,
				     .threads = 1,
				     .amount = 1,
				     .work = work,
				     .arg = s};
	return rc;
}

static int run(struct ctx *c, struct err *e)
{
	struct startup *k = ctx_state(c);
	struct sampling s = host_sampling("process", SAMPLE_TIME, 1, &k->load);

	s.brief = true;
	s.batch = batch; /* which knows of starts that failed */
	s.arg = k;
	return ctx_sample(c, &s, e);
}

/* It must have been our program, and have done what it was asked to. */
static int verify(struct ctx *c, struct err *e)
{
	struct startup *s = ctx_state(c);
	char want[256], got[256];
	int ends[2], rc;
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC))
		return err_set(e, errno, "no pipe: %s", strerror(errno));
	rc = start(s, ends[1], e);
	close(ends[1]);
	n = read(ends[0], got, sizeof(got) - 1);
	close(ends[0]);
	if (rc)
		return rc;
	got[n > 0 ? n : 0] = '\0';
	snprintf(want, sizeof(want), "assay %s (%s)\n", self_version(), self_build());
	if (strcmp(got, want))
		return err_set(e, EBADMSG, "%s --version printed \"%.60s\", it is not this program",
			       s->self, got);
	return 0;
}

static void teardown(struct ctx *c)
{
	struct startup *s = ctx_state(c);

	if (s->null >= 0)
		close(s->null);
}

const struct bench bench_startup = {
	.name = "startup",
	.summary = "how long it takes to start a process",
	.method =
		"The program starts itself on its own CPU to print its version into nothing, and "
		"waits for the end: loader, kernel and the file system that it lies on, all of it "
		"in the page cache.",
	.params = params,
	.metrics = metrics,
	.quiet = true,
	.process_s = 0.1,
	.state_bytes = sizeof(struct startup),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
