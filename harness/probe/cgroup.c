/*
 * Control groups: see cgroup.h. /proc/self/cgroup gives the path inside a hierarchy,
 * mountinfo where that hierarchy is mounted and which part of it is shown there.
 */
#include "cgroup.h"
#include "sysfs.h"
#include "../base/mem.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether the word is among those separated by commas. */
static bool among(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; p; p = (p = strchr(p, ',')) ? p + 1 : NULL)
		if (!strncmp(p, word, n) && (!p[n] || p[n] == ','))
			return true;
	return false;
}

/* The path of this process in the hierarchy with that controller; NULL controller: v2. */
static char *own_path(const char *controller)
{
	char *text = sysfs_read("%s", "/proc/self/cgroup"), *save = NULL, *found = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		list++;
		if (controller ? among(list, controller) : !*list)
			found = mem_strdup(path);
	}
	free(text);
	return found;
}

struct mount {
	char shown[512], point[512]; /* part of the hierarchy, and where it is seen */
};

static bool is_hierarchy(const char *after_dash, const char *controller)
{
	char type[32], options[512];

	if (sscanf(after_dash, " - %31s %*s %511s", type, options) != 2)
		return false;
	return controller ? !strcmp(type, "cgroup") && among(options, controller)
			  : !strcmp(type, "cgroup2");
}

static bool find_mount(struct mount *m, const char *controller)
{
	char *text = sysfs_read("%s", "/proc/self/mountinfo"), *save = NULL;
	bool found = false;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *dash = strstr(line, " - ");

		found = dash && is_hierarchy(dash, controller) &&
			sscanf(line, "%*s %*s %*s %511s %511s", m->shown, m->point) == 2;
	}
	free(text);
	return found;
}

static void walk(const char *controller, cgroup_fn *fn, void *arg)
{
	char *path = own_path(controller);
	struct mount m;

	if (!path || !find_mount(&m, controller)) {
		free(path);
		return;
	}
	/* a container without a cgroup namespace sees its own part only: take that off */
	size_t n = strcmp(m.shown, "/") ? strlen(m.shown) : 0;
	bool below = !strncmp(path, m.shown, n) && (!path[n] || path[n] == '/');
	char *dir = mem_printf("%s%s", m.point, below ? path + n : "");
	size_t stop = strlen(m.point);

	for (size_t len = strlen(dir); len >= stop; len--) {
		if (len > stop && dir[len] && dir[len] != '/')
			continue;
		dir[len] = '\0';
		if ((len == stop || dir[len - 1] != '/') && sysfs_exists("%s", dir))
			fn(arg, dir);
	}
	free(dir);
	free(path);
}

void cgroup_walk(const char *controller, cgroup_fn *fn, void *arg)
{
	walk(controller, fn, arg);
	walk(NULL, fn, arg);
}
