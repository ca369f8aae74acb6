/*
 * For tests of the simulated server: a server is one process, so each test runs its part in a
 * child with its own profile, faults and environment. A check that fails in there ends the child
 * with its line.
 */
#ifndef ASSAY_TEST_SIM_H
#define ASSAY_TEST_SIM_H

#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <cmocka.h>

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* Runs fn on the server; returns what waitpid says. It is killed by SIGALRM after limit_s. */
static inline int on_server(const char *profile, const char *fault, unsigned limit_s,
			    void (*fn)(void))
{
	char path[256];
	int status = -1;
	pid_t pid;

	snprintf(path, sizeof(path), "%s", profile);
	if (!strchr(profile, '/'))
		snprintf(path, sizeof(path), "tests/simgpu/servers/%s.ini", profile);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		setenv("ASSAY_SIM", path, 1);
		setenv("ASSAY_SIM_FAULT", fault, 1);
		unsetenv("CUDA_VISIBLE_DEVICES");
		unsetenv("CUDA_MODULE_LOADING");
		alarm(limit_s);
		fn();
		exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static inline bool passed(int status)
{
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* It did not come back: the driver hung. */
static inline bool hung(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
}

#define assert_server(profile, fault, fn) assert_true(passed(on_server(profile, fault, 60, fn)))
#define assert_hangs(profile, fault, fn)  assert_true(hung(on_server(profile, fault, 1, fn)))

/*
 * A function of the simulated NVML. By path: under a sanitizer dlopen is the sanitizer's and does
 * not look where this program's libraries lie.
 */
static inline void *nvml(const char *name)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);
	void *lib, *f;

	CHECK(n > 0);
	path[n] = '\0';
	strcpy(strrchr(path, '/'), "/../../simgpu/driver/libnvidia-ml.so.1");
	lib = dlopen(path, RTLD_NOW);
	CHECK(lib);
	f = dlsym(lib, name);
	CHECK(f);
	return f;
}

#define NVML(name, ...) ((int (*)(__VA_ARGS__))nvml(name))

#endif
