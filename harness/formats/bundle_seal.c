/*
 * Sealing a bundle (bundle.h): the manifest is put in order, then coreutils' sha256sum
 * sums the evidence, so that `sha256sum -c SHA256SUMS` proves it anywhere. Files take
 * their place by rename, whole or not at all.
 */
#include "../base/buf.h"
#include "../base/mem.h"
#include "bundle_open.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int bundle_write_all(int fd, const char *data, size_t n)
{
	while (n) {
		ssize_t w = write(fd, data, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return -1;
		data += w;
		n -= (size_t)w;
	}
	return 0;
}

int bundle_write_file(const char *dir, const char *name, const char *data, size_t n, struct err *e)
{
	char *temp = mem_printf("%s/.%s.new", dir, name), *path = mem_printf("%s/%s", dir, name);
	int rc = 0, fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0 || bundle_write_all(fd, data, n) || fsync(fd) || rename(temp, path)) {
		rc = err_at(e, errno, path, 0, "cannot write it: %s", strerror(errno));
		unlink(temp);
	}
	if (fd >= 0)
		close(fd);
	free(temp);
	free(path);
	return rc;
}

/* ---- the manifest in order ---- */

static int compare_manifest(const void *pa, const void *pb)
{
	const struct manifest_row *a = pa, *b = pb;
	int c = strcmp(a->arm, b->arm);

	if (!c)
		c = strcmp(a->key, b->key);
	if (!c)
		c = strcmp(a->value, b->value);
	return c ? c : strcmp(a->source, b->source);
}

static int write_manifest(struct bundle *b, const struct bundle_data *d, struct err *e)
{
	const struct table *t = &bundle_tables[BF_MANIFEST];
	struct buf text = BUF_INIT;
	int rc = 0;

	qsort(d->manifest, d->n_manifest, sizeof(*d->manifest), compare_manifest);
	table_header(&text, t);
	for (size_t i = 0; i < d->n_manifest && !rc; i++) {
		if (!i || compare_manifest(&d->manifest[i - 1], &d->manifest[i]))
			rc = table_format(&text, t, &d->manifest[i], e);
	}
	if (!rc)
		rc = bundle_write_file(b->dir, t->file, text.s, text.len, e);
	buf_free(&text);
	if (rc)
		return rc;
	/* rows to come belong to the new file */
	int fd = openat(b->dir_fd, t->file, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "cannot open %s/%s: %s", b->dir, t->file, strerror(errno));
	close(b->fd[BF_MANIFEST]);
	b->fd[BF_MANIFEST] = fd;
	return 0;
}

/* ---- the sums ---- */

static int cannot_start(int code, struct err *e)
{
	return err_set(e, code, "cannot start sha256sum (of coreutils), which seals a bundle: %s",
		       strerror(code));
}

static int wait_for(pid_t pid, struct err *e)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_set(e, errno, "lost sha256sum: %s", strerror(errno));
	}
	/* where spawn is a plain fork (qemu-user) a failed exec is seen only here */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return cannot_start(ENOENT, e);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return err_set(e, EIO, "sha256sum failed; is the disk full?");
	return 0;
}

static int run_sha256sum(struct bundle *b, int out_fd, struct err *e)
{
	const char *argv[BF_N + 3] = {"sha256sum", "--"};
	posix_spawn_file_actions_t actions;
	pid_t pid;

	for (size_t i = 0, n = 2; i < BF_N; i++) {
		if (!faccessat(b->dir_fd, bundle_tables[i].file, F_OK, 0))
			argv[n++] = bundle_tables[i].file;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addfchdir_np(&actions, b->dir_fd);
	posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	int code = posix_spawnp(&pid, argv[0], &actions, NULL, (char **)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return code ? cannot_start(code, e) : wait_for(pid, e);
}

static int write_sums(struct bundle *b, struct err *e)
{
	static const char temp[] = "." BUNDLE_SUMS ".new";
	int fd = openat(b->dir_fd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return err_set(e, errno, "cannot write %s/%s: %s", b->dir, BUNDLE_SUMS,
			       strerror(errno));
	int rc = run_sha256sum(b, fd, e);
	if (!rc &&
	    (fsync(fd) || renameat(b->dir_fd, temp, b->dir_fd, BUNDLE_SUMS) || fsync(b->dir_fd)))
		rc = err_set(e, errno, "cannot write %s/%s: %s", b->dir, BUNDLE_SUMS,
			     strerror(errno));
	if (rc)
		unlinkat(b->dir_fd, temp, 0);
	close(fd);
	return rc;
}

int bundle_seal(struct bundle *b, struct err *e)
{
	struct bundle_data d;

	for (int i = 0; i < BF_N; i++) {
		if (fsync(b->fd[i]))
			return err_set(e, errno, "cannot write %s/%s: %s", b->dir,
				       bundle_tables[i].file, strerror(errno));
	}
	int rc = bundle_load_manifest(&d, b->dir, e);
	if (rc)
		return rc;
	rc = write_manifest(b, &d, e);
	bundle_data_free(&d);
	if (!rc)
		rc = write_sums(b, e);
	b->sealed = !rc;
	return rc;
}
