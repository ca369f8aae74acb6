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
#include <sys/vfs.h>

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

/* What statfs knows a file system by (linux/magic.h, and zfs): enough to tell disk from memory. */
static const char *type_of(const char *path)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} known[] = {
		{0xef53, "ext4"},      {0x58465342, "xfs"},   {0x9123683e, "btrfs"},
		{0x01021994, "tmpfs"}, {0x858458f6, "ramfs"}, {0x794c7630, "overlay"},
		{0x2fc12fc1, "zfs"},   {0x6969, "nfs"},
	};
	struct statfs s;

	if (statfs(path, &s))
		return "unknown";
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (known[i].magic == (unsigned long)s.f_type)
			return known[i].name;
	}
	return "unknown";
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
	if (!text)
		return err_set(e, ENOENT, "/proc/self/mountinfo cannot be read");
	free(text);
	if (!out->point[0]) { /* chroot into a plain folder: its root is no mount */
		snprintf(out->point, sizeof(out->point), "/");
		snprintf(out->type, sizeof(out->type), "%s", type_of(path));
	}
	return 0;
}
