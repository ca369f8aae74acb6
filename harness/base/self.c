/* Who we are: see self.h. */
#include "self.h"
#include "mem.h"

#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef ASSAY_BUILD
#define ASSAY_BUILD "unknown"
#endif

const char *self_version(void)
{
	return "0.1.0";
}

const char *self_build(void)
{
	return ASSAY_BUILD;
}

char *self_search_path(const char *name)
{
	const char *path = getenv("PATH");

	while (path && *path) {
		size_t n = strcspn(path, ":");
		char *full = mem_printf("%.*s/%s", (int)n, n ? path : ".", name);

		if (!access(full, X_OK))
			return full;
		free(full);
		path += n;
		path += *path == ':';
	}
	return NULL;
}

char *self_path(const char *argv0, struct err *e)
{
	char *found = strchr(argv0, '/') ? mem_strdup(argv0) : self_search_path(argv0);
	char *full = found ? realpath(found, NULL) : NULL;

	free(found);
	if (!full)
		err_set(e, ENOENT,
			"cannot find my own program file from \"%s\"; start assay by its path",
			argv0);
	return full;
}

/* The folder of a file, or of a folder: everything before the last slash. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return mem_printf("%.*s", slash ? (int)(slash - path) : 0, path);
}

char *self_suites(const char *path, struct err *e)
{
	const char *env = getenv("ASSAY_SUITES");
	char *dir = parent_of(path);
	char *candidates[] = {
		env ? mem_strdup(env) : NULL,
		mem_printf("%s/suites", dir),
		mem_printf("%s/../suites", dir),
		mem_printf("%s/../share/assay/suites", dir),
	};
	char *found = NULL;

	for (size_t i = 0; i < sizeof(candidates) / sizeof(*candidates); i++) {
		struct stat st;

		if (!found && candidates[i] && !stat(candidates[i], &st) && S_ISDIR(st.st_mode))
			found = realpath(candidates[i], NULL);
		free(candidates[i]);
	}
	free(dir);
	if (!found)
		err_set(e, ENOENT, "no folder of suites beside %s; set ASSAY_SUITES", path);
	return found;
}

/* ---- the portable folder ---- */

void self_start(void)
{
	static const char *const names[] = {SELF_HELD_NAMES};
	char held[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(held, sizeof(held), SELF_HELD_PREFIX "%s", names[i]);
		const char *value = getenv(held);

		if (value)
			setenv(names[i], value, 1);
		unsetenv(held);
	}
}

static int find_libc(struct dl_phdr_info *object, size_t size, void *arg)
{
	const char *slash = strrchr(object->dlpi_name, '/');

	if (!slash || strncmp(slash, "/libc.so.", 9))
		return 0;
	*(char **)arg = mem_strdup(object->dlpi_name);
	return 1;
}

char *self_portable_dir(void)
{
	char *libc = NULL;

	dl_iterate_phdr(find_libc, &libc);
	char *lib = libc ? parent_of(libc) : NULL;
	char *dir = lib ? parent_of(lib) : NULL;
	char *plain = dir ? mem_printf("%s/" SELF_PLAIN, dir) : NULL;
	bool portable = plain && !access(plain, X_OK);

	free(libc);
	free(lib);
	free(plain);
	if (portable)
		return dir;
	free(dir);
	return NULL;
}

struct search {
	const char *dir;
	char *found;
};

static int find_foreign(struct dl_phdr_info *object, size_t size, void *arg)
{
	struct search *s = arg;
	const char *name = object->dlpi_name;
	size_t n = strlen(s->dir);

	/* the program itself has no name here, the kernel's page no slash */
	if (!strchr(name, '/') || (!strncmp(name, s->dir, n) && name[n] == '/'))
		return 0;
	s->found = mem_strdup(name);
	return 1;
}

char *self_foreign_library(const char *dir)
{
	struct search s = {.dir = dir};

	dl_iterate_phdr(find_foreign, &s);
	return s.found;
}

char *self_plain_path(const char *path)
{
	char *dir = parent_of(path);
	char *plain = mem_printf("%s/" SELF_PLAIN, dir);

	free(dir);
	if (!access(plain, X_OK))
		return plain;
	free(plain);
	return mem_strdup(path);
}
