/* Who we are: see self.h. */
#include "self.h"
#include "mem.h"

#include <errno.h>
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

static char *search_path(const char *name)
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
	char *found = strchr(argv0, '/') ? mem_strdup(argv0) : search_path(argv0);
	char *full = found ? realpath(found, NULL) : NULL;

	free(found);
	if (!full)
		err_set(e, ENOENT,
			"cannot find my own program file from \"%s\"; start assay by its path",
			argv0);
	return full;
}

char *self_suites(const char *path, struct err *e)
{
	const char *env = getenv("ASSAY_SUITES");
	const char *slash = strrchr(path, '/');
	int n = slash ? (int)(slash - path) : 0;
	char *candidates[] = {
		env ? mem_strdup(env) : NULL,
		mem_printf("%.*s/../suites", n, path),
		mem_printf("%.*s/../share/assay/suites", n, path),
	};
	char *found = NULL;

	for (size_t i = 0; i < 3; i++) {
		struct stat st;

		if (!found && candidates[i] && !stat(candidates[i], &st) && S_ISDIR(st.st_mode))
			found = realpath(candidates[i], NULL);
		free(candidates[i]);
	}
	if (!found)
		err_set(e, ENOENT, "no folder of suites beside %s; set ASSAY_SUITES", path);
	return found;
}
