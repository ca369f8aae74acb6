/*
 * Mounts: see mounts.h. Known error: mountinfo is read line by line in the order of mounting, so a
 * mount that was put below another one later is taken for visible.
 */
#include "mounts.h"
#include "sysfs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' &&
	       s[2] <= '7';
}

/* The kernel writes blank, tab, newline and backslash as \040, \011, \012, \134. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (*s == '\\' && octal(s + 1)) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* "36 35 98:0 / /mnt/a rw,noatime shared:1 - ext4 /dev/root rw" */
static bool parse(const char *line, struct mount *m)
{
	const char *dash = strstr(line, " - ");

	if (!dash || sscanf(line, "%d %*s %*s %*s %255s", &m->id, m->point) != 2 ||
	    sscanf(dash, " - %63s", m->type) != 1)
		return false;
	unescape(m->point);
	return true;
}

static bool holds(const char *point, const char *path)
{
	size_t n = strlen(point);

	if (!strcmp(point, "/"))
		return *path == '/';
	return !strncmp(point, path, n) && (path[n] == '/' || !path[n]);
}

int mount_of(const char *path, struct mount *out, struct err *e)
{
	char *text = sysfs_read("%s", "/proc/self/mountinfo"), *save = NULL;
	struct mount m;

	memset(out, 0, sizeof(*out));
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (parse(line, &m) && holds(m.point, path) &&
		    strlen(m.point) >= strlen(out->point))
			*out = m;
	}
	free(text);
	if (!out->point[0])
		return err_set(e, ENOENT, "/proc/self/mountinfo does not say where %s lies", path);
	return 0;
}
