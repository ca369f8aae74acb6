/*
 * simtree: writes the /sys and /proc that go with a simulated server, checks its profile and
 * its faults on the way, or prints the profile with everything resolved.
 */
#include "tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_folders(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
}

void tree_put(struct tree *t, const char *path, const char *fmt, ...)
{
	char full[4096];
	va_list ap;
	FILE *f;
	int bad;

	snprintf(full, sizeof(full), "%s%s", t->root, path);
	f = fopen(full, "w");
	if (!f && errno == ENOENT) {
		make_folders(full);
		f = fopen(full, "w");
	}
	if (!f) {
		err_at(&t->e, errno, full, 0, "%s", strerror(errno));
		return;
	}
	va_start(ap, fmt);
	bad = vfprintf(f, fmt, ap) < 0;
	va_end(ap);
	bad |= fputc('\n', f) < 0;
	bad |= fclose(f) != 0;
	if (bad)
		err_at(&t->e, EIO, full, 0, "cannot be written: %s", strerror(errno));
}

void tree_link(struct tree *t, const char *path, const char *fmt, ...)
{
	char full[4096], target[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(target, sizeof(target), fmt, ap);
	va_end(ap);
	snprintf(full, sizeof(full), "%s%s", t->root, path);
	make_folders(full);
	if (symlink(target, full) && errno != EEXIST)
		err_at(&t->e, errno, full, 0, "%s", strerror(errno));
}

void tree_list(char *out, size_t n, int total, bool (*in)(int i, int arg), int arg)
{
	int from = -1;
	size_t len = 0;

	*out = '\0';
	for (int c = 0; c <= total && len < n; c++) {
		bool is = c < total && in(c, arg);

		if (is && from < 0)
			from = c;
		if (is || from < 0)
			continue;
		len += (size_t)snprintf(out + len, n - len, from == c - 1 ? "%s%d" : "%s%d-%d",
					len ? "," : "", from, c - 1);
		from = -1;
	}
}

void tree_cpulist(char *out, size_t n, bool (*in)(int cpu, int arg), int arg)
{
	tree_list(out, n, sim_profile_cpus(sim_profile()), in, arg);
}

bool tree_cpu_of_node(int cpu, int node)
{
	return sim_profile_cpu_node(sim_profile(), cpu) == node;
}

static void show(void *arg, const char *section, const char *key, const char *value)
{
	printf("%s.%s=%s\n", section, key, value);
}

static int usage(void)
{
	fprintf(stderr,
		"usage: simtree PROFILE.ini DIR | simtree --show PROFILE.ini | simtree --faults\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct tree t = {.e = ERR_INIT};

	if (argc == 2 && !strcmp(argv[1], "--faults")) {
		for (int i = 0; sim_fault_help(i); i++)
			puts(sim_fault_help(i));
		return 0;
	}
	if (argc != 3)
		return usage();
	t.root = argv[2];
	setenv("ASSAY_SIM", strcmp(argv[1], "--show") ? argv[1] : argv[2], 1);
	if (!strcmp(argv[1], "--show")) {
		sim_profile_visit(sim_profile(), show, NULL);
		return 0;
	}
	sim_profile();
	tree_system(&t);
	tree_cpus(&t);
	tree_pci(&t);
	if (t.e.code)
		err_print(&t.e, "simtree", stderr);
	return t.e.code ? 1 : 0;
}
