/* For tests that start programs of this build: a shell with $BUILD, and the build's folder. */
#ifndef ASSAY_TEST_SIM_SHELL_H
#define ASSAY_TEST_SIM_SHELL_H

#include "sim.h"

#include <libgen.h>

static char build[4096];

/* Runs a shell command with $BUILD set; its output (both streams) goes to out. */
static inline int shell(char *out, size_t n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static inline int shell(char *out, size_t n, const char *fmt, ...)
{
	char command[4096];
	size_t len;
	va_list ap;
	FILE *f;
	int rc;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	setenv("BUILD", build, 1);
	f = popen(command, "r");
	assert_non_null(f);
	len = fread(out, 1, n - 1, f);
	out[len] = '\0';
	rc = pclose(f);
	return WIFEXITED(rc) ? WEXITSTATUS(rc) : 128 + WTERMSIG(rc);
}

/* A build for another processor runs under an emulator, the programs that it starts do not. */
static inline void need_programs(void)
{
	char out[4096];

	if (shell(out, sizeof(out), "$BUILD/simgpu/simtree --faults 2>&1") != 126)
		return;
	print_message("programs of this build cannot be started here\n");
	skip();
}

/* argv[0] is BUILD/tests/unit/test_sim_NAME. */
static inline void find_build(const char *program)
{
	char *self = realpath(program, NULL);

	snprintf(build, sizeof(build), "%s", self ? dirname(dirname(dirname(self))) : "build");
	free(self);
}

#endif
