/* Shared libraries: see library.h. */
#include "library.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void find_path(struct library *l, const char *name)
{
	struct link_map *map = NULL;
	char real[PATH_MAX];

	if (dlinfo(l->handle, RTLD_DI_LINKMAP, &map) || !map || !map->l_name[0])
		snprintf(l->path, sizeof(l->path), "%s", name);
	else
		snprintf(l->path, sizeof(l->path), "%.511s",
			 realpath(map->l_name, real) ? real : map->l_name);
}

int library_open(struct library *l, const char *const *names, struct err *e)
{
	const char *why = NULL;

	memset(l, 0, sizeof(*l));
	for (; !l->handle && *names; names++) {
		l->handle = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
		if (l->handle)
			find_path(l, *names);
		else
			why = dlerror();
	}
	return l->handle ? 0 : err_set(e, ENOENT, "%s", why ? why : "no name given");
}

void library_close(struct library *l)
{
	if (l->handle)
		dlclose(l->handle);
	memset(l, 0, sizeof(*l));
}

void *library_symbol(const struct library *l, const char *name)
{
	return dlsym(l->handle, name);
}

void library_rows(const struct rows *r, const char *key, const struct library *l, long code,
		  const char *call, const struct err *e)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.status", key);
	if (!l->handle) {
		row(r, name, "dlopen", "%s", e->text);
		return;
	}
	row(r, name, "dlopen", "ok");
	snprintf(name, sizeof(name), "%s.path", key);
	row(r, name, "dlinfo", "%s", l->path);
	if (code <= 0)
		return;
	snprintf(name, sizeof(name), "%s.version", key);
	row(r, name, call, "%ld.%ld.%ld", code / 10000, code / 100 % 100, code % 100);
}
