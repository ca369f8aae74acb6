/* For tests: recorded trees of tests/fixtures/sysfs, and small ones made on the spot. */
#ifndef TESTS_UNIT_SYSFS_TREE_H
#define TESTS_UNIT_SYSFS_TREE_H

#include "../../harness/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char tree_dir[64];

/* An empty tree; ASSAY_SYSROOT points at it until tree_drop. */
static inline void tree_new(void)
{
	/* in memory where there is room: a tree is a thousand small files */
	snprintf(tree_dir, sizeof(tree_dir), "%s/assay-tree-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	assert_non_null(mkdtemp(tree_dir));
	assert_int_equal(setenv("ASSAY_SYSROOT", tree_dir, 1), 0);
}

static inline void tree_drop(void)
{
	char *cmd = mem_printf("rm -rf '%s'", tree_dir);

	assert_int_equal(system(cmd), 0);
	free(cmd);
	unsetenv("ASSAY_SYSROOT");
}

/* tests/fixtures/sysfs/NAME.tree; paths are relative to this file's folder. */
static inline void tree_use(const char *name)
{
	const char *slash = strrchr(__FILE__, '/');
	int n = (int)(slash - __FILE__);

	tree_new();
	char *cmd = mem_printf("%.*s/../fixtures/sysfs/unpack %.*s/../fixtures/sysfs/%s.tree %s", n,
			       __FILE__, n, __FILE__, name, tree_dir);

	assert_int_equal(system(cmd), 0);
	free(cmd);
}

/* The full path, its folders made. */
static inline char *tree_path(const char *path)
{
	char *full = mem_printf("%s%s", tree_dir, path);

	for (char *p = strchr(full + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
	return full;
}

static inline void tree_bytes(const char *path, const void *data, size_t n)
{
	char *full = tree_path(path);
	FILE *f = fopen(full, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	fclose(f);
	free(full);
}

static inline void tree_file(const char *path, const char *text)
{
	tree_bytes(path, text, strlen(text));
}

static inline void tree_link(const char *path, const char *target)
{
	char *full = tree_path(path);

	unlink(full);
	assert_int_equal(symlink(target, full), 0);
	free(full);
}

#endif
