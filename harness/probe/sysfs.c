/*
 * Reads of /sys and /proc: see sysfs.h. A path is looked up below $ASSAY_SYSROOT. Below
 * /proc/self only what the tree holds is taken from there; the rest is about this very
 * process and comes from the real one. Known error: a file above 16 MiB is cut there.
 */
#include "sysfs.h"
#include "../base/buf.h"
#include "../base/mem.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILE (16u << 20)

const char *sysfs_root(void)
{
	const char *root = getenv("ASSAY_SYSROOT");

	return root ? root : "";
}

static bool there(const char *path)
{
	return !faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW);
}

/* The path with the root before it; the caller frees. */
static char *full_path(const char *fmt, va_list ap)
{
	char *path = NULL;

	if (vasprintf(&path, fmt, ap) < 0)
		return mem_strdup("");
	char *full = mem_printf("%s%s", sysfs_root(), path);

	if (!strncmp(path, "/proc/self/", 11) && !there(full)) {
		free(full);
		return path;
	}
	free(path);
	return full;
}

#define FULL_PATH(name, fmt)                                                                       \
	va_list ap;                                                                                \
	va_start(ap, fmt);                                                                         \
	char *name = full_path(fmt, ap);                                                           \
	va_end(ap)

/* O_NONBLOCK: a recorded tree is an input, a pipe in it must not stop us. */
static char *read_bytes(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct buf b = BUF_INIT;
	char chunk[4096];
	ssize_t n = -1;

	if (fd < 0)
		return NULL;
	while (b.len < MAX_FILE && (n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(&b, chunk, (size_t)n);
	close(fd);
	if (n < 0) {
		buf_free(&b);
		return NULL;
	}
	*size = b.len;
	return buf_steal(&b);
}

static char *read_file(const char *path)
{
	size_t n;
	char *text = read_bytes(path, &n);

	while (text && n && text[n - 1] == '\n')
		text[--n] = '\0';
	return text;
}

char *sysfs_bytes(size_t *n, const char *fmt, ...)
{
	FULL_PATH(path, fmt);
	char *bytes = read_bytes(path, n);

	free(path);
	return bytes;
}

char *sysfs_read(const char *fmt, ...)
{
	FULL_PATH(path, fmt);
	char *text = read_file(path);

	free(path);
	return text;
}

static int64_t to_int(int64_t fallback, const char *text)
{
	const char *digits = text + (*text == '-');
	int base = !strncmp(digits, "0x", 2) || !strncmp(digits, "0X", 2) ? 16 : 10;
	char *end;

	if (!isdigit((unsigned char)*digits))
		return fallback;
	errno = 0;
	long long v = strtoll(text, &end, base);

	while (isspace((unsigned char)*end))
		end++;
	return errno || *end ? fallback : (int64_t)v;
}

int64_t sysfs_int(int64_t fallback, const char *fmt, ...)
{
	FULL_PATH(path, fmt);
	char *text = read_file(path);
	int64_t v = text ? to_int(fallback, text) : fallback;

	free(text);
	free(path);
	return v;
}

bool sysfs_exists(const char *fmt, ...)
{
	FULL_PATH(path, fmt);
	bool yes = !access(path, F_OK);

	free(path);
	return yes;
}

char *sysfs_link_name(const char *fmt, ...)
{
	FULL_PATH(path, fmt);
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	free(path);
	if (n <= 0)
		return NULL;
	target[n] = '\0';
	const char *slash = strrchr(target, '/');

	return mem_strdup(slash ? slash + 1 : target);
}

char *sysfs_real_path(const char *fmt, ...)
{
	FULL_PATH(path, fmt);
	char *real = realpath(path, NULL);
	char *root = *sysfs_root() ? realpath(sysfs_root(), NULL) : mem_strdup("");
	size_t n = root ? strlen(root) : 0;
	char *inside = NULL;

	if (real && root && !strncmp(real, root, n) && real[n] == '/')
		inside = mem_strdup(real + n);
	free(root);
	free(real);
	free(path);
	return inside;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t sysfs_list(char ***names, const char *fmt, ...)
{
	FULL_PATH(path, fmt);
	DIR *d = opendir(path);
	size_t n = 0, cap = 0;
	char **list = NULL;

	for (struct dirent *de; d && (de = readdir(d));) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		list = mem_grow(list, n, &cap, sizeof(*list));
		list[n++] = mem_strdup(de->d_name);
	}
	if (d)
		closedir(d);
	free(path);
	if (n)
		qsort(list, n, sizeof(*list), by_name);
	*names = list;
	return n;
}

void sysfs_list_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* One number of a list; -1 where there is none that fits an int. */
static long list_number(const char **s)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return -1;
	errno = 0;
	long v = strtol(*s, &end, 10);

	*s = end;
	return errno || v > INT_MAX ? -1 : v;
}

int sysfs_parse_list(const char *text, int *out, int max)
{
	const char *s = text + strspn(text, " \t\n");
	long last = -1;
	int n = 0;

	if (!*s)
		return 0;
	for (;;) {
		long from = list_number(&s);
		long to = from;

		if (*s == '-') {
			s++;
			to = list_number(&s);
		}
		if (from <= last || to < from)
			return -1;
		for (long v = from; v <= to && n < max; v++)
			out[n++] = (int)v;
		last = to;
		if (*s != ',')
			break;
		s++;
	}
	return s[strspn(s, " \t\n")] ? -1 : n;
}

char *sysfs_format_list(const int *ids, int n)
{
	struct buf b = BUF_INIT;

	for (int i = 0; i < n; i++) {
		int from = ids[i];

		while (i + 1 < n && ids[i + 1] == ids[i] + 1)
			i++;
		buf_printf(&b, ids[i] > from ? "%s%d-%d" : "%s%d", b.len ? "," : "", from, ids[i]);
	}
	return buf_steal(&b);
}
